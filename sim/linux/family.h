/* family.h: all processes, by pid, and whose children they are. The kernel's
 * own pid is 1: it is no process, and the parent of the first one and of
 * orphans. */
#ifndef MMU386_FAMILY_H
#define MMU386_FAMILY_H

#include <stdint.h>

#include "linux/state.h"

/* A new process, with the highest pid and its parent's; one that is
 * forgotten. */
void family_add(struct kernel *kernel, struct process *process);
void family_remove(struct kernel *kernel, struct process *process);

/* The process of that pid, or NULL. */
struct process *family_find(const struct kernel *kernel, uint32_t pid);

/* Makes the process the kernel's child. */
void family_orphan(struct kernel *kernel, struct process *process);

/* The process has ended, and is to be reaped by its parent. */
void family_mourn(struct kernel *kernel, struct process *process);

/* Of those to be reaped the one with the lowest pid, or NULL. */
struct process *family_first_dead(const struct children *children);

#endif
