/* kernel.h: a kernel on its machine: made, started with a program, run, and
 * ended. */
#ifndef MMU386_KERNEL_H
#define MMU386_KERNEL_H

#include "linux/state.h"

struct mmu_audit_error;

/* Makes a machine and boots the kernel on it. Returns NULL and sets *why
 * (static text). */
struct kernel *kernel_new(const struct machine_options *machine,
                          const struct kernel_options *options,
                          const char **why);

/* Brings everything to its end, wherever it stands: ends every process, and
 * tells of it; then ends the machine (machine_end). Whoever was told and is
 * freed before the kernel calls this first. Nothing where it was done
 * before. */
void kernel_end(struct kernel *kernel);

/* Ends it, where that was not done, and frees it with its machine. */
void kernel_free(struct kernel *kernel);

/* Makes the first process, which has no memory yet, the current one. NULL where
 * memory is short. */
struct process *kernel_first_process(struct kernel *kernel);

/* Starts `program` as the first process, pid 1's child: arguments and
 * environment as given. Guests see it in their root directory, under the last
 * component of its name, wherever the host has it, and may exec it by its whole
 * name, too. The kernel takes a reference to the program. Returns 0 or
 * -errno. */
int kernel_start(struct kernel *kernel, struct program *program,
                 char *const argv[], char *const envp[]);

/* Runs until the first process ends; what is left of the others is killed then,
 * as in a PID namespace. Returns its wait status (as wait(2) encodes it), or -1
 * with machine.broken set. */
int kernel_run(struct kernel *kernel);

/* Checks the numbers that must always add up (audit.h) over all processes: the
 * number of violations, or -ENOMEM. To be asked between events, not in the
 * midst of a fork or exec. */
int kernel_audit(const struct kernel *kernel, struct mmu_audit_error *first);

#endif
