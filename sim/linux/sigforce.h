/* sigforce.h: signals that come of what the current process does itself, and
 * that nothing keeps from it: one that is blocked or ignored kills it. */
#ifndef MMU386_SIGFORCE_H
#define MMU386_SIGFORCE_H

#include "linux/state.h"

/* A signal that an instruction of the process raised, whose fault_vector,
 * fault_error and (of a page fault) fault_linear are set. */
void signal_force(struct kernel *kernel, struct process *process,
                  uint32_t signal);

/* One that the kernel raises because the process cannot go on, not an
 * exception. */
void signal_force_kernel(struct process *process, uint32_t signal,
                         enum signal_cause cause);

/* SIGKILL, for want of a frame. Nothing where the process has ended. */
void signal_force_no_memory(struct kernel *kernel, struct process *process);

#endif
