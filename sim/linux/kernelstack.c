/* kernelstack.c: see kernelstack.h. */
#include "linux/kernelstack.h"

#include <errno.h>
#include <string.h>

#include "linux/layout.h"
#include "linux/systempage.h"

uint32_t kernel_stack_top(uint32_t slot)
{
    return KERNEL_STACKS + (slot + 1) * 2 * MMU_PAGE_SIZE;
}

int kernel_stack_init(struct kernel *kernel, struct process *process)
{
    const uint8_t *unused = memchr(kernel->stack_slots, 0, PROCESSES_MAX);
    if (unused == NULL)
        return -EAGAIN;
    uint32_t slot = (uint32_t)(unused - kernel->stack_slots);
    uint32_t frame = mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_KERNEL);
    if (frame == MMU_FRAME_NONE)
        return -ENOMEM;
    int error = mmu_addrspace_map(&kernel->space,
                                  kernel_stack_top(slot) - MMU_PAGE_SIZE, frame,
                                  MMU_PTE_RW);
    if (error != 0) {
        mmu_frame_free(&kernel->machine.frames, frame);
        return error;
    }
    kernel->stack_slots[slot] = 1;
    process->stack_slot = slot;
    process->stack_frame = frame;
    process->kernel_esp = kernel_stack_top(slot);
    return 0;
}

/* The frame of a trap is still on the stack when a process ends itself, but
 * nobody returns. */
void kernel_stack_free(struct kernel *kernel, struct process *process)
{
    uint32_t page = kernel_stack_top(process->stack_slot) - MMU_PAGE_SIZE;
    mmu_addrspace_unmap(&kernel->space, page);
    mmu_invalidate(cpu_mmu(kernel->machine.cpu), page);
    kernel->stack_slots[process->stack_slot] = 0;
}

void kernel_stack_load(struct kernel *kernel, const struct process *process)
{
    system_page_set_stack(kernel, kernel_stack_top(process->stack_slot));
}

/* ---- trap frames ---- */

static void tell_frame(struct kernel *kernel, const struct process *process,
                       bool write)
{
    const struct trace_event action = {
        .kind = TRACE_KERNEL,
        .kernel = {.linear = process->kernel_esp,
                   .bytes = sizeof(struct user_frame),
                   .write = write}};
    action_end(&kernel->machine.actions, &action);
}

void kernel_stack_read_frame(struct kernel *kernel, struct process *process,
                             struct user_frame *frame)
{
    struct mmu_fault fault;
    action_begin(&kernel->machine.actions);
    (void)mmu_read(cpu_mmu(kernel->machine.cpu), process->kernel_esp, frame,
                   sizeof *frame, false, &fault);
    tell_frame(kernel, process, false);
}

void kernel_stack_write_frame(struct kernel *kernel, struct process *process,
                              const struct user_frame *frame)
{
    struct mmu_fault fault;
    action_begin(&kernel->machine.actions);
    (void)mmu_write(cpu_mmu(kernel->machine.cpu), process->kernel_esp, frame,
                    sizeof *frame, false, &fault);
    tell_frame(kernel, process, true);
}

static uint8_t *stack_page(const struct kernel *kernel,
                           const struct process *process)
{
    return mmu_physmem_frame(&kernel->machine.mem, process->stack_frame);
}

struct user_frame kernel_stack_frame(const struct kernel *kernel,
                                     const struct process *process)
{
    uint32_t at = process->kernel_esp & ~MMU_PAGE_MASK;
    struct user_frame frame = {0};
    if (at <= MMU_PAGE_SIZE - sizeof frame)
        memcpy(&frame, stack_page(kernel, process) + at, sizeof frame);
    return frame;
}

void kernel_stack_set_frame(struct kernel *kernel, struct process *process,
                            const struct user_frame *frame)
{
    process->kernel_esp =
        kernel_stack_top(process->stack_slot) - (uint32_t)sizeof *frame;
    memcpy(stack_page(kernel, process) + MMU_PAGE_SIZE - sizeof *frame, frame,
           sizeof *frame);
}

void kernel_stack_first_frame(struct kernel *kernel, struct process *process,
                              uint32_t entry, uint32_t esp)
{
    const struct user_frame frame = {entry, SELECTOR_USER_CODE,
                                     EFLAGS_ONE | EFLAGS_IF, esp,
                                     SELECTOR_USER_DATA};
    kernel_stack_set_frame(kernel, process, &frame);
    memset(process->general, 0, sizeof process->general);
}
