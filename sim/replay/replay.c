/* replay.c: see replay.h. What each event does; blocks are in replayblock.c. */
#include "replay/replay.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/entry.h"
#include "linux/exec.h"
#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/memory.h"
#include "linux/process.h"
#include "linux/sigforce.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"
#include "program/program.h"
#include "replay/replayblock.h"
#include "replay/replayprogram.h"

#define PARAMETERS_MAX 256u
/* ids of programs of which a trace tells nothing */
#define NO_PROGRAM      0xFFFF0000u
#define NAMES_MAX       1024u
#define PROGRESS_EVENTS (1u << 20)
#define CONTENTS_MAX    (1u << 20)

struct parameter {
    char *name, *value;
};

/* What an event of TRACE_CONTENT told. */
struct content {
    uint32_t page;
    uint64_t hash;
};

struct replay {
    struct trace_input *input;
    struct replay_options options;
    struct kernel *kernel;

    struct parameter parameters[PARAMETERS_MAX];
    uint32_t parameter_count;
    bool held; /* an event was read that is still to be replayed */
    enum trace_got got;
    struct trace_event event;

    struct replay_programs programs;
    char *names[NAMES_MAX]; /* of mappings */
    uint32_t name_count;

    bool skips; /* the trace is in a process that this replay has not, or no
                   longer */
    struct entry entry; /* of the last trap */
    int wait_status;    /* of the first process */
    uint64_t events;

    struct content *contents; /* told since the last event of another kind */
    uint32_t content_count, content_capacity, content_at;
    uint8_t code_page[MMU_PAGE_SIZE]; /* told last */
    uint8_t code[TRACE_CODE_MAX];

    const char *wrong; /* NULL: nothing is */
    char why[512];
};

static void wrong(struct replay *replay, const char *why)
{
    if (replay->wrong == NULL)
        replay->wrong = why;
}

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
    replay_programs_free(&replay->programs);
    for (uint32_t i = 0; i < replay->name_count; i++)
        free(replay->names[i]);
    free(replay->contents);
    free(replay);
}

const char *replay_parameter(const struct replay *replay, const char *name)
{
    for (uint32_t i = 0; i < replay->parameter_count; i++)
        if (strcmp(replay->parameters[i].name, name) == 0)
            return replay->parameters[i].value;
    return NULL;
}

static void meet_program(struct replay *replay, const struct trace_event *event)
{
    const char *why = replay_programs_add(&replay->programs, event);

    if (why != NULL)
        wrong(replay, why);
}

/* ---- processes ---- */

static struct process *current(const struct replay *replay)
{
    return replay->skips ? NULL : replay->kernel->current;
}

/* The current process's end, of which the trace knows nothing. */
static void lose(struct replay *replay, struct process *process,
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

static struct process *start(struct replay *replay, uint32_t pid)
{
    struct kernel *kernel = replay->kernel;

    kernel->next_pid = pid;
    if (kernel_first_process(kernel) == NULL)
        wrong(replay, "memory is short");
    return kernel->init;
}

/* A process of a trace that does not tell of programs. */
static void give_memory(struct replay *replay, struct process *process)
{
    const struct trace_event nothing = {
        .kind = TRACE_PROGRAM, .program = {.id = NO_PROGRAM, .name = "trace"}};
    struct program *program =
        replay_programs_find(&replay->programs, NO_PROGRAM);

    if (program == NULL) {
        meet_program(replay, &nothing);
        program = replay_programs_find(&replay->programs, NO_PROGRAM);
    }
    if (program == NULL ||
        exec_again(replay->kernel, process, program, STACK_TOP - 16) != 0)
        wrong(replay, "the machine's memory is too small");
}

/* The current process, with memory; NULL: the event is not to be replayed. */
static struct process *ready(struct replay *replay)
{
    struct process *process;

    if (replay->kernel->init == NULL && start(replay, TRACE_FIRST_PID) == NULL)
        return NULL;
    process = current(replay);
    if (process == NULL || process->state == PROCESS_ZOMBIE)
        return NULL;
    if (!process->has_space)
        give_memory(replay, process);
    return process->has_space ? process : NULL;
}

/* The signal that ends the process before it gets back to ring 3; 0: none. */
static uint32_t deadly_signal(const struct process *process)
{
    if ((process->signals.pending & signal_bit(SIGKILL)) != 0)
        return SIGKILL;
    return (process->signals.pending & signal_bit(SIGSEGV)) != 0 ? SIGSEGV : 0;
}

/* Back to ring 3: false where it does not get there. */
static bool leave_kernel(struct replay *replay, struct process *process)
{
    uint32_t signal = deadly_signal(process);

    if (process->at_ring_3)
        return true;
    if (signal != 0) {
        lose(replay, process, signal);
        return false;
    }
    process->at_ring_3 = true;
    if (!entry_return(replay->kernel, process))
        wrong(replay, "a return to nowhere");
    return replay->wrong == NULL;
}

/* What a fault led to, where the trace does not tell. */
static void finish_fault(struct replay *replay, struct process *process)
{
    struct kernel *kernel = replay->kernel;

    if (replay->entry.outcome == PAGER_NO_FRAME)
        signal_force_no_memory(kernel, process);
    else if (replay->entry.outcome == PAGER_SEGV)
        signal_force(kernel, process, SIGSEGV);
}

/* The process in the kernel: by a system call, where the trace does not say
 * how. */
static void enter_kernel(struct replay *replay, struct process *process,
                         const struct cpu_exit *exit)
{
    process->at_ring_3 = false;
    if (!entry_enter(replay->kernel, process, exit, &replay->entry))
        wrong(replay, "the processor shut down");
}

static void be_in_kernel(struct replay *replay, struct process *process)
{
    const struct cpu_exit call = {.stop = CPU_STOP_INTERRUPT,
                                  .vector = VECTOR_SYSTEM_CALL};

    if (process->at_ring_3)
        enter_kernel(replay, process, &call);
}

static void do_switch(struct replay *replay, uint32_t pid)
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

static void do_fork(struct replay *replay, struct process *process,
                    uint32_t pid, bool fails)
{
    struct kernel *kernel = replay->kernel;
    uint32_t next = kernel->next_pid;
    int32_t result;

    if (process_by_pid(kernel, pid) != NULL) {
        wrong(replay, "a fork of a process that is there already");
        return;
    }
    be_in_kernel(replay, process);
    kernel->next_pid = pid;
    result = process_fork(kernel, process);
    kernel->next_pid = next;
    if (result < 0 || !fails)
        return;

    struct process *child = process_by_pid(kernel, pid);

    process_exit(kernel, child, SIGKILL);
    process_reap(kernel, child);
}

static void do_borrow(struct replay *replay, struct process *process,
                      uint32_t pid)
{
    struct process *child = process_by_pid(replay->kernel, pid);

    if (child != NULL && child->parent_pid == process->pid && child->has_space)
        process_borrow(replay->kernel, process, child);
}

static void do_exec(struct replay *replay, const struct trace_event *event)
{
    struct process *process = current(replay);
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

        meet_program(replay, &nothing);
        program = replay_programs_find(&replay->programs, nothing.program.id);
    }
    if (program == NULL || esp >= STACK_TOP || STACK_TOP - esp > STACK_BYTES) {
        wrong(replay, "an exec of no program");
        return;
    }
    if (process->has_space)
        be_in_kernel(replay, process);
    error = exec_again(replay->kernel, process, program, esp);
    if (error != 0 && !event->exec.failed) {
        if (process == replay->kernel->init && !process->has_space)
            wrong(replay, "the program does not fit in the machine's memory");
        else
            lose(replay, process, SIGKILL);
    }
}

static void do_exit(struct replay *replay, const struct trace_event *event)
{
    struct process *process = process_by_pid(replay->kernel, event->exit.pid);

    if (process == NULL || process->state == PROCESS_ZOMBIE)
        return;
    if (process == replay->kernel->init)
        replay->wait_status = (int)event->exit.wait_status;
    process_exit(replay->kernel, process, (int32_t)event->exit.wait_status);
}

static void do_reap(struct replay *replay, uint32_t pid)
{
    struct process *process = process_by_pid(replay->kernel, pid);

    if (process != NULL && process->state == PROCESS_ZOMBIE &&
        process != replay->kernel->init)
        process_reap(replay->kernel, process);
}

/* ---- memory ---- */

/* A mapping's name as one that stays, the same for the same text. */
static const char *keep_name(struct replay *replay, const char *name)
{
    static const char *const usual[] = {"stack", "heap", "anonymous",
                                        "file",  "text", "data"};

    if (name[0] == '\0')
        return NULL;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strcmp(usual[i], name) == 0)
            return usual[i];
    for (uint32_t i = 0; i < replay->name_count; i++)
        if (strcmp(replay->names[i], name) == 0)
            return replay->names[i];
    if (replay->name_count == NAMES_MAX ||
        (replay->names[replay->name_count] = strdup(name)) == NULL)
        return NULL;
    return replay->names[replay->name_count++];
}

static bool is_user_range(const struct trace_map *map)
{
    return map->start >= USER_LOWEST && map->start < map->end &&
           map->end <= KERNEL_BASE;
}

static void do_map(struct replay *replay, struct process *process,
                   const struct trace_map *map)
{
    struct program *program =
        replay_programs_find(&replay->programs, map->program);
    struct mapping mapping = {
        .start = map->start,
        .end = map->end,
        .readable = (map->rights & TRACE_READABLE) != 0,
        .writable = (map->rights & TRACE_WRITABLE) != 0,
        .executable = (map->rights & TRACE_EXECUTABLE) != 0,
        .shared = (map->flags & TRACE_SHARED) != 0,
        .populated = (map->flags & TRACE_POPULATED) != 0,
        .name = keep_name(replay, map->name),
    };

    if (map->program != 0 &&
        (program == NULL || map->segment >= program->segment_count)) {
        wrong(replay, "a mapping of no program");
        return;
    }
    if (program != NULL) {
        mapping.program = program;
        mapping.segment = &program->segments[map->segment];
    }
    if (!is_user_range(map) ||
        !mappings_free_range(&process->mappings, mapping.start, mapping.end)) {
        wrong(replay, "a mapping over another, or in no user memory");
        return;
    }
    if (memory_map(replay->kernel, process, &mapping) != 0)
        wrong(replay, "memory is short");
}

static void do_range(struct replay *replay, struct process *process,
                     const struct trace_event *event)
{
    struct kernel *kernel = replay->kernel;
    const struct trace_map *map = &event->map;
    int error = 0;

    if (!is_user_range(map)) {
        wrong(replay, "a range in no user memory");
        return;
    }
    if (event->kind == TRACE_UNMAP)
        error = memory_unmap(kernel, process, map->start, map->end);
    else if (event->kind == TRACE_FORGET)
        memory_forget(kernel, process, map->start, map->end);
    else
        error = memory_protect(kernel, process, map->start, map->end,
                               (map->rights & TRACE_READABLE) != 0,
                               (map->rights & TRACE_WRITABLE) != 0,
                               (map->rights & TRACE_EXECUTABLE) != 0);
    if (error != 0)
        wrong(replay, "memory is short");
}

static bool any_page(const struct process *process, uint32_t start,
                     uint32_t end)
{
    for (uint32_t page = start; page < end; page += MMU_PAGE_SIZE) {
        const uint32_t *pte = mmu_addrspace_entry(&process->space, page, NULL);

        if (pte != NULL && mmu_entry_holds(*pte))
            return true;
    }
    return false;
}

static void do_move(struct replay *replay, struct process *process,
                    const struct trace_event *event)
{
    uint32_t from = event->move.from;
    uint32_t to = event->move.to;
    uint32_t bytes = event->move.bytes;
    bool apart = from > to ? from - to >= bytes : to - from >= bytes;

    if (from >= KERNEL_BASE || to >= KERNEL_BASE ||
        bytes > KERNEL_BASE - from || bytes > KERNEL_BASE - to || !apart)
        wrong(replay, "a move in no user memory");
    else if (any_page(process, to, to + bytes))
        wrong(replay, "a move to where pages are");
    else if (memory_move(replay->kernel, process, from, to, bytes) != 0)
        lose(replay, process, SIGKILL);
}

/* Kernel stacks are where this replay has them. */
static void do_kernel_stack(struct replay *replay,
                            const struct process *process,
                            const struct trace_event *event)
{
    uint32_t at = event->kernel.linear >= KERNEL_STACKS ? process->kernel_esp
                                                        : event->kernel.linear;
    enum mmu_access access =
        event->kernel.write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ;
    uint32_t end = (at & ~MMU_PAGE_MASK) + event->kernel.bytes;
    struct mmu_fault fault;
    uint32_t phys;

    if (event->kernel.bytes > MMU_PAGE_SIZE)
        return;
    (void)mmu_translate(cpu_mmu(replay->kernel->machine.cpu), at, access, false,
                        &phys, &fault);
    if (end > MMU_PAGE_SIZE)
        (void)mmu_translate(cpu_mmu(replay->kernel->machine.cpu),
                            (at | ~MMU_PAGE_MASK) + 1, access, false, &phys,
                            &fault);
}

/* Whether it is by an exception that the process is killed: that is what
 * brought it into the kernel last, and the signal is one that instructions
 * raise. */
static void do_kill(struct replay *replay, struct process *process,
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

static void do_kernel(struct replay *replay, struct process *process,
                      const struct trace_event *event)
{
    if (event->kernel.linear >= KERNEL_BASE) {
        do_kernel_stack(replay, process, event);
        return;
    }
    (void)user_touch(replay->kernel, event->kernel.linear, event->kernel.bytes,
                     event->kernel.write);
}

/* ---- tries ---- */

static void give_code(struct replay *replay, const struct trace_try *try)
{
    memcpy(replay->code, try->code, try->code_bytes);
    cpu_give_code(replay->kernel->machine.cpu, 0, try->linear, replay->code,
                  try->code_bytes);
}

static void do_try(struct replay *replay, struct process *process,
                   const struct trace_try *try)
{
    struct cpu_exit exit = {.stop = CPU_STOP_FAULT};
    bool should_fault = try->outcome != TRACE_NO_FAULT;

    if (!leave_kernel(replay, process) ||
        !replay_try(replay->kernel, try, should_fault, &exit.fault))
        return;
    give_code(replay, try);
    cpu_registers(replay->kernel->machine.cpu)->eip = try->linear;
    enter_kernel(replay, process, &exit);
    if (!should_fault || (replay->entry.outcome != PAGER_SERVICED &&
                          try->outcome == TRACE_SERVICED))
        finish_fault(replay, process);
    if (should_fault)
        return;
    entry_leave(replay->kernel, process, &replay->entry);
    (void)leave_kernel(replay, process);
}

/* ---- blocks ---- */

/* The page is mapped when it is touched first. */
static void map_touched(struct replay *replay, struct process *process,
                        uint32_t linear)
{
    const struct mapping mapping = {
        .start = linear & MMU_PAGE_MASK,
        .end = (linear & MMU_PAGE_MASK) + MMU_PAGE_SIZE,
        .readable = true,
        .writable = true,
        .executable = true,
    };

    if (replay->options.touch && linear >= USER_LOWEST &&
        linear < KERNEL_BASE &&
        mappings_find(&process->mappings, linear) == NULL)
        (void)mappings_add(&process->mappings, &mapping);
}

bool replay_serve(struct replay *replay, const struct replay_fault *fault)
{
    struct kernel *kernel = replay->kernel;
    struct process *process = kernel->current;
    const struct cpu_exit exit = {.stop = CPU_STOP_FAULT,
                                  .fault = fault->fault};

    map_touched(replay, process, fault->fault.linear);
    cpu_give_code(kernel->machine.cpu, 0, fault->eip, fault->code,
                  fault->code_bytes);
    cpu_registers(kernel->machine.cpu)->eip = fault->eip;
    enter_kernel(replay, process, &exit);
    finish_fault(replay, process);
    entry_leave(kernel, process, &replay->entry);
    return leave_kernel(replay, process);
}

static void do_block(struct replay *replay, const struct trace_block *block)
{
    struct process *process = ready(replay);

    if (process == NULL)
        return;
    if (!leave_kernel(replay, process) ||
        !replay_block(replay, replay->kernel, block, replay->options.touch))
        return;
    cpu_add_executed(replay->kernel->machine.cpu, block->shape->insn_count,
                     block->clocks, 0);
}

/* ---- what the log wants ---- */

static void keep_content(struct replay *replay, const struct trace_event *event)
{
    if (replay->content_count == replay->content_capacity) {
        uint32_t capacity =
            replay->content_capacity == 0 ? 64 : replay->content_capacity * 2;
        struct content *grown =
            capacity > CONTENTS_MAX
                ? NULL
                : realloc(replay->contents, capacity * sizeof(*grown));

        if (grown == NULL)
            return;
        replay->contents = grown;
        replay->content_capacity = capacity;
    }
    replay->contents[replay->content_count++] =
        (struct content){event->content.linear, event->content.hash};
}

/* The contents told before an event are wanted in their order while it is
 * replayed. */
static bool find_content(void *arg, uint32_t page, uint64_t *hash)
{
    struct replay *replay = arg;

    for (uint32_t i = replay->content_at; i < replay->content_count; i++) {
        if (replay->contents[i].page != page)
            continue;
        *hash = replay->contents[i].hash;
        replay->content_at = i + 1;
        return true;
    }
    return false;
}

static void keep_code(struct replay *replay, const struct trace_event *event)
{
    uint32_t at = event->code.linear & ~MMU_PAGE_MASK;
    uint32_t bytes = event->code.bytes < MMU_PAGE_SIZE - at
                         ? event->code.bytes
                         : MMU_PAGE_SIZE - at;

    memcpy(replay->code_page + at, event->code.code, bytes);
    cpu_give_code(replay->kernel->machine.cpu, 1,
                  event->code.linear & MMU_PAGE_MASK, replay->code_page,
                  MMU_PAGE_SIZE);
}

/* ---- events ---- */

/* Those of the current process. */
static void do_in_process(struct replay *replay,
                          const struct trace_event *event)
{
    struct kernel *kernel = replay->kernel;
    struct process *process = ready(replay);

    if (process == NULL)
        return;
    switch (event->kind) {
    case TRACE_FORK:
    case TRACE_NO_FORK:
        do_fork(replay, process, event->pid, event->kind == TRACE_NO_FORK);
        break;
    case TRACE_BORROW:
        do_borrow(replay, process, event->pid);
        break;
    case TRACE_MAP:
        do_map(replay, process, &event->map);
        break;
    case TRACE_UNMAP:
    case TRACE_PROTECT:
    case TRACE_FORGET:
        do_range(replay, process, event);
        break;
    case TRACE_MOVE:
        do_move(replay, process, event);
        break;
    case TRACE_KEEP:
        memory_keep(kernel, process, event->page);
        break;
    case TRACE_KERNEL:
        do_kernel(replay, process, event);
        break;
    case TRACE_TRY:
        do_try(replay, process, &event->try);
        break;
    case TRACE_TRAP: {
        const struct cpu_exit exit = {
            .stop = event->trap.software                 ? CPU_STOP_INTERRUPT
                    : event->trap.vector == VECTOR_TIMER ? CPU_STOP_BUDGET
                                                         : CPU_STOP_EXCEPTION,
            .vector = event->trap.vector};

        if (!leave_kernel(replay, process))
            break;
        cpu_registers(kernel->machine.cpu)->eip = event->trap.eip;
        if (event->trap.vector != VECTOR_PAGE_FAULT || event->trap.software)
            enter_kernel(replay, process, &exit);
        break;
    }
    case TRACE_RETURN:
        (void)leave_kernel(replay, process);
        break;
    case TRACE_KILL:
        do_kill(replay, process, event->signal);
        break;
    default:
        break;
    }
}

static void do_mark(struct replay *replay, const struct trace_event *event)
{
    struct kernel *kernel = replay->kernel;

    if (replay->skips || kernel->current == NULL)
        return;
    if (event->mark != TRACE_SERVED)
        system_call_mark(kernel, (enum trace_mark)event->mark);
    else if (!kernel->current->at_ring_3)
        entry_leave(kernel, kernel->current, &replay->entry);
}

static void do_event(struct replay *replay, const struct trace_event *event)
{
    struct kernel *kernel = replay->kernel;

    switch (event->kind) {
    case TRACE_BLOCK:
        do_block(replay, &event->block);
        break;
    case TRACE_PROGRAM:
        meet_program(replay, event);
        break;
    case TRACE_FILE:
        if (replay->options.files)
            replay_programs_read(&replay->programs, event);
        break;
    case TRACE_SWITCH:
        do_switch(replay, event->pid);
        break;
    case TRACE_EXEC:
        do_exec(replay, event);
        break;
    case TRACE_EXIT:
        do_exit(replay, event);
        break;
    case TRACE_REAP:
        do_reap(replay, event->pid);
        break;
    case TRACE_CHARGE:
        if (!replay->skips && event->charge.cost < COSTS)
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
        keep_content(replay, event);
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
    replay->content_count = 0;
    replay->content_at = 0;
}

/* ---- the whole ---- */

static void end_all(struct replay *replay)
{
    struct kernel *kernel = replay->kernel;

    if (kernel->init == NULL)
        (void)ready(replay);
    for (struct process *p = kernel->processes; p != NULL; p = p->next)
        if (p->state != PROCESS_ZOMBIE)
            process_exit(kernel, p, p == kernel->init ? 0 : SIGKILL);
}

static enum replay_end tell_end(struct replay *replay)
{
    if (replay->wrong == NULL && replay->kernel->machine.broken != NULL)
        replay->wrong = replay->kernel->machine.broken;
    if (replay->wrong != NULL) {
        (void)snprintf(replay->why, sizeof(replay->why), "event %llu: %s",
                       (unsigned long long)replay->events, replay->wrong);
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
                       cpu_instructions(replay->kernel->machine.cpu));
}

enum replay_end replay_run(struct replay *replay, struct kernel *kernel,
                           int *wait_status)
{
    replay->kernel = kernel;
    kernel->machine.contents = (struct content_source){find_content, replay};
    while (replay->got == TRACE_GOT_EVENT && replay->wrong == NULL &&
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
    if (replay->wrong == NULL && replay->got != TRACE_GOT_WRONG) {
        end_all(replay);
        assert(kernel_audit(kernel, NULL) <= 0); /* -ENOMEM: nobody knows */
    }
    *wait_status = replay->wait_status;
    return tell_end(replay);
}

const char *replay_why(const struct replay *replay)
{
    return replay->why;
}

const char *replay_missing_file(const struct replay *replay)
{
    return replay->programs.missing_file;
}
