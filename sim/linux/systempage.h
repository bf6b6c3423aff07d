/* systempage.h: the page at KERNEL_BASE, which the processor looks into: GDT,
 * TSS and IDT, and the instruction that leads to ring 3 (layout.h). */
#ifndef MMU386_SYSTEMPAGE_H
#define MMU386_SYSTEMPAGE_H

#include "linux/state.h"

/* Fills kernel->system_frame with it. */
void system_page_fill(struct kernel *kernel);

/* Names the stack (a linear address) that the next trap from ring 3 is to
 * use. */
void system_page_set_stack(struct kernel *kernel, uint32_t esp0);

/* Puts the process's own entries into the GDT. */
void system_page_set_tls(struct kernel *kernel, const struct process *process);

#endif
