/* pager.h: services page faults: what the kernel does about one, and why. */
#ifndef MMU386_PAGER_H
#define MMU386_PAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "addrspace.h"

struct kernel;
struct process;

enum pager_outcome {
    PAGER_SERVICED, /* the access can be tried again */
    PAGER_SEGV,     /* no mapping allows it */
    PAGER_NO_FRAME, /* memory is used up */
};

/* Services a fault of the current process at `linear` with that error code. */
enum pager_outcome pager_fault(struct kernel *kernel, struct process *process,
                               uint32_t linear, uint32_t error);

/* Breaks the sharing of the page by the kernel's hand, for a kernel that no R/W
 * bit stops. */
enum pager_outcome pager_break_by_hand(struct kernel *kernel,
                                       struct process *process,
                                       uint32_t linear);

/* Maps a page: `event` tells why, of which page (`linear`) and with which frame
 * (`frame_after`), new or shared; the rest of it is filled in, and the event
 * emitted. PAGER_SERVICED, or PAGER_NO_FRAME with a new frame freed. */
enum pager_outcome pager_map(struct kernel *kernel, struct mmu_addrspace *space,
                             struct mmu_event event, bool writable);

/* The entry of a page of the current process was changed: the processor forgets
 * it. */
void pager_invalidate(struct kernel *kernel, uint32_t linear);

/* Removes the pages of [start, end) from the process's address space. */
void pager_unmap(struct kernel *kernel, struct process *process, uint32_t start,
                 uint32_t end);

#endif
