/* cow.h: what a write to a copy-on-write page does: copy, or take over the last
 * reference. */
#ifndef MMU386_COW_H
#define MMU386_COW_H

#include <stdbool.h>
#include <stdint.h>

#include "addrspace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mmu_cow_outcome {
    /* the page is not a writable copy-on-write page: not our business */
    MMU_COW_NOT_COW,
    /* the page has a frame of its own now */
    MMU_COW_COPIED,
    /* it was the last reference: writable in place */
    MMU_COW_TAKEN_OVER,
    /* a copy was needed and no frame was free; nothing changed */
    MMU_COW_NO_FRAME,
};

/* Breaks the sharing of the page at `linear` so that it can be written. The
 * caller invalidates the page in the TLB. The entry keeps A, and D where it is
 * taken over; a copy starts clean, as the write that is restarted sets D.
 * `in_kernel` is passed on to the event. */
enum mmu_cow_outcome mmu_cow_break(struct mmu_addrspace *as, uint32_t linear,
                                   bool in_kernel);

/* Maps `frame` at `linear`, where nothing is present, as one of its
 * copy-on-write references, writable (that is: once its sharing is broken) or
 * read-only, and takes that reference. Returns 0, or -ENOMEM where a table was
 * needed and no frame was free. */
int mmu_cow_map_shared(struct mmu_addrspace *as, uint32_t linear,
                       uint32_t frame, bool writable);

#ifdef __cplusplus
}
#endif

#endif
