/* replayprocess.c: see replayprocess.h. */
#include "replay/replayprocess.h"

#include <signal.h>

#include "linux/exec.h"
#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/process.h"
#include "replay/replaystate.h"

/* ids of programs of which a trace tells nothing */
#define NO_PROGRAM 0xFFFF0000u

void replay_program(struct replay_state *replay,
                    const struct trace_event *event)
{
    const char *why = replay_programs_add(&replay->programs, event);

    if (why != NULL)
        replay_wrong(replay, why);
}

static struct process *start(struct replay_state *replay, uint32_t pid)
{
    struct kernel *kernel = replay->kernel;

    kernel->next_pid = pid;
    if (kernel_first_process(kernel) == NULL)
        replay_wrong(replay, "memory is short");
    return kernel->init;
}

/* A process of a trace that does not tell of programs. */
static void give_memory(struct replay_state *replay, struct process *process)
{
    const struct trace_event nothing = {
        .kind = TRACE_PROGRAM, .program = {.id = NO_PROGRAM, .name = "trace"}};
    struct program *program =
        replay_programs_find(&replay->programs, NO_PROGRAM);

    if (program == NULL) {
        replay_program(replay, &nothing);
        program = replay_programs_find(&replay->programs, NO_PROGRAM);
    }
    if (program == NULL ||
        exec_again(replay->kernel, process, program, STACK_TOP - 16) != 0)
        replay_wrong(replay, "the machine's memory is too small");
}

struct process *replay_ready(struct replay_state *replay)
{
    struct process *process;

    if (replay->kernel->init == NULL && start(replay, TRACE_FIRST_PID) == NULL)
        return NULL;
    process = replay_current(replay);
    if (process == NULL || process->state == PROCESS_ZOMBIE)
        return NULL;
    if (!process->has_space)
        give_memory(replay, process);
    return process->has_space ? process : NULL;
}

void replay_switch(struct replay_state *replay, uint32_t pid)
{
    struct kernel *kernel = replay->kernel;
    struct process *process;

    if (kernel->init == NULL) {
        (void)start(replay, pid);
        return;
    }
    process = process_by_pid(kernel, pid);
    replay->skips = process == NULL || process->state == PROCESS_ZOMBIE;
    if (!replay->skips)
        process_switch_to(kernel, process);
}

void replay_fork(struct replay_state *replay, struct process *process,
                 uint32_t pid, bool fails)
{
    struct kernel *kernel = replay->kernel;
    uint32_t next = kernel->next_pid;
    int32_t result;

    if (process_by_pid(kernel, pid) != NULL) {
        replay_wrong(replay, "a fork of a process that is there already");
        return;
    }
    replay_call(replay, process);
    kernel->next_pid = pid;
    result = process_fork(kernel, process);
    kernel->next_pid = next;
    if (result < 0 || !fails)
        return;

    struct process *child = process_by_pid(kernel, pid);

    process_exit(kernel, child, SIGKILL);
    process_reap(kernel, child);
}

void replay_borrow(struct replay_state *replay, struct process *process,
                   uint32_t pid)
{
    struct process *child = process_by_pid(replay->kernel, pid);

    if (child != NULL && child->parent_pid == process->pid && child->has_space)
        process_borrow(replay->kernel, process, child);
}

void replay_exec(struct replay_state *replay, const struct trace_event *event)
{
    struct process *process = replay_current(replay);
    struct program *program =
        replay_programs_find(&replay->programs, event->exec.program);
    uint32_t esp = event->exec.stack != 0 ? event->exec.stack : STACK_TOP - 16;
    int error;

    if (replay->kernel->init == NULL)
        process = start(replay, TRACE_FIRST_PID);
    if (process == NULL || process->state == PROCESS_ZOMBIE)
        return;
    if (event->exec.program == 0 && program == NULL) {
        const struct trace_event nothing = {
            .kind = TRACE_PROGRAM,
            .program = {.id = NO_PROGRAM + 1 + replay->programs.count,
                        .name = event->exec.name}};

        replay_program(replay, &nothing);
        program = replay_programs_find(&replay->programs, nothing.program.id);
    }
    if (program == NULL || esp >= STACK_TOP || STACK_TOP - esp > STACK_BYTES) {
        replay_wrong(replay, "an exec of no program");
        return;
    }
    if (process->has_space)
        replay_call(replay, process);
    error = exec_again(replay->kernel, process, program, esp);
    if (error != 0 && !event->exec.failed) {
        if (process == replay->kernel->init && !process->has_space)
            replay_wrong(replay,
                         "the program does not fit in the machine's memory");
        else
            replay_lose(replay, process, SIGKILL);
    }
}

void replay_exit(struct replay_state *replay, const struct trace_event *event)
{
    struct process *process = process_by_pid(replay->kernel, event->exit.pid);

    if (process == NULL || process->state == PROCESS_ZOMBIE)
        return;
    if (process == replay->kernel->init)
        replay->wait_status = (int)event->exit.wait_status;
    process_exit(replay->kernel, process, (int32_t)event->exit.wait_status);
}

void replay_reap(struct replay_state *replay, uint32_t pid)
{
    struct process *process = process_by_pid(replay->kernel, pid);

    if (process != NULL && process->state == PROCESS_ZOMBIE &&
        process != replay->kernel->init)
        process_reap(replay->kernel, process);
}

/* Whether it is by an exception that the process is killed: that is what
 * brought it into the kernel last, and the signal is one that instructions
 * raise. */
void replay_kill(struct replay_state *replay, struct process *process,
                 uint32_t signal_number)
{
    const uint64_t raised = signal_bit(SIGNAL_ILL) | signal_bit(SIGNAL_TRAP) |
                            signal_bit(SIGNAL_BUS) | signal_bit(SIGNAL_FPE) |
                            signal_bit(SIGNAL_SEGV);
    bool exception =
        replay->entry.vector < VECTOR_TIMER && !replay->entry.fault;

    if (exception && (raised & signal_bit(signal_number)) != 0) {
        process->signals.fault_vector = replay->entry.vector;
        process->signals.info[signal_number].cause = CAUSE_EXCEPTION;
    }
    process_emit_kill(replay->kernel, signal_number);
}

void replay_end_all(struct replay_state *replay)
{
    struct kernel *kernel = replay->kernel;

    if (kernel->init == NULL)
        (void)replay_ready(replay);
    for (struct process *p = kernel->processes; p != NULL; p = p->next)
        if (p->state != PROCESS_ZOMBIE)
            process_exit(kernel, p, p == kernel->init ? 0 : SIGKILL);
}
