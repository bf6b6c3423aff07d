/* entry.h: the host kernel: what it does when a trap has been delivered to ring 0. */
#ifndef MMU386_ENTRY_H
#define MMU386_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/trap.h"
#include "linux/pager.h"

struct machine;
struct process;
struct program;

/* Builds the kernel part that every address space shares, in guest memory: the system page with
 * GDT, TSS, IDT, and the tables for the kernel stacks. Then enters ring 3. NULL or why not. */
const char *kernel_boot(struct machine *machine);

/* Gives the process a kernel stack; takes it back. 0 or -ENOMEM / -EAGAIN (no slot). */
int kernel_stack_init(struct machine *machine, struct process *process);
void kernel_stack_free(struct machine *machine, struct process *process);

/* The processor stopped as `exit` says while `process` ran: delivers the trap and serves it. */
void kernel_trap(struct machine *machine, struct process *process, const struct cpu_exit *exit);

/* The parts of kernel_trap, for who serves traps otherwise. kernel_enter delivers the trap (of a
 * page fault: and serves it), *entry then says what kernel_leave is to know when all is done. False
 * with machine->broken set. */
struct kernel_entry {
    uint64_t began; /* cycles */
    uint32_t vector;
    uint32_t error;
    bool fault;
    enum pager_outcome outcome; /* of a page fault */
};

bool kernel_enter(struct machine *machine, struct process *process, const struct cpu_exit *exit,
                  struct kernel_entry *entry);
void kernel_leave(struct machine *machine, struct process *process,
                  const struct kernel_entry *entry);

/* The current process's trap frame, in guest memory on its kernel stack. */
void kernel_read_frame(struct machine *machine, struct process *process, struct user_frame *frame);
void kernel_write_frame(struct machine *machine, struct process *process,
                        const struct user_frame *frame);

/* Pops the process's trap frame: its registers are in the processor, which is at ring 3 again.
 * False where the frame cannot be read. */
bool kernel_return(struct machine *machine, struct process *process);

/* Points the TSS at the process's kernel stack, and the GDT's TLS entries at its own. */
void kernel_load_stack(struct machine *machine, const struct process *process);
void kernel_load_tls(struct machine *machine, const struct process *process);

/* Makes the processor raise a page fault in the kernel (ring 0), delivers it, serves it and
 * returns: for the kernel's own accesses to user memory. True where the access can be tried
 * again. */
bool kernel_own_fault(struct machine *machine, struct process *process, const struct fault *fault);

/* Puts a frame for the first entry to ring 3 at `entry` with stack `esp` on the process's kernel
 * stack (which need not be the current one's), and clears its general registers. */
void kernel_frame_init(struct machine *machine, struct process *process, uint32_t entry,
                       uint32_t esp);

#endif
