/* gate.h: what the kernel does about each kind of trap: the handlers behind the
 * gates of the IDT. */
#ifndef MMU386_GATE_H
#define MMU386_GATE_H

#include "cpu/cpu.h"

struct kernel;
struct process;

/* The processor stopped as `exit` says while `process` ran: delivers the trap
 * and serves it. */
void gate_trap(struct kernel *kernel, struct process *process,
               const struct cpu_exit *exit);

#endif
