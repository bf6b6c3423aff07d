/* entry.h: the way into the kernel, by a trap that the processor delivers to
 * ring 0, and out of it. */
#ifndef MMU386_ENTRY_H
#define MMU386_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/trap.h"
#include "linux/pager.h"

struct kernel;
struct process;

/* A trap, from its delivery until all is done about it. */
struct entry {
    uint64_t began; /* cycles */
    uint32_t vector;
    uint32_t error;
    bool fault;
    enum pager_outcome outcome; /* of a page fault */
};

/* The processor stopped as `exit` says while `process` ran: delivers the trap
 * (of a page fault: and serves it); *entry then says what is left to do, and
 * what entry_leave is to know when it is done. False with
 * kernel->machine.broken set. */
bool entry_enter(struct kernel *kernel, struct process *process,
                 const struct cpu_exit *exit, struct entry *entry);
void entry_leave(struct kernel *kernel, struct process *process,
                 const struct entry *entry);

/* Pops the process's trap frame: its registers are in the processor, which is
 * at ring 3 again. False where the frame cannot be read. */
bool entry_return(struct kernel *kernel, struct process *process);

/* Makes the processor raise a page fault in the kernel (ring 0), delivers it,
 * serves it and returns: for the kernel's own accesses to user memory. Where it
 * was serviced the access can be tried again. PAGER_SEGV, too, with
 * kernel->machine.broken set. */
enum pager_outcome entry_own_fault(struct kernel *kernel,
                                   struct process *process,
                                   const struct mmu_fault *fault);

#endif
