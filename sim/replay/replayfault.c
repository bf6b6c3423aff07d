/* replayfault.c: see replayfault.h. */
#include "replay/replayfault.h"

#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/process.h"
#include "replay/replaystate.h"

/* The page is mapped when it is touched first. */
static void map_touched(struct replay_state *replay, struct process *process,
                        uint32_t linear)
{
    const struct mapping mapping = {
        .start = linear & MMU_PAGE_MASK,
        .end = (linear & MMU_PAGE_MASK) + MMU_PAGE_SIZE,
        .readable = true,
        .writable = true,
        .executable = true,
    };

    if (replay->touch && linear >= USER_LOWEST && linear < KERNEL_BASE &&
        mappings_find(&process->mappings, linear) == NULL)
        (void)mappings_add(&process->mappings, &mapping);
}

bool replay_serve(struct replay_state *replay, const struct replay_fault *fault)
{
    struct kernel *kernel = replay->kernel;
    struct process *process = kernel->current;
    const struct cpu_exit exit = {.stop = CPU_STOP_FAULT,
                                  .fault = fault->fault};

    map_touched(replay, process, fault->fault.linear);
    cpu_give_code(kernel->machine.cpu, 0, fault->eip, fault->code,
                  fault->code_bytes);
    cpu_registers(kernel->machine.cpu)->eip = fault->eip;
    replay_enter(replay, process, &exit);
    replay_finish_fault(replay, process);
    entry_leave(kernel, process, &replay->entry);
    return replay_leave(replay, process);
}
