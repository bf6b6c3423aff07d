/* replaystate.c: see replaystate.h. */
#include "replay/replaystate.h"

#include <signal.h>

#include "linux/kernel.h"
#include "linux/process.h"
#include "linux/sigforce.h"

void replay_wrong(struct replay_state *replay, const char *why)
{
    if (replay->wrong == NULL)
        replay->wrong = why;
}

struct process *replay_current(const struct replay_state *replay)
{
    return replay->skips ? NULL : replay->kernel->current;
}

void replay_lose(struct replay_state *replay, struct process *process,
                 uint32_t signal_number)
{
    struct kernel *kernel = replay->kernel;

    process->signals.info[signal_number].cause = CAUSE_NO_MEMORY;
    process_emit_kill(kernel, signal_number);
    process_exit(kernel, process, (int32_t)signal_number);
    if (process == kernel->init)
        replay->wait_status = (int)signal_number;
    replay->skips = true;
}

/* ---- into the kernel ---- */

void replay_enter(struct replay_state *replay, struct process *process,
                  const struct cpu_exit *exit)
{
    process->at_ring_3 = false;
    if (!entry_enter(replay->kernel, process, exit, &replay->entry))
        replay_wrong(replay, "the processor shut down");
}

void replay_call(struct replay_state *replay, struct process *process)
{
    const struct cpu_exit call = {.stop = CPU_STOP_INTERRUPT,
                                  .vector = VECTOR_SYSTEM_CALL};

    if (process->at_ring_3)
        replay_enter(replay, process, &call);
}

void replay_finish_fault(struct replay_state *replay, struct process *process)
{
    struct kernel *kernel = replay->kernel;

    if (replay->entry.outcome == PAGER_NO_FRAME)
        signal_force_no_memory(kernel, process);
    else if (replay->entry.outcome == PAGER_SEGV)
        signal_force(kernel, process, SIGSEGV);
}

/* ---- back to ring 3 ---- */

/* The signal that ends the process before it gets back to ring 3; 0: none. */
static uint32_t deadly_signal(const struct process *process)
{
    if ((process->signals.pending & signal_bit(SIGKILL)) != 0)
        return SIGKILL;
    return (process->signals.pending & signal_bit(SIGSEGV)) != 0 ? SIGSEGV : 0;
}

bool replay_leave(struct replay_state *replay, struct process *process)
{
    uint32_t signal = deadly_signal(process);

    if (process->at_ring_3)
        return true;
    if (signal != 0) {
        replay_lose(replay, process, signal);
        return false;
    }
    process->at_ring_3 = true;
    if (!entry_return(replay->kernel, process))
        replay_wrong(replay, "a return to nowhere");
    return replay->wrong == NULL;
}
