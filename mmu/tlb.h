/* tlb.h: a set-associative translation lookaside buffer.
 *
 * 80386 Hardware Reference Manual 5.4 / 80386 Programmer's Reference Manual 5.2.5 and 10.6:
 * linear bits 14..12 choose one of 8 sets of 4. The i486 replaces by a pseudo-LRU tree.
 */
#ifndef MMU386_TLB_H
#define MMU386_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "paging.h"

#define TLB_MAX_ENTRIES 4096u

struct tlb_entry {
    uint32_t page; /* linear address of the page, low 12 bits clear; for a large entry low 22 */
    uint32_t base; /* physical address of the page */
    bool valid;
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
    struct tlb_entry *entries; /* set by set; geometry.entries of them */
    uint8_t *state;            /* one a set: the pointer, or the tree's bits */
    uint64_t clock;            /* advances at each use, for LRU */
    uint64_t random;           /* the generator's state */
};

/* Makes an empty TLB. Entries and ways are powers of two, ways divide entries, entries <=
 * TLB_MAX_ENTRIES; PLRU takes up to 8 ways, a pointer up to 256. Returns 0, -EINVAL or -ENOMEM. */
int tlb_init(struct tlb *tlb, struct tlb_geometry geometry, uint32_t page_shift, uint64_t seed);
void tlb_destroy(struct tlb *tlb);

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
