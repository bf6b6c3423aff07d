/* syscall.h: the system calls: Linux's i386 numbers, arguments and errno
 * values. */
#ifndef MMU386_SYSCALL_H
#define MMU386_SYSCALL_H

#include <stdint.h>

#include "trace/trace.h"

struct kernel;
struct process;

/* A call's arguments: EBX, ECX, EDX, ESI, EDI, EBP. It returns what goes into
 * EAX, a negative errno where it fails, or CALL_WAITS (process.h). The process
 * is the current one. */
typedef int32_t system_call(struct kernel *kernel, struct process *process,
                            const uint32_t arg[6]);

struct call_entry {
    uint16_t number;
    system_call *call;
    const char *name;
};

/* Each group's calls, ended by an entry whose call is NULL. */
extern const struct call_entry process_calls[];
extern const struct call_entry segment_calls[];
extern const struct call_entry memory_calls[];
extern const struct call_entry file_calls[];
extern const struct call_entry time_calls[];
extern const struct call_entry signal_calls[];
extern const struct call_entry limit_calls[];

/* Fills in the kernel's table of calls by number. */
void system_calls_init(struct kernel *kernel);

/* Serves the system call that the current process made, as its saved registers
 * say. */
void system_call_serve(struct kernel *kernel, struct process *process);

/* A system call begins, which may make a process, or ends: for the clock. */
void system_call_mark(struct kernel *kernel, enum trace_mark mark);

#endif
