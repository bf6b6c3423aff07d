/* exec.c: see exec.h. */
#include "linux/exec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/descriptors.h"
#include "linux/firststack.h"
#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/pager.h"
#include "linux/path.h"
#include "linux/process.h"
#include "linux/state.h"
#include "linux/systempage.h"
#include "program/program.h"

/* ---- a new address space ---- */

struct new_space {
    struct mmu_addrspace space;
    struct mappings mappings;
};

static int map_segments(struct mappings *mappings, struct program *program)
{
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        uint32_t end = segment->linear + (segment->memory_bytes - 1);
        const struct mapping mapping = {
            .start = segment->linear & MMU_PAGE_MASK,
            .end = (end & MMU_PAGE_MASK) + MMU_PAGE_SIZE,
            .readable = segment->readable,
            .writable = segment->writable,
            .executable = segment->executable,
            .program = program,
            .segment = segment,
            .name = segment->executable ? "text" : "data",
        };
        int error = mappings_add(mappings, &mapping);
        if (error != 0)
            return error;
    }
    return 0;
}

static int map_stack(struct mappings *mappings, const struct program *program)
{
    const struct mapping mapping = {
        .start = STACK_TOP - STACK_BYTES,
        .end = STACK_TOP,
        .readable = true,
        .writable = true,
        .executable = program->executable_stack,
        .name = "stack",
    };
    return mappings_add(mappings, &mapping);
}

/* The kernel writes the first stack pages before the program runs: no fault
 * brings them in. */
static int place_stack(struct kernel *kernel, struct mmu_addrspace *space,
                       const struct first_stack *stack)
{
    uint32_t first = stack->esp & MMU_PAGE_MASK;
    clock_charge(&kernel->machine.clock, COST_COPY_DWORD,
                 (STACK_TOP - stack->esp) / 4);
    for (uint32_t page = first; page < STACK_TOP; page += MMU_PAGE_SIZE) {
        struct mmu_event event = {
            .kind = MMU_EVENT_ZERO_FILL, .linear = page, .in_kernel = 1};
        event.frame_after =
            mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_USER);
        if (event.frame_after == MMU_FRAME_NONE)
            return -ENOMEM;
        memcpy(mmu_physmem_frame(&kernel->machine.mem, event.frame_after),
               stack->bytes + (stack->size - (STACK_TOP - page)),
               MMU_PAGE_SIZE);
        if (pager_map(kernel, space, event, true) != PAGER_SERVICED)
            return -ENOMEM;
    }
    return 0;
}

static int fill_space(struct kernel *kernel, struct new_space *new,
                      struct program *program, const struct first_stack *stack)
{
    int error = map_segments(&new->mappings, program);
    if (error == 0)
        error = map_stack(&new->mappings, program);
    if (error == 0)
        error = place_stack(kernel, &new->space, stack);
    return error;
}

static int make_space(struct kernel *kernel, struct new_space *new,
                      struct program *program, const struct first_stack *stack)
{
    mappings_init(&new->mappings, &kernel->machine.budget);
    int error =
        mmu_addrspace_init(&new->space, &kernel->machine.frames,
                           &kernel->machine.sink, KERNEL_BASE, &kernel->space);
    if (error != 0)
        return error;
    error = fill_space(kernel, new, program, stack);
    if (error != 0) {
        mmu_addrspace_destroy(&new->space);
        mappings_destroy(&new->mappings);
    }
    return error;
}

/* ---- the change ---- */

static void set_name(struct process *process, const char *path)
{
    const char *name = path_last(path);
    size_t bytes = strnlen(name, sizeof process->name - 1);
    memcpy(process->name, name, bytes);
    process->name[bytes] = '\0';
}

static void take_over(struct kernel *kernel, struct process *process,
                      struct new_space *new, struct program *program,
                      uint32_t esp)
{
    const struct mmu_event event = {.kind = MMU_EVENT_EXEC};
    process_end_vfork(kernel, process);
    process_drop_memory(kernel, process);
    program_put(process->program);
    process->space = new->space;
    process->mappings = new->mappings;
    process->has_space = true;
    process->program = program_get(program);
    process->brk_start = program->brk_start;
    process->brk = program->brk_start;
    process->set_tid = 0;
    memset(process->tls, 0, sizeof process->tls);
    set_name(process, program->name);
    signals_exec(&process->signals);
    files_exec(&process->files, kernel);
    ldt_free(&process->ldt, &kernel->machine.budget);
    system_page_set_tls(kernel, process);
    kernel_stack_first_frame(kernel, process, program->entry, esp);
    cpu_context_fresh(kernel->machine.cpu, process->context);
    cpu_context_restore(kernel->machine.cpu, process->context);
    ldt_load(kernel->machine.cpu, &process->ldt);
    cpu_load_cr3(kernel->machine.cpu, mmu_addrspace_cr3(&process->space));
    cpu_forget_translations(kernel->machine.cpu);
    mmu_event_emit(&kernel->machine.sink, &event);
}

/* Runs the program in place of what the process was. */
static int exec_stack(struct kernel *kernel, struct process *process,
                      struct program *program, const struct first_stack *stack)
{
    struct new_space new;
    action_begin(&kernel->machine.actions);
    int error = make_space(kernel, &new, program, stack);
    if (error == 0)
        take_over(kernel, process, &new, program, stack->esp);
    const struct trace_event action = {
        .kind = TRACE_EXEC,
        .exec = {.program = (uint32_t)program->id,
                 .name = program->name,
                 .stack = stack->esp,
                 .failed = error != 0}};
    action_end(&kernel->machine.actions, &action);
    return error;
}

int exec_program(struct kernel *kernel, struct process *process,
                 struct program *program,
                 const struct exec_arguments *arguments)
{
    struct first_stack stack = {0};
    int error = first_stack_make(&stack, program, arguments);
    if (error == -ENOMEM)
        budget_starve(&kernel->machine.budget);
    if (error == 0)
        error = exec_stack(kernel, process, program, &stack);
    free(stack.bytes);
    return error;
}

int exec_again(struct kernel *kernel, struct process *process,
               struct program *program, uint32_t esp)
{
    struct first_stack stack;
    int error = first_stack_make_empty(&stack, esp);
    if (error != 0)
        return error;
    error = exec_stack(kernel, process, program, &stack);
    free(stack.bytes);
    return error;
}
