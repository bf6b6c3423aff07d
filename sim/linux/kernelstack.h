/* kernelstack.h: a process's kernel stack, and the trap frame on top of it
 * while the process is in the kernel. */
#ifndef MMU386_KERNELSTACK_H
#define MMU386_KERNELSTACK_H

#include "cpu/trap.h"
#include "linux/state.h"

/* The linear address past the stack of that slot. */
uint32_t kernel_stack_top(uint32_t slot);

/* Gives the process a kernel stack; takes it back. 0 or -ENOMEM / -EAGAIN (no
 * slot). */
int kernel_stack_init(struct kernel *kernel, struct process *process);
void kernel_stack_free(struct kernel *kernel, struct process *process);

/* The next trap from ring 3 is to use the process's stack. */
void kernel_stack_load(struct kernel *kernel, const struct process *process);

/* The current process's trap frame, in guest memory on its kernel stack. */
void kernel_stack_read_frame(struct kernel *kernel, struct process *process,
                             struct user_frame *frame);
void kernel_stack_write_frame(struct kernel *kernel, struct process *process,
                              const struct user_frame *frame);

/* The frame of a process that need not be the current one, without the
 * processor's doing: all zeros where its stack has none. */
struct user_frame kernel_stack_frame(const struct kernel *kernel,
                                     const struct process *process);

/* Puts the frame on the stack of a process that need not be the current one, as
 * the only thing there is. */
void kernel_stack_set_frame(struct kernel *kernel, struct process *process,
                            const struct user_frame *frame);

/* Puts a frame for the first entry to ring 3 at `entry` with stack `esp` on the
 * process's kernel stack (which need not be the current one's), and clears its
 * general registers. */
void kernel_stack_first_frame(struct kernel *kernel, struct process *process,
                              uint32_t entry, uint32_t esp);

#endif
