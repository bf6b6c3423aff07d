/* naive_tlb.c: TLBs as lists of ways and the times of their uses. */
#include "naive_tlb.h"

#include <stdlib.h>
#include <string.h>

#define PRESENT  (1u << 0)
#define WRITABLE (1u << 1)
#define USER     (1u << 2)
#define ACCESSED (1u << 5)
#define DIRTY    (1u << 6)
#define LARGE    (1u << 7)

#define BYTES_SMALL 4096u
#define BYTES_LARGE (1024u * BYTES_SMALL)

struct way {
    bool taken;
    uint32_t page; /* number: linear address / bytes of a page */
    uint32_t phys; /* where the page begins */
    bool user;
    bool writable;
    bool dirty;
    bool piece; /* of a 4 MiB page, in a TLB of 4 KiB pages */
};

/* What is known of a way whatever is in it. A flush forgets it. */
struct times {
    uint64_t used;  /* when last hit or filled; 0: never */
    uint64_t given; /* when last given to a page that was not there */
};

struct naive_tlb {
    struct naive_shape shape;
    uint32_t page_bytes;
    struct way *ways; /* the sets one after another */
    struct times *times;
    uint16_t *taken; /* ways of each set that hold a page */
    uint16_t *where; /* by page number: 1 + the index of the way it is in; 0: in
                        none */
    uint32_t pieces; /* ways that hold one */
    uint64_t random;
};

struct naive_mmu {
    struct naive_processor processor;
    bool paging;
    bool write_protect;
    bool large_pages;
    uint64_t time;
    struct naive_tlb data, code, large;
    struct naive_counts counts;
};

/* --- one TLB -------------------------------------------------------------- */

static bool open_tlb(struct naive_tlb *tlb, const struct naive_shape *shape,
                     uint32_t page_bytes)
{
    tlb->shape = *shape;
    tlb->page_bytes = page_bytes;
    tlb->random = shape->seed;
    if (shape->entries == 0)
        return true;
    tlb->ways = calloc(shape->entries, sizeof *tlb->ways);
    tlb->times = calloc(shape->entries, sizeof *tlb->times);
    tlb->taken = calloc(shape->entries / shape->ways, sizeof *tlb->taken);
    tlb->where = calloc((UINT64_C(1) << 32) / page_bytes, sizeof *tlb->where);
    return tlb->ways != NULL && tlb->times != NULL && tlb->taken != NULL &&
           tlb->where != NULL;
}

static void close_tlb(struct naive_tlb *tlb)
{
    free(tlb->ways);
    free(tlb->times);
    free(tlb->taken);
    free(tlb->where);
}

static void empty_way(struct naive_tlb *tlb, uint32_t index)
{
    struct way *way = &tlb->ways[index];

    if (!way->taken)
        return;
    tlb->where[way->page] = 0;
    tlb->taken[index / tlb->shape.ways]--;
    tlb->pieces -= way->piece;
    way->taken = false;
}

static void empty_tlb(struct naive_tlb *tlb)
{
    for (uint32_t i = 0; i < tlb->shape.entries; i++) {
        empty_way(tlb, i);
        tlb->times[i] = (struct times){0};
    }
}

/* The way that holds the page of `linear`, or NULL. */
static struct way *find(const struct naive_tlb *tlb, uint32_t linear)
{
    uint32_t place =
        tlb->shape.entries ? tlb->where[linear / tlb->page_bytes] : 0;

    return place != 0 ? &tlb->ways[place - 1] : NULL;
}

static void forget_page(struct naive_tlb *tlb, uint32_t linear)
{
    struct way *way = find(tlb, linear);

    if (way != NULL)
        empty_way(tlb, (uint32_t)(way - tlb->ways));
}

static bool in_large_page(const struct way *way, uint32_t linear)
{
    return way->taken && way->piece && way->page / 1024 == linear / BYTES_LARGE;
}

/* Over the ways, or over the pages, whichever are fewer. */
static void forget_pieces(struct naive_tlb *tlb, uint32_t linear)
{
    uint32_t first = linear / BYTES_LARGE * BYTES_LARGE;
    bool few_ways = tlb->shape.entries < 1024;

    for (uint32_t i = 0;
         tlb->pieces != 0 && i < (few_ways ? tlb->shape.entries : 1024); i++) {
        const struct way *way =
            few_ways ? &tlb->ways[i] : find(tlb, first + i * BYTES_SMALL);

        if (way != NULL && in_large_page(way, linear))
            empty_way(tlb, (uint32_t)(way - tlb->ways));
    }
}

/* The pointer of a set: the way after the one last given to a new page, at
 * first the lowest. */
static uint32_t pointer(const struct times *set, uint32_t ways)
{
    uint32_t last = 0;

    for (uint32_t way = 1; way < ways; way++) {
        if (set[way].given > set[last].given)
            last = way;
    }
    return set[last].given == 0 ? 0 : (last + 1) % ways;
}

static uint64_t last_use(const struct times *set, uint32_t ways)
{
    uint64_t last = 0;

    for (uint32_t way = 0; way < ways; way++)
        last = set[way].used > last ? set[way].used : last;
    return last;
}

/* Pseudo-LRU: of the two halves the one that was not used last (the left one,
 * if neither was), and so on within it. A bit B0 of the i486 is nothing but the
 * memory of which half that is. */
static uint32_t pseudo_lru(const struct times *set, uint32_t ways)
{
    uint32_t half = ways / 2;

    if (ways == 1)
        return 0;
    if (last_use(set, half) > last_use(set + half, half))
        return half + pseudo_lru(set + half, half);
    return pseudo_lru(set, half);
}

static uint32_t least_recent(const struct times *set, uint32_t ways)
{
    uint32_t least = 0;

    for (uint32_t way = 1; way < ways; way++) {
        if (set[way].used < set[least].used)
            least = way;
    }
    return least;
}

/* Marsaglia's xorshift64 (13, 7, 17): one number a victim, of whose upper half
 * the low bits count.
 */
static uint32_t draw(struct naive_tlb *tlb)
{
    uint64_t x = tlb->random;

    x = x ^ (x * 8192);
    x = x ^ (x / 128);
    x = x ^ (x * 131072);
    tlb->random = x;
    return (uint32_t)(x / (UINT64_C(1) << 32)) % tlb->shape.ways;
}

static uint32_t victim(struct naive_tlb *tlb, const struct times *set)
{
    switch (tlb->shape.policy) {
    case NAIVE_POINTER:
        return pointer(set, tlb->shape.ways);
    case NAIVE_PLRU:
        return pseudo_lru(set, tlb->shape.ways);
    case NAIVE_LRU:
        return least_recent(set, tlb->shape.ways);
    case NAIVE_RANDOM:
        break;
    }
    return draw(tlb);
}

/* A way for a page that is not there: a free one, if the set has one. */
static uint32_t choose(struct naive_tlb *tlb, uint32_t first)
{
    uint32_t ways = tlb->shape.ways;
    const struct times *set = &tlb->times[first];
    uint32_t start;

    if (tlb->taken[first / ways] == ways)
        return victim(tlb, set);
    start = tlb->shape.policy == NAIVE_POINTER ? pointer(set, ways) : 0;

    while (tlb->ways[first + start].taken)
        start = start + 1 < ways ? start + 1 : 0;
    return start;
}

static void put(struct naive_tlb *tlb, uint32_t linear, struct way contents,
                uint64_t now)
{
    const struct way *there = find(tlb, linear);
    uint32_t page = linear / tlb->page_bytes;
    uint32_t index;

    if (there != NULL) {
        index = (uint32_t)(there - tlb->ways);
    } else {
        uint32_t first =
            page % (tlb->shape.entries / tlb->shape.ways) * tlb->shape.ways;

        index = first + choose(tlb, first);
        tlb->times[index].given = now;
    }
    empty_way(tlb, index);
    tlb->where[page] = (uint16_t)(index + 1);
    tlb->taken[index / tlb->shape.ways]++;
    tlb->pieces += contents.piece;
    tlb->ways[index] = contents;
    tlb->ways[index].taken = true;
    tlb->ways[index].page = page;
    tlb->times[index].used = now;
}

/* --- all of them ---------------------------------------------------------- */

struct naive_mmu *naive_new(const struct naive_processor *processor)
{
    struct naive_mmu *mmu = calloc(1, sizeof *mmu);

    if (mmu == NULL)
        return NULL;
    mmu->processor = *processor;
    if (!open_tlb(&mmu->data, &processor->data, BYTES_SMALL) ||
        !open_tlb(&mmu->code, &processor->code, BYTES_SMALL) ||
        !open_tlb(&mmu->large, &processor->large, BYTES_LARGE)) {
        naive_free(mmu);
        return NULL;
    }
    return mmu;
}

void naive_free(struct naive_mmu *mmu)
{
    close_tlb(&mmu->data);
    close_tlb(&mmu->code);
    close_tlb(&mmu->large);
    free(mmu);
}

const struct naive_counts *naive_counts(const struct naive_mmu *mmu)
{
    return &mmu->counts;
}

static void flush(struct naive_mmu *mmu)
{
    empty_tlb(&mmu->data);
    empty_tlb(&mmu->code);
    empty_tlb(&mmu->large);
    mmu->counts.flushes++;
}

/* Nothing of the page is left, nor of the 4 MiB page it may be in (SDM
 * 3A 4.10.4.1). */
static void forget(struct naive_mmu *mmu, uint32_t linear)
{
    forget_page(&mmu->data, linear);
    forget_page(&mmu->code, linear);
    forget_page(&mmu->large, linear);
    if (mmu->large_pages) {
        forget_pieces(&mmu->data, linear);
        forget_pieces(&mmu->code, linear);
    }
}

void naive_load_cr0(struct naive_mmu *mmu, uint32_t value)
{
    bool paging = value >> 31 & 1;
    bool write_protect = mmu->processor.write_protect && (value >> 16 & 1);

    if (paging != mmu->paging || write_protect != mmu->write_protect)
        flush(mmu);
    mmu->paging = paging;
    mmu->write_protect = write_protect;
}

void naive_load_cr3(struct naive_mmu *mmu)
{
    flush(mmu);
}

void naive_load_cr4(struct naive_mmu *mmu, uint32_t value)
{
    bool large_pages = mmu->processor.large_pages && (value >> 4 & 1);

    if (large_pages != mmu->large_pages)
        flush(mmu);
    mmu->large_pages = large_pages;
}

void naive_invalidate(struct naive_mmu *mmu, uint32_t linear)
{
    if (!mmu->processor.invlpg) {
        naive_load_cr3(mmu);
        return;
    }
    forget(mmu, linear);
    mmu->counts.page_invalidations++;
}

static bool allowed(const struct naive_mmu *mmu, bool page_user,
                    bool page_writable, enum naive_kind kind, bool user)
{
    if (user)
        return page_user && (kind != NAIVE_WRITE || page_writable);
    return kind != NAIVE_WRITE || page_writable || !mmu->write_protect;
}

static struct naive_outcome fault(struct naive_mmu *mmu, uint32_t linear,
                                  uint32_t error, enum naive_kind kind,
                                  bool user)
{
    forget(mmu, linear);
    return (struct naive_outcome){
        .error = error + (kind == NAIVE_WRITE ? 2u : 0) + (user ? 4u : 0)};
}

/* A write of the entry, where it lacks one of the bits that the access is to
 * set. */
static void set_bits(struct naive_mmu *mmu, uint32_t entry, uint32_t bits)
{
    if ((entry & bits) != bits)
        mmu->counts.bus_writes++;
}

/* A walk that finds a page: in `pde` alone, if it is a large one. */
static struct naive_outcome found(struct naive_mmu *mmu, struct naive_tlb *tlb,
                                  uint32_t linear, enum naive_kind kind,
                                  bool user, uint32_t pde, uint32_t pte)
{
    bool large = mmu->large_pages && (pde & LARGE);
    uint32_t rights = large ? pde : pde & pte;
    uint32_t mapping = large ? pde : pte;
    uint32_t bytes = large ? BYTES_LARGE : BYTES_SMALL;
    uint32_t phys = mapping / bytes * bytes + linear % bytes;
    bool apart = large && tlb == &mmu->data && mmu->large.shape.entries;
    uint32_t entry_bytes = apart ? BYTES_LARGE : BYTES_SMALL;

    if (!allowed(mmu, rights & USER, rights & WRITABLE, kind, user))
        return fault(mmu, linear, 1, kind, user);
    if (!large)
        set_bits(mmu, pde, ACCESSED);
    set_bits(mmu, mapping, kind == NAIVE_WRITE ? ACCESSED | DIRTY : ACCESSED);
    put(apart ? &mmu->large : tlb, linear,
        (struct way){.phys = phys - linear % entry_bytes,
                     .user = rights & USER,
                     .writable = rights & WRITABLE,
                     .dirty = kind == NAIVE_WRITE || (mapping & DIRTY),
                     .piece = large && !apart},
        ++mmu->time);
    return (struct naive_outcome){.granted = true, .phys = phys};
}

static struct naive_outcome walk(struct naive_mmu *mmu, struct naive_tlb *tlb,
                                 uint32_t linear, enum naive_kind kind,
                                 bool user, uint32_t pde, uint32_t pte)
{
    mmu->counts.misses++;
    mmu->counts.bus_reads++;
    if (!(pde & PRESENT))
        return fault(mmu, linear, 0, kind, user);
    if (mmu->large_pages && (pde & LARGE)) {
        if (pde / 4096 % 1024 != 0) /* reserved bits 12 to 21 */
            return fault(mmu, linear, 1 + 8, kind, user);
    } else {
        mmu->counts.bus_reads++;
        if (!(pte & PRESENT))
            return fault(mmu, linear, 0, kind, user);
    }
    return found(mmu, tlb, linear, kind, user, pde, pte);
}

struct naive_outcome naive_access(struct naive_mmu *mmu, uint32_t linear,
                                  enum naive_kind kind, bool user, uint32_t pde,
                                  uint32_t pte)
{
    bool code_apart = kind == NAIVE_FETCH && mmu->code.shape.entries;
    struct naive_tlb *tlb = code_apart ? &mmu->code : &mmu->data;
    struct naive_tlb *holder = tlb;
    struct way *way;

    if (!mmu->paging)
        return (struct naive_outcome){.granted = true, .phys = linear};
    mmu->counts.lookups++;
    way = find(holder, linear);
    if (way == NULL && !code_apart) {
        holder = &mmu->large;
        way = find(holder, linear);
    }
    if (way == NULL)
        return walk(mmu, tlb, linear, kind, user, pde, pte);
    holder->times[way - holder->ways].used = ++mmu->time;
    if (!allowed(mmu, way->user, way->writable, kind, user))
        return fault(mmu, linear, 1, kind, user);
    if (kind == NAIVE_WRITE && !way->dirty)
        return walk(mmu, tlb, linear, kind, user, pde, pte);
    return (struct naive_outcome){
        .granted = true, .phys = way->phys + linear % holder->page_bytes};
}
