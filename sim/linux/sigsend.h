/* sigsend.h: signals that processes and the kernel send to a process. */
#ifndef MMU386_SIGSEND_H
#define MMU386_SIGSEND_H

#include "linux/state.h"

/* Sends `signal` to the process: it becomes pending, and a process that waits
 * in a system call is woken. Ignored ones are dropped unless they are blocked;
 * so is what is no signal (1..64). siginfo names the current process. */
void signal_send(struct kernel *kernel, struct process *process,
                 uint32_t signal);

/* The same, with siginfo as given. */
void signal_send_info(struct kernel *kernel, struct process *process,
                      uint32_t signal, const struct signal_info *info);

/* Sends SIGPIPE to the current process, for its own write. */
void signal_send_pipe(struct kernel *kernel, struct process *process);

/* What siginfo tells of how `child`, whose wait_status is set, ended. */
struct signal_info signal_info_of_child(const struct process *child);

/* Sends SIGCHLD to `parent` for `child`, whose wait_status is set. */
void signal_send_child(struct kernel *kernel, struct process *parent,
                       const struct process *child);

/* Sends SIGALRM to the process, whose alarm is due, and sets the next one if it
 * is to come again. */
void signals_ring(struct kernel *kernel, struct process *process);

#endif
