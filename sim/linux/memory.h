/* memory.h: changes to a process's memory, with their work on its page tables:
 * what the system calls of sys_memory.c are made of. Each is an action
 * (action.h). */
#ifndef MMU386_MEMORY_H
#define MMU386_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/mapping.h"

struct kernel;
struct process;

/* Rights as a trace has them (TRACE_READABLE...). */
uint8_t memory_rights(bool readable, bool writable, bool executable);

/* All return 0 or -ENOMEM. Ranges are of whole pages. */

/* Maps a free range: its pages come when they are touched. */
int memory_map(struct kernel *kernel, struct process *process,
               const struct mapping *mapping);

/* Takes [start, end) and its pages away. */
int memory_unmap(struct kernel *kernel, struct process *process, uint32_t start,
                 uint32_t end);

/* Gives what is mapped in [start, end) other rights. */
int memory_protect(struct kernel *kernel, struct process *process,
                   uint32_t start, uint32_t end, bool readable, bool writable,
                   bool executable);

/* Moves the entries of pages that have frames; no frame is copied, no mapping
 * changed. */
int memory_move(struct kernel *kernel, struct process *process, uint32_t from,
                uint32_t to, uint32_t bytes);

/* Takes the pages of [start, end) away, but for those that would not come
 * again. */
void memory_forget(struct kernel *kernel, struct process *process,
                   uint32_t start, uint32_t end);

/* The frame of the page is never to be copied on write. Nothing where the page
 * is not there, or is copied on write already. */
void memory_keep(struct kernel *kernel, struct process *process, uint32_t page);

#endif
