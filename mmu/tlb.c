/* tlb.c: a set-associative TLB and its replacement policies. */
#include "tlb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

bool mmu_tlb_geometry_valid(struct mmu_tlb_geometry geometry)
{
    uint32_t most_ways = geometry.entries;

    if (geometry.policy == MMU_TLB_PLRU)
        most_ways = MMU_TLB_PLRU_MAX_WAYS;
    else if (geometry.policy == MMU_TLB_POINTER)
        most_ways = MMU_TLB_POINTER_MAX_WAYS;
    return power_of_two(geometry.entries) && power_of_two(geometry.ways) &&
           geometry.entries <= MMU_TLB_MAX_ENTRIES &&
           geometry.ways <= geometry.entries && geometry.ways <= most_ways;
}

/* The tree of a pseudo-LRU set, 4 ways shown: a 0 says that the victim is to
 * the left, a 1 to the right; a use turns the bits on its path away from itself
 * (Intel486 Programmer's Reference Manual, 12.4: B0, B1, B2). Node n's children
 * are 2n and 2n + 1; its bit is n - 1.
 *
 *              1 (B0)
 *          2 (B1)   3 (B2)
 *         way 0 1   way 2 3
 */
static void plant_tree(struct mmu_tlb *tlb, uint32_t ways)
{
    for (uint32_t way = 0; way < ways; way++) {
        for (uint32_t node = ways + way; node > 1; node /= 2) {
            uint8_t bit = (uint8_t)(1u << (node / 2 - 1));

            tlb->plru_path[way] |= bit;
            if (node % 2 == 0)
                tlb->plru_away[way] |= bit;
        }
    }
}

int mmu_tlb_init(struct mmu_tlb *tlb, struct mmu_tlb_geometry geometry,
                 uint32_t page_shift)
{
    *tlb = (struct mmu_tlb){0};
    if (!mmu_tlb_geometry_valid(geometry))
        return -EINVAL;

    uint32_t sets = geometry.entries / geometry.ways;

    tlb->tags = calloc(geometry.entries, sizeof *tlb->tags);
    tlb->entries = calloc(geometry.entries, sizeof *tlb->entries);
    tlb->state = calloc(sets, sizeof *tlb->state);
    if (tlb->tags == NULL || tlb->entries == NULL || tlb->state == NULL) {
        mmu_tlb_destroy(tlb);
        return -ENOMEM;
    }
    tlb->geometry = geometry;
    tlb->page_shift = page_shift;
    tlb->set_mask = sets - 1;
    while (1u << tlb->way_shift < geometry.ways)
        tlb->way_shift++;
    if (geometry.policy == MMU_TLB_PLRU)
        plant_tree(tlb, geometry.ways);
    /* xorshift never leaves 0 */
    tlb->random = geometry.seed ? geometry.seed : 1;
    return 0;
}

void mmu_tlb_destroy(struct mmu_tlb *tlb)
{
    free(tlb->tags);
    free(tlb->entries);
    free(tlb->state);
    *tlb = (struct mmu_tlb){0};
}

static uint32_t plru_victim(uint8_t tree, uint32_t ways)
{
    uint32_t node = 1;

    while (node < ways)
        node = 2 * node + (tree >> (node - 1) & 1);
    return node - ways;
}

static uint32_t lru_victim(const struct mmu_tlb_entry *set, uint32_t ways)
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

static uint32_t victim(struct mmu_tlb *tlb, uint32_t set)
{
    uint32_t ways = tlb->geometry.ways;

    switch (tlb->geometry.policy) {
    case MMU_TLB_POINTER:
        return tlb->state[set];
    case MMU_TLB_PLRU:
        return plru_victim(tlb->state[set], ways);
    case MMU_TLB_LRU:
        return lru_victim(&tlb->entries[set * ways], ways);
    case MMU_TLB_RANDOM:
        break;
    }
    return (uint32_t)(next_random(&tlb->random) >> 32) & (ways - 1);
}

struct mmu_tlb_entry *mmu_tlb_lookup(struct mmu_tlb *tlb, uint32_t linear)
{
    uint32_t index = mmu_tlb_find(tlb, linear);

    if (index == MMU_TLB_NONE)
        return NULL;
    mmu_tlb_use(tlb, index);
    return &tlb->entries[index];
}

/* The way of `set` that a new page takes. The pointer goes once round the set,
 * so a search for a free way starts there, to keep its order first in, first
 * out. */
static uint32_t way_for_new_page(struct mmu_tlb *tlb, uint32_t set)
{
    uint32_t ways = tlb->geometry.ways;
    const uint32_t *tags = &tlb->tags[set * ways];
    uint32_t start =
        tlb->geometry.policy == MMU_TLB_POINTER ? tlb->state[set] : 0;

    for (uint32_t i = 0; i < ways; i++) {
        uint32_t way = (start + i) & (ways - 1);

        if (!(tags[way] & MMU_TLB_VALID))
            return way;
    }
    return victim(tlb, set);
}

struct mmu_tlb_entry *mmu_tlb_fill(struct mmu_tlb *tlb, uint32_t linear,
                                   struct mmu_tlb_entry entry)
{
    uint32_t index = mmu_tlb_find(tlb, linear);

    if (index == MMU_TLB_NONE) {
        uint32_t ways = tlb->geometry.ways;
        uint32_t set = mmu_tlb_set(tlb, linear);
        uint32_t way = way_for_new_page(tlb, set);

        if (tlb->geometry.policy == MMU_TLB_POINTER)
            tlb->state[set] = (uint8_t)((way + 1) & (ways - 1));
        index = set * ways + way;
    }
    tlb->tags[index] = mmu_tlb_tag(tlb, linear);
    tlb->entries[index] = entry;
    tlb->has_pieces |= entry.piece;
    mmu_tlb_use(tlb, index);
    return &tlb->entries[index];
}

void mmu_tlb_flush(struct mmu_tlb *tlb)
{
    if (tlb->geometry.entries == 0)
        return;
    memset(tlb->tags, 0, tlb->geometry.entries * sizeof *tlb->tags);
    memset(tlb->state, 0, tlb->set_mask + 1);
    tlb->has_pieces = false;
}

bool mmu_tlb_invalidate(struct mmu_tlb *tlb, uint32_t linear)
{
    uint32_t index = mmu_tlb_find(tlb, linear);

    if (index == MMU_TLB_NONE)
        return false;
    tlb->tags[index] = 0;
    return true;
}

void mmu_tlb_invalidate_pieces(struct mmu_tlb *tlb, uint32_t linear)
{
    if (!tlb->has_pieces)
        return;
    for (uint32_t i = 0; i < tlb->geometry.entries; i++) {
        if (tlb->entries[i].piece &&
            ((tlb->tags[i] ^ linear) & MMU_LARGE_PAGE_MASK) == 0)
            tlb->tags[i] = 0;
    }
}
