/* tlb.c: a set-associative TLB and its replacement policies. */
#include "tlb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLRU_MAX_WAYS 8u /* a tree of 7 bits in a byte */

static bool power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

int tlb_init(struct tlb *tlb, struct tlb_geometry geometry, uint32_t page_shift, uint64_t seed)
{
    *tlb = (struct tlb){0};
    if (!power_of_two(geometry.entries) || !power_of_two(geometry.ways) ||
        geometry.entries > TLB_MAX_ENTRIES || geometry.ways > geometry.entries)
        return -EINVAL;
    if (geometry.policy == TLB_PLRU && geometry.ways > PLRU_MAX_WAYS)
        return -EINVAL;
    /* A pointer counts to 256 ways in its byte of state. */
    if (geometry.policy == TLB_POINTER && geometry.ways > UINT8_MAX + 1u)
        return -EINVAL;

    uint32_t sets = geometry.entries / geometry.ways;

    tlb->entries = calloc(geometry.entries, sizeof *tlb->entries);
    tlb->state = calloc(sets, sizeof *tlb->state);
    if (tlb->entries == NULL || tlb->state == NULL) {
        tlb_destroy(tlb);
        return -ENOMEM;
    }
    tlb->geometry = geometry;
    tlb->page_shift = page_shift;
    tlb->set_mask = sets - 1;
    tlb->random = seed ? seed : 1; /* xorshift never leaves 0 */
    return 0;
}

void tlb_destroy(struct tlb *tlb)
{
    free(tlb->entries);
    free(tlb->state);
    *tlb = (struct tlb){0};
}

static uint32_t set_of(const struct tlb *tlb, uint32_t linear)
{
    return linear >> tlb->page_shift & tlb->set_mask;
}

static uint32_t page_of(const struct tlb *tlb, uint32_t linear)
{
    return linear >> tlb->page_shift << tlb->page_shift;
}

static struct tlb_entry *find(const struct tlb *tlb, uint32_t linear)
{
    uint32_t page = page_of(tlb, linear);
    struct tlb_entry *entry = &tlb->entries[set_of(tlb, linear) * tlb->geometry.ways];

    for (uint32_t way = 0; way < tlb->geometry.ways; way++, entry++) {
        if (entry->page == page && entry->valid)
            return entry;
    }
    return NULL;
}

/* The tree of a pseudo-LRU set, 4 ways shown: a 0 says that the victim is to the left, a 1 to
 * the right; a use turns the bits on its path away from itself (Intel486 Programmer's Reference
 * Manual, 12.4: B0, B1, B2). Node n's children are 2n and 2n + 1; its bit is n - 1.
 *
 *              1 (B0)
 *          2 (B1)   3 (B2)
 *         way 0 1   way 2 3
 */
static void plru_use(uint8_t *tree, uint32_t ways, uint32_t way)
{
    for (uint32_t node = ways + way; node > 1; node /= 2) {
        uint8_t bit = (uint8_t)(1u << (node / 2 - 1));

        if (node & 1)
            *tree &= (uint8_t)~bit;
        else
            *tree |= bit;
    }
}

static uint32_t plru_victim(uint8_t tree, uint32_t ways)
{
    uint32_t node = 1;

    while (node < ways)
        node = 2 * node + (tree >> (node - 1) & 1);
    return node - ways;
}

static uint32_t lru_victim(const struct tlb_entry *set, uint32_t ways)
{
    uint32_t oldest = 0;

    for (uint32_t way = 1; way < ways; way++) {
        if (set[way].used < set[oldest].used)
            oldest = way;
    }
    return oldest;
}

/* xorshift64 (Marsaglia 2003). */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t victim(struct tlb *tlb, uint32_t set)
{
    uint32_t ways = tlb->geometry.ways;

    switch (tlb->geometry.policy) {
    case TLB_POINTER:
        return tlb->state[set];
    case TLB_PLRU:
        return plru_victim(tlb->state[set], ways);
    case TLB_LRU:
        return lru_victim(&tlb->entries[set * ways], ways);
    case TLB_RANDOM:
        break;
    }
    return (uint32_t)(next_random(&tlb->random) >> 32) & (ways - 1);
}

/* Notes a hit on, or a fill of, the entry. */
static void use(struct tlb *tlb, struct tlb_entry *entry)
{
    uint32_t ways = tlb->geometry.ways;
    uint32_t index = (uint32_t)(entry - tlb->entries);

    if (tlb->geometry.policy == TLB_PLRU)
        plru_use(&tlb->state[index / ways], ways, index & (ways - 1));
    else if (tlb->geometry.policy == TLB_LRU)
        entry->used = ++tlb->clock;
}

struct tlb_entry *tlb_lookup(struct tlb *tlb, uint32_t linear)
{
    struct tlb_entry *entry = find(tlb, linear);

    if (entry != NULL)
        use(tlb, entry);
    return entry;
}

/* The way of `set` that a new page takes. The pointer goes once round the set, so a search for a
 * free way starts there, to keep its order first in, first out. */
static uint32_t way_for_new_page(struct tlb *tlb, uint32_t set)
{
    uint32_t ways = tlb->geometry.ways;
    const struct tlb_entry *entries = &tlb->entries[set * ways];
    uint32_t start = tlb->geometry.policy == TLB_POINTER ? tlb->state[set] : 0;

    for (uint32_t i = 0; i < ways; i++) {
        uint32_t way = (start + i) & (ways - 1);

        if (!entries[way].valid)
            return way;
    }
    return victim(tlb, set);
}

struct tlb_entry *tlb_fill(struct tlb *tlb, uint32_t linear, struct tlb_entry entry)
{
    struct tlb_entry *place = find(tlb, linear);

    if (place == NULL) {
        uint32_t ways = tlb->geometry.ways;
        uint32_t set = set_of(tlb, linear);
        uint32_t way = way_for_new_page(tlb, set);

        if (tlb->geometry.policy == TLB_POINTER)
            tlb->state[set] = (uint8_t)((way + 1) & (ways - 1));
        place = &tlb->entries[set * ways + way];
    }
    entry.page = page_of(tlb, linear);
    entry.valid = true;
    *place = entry;
    use(tlb, place);
    return place;
}

void tlb_flush(struct tlb *tlb)
{
    if (tlb->geometry.entries == 0)
        return;
    memset(tlb->entries, 0, tlb->geometry.entries * sizeof *tlb->entries);
    memset(tlb->state, 0, tlb->set_mask + 1);
}

bool tlb_invalidate(struct tlb *tlb, uint32_t linear)
{
    struct tlb_entry *entry = tlb->geometry.entries ? find(tlb, linear) : NULL;

    if (entry == NULL)
        return false;
    entry->valid = false;
    return true;
}

void tlb_invalidate_pieces(struct tlb *tlb, uint32_t linear)
{
    for (uint32_t i = 0; i < tlb->geometry.entries; i++) {
        struct tlb_entry *entry = &tlb->entries[i];

        if (entry->piece && ((entry->page ^ linear) & LARGE_PAGE_MASK) == 0)
            entry->valid = false;
    }
}
