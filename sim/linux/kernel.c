/* kernel.c: see kernel.h. */
#include "linux/kernel.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "linux/boot.h"
#include "linux/descriptors.h"
#include "linux/exec.h"
#include "linux/execargs.h"
#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/path.h"
#include "linux/process.h"
#include "linux/programs.h"
#include "linux/schedule.h"
#include "linux/syscall.h"
#include "linux/tree.h"
#include "linux/turns.h"
#include "program/program.h"

#define FIRST_PID 2u /* 1 is the kernel's own, which reaps orphans */

/* ---- making one ---- */

static const char *set_up(struct kernel *kernel,
                          const struct machine_options *options)
{
    const struct supervisor supervisor = turns_supervisor(kernel);
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
    turns_end(kernel);
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
