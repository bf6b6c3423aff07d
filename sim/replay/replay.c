/* replay.c: see replay.h. Which event does what. */
#include "replay/replay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/entry.h"
#include "linux/kernel.h"
#include "linux/memory.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "replay/replayblock.h"
#include "replay/replaycontent.h"
#include "replay/replaymemory.h"
#include "replay/replayprocess.h"
#include "replay/replaystate.h"

#define PARAMETERS_MAX  256u
#define PROGRESS_EVENTS (1u << 20)

struct parameter {
    char *name, *value;
};

struct replay {
    struct trace_input *input;
    struct replay_options options;

    struct parameter parameters[PARAMETERS_MAX];
    uint32_t parameter_count;
    bool held; /* an event was read that is still to be replayed */
    enum trace_got got;
    struct trace_event event;

    struct replay_state state;
    uint64_t events;

    struct replay_contents contents;
    uint8_t code_page[MMU_PAGE_SIZE]; /* told last */
    uint8_t code[TRACE_CODE_MAX];

    char why[512];
};

/* ---- before there is a machine ---- */

static bool keep_parameter(struct replay *replay,
                           const struct trace_event *event)
{
    struct parameter *parameter = &replay->parameters[replay->parameter_count];

    if (replay->parameter_count == PARAMETERS_MAX)
        return true;
    parameter->name = strdup(event->parameter.name);
    parameter->value = strdup(event->parameter.value);
    replay->parameter_count++;
    return parameter->name != NULL && parameter->value != NULL;
}

struct replay *replay_new(struct trace_input *input,
                          const struct replay_options *options)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    bool good = true;

    if (replay == NULL)
        return NULL;
    replay->input = input;
    replay->options = *options;
    while (good) {
        replay->got = trace_input_next(input, &replay->event);
        if (replay->got != TRACE_GOT_EVENT ||
            replay->event.kind != TRACE_PARAMETER)
            break;
        good = keep_parameter(replay, &replay->event);
    }
    replay->held = true;
    if (trace_input_foreign(input) && !options->strict)
        replay->options.touch = true;
    replay->state.touch = replay->options.touch;
    if (good)
        return replay;
    replay_free(replay);
    return NULL;
}

void replay_free(struct replay *replay)
{
    if (replay == NULL)
        return;
    for (uint32_t i = 0; i < replay->parameter_count; i++) {
        free(replay->parameters[i].name);
        free(replay->parameters[i].value);
    }
    replay_programs_free(&replay->state.programs);
    replay_names_free(&replay->state);
    replay_contents_free(&replay->contents);
    free(replay);
}

const char *replay_parameter(const struct replay *replay, const char *name)
{
    for (uint32_t i = 0; i < replay->parameter_count; i++)
        if (strcmp(replay->parameters[i].name, name) == 0)
            return replay->parameters[i].value;
    return NULL;
}

/* ---- tries ---- */

static void give_code(struct replay *replay, const struct trace_try *try)
{
    memcpy(replay->code, try->code, try->code_bytes);
    cpu_give_code(replay->state.kernel->machine.cpu, 0, try->linear,
                  replay->code, try->code_bytes);
}

static void do_try(struct replay *replay, struct process *process,
                   const struct trace_try *try)
{
    struct cpu_exit exit = {.stop = CPU_STOP_FAULT};
    bool should_fault = try->outcome != TRACE_NO_FAULT;

    if (!replay_leave(&replay->state, process) ||
        !replay_try(replay->state.kernel, try, should_fault, &exit.fault))
        return;
    give_code(replay, try);
    cpu_registers(replay->state.kernel->machine.cpu)->eip = try->linear;
    replay_enter(&replay->state, process, &exit);
    if (!should_fault || (replay->state.entry.outcome != PAGER_SERVICED &&
                          try->outcome == TRACE_SERVICED))
        replay_finish_fault(&replay->state, process);
    if (should_fault)
        return;
    entry_leave(replay->state.kernel, process, &replay->state.entry);
    (void)replay_leave(&replay->state, process);
}

/* ---- blocks ---- */

static void do_block(struct replay *replay, const struct trace_block *block)
{
    struct process *process = replay_ready(&replay->state);

    if (process == NULL)
        return;
    if (!replay_leave(&replay->state, process) ||
        !replay_block(&replay->state, block))
        return;
    cpu_add_executed(replay->state.kernel->machine.cpu,
                     block->shape->insn_count, block->clocks, 0);
}

/* ---- what the log wants ---- */

static void keep_code(struct replay *replay, const struct trace_event *event)
{
    uint32_t at = event->code.linear & ~MMU_PAGE_MASK;
    uint32_t bytes = event->code.bytes < MMU_PAGE_SIZE - at
                         ? event->code.bytes
                         : MMU_PAGE_SIZE - at;

    memcpy(replay->code_page + at, event->code.code, bytes);
    cpu_give_code(replay->state.kernel->machine.cpu, 1,
                  event->code.linear & MMU_PAGE_MASK, replay->code_page,
                  MMU_PAGE_SIZE);
}

/* ---- events ---- */

static void do_trap(struct replay *replay, struct process *process,
                    const struct trace_event *event)
{
    const struct cpu_exit exit = {
        .stop = event->trap.software                 ? CPU_STOP_INTERRUPT
                : event->trap.vector == VECTOR_TIMER ? CPU_STOP_BUDGET
                                                     : CPU_STOP_EXCEPTION,
        .vector = event->trap.vector};

    if (!replay_leave(&replay->state, process))
        return;
    cpu_registers(replay->state.kernel->machine.cpu)->eip = event->trap.eip;
    if (event->trap.vector != VECTOR_PAGE_FAULT || event->trap.software)
        replay_enter(&replay->state, process, &exit);
}

/* Those of the current process. */
static void do_in_process(struct replay *replay,
                          const struct trace_event *event)
{
    struct process *process = replay_ready(&replay->state);

    if (process == NULL)
        return;
    switch (event->kind) {
    case TRACE_FORK:
    case TRACE_NO_FORK:
        replay_fork(&replay->state, process, event->pid,
                    event->kind == TRACE_NO_FORK);
        break;
    case TRACE_BORROW:
        replay_borrow(&replay->state, process, event->pid);
        break;
    case TRACE_MAP:
        replay_map(&replay->state, process, &event->map);
        break;
    case TRACE_UNMAP:
    case TRACE_PROTECT:
    case TRACE_FORGET:
        replay_range(&replay->state, process, event);
        break;
    case TRACE_MOVE:
        replay_move(&replay->state, process, event);
        break;
    case TRACE_KEEP:
        memory_keep(replay->state.kernel, process, event->page);
        break;
    case TRACE_KERNEL:
        replay_kernel(&replay->state, process, event);
        break;
    case TRACE_TRY:
        do_try(replay, process, &event->try);
        break;
    case TRACE_TRAP:
        do_trap(replay, process, event);
        break;
    case TRACE_RETURN:
        (void)replay_leave(&replay->state, process);
        break;
    case TRACE_KILL:
        replay_kill(&replay->state, process, event->signal);
        break;
    default:
        break;
    }
}

static void do_mark(struct replay *replay, const struct trace_event *event)
{
    struct kernel *kernel = replay->state.kernel;

    if (replay->state.skips || kernel->current == NULL)
        return;
    if (event->mark != TRACE_SERVED)
        system_call_mark(kernel, (enum trace_mark)event->mark);
    else if (!kernel->current->at_ring_3)
        entry_leave(kernel, kernel->current, &replay->state.entry);
}

static void do_event(struct replay *replay, const struct trace_event *event)
{
    struct kernel *kernel = replay->state.kernel;

    switch (event->kind) {
    case TRACE_BLOCK:
        do_block(replay, &event->block);
        break;
    case TRACE_PROGRAM:
        replay_program(&replay->state, event);
        break;
    case TRACE_FILE:
        if (replay->options.files)
            replay_programs_read(&replay->state.programs, event);
        break;
    case TRACE_SWITCH:
        replay_switch(&replay->state, event->pid);
        break;
    case TRACE_EXEC:
        replay_exec(&replay->state, event);
        break;
    case TRACE_EXIT:
        replay_exit(&replay->state, event);
        break;
    case TRACE_REAP:
        replay_reap(&replay->state, event->pid);
        break;
    case TRACE_CHARGE:
        if (!replay->state.skips && event->charge.cost < COSTS)
            clock_charge(&kernel->machine.clock, (enum cost)event->charge.cost,
                         event->charge.times);
        break;
    case TRACE_MARK:
        do_mark(replay, event);
        break;
    case TRACE_UNCITED:
        cpu_add_executed(kernel->machine.cpu, 0, 0, event->count);
        return;
    case TRACE_CONTENT:
        replay_contents_add(&replay->contents, event);
        return;
    case TRACE_CODE:
        keep_code(replay, event);
        return;
    default:
        do_in_process(replay, event);
        if (event->kind == TRACE_TRY && event->try.outcome == TRACE_NO_FAULT)
            return; /* what was told of is still to come */
        break;
    }
    replay_contents_clear(&replay->contents);
}

/* ---- the whole ---- */

static enum replay_end tell_end(struct replay *replay)
{
    if (replay->state.wrong == NULL &&
        replay->state.kernel->machine.broken != NULL)
        replay->state.wrong = replay->state.kernel->machine.broken;
    if (replay->state.wrong != NULL) {
        (void)snprintf(replay->why, sizeof(replay->why), "event %llu: %s",
                       (unsigned long long)replay->events, replay->state.wrong);
        return REPLAY_WRONG;
    }
    if (replay->got == TRACE_GOT_END)
        return REPLAY_ENDED;
    (void)snprintf(replay->why, sizeof(replay->why), "%s: %s",
                   trace_input_where(replay->input),
                   trace_input_why(replay->input));
    return replay->got == TRACE_GOT_CUT && replay->events != 0 ? REPLAY_CUT
                                                               : REPLAY_WRONG;
}

static void tell_progress(const struct replay *replay)
{
    const struct replay_progress *progress = &replay->options.progress;

    if (progress->tell != NULL)
        progress->tell(progress->arg,
                       cpu_instructions(replay->state.kernel->machine.cpu));
}

enum replay_end replay_run(struct replay *replay, struct kernel *kernel,
                           int *wait_status)
{
    replay->state.kernel = kernel;
    kernel->machine.contents = replay_contents_source(&replay->contents);
    while (replay->got == TRACE_GOT_EVENT && replay->state.wrong == NULL &&
           kernel->machine.broken == NULL) {
        if (!replay->held)
            replay->got = trace_input_next(replay->input, &replay->event);
        replay->held = false;
        if (replay->got != TRACE_GOT_EVENT)
            break;
        replay->events++;
        do_event(replay, &replay->event);
        if (replay->events % PROGRESS_EVENTS == 0)
            tell_progress(replay);
    }
    if (replay->state.wrong == NULL && replay->got != TRACE_GOT_WRONG) {
        replay_end_all(&replay->state);
        assert(kernel_audit(kernel, NULL) <= 0); /* -ENOMEM: nobody knows */
    }
    *wait_status = replay->state.wait_status;
    return tell_end(replay);
}

const char *replay_why(const struct replay *replay)
{
    return replay->why;
}

const char *replay_missing_file(const struct replay *replay)
{
    return replay->state.programs.missing_file;
}
