/* kernel.c: see kernel.h. */
#include "linux/kernel.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "linux/boot.h"
#include "linux/deadlock.h"
#include "linux/descriptors.h"
#include "linux/entry.h"
#include "linux/exec.h"
#include "linux/execargs.h"
#include "linux/family.h"
#include "linux/gate.h"
#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/path.h"
#include "linux/process.h"
#include "linux/programs.h"
#include "linux/schedule.h"
#include "linux/sigdeliver.h"
#include "linux/sigsend.h"
#include "linux/syscall.h"
#include "linux/tree.h"
#include "linux/uaccess.h"
#include "program/program.h"

#define QUANTUM    50000u   /* instructions */
#define QUANTUM_NS 1000000u /* how much later it is when one is used up */
#define FIRST_PID  2u       /* 1 is the kernel's own, which reaps orphans */

/* ---- turns ---- */

static void reap_orphans(struct kernel *kernel)
{
    struct process *dead;
    while ((dead = family_first_dead(&kernel->family.orphans)) != NULL)
        process_reap(kernel, dead);
}

/* What a process does before it gets back to ring 3: true if it does get
 * there. */
static bool return_to_user(struct kernel *kernel, struct process *process)
{
    if (process->set_tid != 0) {
        (void)copy_out(kernel, process->set_tid, &process->pid,
                       sizeof process->pid);
        process->set_tid = 0;
    }
    if (process->in_call)
        system_call_serve(kernel, process);
    if (process->state != PROCESS_RUNNABLE)
        return false;
    signals_deliver(kernel, process, process->interrupted_call);
    process->interrupted_call = -1;
    if (process->state != PROCESS_RUNNABLE)
        return false;
    if (!entry_return(kernel, process))
        kernel->machine.broken = "a trap frame cannot be read back";
    return kernel->machine.broken == NULL;
}

/* Who has the next turn, at a later time if none can run now. NULL: there is
 * none, ever. */
static struct process *next_process(struct kernel *kernel)
{
    struct process *process;
    do {
        schedule_wake_sleepers(kernel);
        while ((process = schedule_due_alarm(kernel)) != NULL)
            signals_ring(kernel, process);
        process = schedule_next(kernel);
    } while (process == NULL && schedule_skip_time(kernel));
    return process;
}

static bool begin_turn(struct kernel *kernel)
{
    struct process *process = next_process(kernel);
    if (process == NULL)
        return false;
    kernel->turn = (struct turn){.process = process};
    process_switch_to(kernel, process);
    return true;
}

static void end_turn(struct kernel *kernel)
{
    kernel->turn.process = NULL;
    schedule_end_turn(kernel);
    reap_orphans(kernel);
}

/* Whether the process, a trap of which was served, has used its quantum up or
 * yields. */
static bool turn_is_over(struct kernel *kernel)
{
    struct turn *turn = &kernel->turn;
    if (!turn->served)
        return false;
    if (turn->limited && turn->left == 0) {
        kernel->now_ns += QUANTUM_NS;
        return true;
    }
    bool yields = turn->process->yields;
    turn->process->yields = false;
    return yields;
}

/* The quantum begins when there is somebody else to give the processor to. */
static uint64_t instructions_of(struct kernel *kernel)
{
    struct turn *turn = &kernel->turn;
    turn->limited = schedule_others(kernel);
    if (turn->limited && turn->left == 0)
        turn->left = QUANTUM;
    return turn->limited ? turn->left : CPU_NO_BUDGET;
}

static bool resume(void *arg, uint64_t *instructions)
{
    struct kernel *kernel = arg;
    struct turn *turn = &kernel->turn;
    if (turn->process != NULL && turn_is_over(kernel))
        end_turn(kernel);
    while (kernel->machine.broken == NULL) {
        if (turn->process == NULL && kernel->init->state == PROCESS_ZOMBIE)
            return false;
        if (turn->process == NULL && !begin_turn(kernel)) {
            deadlock_break(kernel);
            continue;
        }
        if (return_to_user(kernel, turn->process)) {
            *instructions = instructions_of(kernel);
            return true;
        }
        end_turn(kernel);
    }
    return false;
}

static void trap(void *arg, const struct cpu_exit *exit, uint64_t ran)
{
    struct kernel *kernel = arg;
    struct turn *turn = &kernel->turn;
    turn->left = turn->limited ? turn->left - ran : 0;
    turn->served = true;
    gate_trap(kernel, turn->process, exit);
}

/* Whose doing it is; of a page at fork `value` is the child's pid. */
static void stamp(void *arg, struct mmu_event *event)
{
    const struct kernel *kernel = arg;
    event->pid = kernel->current == NULL ? 0 : kernel->current->pid;
    if (kernel->subject == 0)
        return;
    if (event->kind == MMU_EVENT_FORK_COPY ||
        event->kind == MMU_EVENT_FORK_SHARE)
        event->value = kernel->subject;
    else
        event->pid = kernel->subject;
}

/* ---- making one ---- */

static const char *set_up(struct kernel *kernel,
                          const struct machine_options *options)
{
    const struct supervisor supervisor = {resume, trap, stamp, kernel};
    const char *why = machine_init(&kernel->machine, options, &supervisor);
    if (why != NULL)
        return why;
    kernel->stack_slots = calloc(PROCESSES_MAX, 1);
    if (kernel->stack_slots == NULL)
        return "the host has not enough memory";
    kernel->tree = tree_new(kernel->options.root, &why);
    if (kernel->tree == NULL)
        return why;
    system_calls_init(kernel);
    why = boot(kernel);
    if (why == NULL)
        machine_start_clock(&kernel->machine);
    return why;
}

struct kernel *kernel_new(const struct machine_options *machine,
                          const struct kernel_options *options,
                          const char **why)
{
    struct kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel == NULL) {
        *why = "the host has not enough memory";
        return NULL;
    }
    kernel->options = *options;
    kernel->next_pid = FIRST_PID;
    kernel->random = 386;
    *why = set_up(kernel, machine);
    if (*why == NULL)
        return kernel;
    kernel_free(kernel);
    return NULL;
}

/* As when the first process has ended, as in a PID namespace. */
static void kill_rest(struct kernel *kernel)
{
    bool first_ended = kernel->init != NULL &&
                       kernel->init->state == PROCESS_ZOMBIE &&
                       kernel->machine.limit == NULL;
    for (struct process *p = kernel->processes; p != NULL; p = p->next) {
        if (p->state == PROCESS_ZOMBIE)
            continue;
        if (first_ended)
            p->signals.info[SIGKILL] =
                (struct signal_info){.cause = CAUSE_FIRST_ENDED};
        process_exit(kernel, p, SIGKILL);
    }
}

void kernel_end(struct kernel *kernel)
{
    if (kernel->machine.ended)
        return;
    kill_rest(kernel);
    machine_end(&kernel->machine);
}

void kernel_free(struct kernel *kernel)
{
    if (kernel == NULL)
        return;
    kernel_end(kernel);
    while (kernel->processes != NULL)
        process_reap(kernel, kernel->processes);
    programs_forget_all(kernel);
    tree_free(kernel->tree);
    page_cache_free(&kernel->page_cache);
    free(kernel->stack_slots);
    machine_destroy(&kernel->machine);
    free(kernel);
}

/* ---- the sums ---- */

int kernel_audit(const struct kernel *kernel, struct mmu_audit_error *first)
{
    const struct mmu_addrspace **spaces =
        calloc(PROCESSES_MAX + 1, sizeof(struct mmu_addrspace *));
    size_t count = 0;
    if (spaces == NULL)
        return -ENOMEM;
    spaces[count++] = &kernel->space;
    for (const struct process *p = kernel->processes; p != NULL; p = p->next)
        if (p->has_space && count <= PROCESSES_MAX)
            spaces[count++] = &p->space;
    int violations =
        mmu_audit_addrspaces(&kernel->machine.frames, spaces, count, first);
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

static int exec_first(struct kernel *kernel, struct process *process,
                      struct program *program, char *const argv[],
                      char *const envp[])
{
    struct exec_arguments arguments = {.path = program->path};
    int error = add_strings(&arguments.argv, argv);
    if (error == 0)
        error = add_strings(&arguments.envp, envp);
    if (error == -ENOMEM)
        budget_starve(&kernel->machine.budget);
    if (error == 0)
        error = exec_program(kernel, process, program, &arguments);
    exec_arguments_free(&arguments);
    return error;
}

struct process *kernel_first_process(struct kernel *kernel)
{
    action_begin(&kernel->machine.actions);
    struct process *process = process_new(kernel, 1);
    if (process != NULL) {
        memcpy(process->cwd, "/", 2);
        schedule_ready(kernel, process);
        kernel->init = process;
        kernel->current = process;
        kernel_stack_load(kernel, process);
    }
    action_end(&kernel->machine.actions,
               &(struct trace_event){.kind = TRACE_SWITCH,
                                     .pid = process == NULL ? FIRST_PID
                                                            : process->pid});
    return process;
}

int kernel_start(struct kernel *kernel, struct program *program,
                 char *const argv[], char *const envp[])
{
    int error = programs_keep(kernel, program, "/", path_last(program->name));
    if (error == 0)
        error = programs_keep_also(kernel, program, "/", program->name);
    if (error != 0)
        return error;
    kernel->program = program;
    struct process *process = kernel_first_process(kernel);
    if (process == NULL)
        return -ENOMEM;
    error = files_init(&process->files, kernel);
    if (error != 0)
        return error;
    return exec_first(kernel, process, program, argv, envp);
}

/* ---- running ---- */

int kernel_run(struct kernel *kernel)
{
    machine_run(&kernel->machine);
    if (kernel->turn.process != NULL)
        end_turn(kernel);
    if (kernel->machine.broken != NULL)
        return -1;
    if (kernel->init->state == PROCESS_ZOMBIE)
        kernel->machine.limit = NULL; /* it came to its end at that very
                                       * moment */
    else
        process_exit(kernel, kernel->init, SIGKILL);
    kill_rest(kernel);
    assert(kernel_audit(kernel, NULL) <= 0); /* -ENOMEM: nobody knows */
    return kernel->init->wait_status;
}
