/* mmu.h: one processor's MMU: its control registers and its TLBs in front of
 * the walk. Whoever raises #PF sets cr2 from the fault. */
#ifndef MMU386_MMU_H
#define MMU386_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "paging.h"
#include "physmem.h"
#include "tlb.h"
#include "walk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the TLBs and the walks behind them have done; 0 without a TLB. */
struct mmu_counts {
    uint64_t lookups;
    uint64_t fetches; /* of the lookups, those for code */
    uint64_t misses;  /* lookups that led to a walk, those for D included */
    uint64_t flushes;
    uint64_t page_invalidations; /* by INVLPG */
    uint64_t bus_reads;          /* of entries, by walks */
    uint64_t bus_writes;
};

/* Is told of each access before it goes through the TLB; `times` of them are
 * alike. */
struct mmu_observer {
    void (*access)(void *arg, uint32_t linear, enum mmu_access access,
                   bool user, uint32_t times);
    void *arg;
};

/* What a lookup led to that was no plain hit. */
enum mmu_lookup_end {
    MMU_LOOKUP_FILLED,   /* a miss: the walk filled an entry */
    MMU_LOOKUP_DIRTIED,  /* a miss: there is an entry, but a write had to walk
                            to set D */
    MMU_LOOKUP_UNFILLED, /* a miss: the walk led to a fault */
    MMU_LOOKUP_REFUSED,  /* a hit that lacked the right, and lost its entry */
};

/* Is told of each of these once it has been done. */
struct mmu_miss_observer {
    void (*looked_up)(void *arg, uint32_t linear, enum mmu_access access,
                      enum mmu_lookup_end end);
    void *arg;
};

struct mmu {
    struct mmu_walk_control control; /* generation, CR0, CR3, CR4 */
    uint32_t cr2;
    const struct mmu_physmem *mem;
    const struct mmu_event_sink *sink;
    bool has_tlb; /* false: every access walks, and nothing is counted */
    struct mmu_tlb data_tlb;
    struct mmu_tlb code_tlb;  /* no entries: code is in data_tlb */
    struct mmu_tlb large_tlb; /* no entries: 4 MiB pages are in the others */
    bool hits_change;         /* a TLB's policy remembers hits */
    struct mmu_counts counts;
    /* or NULL; mmu_data_hit does not tell it */
    const struct mmu_observer *observer;
    const struct mmu_miss_observer *miss_observer; /* or NULL */
};

struct mmu_fault {
    uint32_t linear; /* what CR2 takes */
    uint32_t error;  /* MMU_PF_... */
};

/* Makes an MMU with paging off and all registers 0. `sink` may be NULL and is
 * kept, as `generation` and `mem` are. Geometries are the generation's own;
 * those of a generation that the caller made up must be valid
 * (mmu_tlb_geometry_valid). Returns 0, -EINVAL or -ENOMEM. */
int mmu_init(struct mmu *mmu, const struct mmu_generation *generation,
             const struct mmu_physmem *mem, const struct mmu_event_sink *sink,
             bool with_tlb);

/* Frees the TLBs; a second time it does nothing. */
void mmu_destroy(struct mmu *mmu);

/* Translates the byte at `linear` for an access by ring 3 (`user`) or below:
 * from the TLB, else by a walk that fills it. True: *phys is set. False: *fault
 * is set, CR2 is not touched. With paging off the linear address is the
 * physical one, and no translation is looked up or counted. A hit that lacks
 * the right faults without a walk and loses its entry (SDM 3A 4.10.4.1); a
 * write through an entry that lacks D walks again. The physical address may be
 * outside memory. */
bool mmu_translate(struct mmu *mmu, uint32_t linear, enum mmu_access access,
                   bool user, uint32_t *phys, struct mmu_fault *fault);

/* The same answer by the tables alone, changing nothing: no TLB, no A or D, no
 * counts. */
bool mmu_probe(const struct mmu *mmu, uint32_t linear, enum mmu_access access,
               bool user, uint32_t *phys, struct mmu_fault *fault);

/* Loads of the control registers. CR3's and those that change PG, WP or PSE
 * flush the TLBs. Bits that the generation does not have stay 0. */
void mmu_load_cr0(struct mmu *mmu, uint32_t value);
void mmu_load_cr3(struct mmu *mmu, uint32_t value);
void mmu_load_cr4(struct mmu *mmu, uint32_t value);

/* Makes the TLBs forget the page of `linear` the way this generation can:
 * INVLPG, or a load of CR3 on an i386. */
void mmu_invalidate(struct mmu *mmu, uint32_t linear);

/* Reads or writes `bytes` bytes at `linear`, which may cross pages, with the
 * rights of `user`, each page by one mmu_translate. True, or false with *fault
 * set to the first byte refused; the bytes before it are done. Outside memory a
 * read gives all ones and a write does nothing. */
bool mmu_read(struct mmu *mmu, uint32_t linear, void *to, uint32_t bytes,
              bool user, struct mmu_fault *fault);
bool mmu_write(struct mmu *mmu, uint32_t linear, const void *from,
               uint32_t bytes, bool user, struct mmu_fault *fault);

/* --- hits accounted apart -----------------------------------------------
 *
 * Whoever runs a whole block of code at once knows of most of its accesses that
 * they hit. These account for accesses by ring 3, with paging on, just as
 * mmu_translate would. Without a TLB, and with paging off, nothing is held. */

/* True where a TLB that serves fetches holds the page of `linear` for ring 3.
 * Changes nothing. */
bool mmu_code_held(const struct mmu *mmu, uint32_t linear);

/* An entry of one of an MMU's TLBs. */
struct mmu_entry {
    struct mmu_tlb *tlb;
    uint32_t index;
};

/* The same question, and which entry it is: it stays that while nothing misses
 * and no page is forgotten. */
static inline bool mmu_code_entry(struct mmu *mmu, uint32_t linear,
                                  struct mmu_entry *found)
{
    found->tlb =
        mmu->code_tlb.geometry.entries ? &mmu->code_tlb : &mmu->data_tlb;
    found->index = mmu_tlb_find(found->tlb, linear);
    if (found->index == MMU_TLB_NONE && found->tlb == &mmu->data_tlb) {
        /* for fetches only where code and data share theirs */
        found->tlb = &mmu->large_tlb;
        found->index = mmu_tlb_find(found->tlb, linear);
    }
    return found->index != MMU_TLB_NONE &&
           found->tlb->entries[found->index].user;
}

/* What `fetches` hits in a row leave in the TLBs: a part of mmu_fetch_again. */
void mmu_touch_code(struct mmu *mmu, uint32_t linear, uint32_t fetches);

/* Accounts for `fetches` (1 or more) fetches in a row from the page of
 * `linear`, for which mmu_code_held is true, in constant time. */
static inline void mmu_fetch_again(struct mmu *mmu, uint32_t linear,
                                   uint32_t fetches)
{
    if (mmu->hits_change || mmu->observer != NULL)
        mmu_touch_code(mmu, linear, fetches);
    mmu->counts.lookups += fetches;
    mmu->counts.fetches += fetches;
}

/* False where a fetch from the page of `code` and a data access to that of
 * `data`, both hits, leave the TLBs the same in either order. */
static inline bool mmu_order_matters(const struct mmu *mmu, uint32_t code,
                                     uint32_t data)
{
    return mmu->hits_change && mmu->code_tlb.geometry.entries == 0 &&
           (mmu_tlb_order_matters(&mmu->data_tlb, code, data) ||
            mmu_tlb_order_matters(&mmu->large_tlb, code, data));
}

/* Accounts for a read or write at `linear` and returns true, if it is a hit
 * that needs no walk and is no fault; else changes nothing. In the header
 * because the simulator calls nothing as often. */
static inline bool mmu_data_hit(struct mmu *mmu, uint32_t linear, bool write)
{
    struct mmu_tlb *tlb = &mmu->data_tlb;
    uint32_t index = mmu_tlb_find(tlb, linear);

    if (index == MMU_TLB_NONE) {
        tlb = &mmu->large_tlb;
        index = mmu_tlb_find(tlb, linear);
        if (index == MMU_TLB_NONE)
            return false;
    }

    const struct mmu_tlb_entry *entry = &tlb->entries[index];

    if (!entry->user || (write && !(entry->writable && entry->dirty)))
        return false;
    mmu_tlb_use(tlb, index);
    mmu->counts.lookups++;
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
