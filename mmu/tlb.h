/* tlb.h: a set-associative translation lookaside buffer.
 *
 * 80386 Hardware Reference Manual 5.4 / 80386 Programmer's Reference Manual 5.2.5 and 10.6:
 * linear bits 14..12 choose one of 8 sets of 4. The i486 replaces by a pseudo-LRU tree.
 *
 * A new page takes a free way of its set, else the policy's victim. The free way is the lowest, but
 * with a pointer the first from the pointer on, round the set; the pointer is then one past the way
 * taken. TLB_RANDOM draws a number for each victim, and for nothing else, from one generator a TLB,
 * which a flush leaves as it is: Marsaglia's xorshift64 (Xorshift RNGs, 2003), from the seed x on
 * x ^= x << 13, x ^= x >> 7, x ^= x << 17. The victim's way is the low bits of x's upper half.
 */
#ifndef MMU386_TLB_H
#define MMU386_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "paging.h"

#define TLB_MAX_ENTRIES      4096u
#define TLB_PLRU_MAX_WAYS    8u   /* a tree of 7 bits in a byte */
#define TLB_POINTER_MAX_WAYS 256u /* what a byte counts to */

#define TLB_VALID 1u         /* in a tag */
#define TLB_NONE  UINT32_MAX /* no entry's index */

struct tlb_entry {
    uint32_t base; /* physical address of the page */
    bool user;
    bool writable;
    bool dirty;
    bool piece;    /* 4 KiB of a 4 MiB page */
    uint64_t used; /* LRU: when last hit or filled */
};

struct tlb {
    struct tlb_geometry geometry;
    uint32_t page_shift;       /* 12, or 22 in a TLB for 4 MiB pages */
    uint32_t set_mask;         /* number of sets - 1 */
    uint32_t way_shift;        /* log2 of geometry.ways */
    uint32_t *tags;            /* set by set: the page's linear address | TLB_VALID; 0: free */
    struct tlb_entry *entries; /* what each tag's page is mapped to */
    bool has_pieces;           /* an entry may be a piece */
    uint8_t *state;            /* one a set: the pointer, or the tree's bits */
    uint8_t plru_path[TLB_PLRU_MAX_WAYS]; /* the bits that a use of the way sets, */
    uint8_t plru_away[TLB_PLRU_MAX_WAYS]; /* and what to */
    uint64_t clock;                       /* advances at each use, for LRU */
    uint64_t random;                      /* the generator's state */
};

/* True for a geometry that a TLB can have: entries and ways are powers of two, entries up to
 * TLB_MAX_ENTRIES, ways up to entries and, where PLRU or a pointer chooses the victim, up to
 * TLB_PLRU_MAX_WAYS or TLB_POINTER_MAX_WAYS. */
bool tlb_geometry_valid(struct tlb_geometry geometry);

/* Makes an empty TLB. Returns 0, -EINVAL (the geometry is not valid) or -ENOMEM. */
int tlb_init(struct tlb *tlb, struct tlb_geometry geometry, uint32_t page_shift);
void tlb_destroy(struct tlb *tlb);

/* The set that the page of `linear` belongs to. */
static inline uint32_t tlb_set(const struct tlb *tlb, uint32_t linear)
{
    return linear >> tlb->page_shift & tlb->set_mask;
}

/* The tag of a valid entry of the page that holds `linear`. */
static inline uint32_t tlb_tag(const struct tlb *tlb, uint32_t linear)
{
    return linear >> tlb->page_shift << tlb->page_shift | TLB_VALID;
}

/* Index of the valid entry of the page that holds `linear`, or TLB_NONE. Changes nothing. A TLB of
 * no entries, all zero, holds none. */
static inline uint32_t tlb_find(const struct tlb *tlb, uint32_t linear)
{
    uint32_t tag = tlb_tag(tlb, linear);
    uint32_t first = tlb_set(tlb, linear) << tlb->way_shift;

    /* As every generation has it: no branch depends on which way it is. */
    if (tlb->geometry.ways == 4) {
        const uint32_t *set = &tlb->tags[first];
        uint32_t way = 1u * (set[1] == tag) + 2u * (set[2] == tag) + 3u * (set[3] == tag);

        return set[way] == tag ? first + way : TLB_NONE;
    }
    for (uint32_t i = first; i < first + tlb->geometry.ways; i++) {
        if (tlb->tags[i] == tag)
            return i;
    }
    return TLB_NONE;
}

/* Notes a use of the entry of that index, for the policy. Another one that follows it at once
 * changes nothing that shows. */
static inline void tlb_use(struct tlb *tlb, uint32_t index)
{
    if (tlb->geometry.policy == TLB_PLRU) {
        uint32_t way = index & (tlb->geometry.ways - 1);
        uint8_t *tree = &tlb->state[index >> tlb->way_shift];

        *tree = (uint8_t)((*tree & ~tlb->plru_path[way]) | tlb->plru_away[way]);
    } else if (tlb->geometry.policy == TLB_LRU) {
        tlb->entries[index].used = ++tlb->clock;
    }
}

/* False where uses of the entries of pages `a` and `b`, both held, come to the same in either
 * order. */
static inline bool tlb_order_matters(const struct tlb *tlb, uint32_t a, uint32_t b)
{
    return (tlb->geometry.policy == TLB_PLRU || tlb->geometry.policy == TLB_LRU) &&
           tlb_set(tlb, a) == tlb_set(tlb, b) && tlb_tag(tlb, a) != tlb_tag(tlb, b);
}

/* The valid entry of the page that holds `linear`, made most recently used; NULL on a miss. */
struct tlb_entry *tlb_lookup(struct tlb *tlb, uint32_t linear);

/* Fills in a translation, over the page's old one if it is there, else over a free way, else
 * over the victim that the policy names. Returns the entry. */
struct tlb_entry *tlb_fill(struct tlb *tlb, uint32_t linear, struct tlb_entry entry);

/* Forgets all entries, and what the policy remembered of them; one page's entry (true if it was
 * there). A TLB of no entries, all zero, has nothing to forget. */
void tlb_flush(struct tlb *tlb);
bool tlb_invalidate(struct tlb *tlb, uint32_t linear);

/* Forgets every piece of the 4 MiB page that holds `linear`, in a TLB of 4 KiB pages. */
void tlb_invalidate_pieces(struct tlb *tlb, uint32_t linear);

#endif
