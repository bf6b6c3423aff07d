/* deadlock.h: every process waits, and nothing can wake one. That is the
 * guest's own doing, and ends it as its user would. */
#ifndef MMU386_DEADLOCK_H
#define MMU386_DEADLOCK_H

struct kernel;

/* Kills the first process with SIGKILL, and with it the others.
 * kernel->deadlock then says who waited for what: "pid 2 waits in waitpid for
 * pid 3 to end; pid 3 waits in read for descriptor 4, a pipe whose other end
 * pid 3 has". */
void deadlock_break(struct kernel *kernel);

#endif
