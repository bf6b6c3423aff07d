/* syscall.h: the system calls: Linux's i386 numbers, arguments and errno
 * values. */
#ifndef MMU386_SYSCALL_H
#define MMU386_SYSCALL_H

#include <stdint.h>

#include "traceevent.h"

struct kernel;
struct process;

/* Fills in the kernel's table of calls by number. */
void system_calls_init(struct kernel *kernel);

/* Serves the system call that the current process made, as its saved registers
 * say. */
void system_call_serve(struct kernel *kernel, struct process *process);

/* A system call begins, which may make a process, or ends: for the clock. */
void system_call_mark(struct kernel *kernel, enum trace_mark mark);

#endif
