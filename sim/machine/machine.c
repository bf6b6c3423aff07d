/* machine.c: see machine.h. */
#include "machine/machine.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "audit.h"
#include "linux/deadlock.h"
#include "linux/entry.h"
#include "linux/exec.h"
#include "linux/layout.h"
#include "linux/path.h"
#include "linux/process.h"
#include "linux/syscall.h"
#include "linux/tree.h"
#include "linux/uaccess.h"
#include "machine/deadline.h"
#include "program/program.h"

#define QUANTUM    50000u   /* instructions */
#define QUANTUM_NS 1000000u /* how much later it is when one is used up */
#define FIRST_PID  2u       /* 1 is the kernel's own, which reaps orphans */

/* ---- events ---- */

void machine_listen_to(struct machine *machine, struct event_sink listener, uint32_t kinds)
{
    assert(machine->listener_count < MACHINE_LISTENERS_MAX && !machine->ended);
    if (machine->listener_count == MACHINE_LISTENERS_MAX)
        return;
    machine->listener_kinds[machine->listener_count] = kinds;
    machine->listeners[machine->listener_count++] = listener;
    machine->kinds_heard |= kinds;
}

void machine_listen(struct machine *machine, struct event_sink listener)
{
    machine_listen_to(machine, listener, UINT32_MAX);
}

static bool gives_new_contents(enum event_kind kind)
{
    return kind == EVENT_ZERO_FILL || kind == EVENT_FILE || kind == EVENT_COPY ||
           kind == EVENT_FORK_COPY;
}

/* Whose doing it is; of a page at fork `value` is the child's pid. */
static void stamp_process(const struct machine *machine, struct event *event)
{
    event->pid = machine->current == NULL ? 0 : machine->current->pid;
    if (machine->subject == 0)
        return;
    if (event->kind == EVENT_FORK_COPY || event->kind == EVENT_FORK_SHARE)
        event->value = machine->subject;
    else
        event->pid = machine->subject;
}

void machine_emit(void *arg, const struct event *event)
{
    struct machine *machine = arg;
    assert(!machine->ended);
    if (gives_new_contents(event->kind))
        cpu_frame_written(machine->cpu, event->frame_after);
    clock_charge_event(machine, event);
    machine->sequence++;
    const uint32_t kind = 1u << event->kind;
    if ((machine->kinds_heard & kind) == 0)
        return;
    struct event stamped = *event;
    stamped.sequence = machine->sequence;
    stamped.cycle = machine_cycles(machine);
    stamped.instructions = cpu_instructions(machine->cpu);
    stamped.eip = machine->trap_eip;
    stamp_process(machine, &stamped);
    for (uint32_t i = 0; i < machine->listener_count; i++)
        if ((machine->listener_kinds[i] & kind) != 0)
            event_emit(&machine->listeners[i], &stamped);
}

/* ---- making one ---- */

static const char *map_memory(struct machine *machine)
{
    size_t bytes = (size_t)machine->options.ram_frames << PAGE_SHIFT;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return "the host has not enough memory";
#ifdef MADV_HUGEPAGE
    /* Frames come into use in order: the host may as well bring in 512 at once. */
    (void)madvise(base, bytes, MADV_HUGEPAGE);
#endif
    machine->mem = (struct physmem){base, machine->options.ram_frames};
    machine->frame_table = calloc(machine->mem.frames, sizeof *machine->frame_table);
    machine->stack_slots = calloc(PROCESSES_MAX, 1);
    if (machine->frame_table == NULL || machine->stack_slots == NULL)
        /* cppcheck-suppress memleak ; machine_free unmaps it */
        return "the host has not enough memory";
    frames_init(&machine->frames, &machine->mem, machine->frame_table);
    /* cppcheck-suppress memleak ; machine_free unmaps it */
    return NULL;
}

static const char *set_up(struct machine *machine)
{
    const struct machine_options *options = &machine->options;
    const char *why = map_memory(machine);
    if (why != NULL)
        return why;
    machine->cpu =
        options->replays
            ? cpu_new_replay(options->generation, &machine->mem, &machine->sink, &why)
            : cpu_new(options->generation, &machine->mem, &machine->sink, options->clocked, &why);
    if (machine->cpu == NULL)
        return why;
    machine->tree = tree_new(options->root, &why);
    if (machine->tree == NULL)
        return why;
    system_calls_init(machine);
    why = kernel_boot(machine);
    if (why == NULL)
        clock_start(machine);
    return why;
}

struct machine *machine_new(const struct machine_options *options, const char **why)
{
    struct machine *machine = calloc(1, sizeof *machine);
    if (machine == NULL) {
        *why = "the host has not enough memory";
        return NULL;
    }
    machine->options = *options;
    machine->sink = (struct event_sink){machine_emit, machine};
    machine->next_pid = FIRST_PID;
    machine->random = 386;
    machine->budget.limit = BUDGET_BYTES;
    machine->instructions_left = options->max_instructions;
    *why = set_up(machine);
    if (*why == NULL)
        return machine;
    machine_free(machine);
    return NULL;
}

/* As when the first process has ended, as in a PID namespace. */
static void kill_rest(struct machine *machine)
{
    bool first_ended =
        machine->init != NULL && machine->init->state == PROCESS_ZOMBIE && machine->limit == NULL;
    for (struct process *p = machine->processes; p != NULL; p = p->next) {
        if (p->state == PROCESS_ZOMBIE)
            continue;
        if (first_ended)
            p->signals.info[SIGKILL] = (struct signal_info){.cause = CAUSE_FIRST_ENDED};
        process_exit(machine, p, SIGKILL);
    }
}

void machine_end(struct machine *machine)
{
    if (machine->ended)
        return;
    kill_rest(machine);
    machine->listener_count = 0;
    machine->kinds_heard = 0;
    machine->actions.sink = (struct action_sink){0};
    machine->waits = (struct wait_sink){0};
    machine->contents = (struct content_source){0};
    if (machine->cpu != NULL) {
        (void)cpu_watch(machine->cpu, NULL);
        cpu_observe(machine->cpu, NULL);
    }
    machine->ended = true;
}

void machine_free(struct machine *machine)
{
    if (machine == NULL)
        return;
    machine_end(machine);
    while (machine->processes != NULL)
        process_reap(machine, machine->processes);
    exec_forget_all(machine);
    tree_free(machine->tree);
    cpu_free(machine->cpu);
    page_cache_free(&machine->page_cache);
    clock_free(&machine->clock);
    free(machine->frame_table);
    free(machine->stack_slots);
    if (machine->mem.base != NULL)
        (void)munmap(machine->mem.base, (size_t)machine->mem.frames << PAGE_SHIFT);
    free(machine);
}

/* ---- the sums ---- */

int machine_audit(const struct machine *machine, struct audit_error *first)
{
    const struct addrspace **spaces = calloc(PROCESSES_MAX + 1, sizeof(struct addrspace *));
    size_t count = 0;
    if (spaces == NULL)
        return -ENOMEM;
    spaces[count++] = &machine->kernel_space;
    for (const struct process *p = machine->processes; p != NULL; p = p->next)
        if (p->has_space && count <= PROCESSES_MAX)
            spaces[count++] = &p->space;
    int violations = audit_addrspaces(&machine->frames, spaces, count, first);
    free(spaces);
    return violations;
}

/* ---- the first process ---- */

static int add_strings(struct exec_strings *strings, char *const text[])
{
    for (; *text != NULL; text++) {
        int error = exec_strings_add(strings, *text);
        if (error != 0)
            return error;
    }
    return 0;
}

static int exec_first(struct machine *machine, struct process *process, struct program *program,
                      char *const argv[], char *const envp[])
{
    struct exec_arguments arguments = {.path = program->path};
    int error = add_strings(&arguments.argv, argv);
    if (error == 0)
        error = add_strings(&arguments.envp, envp);
    if (error == -ENOMEM)
        budget_starve(&machine->budget);
    if (error == 0)
        error = exec_program(machine, process, program, &arguments);
    exec_arguments_free(&arguments);
    return error;
}

struct process *machine_first_process(struct machine *machine)
{
    action_begin(machine);
    struct process *process = process_new(machine, 1);
    if (process != NULL) {
        memcpy(process->cwd, "/", 2);
        schedule_ready(machine, process);
        machine->init = process;
        machine->current = process;
        kernel_load_stack(machine, process);
    }
    action_end(machine, &(struct trace_event){.kind = TRACE_SWITCH,
                                              .pid = process == NULL ? FIRST_PID : process->pid});
    return process;
}

int machine_start(struct machine *machine, struct program *program, char *const argv[],
                  char *const envp[])
{
    int error = exec_keep(machine, program, "/", path_last(program->name));
    if (error == 0)
        error = exec_keep_also(machine, program, "/", program->name);
    if (error != 0)
        return error;
    machine->program = program;
    struct process *process = machine_first_process(machine);
    if (process == NULL)
        return -ENOMEM;
    error = files_init(&process->files, machine);
    if (error != 0)
        return error;
    return exec_first(machine, process, program, argv, envp);
}

/* ---- running ---- */

static void reap_orphans(struct machine *machine)
{
    struct process *dead;
    while ((dead = family_first_dead(&machine->family.orphans)) != NULL)
        process_reap(machine, dead);
}

/* What a process does before it gets back to ring 3: true if it does get there. */
static bool return_to_user(struct machine *machine, struct process *process)
{
    if (process->set_tid != 0) {
        (void)copy_out(machine, process->set_tid, &process->pid, sizeof process->pid);
        process->set_tid = 0;
    }
    if (process->in_call)
        system_call_serve(machine, process);
    if (process->state != PROCESS_RUNNABLE)
        return false;
    signals_deliver(machine, process, process->interrupted_call);
    process->interrupted_call = -1;
    if (process->state != PROCESS_RUNNABLE)
        return false;
    if (!kernel_return(machine, process))
        machine->broken = "a trap frame cannot be read back";
    return machine->broken == NULL;
}

/* Instructions that run before somebody looks at the clock on the wall. */
#define BETWEEN_LOOKS UINT64_C(5000000)

/* Runs at most `budget` instructions (CPU_NO_BUDGET: no limit), and no more than the run has left.
 * The instructions that ran, where there is a limit. */
static uint64_t run_granted(struct machine *machine, uint64_t budget, struct cpu_exit *exit)
{
    uint64_t used = 0;
    if (machine->options.max_instructions != 0 && budget > machine->instructions_left)
        budget = machine->instructions_left;
    do {
        uint64_t granted = budget == CPU_NO_BUDGET ? budget : budget - used;
        if (deadline_is_set() && granted > BETWEEN_LOOKS)
            granted = BETWEEN_LOOKS;
        cpu_run(machine->cpu, granted, exit);
        if (granted != CPU_NO_BUDGET)
            used += granted - cpu_budget_left(machine->cpu);
    } while (exit->stop == CPU_STOP_BUDGET && used < budget && !deadline_passed());
    if (machine->options.max_instructions != 0)
        machine->instructions_left -= used;
    return used;
}

static bool limit_reached(struct machine *machine)
{
    if (machine->options.max_instructions != 0 && machine->instructions_left == 0)
        machine->limit = "--max-instructions";
    else if (deadline_passed())
        machine->limit = "--max-seconds";
    return machine->limit != NULL;
}

/* Runs the process until it waits, ends, or has used up its quantum, which begins when there is
 * somebody else to give the processor to. */
static void run_process(struct machine *machine, struct process *process)
{
    uint64_t left = 0;
    struct cpu_exit exit;
    process_switch_to(machine, process);
    while (machine->broken == NULL && return_to_user(machine, process)) {
        bool limited = schedule_others(machine);
        if (limited && left == 0)
            left = QUANTUM;
        uint64_t used = run_granted(machine, limited ? left : CPU_NO_BUDGET, &exit);
        left = limited ? left - used : 0;
        if (exit.stop == CPU_STOP_BROKEN) {
            machine->broken = exit.why;
            return;
        }
        kernel_trap(machine, process, &exit);
        if (machine->budget.starved) {
            machine->broken = "the host has not enough memory";
            return;
        }
        if (limit_reached(machine))
            return;
        if (limited && left == 0) {
            machine->now_ns += QUANTUM_NS;
            return;
        }
        if (process->yields) {
            process->yields = false;
            return;
        }
    }
}

int machine_run(struct machine *machine)
{
    while (machine->broken == NULL && machine->limit == NULL &&
           machine->init->state != PROCESS_ZOMBIE) {
        struct process *process = schedule_next(machine);
        if (process == NULL) {
            deadlock_break(machine);
            continue;
        }
        run_process(machine, process);
        schedule_end_turn(machine);
        reap_orphans(machine);
    }
    if (machine->broken != NULL)
        return -1;
    if (machine->init->state == PROCESS_ZOMBIE)
        machine->limit = NULL; /* it came to its end at that very moment */
    else
        process_exit(machine, machine->init, SIGKILL);
    kill_rest(machine);
    assert(machine_audit(machine, NULL) <= 0); /* -ENOMEM: nobody knows */
    return machine->init->wait_status;
}
