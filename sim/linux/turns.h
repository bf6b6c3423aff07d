/* turns.h: the kernel as the supervisor of its machine: processes have the
 * processor in turns, and in its turn a process goes to ring 3 and is served
 * when it comes back. */
#ifndef MMU386_TURNS_H
#define MMU386_TURNS_H

#include "machine/machine.h"

struct kernel;

/* What the machine is to be given. The machine runs until the first process has
 * ended, or the machine is broken. */
struct supervisor turns_supervisor(struct kernel *kernel);

/* The turn that somebody has, if any, is over. */
void turns_end(struct kernel *kernel);

#endif
