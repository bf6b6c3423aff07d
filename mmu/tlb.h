/* tlb.h: a set-associative translation lookaside buffer.
 *
 * 80386 Hardware Reference Manual 5.4 / 80386 Programmer's Reference
 * Manual 5.2.5 and 10.6: linear bits 14..12 choose one of 8 sets of 4. The i486
 * replaces by a pseudo-LRU tree.
 *
 * A new page takes a free way of its set, else the policy's victim. The free
 * way is the lowest, but with a pointer the first from the pointer on, round
 * the set; the pointer is then one past the way taken. MMU_TLB_RANDOM draws a
 * number for each victim, and for nothing else, from one generator a TLB, which
 * a flush leaves as it is: Marsaglia's xorshift64 (Xorshift RNGs, 2003), from
 * the seed x on x ^= x << 13, x ^= x >> 7, x ^= x << 17. The victim's way is
 * the low bits of x's upper half.
 */
#ifndef MMU386_TLB_H
#define MMU386_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "paging.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMU_TLB_MAX_ENTRIES      4096u
#define MMU_TLB_PLRU_MAX_WAYS    8u   /* a tree of 7 bits in a byte */
#define MMU_TLB_POINTER_MAX_WAYS 256u /* what a byte counts to */

#define MMU_TLB_VALID 1u         /* in a tag */
#define MMU_TLB_NONE  UINT32_MAX /* no entry's index */

/* What a page is mapped to, as the walk found it. */
struct mmu_tlb_entry {
    uint32_t base; /* physical address of the page */
    bool user;     /* effective rights: both levels' */
    bool writable;
    bool dirty;    /* D is set in memory: a write need not walk */
    bool piece;    /* 4 KiB of a 4 MiB page */
    uint64_t used; /* LRU: when last hit or filled */
};

struct mmu_tlb {
    struct mmu_tlb_geometry geometry;
    uint32_t page_shift; /* 12, or 22 in a TLB for 4 MiB pages */
    uint32_t set_mask;   /* number of sets - 1 */
    uint32_t way_shift;  /* log2 of geometry.ways */
    /* set by set: the page's linear address | MMU_TLB_VALID; 0: free */
    uint32_t *tags;
    struct mmu_tlb_entry *entries; /* what each tag's page is mapped to */
    bool has_pieces;               /* an entry may be a piece */
    uint8_t *state; /* one a set: the pointer, or the tree's bits */
    /* the bits of the tree that a use of the way sets, and what to */
    uint8_t plru_path[MMU_TLB_PLRU_MAX_WAYS];
    uint8_t plru_away[MMU_TLB_PLRU_MAX_WAYS];
    uint64_t clock;  /* advances at each use, for LRU */
    uint64_t random; /* the generator's state */
};

/* True for a geometry that a TLB can have: entries and ways are powers of two,
 * entries up to MMU_TLB_MAX_ENTRIES, ways up to entries and, where PLRU or a
 * pointer chooses the victim, up to MMU_TLB_PLRU_MAX_WAYS or
 * MMU_TLB_POINTER_MAX_WAYS. */
bool mmu_tlb_geometry_valid(struct mmu_tlb_geometry geometry);

/* Makes an empty TLB for pages of 1 << `page_shift` bytes (MMU_PAGE_SHIFT or
 * MMU_LARGE_PAGE_SHIFT). Returns 0, -EINVAL (the geometry is not valid) or
 * -ENOMEM; where it fails, the TLB is all zero and needs no destroying. */
int mmu_tlb_init(struct mmu_tlb *tlb, struct mmu_tlb_geometry geometry,
                 uint32_t page_shift);

/* Frees a TLB and leaves it all zero: one of no entries. */
void mmu_tlb_destroy(struct mmu_tlb *tlb);

/* The set that the page of `linear` belongs to. */
static inline uint32_t mmu_tlb_set(const struct mmu_tlb *tlb, uint32_t linear)
{
    return linear >> tlb->page_shift & tlb->set_mask;
}

/* The tag of a valid entry of the page that holds `linear`. */
static inline uint32_t mmu_tlb_tag(const struct mmu_tlb *tlb, uint32_t linear)
{
    return linear >> tlb->page_shift << tlb->page_shift | MMU_TLB_VALID;
}

/* Index of the valid entry of the page that holds `linear`, or MMU_TLB_NONE.
 * Changes nothing. A TLB of no entries, all zero, holds none. */
static inline uint32_t mmu_tlb_find(const struct mmu_tlb *tlb, uint32_t linear)
{
    uint32_t tag = mmu_tlb_tag(tlb, linear);
    uint32_t first = mmu_tlb_set(tlb, linear) << tlb->way_shift;

    /* As every generation has it: no branch depends on which way it is. */
    if (tlb->geometry.ways == 4) {
        const uint32_t *set = &tlb->tags[first];
        uint32_t way =
            1u * (set[1] == tag) + 2u * (set[2] == tag) + 3u * (set[3] == tag);

        return set[way] == tag ? first + way : MMU_TLB_NONE;
    }
    for (uint32_t i = first; i < first + tlb->geometry.ways; i++) {
        if (tlb->tags[i] == tag)
            return i;
    }
    return MMU_TLB_NONE;
}

/* Notes a use of the entry of that index, for the policy. Another one that
 * follows it at once changes nothing that shows. */
static inline void mmu_tlb_use(struct mmu_tlb *tlb, uint32_t index)
{
    if (tlb->geometry.policy == MMU_TLB_PLRU) {
        uint32_t way = index & (tlb->geometry.ways - 1);
        uint8_t *tree = &tlb->state[index >> tlb->way_shift];

        *tree = (uint8_t)((*tree & ~tlb->plru_path[way]) | tlb->plru_away[way]);
    } else if (tlb->geometry.policy == MMU_TLB_LRU) {
        tlb->entries[index].used = ++tlb->clock;
    }
}

/* False where uses of the entries of pages `a` and `b`, both held, come to the
 * same in either order. */
static inline bool mmu_tlb_order_matters(const struct mmu_tlb *tlb, uint32_t a,
                                         uint32_t b)
{
    return (tlb->geometry.policy == MMU_TLB_PLRU ||
            tlb->geometry.policy == MMU_TLB_LRU) &&
           mmu_tlb_set(tlb, a) == mmu_tlb_set(tlb, b) &&
           mmu_tlb_tag(tlb, a) != mmu_tlb_tag(tlb, b);
}

/* The valid entry of the page that holds `linear`, made most recently used;
 * NULL on a miss. */
struct mmu_tlb_entry *mmu_tlb_lookup(struct mmu_tlb *tlb, uint32_t linear);

/* Fills in a translation, over the page's old one if it is there, else over a
 * free way, else over the victim that the policy names. Returns the entry. */
struct mmu_tlb_entry *mmu_tlb_fill(struct mmu_tlb *tlb, uint32_t linear,
                                   struct mmu_tlb_entry entry);

/* Forgets all entries, and what the policy remembered of them. A TLB of no
 * entries, all zero, has nothing to forget, here and below. */
void mmu_tlb_flush(struct mmu_tlb *tlb);

/* Forgets the entry of the page that holds `linear`: true if it was there. */
bool mmu_tlb_invalidate(struct mmu_tlb *tlb, uint32_t linear);

/* Forgets every piece of the 4 MiB page that holds `linear`, in a TLB of 4 KiB
 * pages. */
void mmu_tlb_invalidate_pieces(struct mmu_tlb *tlb, uint32_t linear);

#ifdef __cplusplus
}
#endif

#endif
