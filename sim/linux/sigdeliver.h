/* sigdeliver.h: pending signals, on the way back to ring 3. */
#ifndef MMU386_SIGDELIVER_H
#define MMU386_SIGDELIVER_H

#include "linux/state.h"

/* Called with the current process about to return to ring 3, its trap frame on
 * its kernel stack: delivers what is pending: kills the process, or points it
 * at its handler with a frame on its user stack. `restart`: the system call
 * that it interrupted, by number, is to be restarted if the action says so
 * (SA_RESTART), or is -1. */
void signals_deliver(struct kernel *kernel, struct process *process,
                     int restart);

#endif
