/* tlbmisses.h: why the TLB missed.
 *
 * A page is one of an address space: that of another process, or of the same
 * one's next program, is another page. Where code and data have TLBs of their
 * own, a page is looked up in each for the first time. Every miss has one
 * cause, by what became of the page at the look-up before:
 *
 *   compulsory  there was none: it is the first
 *   flush       it filled an entry, and since then the TLB was flushed or the
 *               page invalidated: a TLB of any size would have missed
 *   fault       it led to a page fault, which leaves no entry behind
 *   dirty       the entry is there, but the first write to it walks to set D
 *   capacity    it filled an entry, which another page has taken: for want of
 *               entries (capacity) or of ways in its set (conflict)
 *
 * Pages are those of 4 KiB, as the kernel here maps no others.
 */
#ifndef MMU386_TLBMISSES_H
#define MMU386_TLBMISSES_H

#include <stdbool.h>
#include <stdint.h>

#include "keymap.h"
#include "mmu.h"

struct machine;

enum tlb_miss_cause {
    TLB_MISS_COMPULSORY,
    TLB_MISS_FLUSH,
    TLB_MISS_FAULT,
    TLB_MISS_DIRTY,
    TLB_MISS_CAPACITY,
    TLB_MISS_CAUSES, /* how many there are */
};

/* Of the look-ups for code, or of those for data. */
struct tlb_side_stats {
    uint64_t lookups;
    uint64_t misses; /* the sum of the causes, where they are known */
    uint64_t causes[TLB_MISS_CAUSES];
};

struct tlb_misses {
    struct mmu_miss_observer observer;
    struct machine *machine;    /* NULL: nobody is listened to */
    struct keymap pages;        /* what became of each at its last look-up */
    uint64_t spaces;            /* address spaces met so far */
    struct tlb_side_stats code; /* the misses; look-ups when it is finished */
    struct tlb_side_stats data;
    bool forgotten; /* nobody asks: the sides are unknown, too */
    bool unknown;   /* the causes: memory was short, or too many pages in use */
};

/* "compulsory", "flush"...: its name in statistics. */
const char *tlb_miss_cause_name(enum tlb_miss_cause cause);

/* Zeroes `misses` and has it told of the misses of the machine's processor from
 * now on; of none where that has no TLB. Those before count as compulsory, of
 * data: they are of the kernel's boot. It marks the frames of page
 * directories. */
void tlb_misses_listen(struct tlb_misses *misses, struct machine *machine);

/* Nobody asks: listens no more, and the causes stay unknown. */
void tlb_misses_forget(struct tlb_misses *misses);

/* The page of `linear` was invalidated in the address space that is loaded. */
void tlb_misses_invalidated(struct tlb_misses *misses, uint32_t linear);

/* Takes the look-ups that the MMU counted, and listens no more. Nothing where
 * it does not listen. */
void tlb_misses_finish(struct tlb_misses *misses);

#endif
