/* process.h: a process and what the kernel keeps of it. */
#ifndef MMU386_PROCESS_H
#define MMU386_PROCESS_H

#include <stdint.h>

#include "linux/state.h"

/* What a system call returns when the process has to wait: it is called again,
 * with the same arguments, when schedule_wake names what it waits for. */
#define CALL_WAITS INT32_MIN

/* Puts the process to sleep until `channel` is woken, or `until_ns` has come if
 * it is not 0; returns CALL_WAITS. */
int32_t process_wait_for(struct process *process, const void *channel,
                         uint64_t until_ns);

/* Makes a process: pid, kernel stack, context; no address space yet. NULL where
 * something is short.
 */
struct process *process_new(struct kernel *kernel, uint32_t parent_pid);

/* Fork of the current process by the kernel's policy. The child's pid, -ENOMEM
 * or -EAGAIN; nothing is left of a child that could not be made. */
int32_t process_fork(struct kernel *kernel, struct process *parent);

/* The child, which was just forked, runs in its parent's memory, while that one
 * waits: vfork. */
void process_borrow(struct kernel *kernel, struct process *parent,
                    struct process *child);

/* Tells that the current process is about to be ended by a signal. */
void process_emit_kill(struct kernel *kernel, uint32_t signal);

/* Ends a process: everything it holds is given back, its parent told. The
 * parent reaps it. */
void process_exit(struct kernel *kernel, struct process *process,
                  int32_t wait_status);

/* Gives back all that is mapped, and the tables. Nothing where it has none. */
void process_drop_memory(struct kernel *kernel, struct process *process);

/* Lets the parent of a vfork go on. What the child ran in is the parent's
 * memory (vfork(2)): as the child has a copy, and nobody has used the original
 * since, the two are exchanged, and the child is left with what it is about to
 * drop. Nothing for any other process. */
void process_end_vfork(struct kernel *kernel, struct process *child);

/* Forgets a zombie. */
void process_reap(struct kernel *kernel, struct process *process);

/* Loads the process's address space and context into the processor. */
void process_switch_to(struct kernel *kernel, struct process *process);

struct process *process_by_pid(struct kernel *kernel, uint32_t pid);

#endif
