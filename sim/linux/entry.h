/* entry.h: what the host kernel does when a trap has been delivered to ring
 * 0. */
#ifndef MMU386_ENTRY_H
#define MMU386_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/trap.h"
#include "linux/pager.h"

struct kernel;
struct process;
struct program;

/* Builds the kernel part that every address space shares, in guest memory: the
 * system page with GDT, TSS, IDT, and the tables for the kernel stacks. Then
 * enters ring 3. NULL or why not. */
const char *entry_boot(struct kernel *kernel);

/* Gives the process a kernel stack; takes it back. 0 or -ENOMEM / -EAGAIN (no
 * slot). */
int entry_stack_init(struct kernel *kernel, struct process *process);
void entry_stack_free(struct kernel *kernel, struct process *process);

/* The processor stopped as `exit` says while `process` ran: delivers the trap
 * and serves it. */
void entry_trap(struct kernel *kernel, struct process *process,
                const struct cpu_exit *exit);

/* The parts of entry_trap, for who serves traps otherwise. entry_enter delivers
 * the trap (of a page fault: and serves it), *entry then says what entry_leave
 * is to know when all is done. False with kernel->machine.broken set. */
struct entry {
    uint64_t began; /* cycles */
    uint32_t vector;
    uint32_t error;
    bool fault;
    enum pager_outcome outcome; /* of a page fault */
};

bool entry_enter(struct kernel *kernel, struct process *process,
                 const struct cpu_exit *exit, struct entry *entry);
void entry_leave(struct kernel *kernel, struct process *process,
                 const struct entry *entry);

/* The current process's trap frame, in guest memory on its kernel stack. */
void entry_read_frame(struct kernel *kernel, struct process *process,
                      struct user_frame *frame);
void entry_write_frame(struct kernel *kernel, struct process *process,
                       const struct user_frame *frame);

/* Pops the process's trap frame: its registers are in the processor, which is
 * at ring 3 again. False where the frame cannot be read. */
bool entry_return(struct kernel *kernel, struct process *process);

/* Points the TSS at the process's kernel stack, and the GDT's TLS entries at
 * its own. */
void entry_load_stack(struct kernel *kernel, const struct process *process);
void entry_load_tls(struct kernel *kernel, const struct process *process);

/* Makes the processor raise a page fault in the kernel (ring 0), delivers it,
 * serves it and returns: for the kernel's own accesses to user memory. True
 * where the access can be tried again. */
bool entry_own_fault(struct kernel *kernel, struct process *process,
                     const struct mmu_fault *fault);

/* Puts a frame for the first entry to ring 3 at `entry` with stack `esp` on the
 * process's kernel stack (which need not be the current one's), and clears its
 * general registers. */
void entry_frame_init(struct kernel *kernel, struct process *process,
                      uint32_t entry, uint32_t esp);

#endif
