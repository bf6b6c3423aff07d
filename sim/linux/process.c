/* process.c: processes are made, forked, put to sleep, ended and reaped
 * here. */
#include "linux/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/descriptors.h"
#include "linux/family.h"
#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/schedule.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/systempage.h"
#include "machine/budget.h"
#include "program/program.h"

struct process *process_by_pid(struct kernel *kernel, uint32_t pid)
{
    return family_find(kernel, pid);
}

/* ---- sleep ---- */

int32_t process_wait_for(struct process *process, const void *channel,
                         uint64_t until_ns)
{
    process->state = PROCESS_WAITING;
    process->waits_for = channel;
    process->wakes_at_ns = until_ns;
    return CALL_WAITS;
}

/* ---- making ---- */

/* What a process takes of the host: the record, and the context with FPU, SSE
 * and descriptors, for which Unicorn takes less than 8 KiB. Until it is
 * reaped. */
#define PROCESS_BYTES (sizeof(struct process) + 8192u)

struct process *process_new(struct kernel *kernel, uint32_t parent_pid)
{
    uint32_t most = kernel->options.max_processes;
    if ((most != 0 && kernel->process_count >= most) ||
        !budget_take(&kernel->machine.budget, PROCESS_BYTES))
        return NULL;
    struct process *process = calloc(1, sizeof *process);
    if (process != NULL)
        process->context = cpu_context_new(kernel->machine.cpu);
    if (process == NULL || process->context == NULL)
        budget_starve(&kernel->machine.budget);
    if (process == NULL || process->context == NULL ||
        kernel_stack_init(kernel, process) != 0) {
        budget_give(&kernel->machine.budget, PROCESS_BYTES);
        if (process != NULL)
            cpu_context_free(process->context);
        free(process);
        return NULL;
    }
    mappings_init(&process->mappings, &kernel->machine.budget);
    signals_init(&process->signals);
    limits_init(&process->limits);
    process->pid = kernel->next_pid++;
    process->parent_pid = parent_pid;
    process->group = process->pid;
    process->session = process->pid;
    process->umask = 022;
    process->interrupted_call = -1;
    family_add(kernel, process);
    kernel->process_count++;
    kernel->counts.processes++;
    return process;
}

/* Undoes process_new: the child never ran, and its pid is given out again. */
static void process_discard(struct kernel *kernel, struct process *process)
{
    kernel_stack_free(kernel, process);
    ldt_free(&process->ldt, &kernel->machine.budget);
    cpu_context_free(process->context);
    process->context = NULL;
    mappings_destroy(&process->mappings);
    kernel->counts.processes--;
    kernel->next_pid--;
    process->state = PROCESS_ZOMBIE;
    process_reap(kernel, process);
}

static void inherit(struct kernel *kernel, struct process *child,
                    const struct process *parent)
{
    struct user_frame frame;
    kernel_stack_read_frame(kernel, kernel->current, &frame);
    kernel_stack_set_frame(kernel, child, &frame);
    memcpy(child->general, parent->general, sizeof child->general);
    child->general[EAX] = 0;
    cpu_context_save(kernel->machine.cpu, child->context);
    memcpy(child->tls, parent->tls, sizeof child->tls);
    memcpy(child->cwd, parent->cwd, sizeof child->cwd);
    memcpy(child->name, parent->name, sizeof child->name);
    child->group = parent->group;
    child->session = parent->session;
    child->umask = parent->umask;
    child->limits = parent->limits;
    child->brk_start = parent->brk_start;
    child->brk = parent->brk;
    child->program = program_get(parent->program);
    files_clone(&child->files, &parent->files);
    signals_fork(&child->signals, &parent->signals);
}

/* 0, or -ENOMEM with nothing of it left. */
static int clone_memory(struct kernel *kernel, struct process *child,
                        struct process *parent)
{
    struct mmu_fork_counts counts = {0};
    int error = mappings_clone(&child->mappings, &parent->mappings);
    if (error != 0)
        return error;
    clock_charge(&kernel->machine.clock, COST_TABLE_SCAN,
                 mmu_addrspace_tables(&parent->space));
    kernel->subject = child->pid;
    error = mmu_fork_addrspace(&child->space, &parent->space,
                               kernel->options.policy, &counts);
    kernel->subject = 0;
    /* Its writable pages may be write-protected now, whether or not the fork
     * went through. */
    cpu_load_cr3(kernel->machine.cpu, mmu_addrspace_cr3(&parent->space));
    if (error != 0)
        return error;
    child->has_space = true;
    kernel->counts.copied_at_fork += counts.copied;
    return 0;
}

static int32_t fork_process(struct kernel *kernel, struct process *parent)
{
    struct process *child = process_new(kernel, parent->pid);
    if (child == NULL)
        return -EAGAIN;
    int error = ldt_clone(&child->ldt, &kernel->machine.budget, &parent->ldt);
    if (error == 0)
        error = clone_memory(kernel, child, parent);
    if (error != 0) {
        process_discard(kernel, child);
        return error;
    }
    inherit(kernel, child, parent);
    parent->forked = true;
    schedule_ready(kernel, child);
    kernel->counts.forks++;
    const struct mmu_event event = {.kind = MMU_EVENT_FORK,
                                    .value = child->pid};
    mmu_event_emit(&kernel->machine.sink, &event);
    return (int32_t)child->pid;
}

int32_t process_fork(struct kernel *kernel, struct process *parent)
{
    uint32_t pid = kernel->next_pid;
    action_begin(&kernel->machine.actions);
    int32_t result = fork_process(kernel, parent);
    action_end(
        &kernel->machine.actions,
        &(struct trace_event){.kind = result < 0 ? TRACE_NO_FORK : TRACE_FORK,
                              .pid = pid});
    return result;
}

void process_borrow(struct kernel *kernel, struct process *parent,
                    struct process *child)
{
    child->vfork_parent = parent->pid;
    child->borrows_memory = true;
    action_tell(&kernel->machine.actions,
                &(struct trace_event){.kind = TRACE_BORROW, .pid = child->pid});
}

/* ---- ending ---- */

void process_drop_memory(struct kernel *kernel, struct process *process)
{
    if (!process->has_space)
        return;
    if (kernel->current == process)
        cpu_load_cr3(kernel->machine.cpu, mmu_addrspace_cr3(&kernel->space));
    clock_charge(&kernel->machine.clock, COST_TABLE_SCAN,
                 mmu_addrspace_tables(&process->space));
    mmu_addrspace_destroy(&process->space);
    process->has_space = false;
    mappings_destroy(&process->mappings);
    cpu_forget_translations(kernel->machine.cpu);
}

static void exchange_memory(struct process *a, struct process *b)
{
    const struct mmu_addrspace space = a->space;
    const struct mappings mappings = a->mappings;
    uint32_t brk = a->brk;
    a->space = b->space;
    a->mappings = b->mappings;
    a->brk = b->brk;
    b->space = space;
    b->mappings = mappings;
    b->brk = brk;
}

void process_end_vfork(struct kernel *kernel, struct process *child)
{
    struct process *parent = process_by_pid(kernel, child->vfork_parent);
    if (child->vfork_parent == 0)
        return;
    child->vfork_parent = 0;
    if (child->borrows_memory && parent != NULL && parent->has_space &&
        child->has_space)
        exchange_memory(parent, child);
    child->borrows_memory = false;
    schedule_wake(kernel, child);
}

/* Orphans are the kernel's, which reaps them at once. */
static void orphan_children(struct kernel *kernel, const struct process *parent)
{
    struct process *next;
    for (struct process *p = parent->kin.children.first; p != NULL; p = next) {
        next = p->kin.next;
        family_orphan(kernel, p);
        if (p->state == PROCESS_ZOMBIE)
            process_reap(kernel, p);
    }
}

static void tell_parent(struct kernel *kernel, struct process *process)
{
    struct process *parent = process_by_pid(kernel, process->parent_pid);
    if (parent == NULL)
        return;
    schedule_wake(kernel, parent);
    signal_send_child(kernel, parent, process);
    if (signals_no_child_wait(&parent->signals))
        family_orphan(kernel, process);
}

static void end_process(struct kernel *kernel, struct process *process,
                        int32_t wait_status)
{
    const struct mmu_event event = {.kind = MMU_EVENT_EXIT,
                                    .value = (uint32_t)wait_status};
    process->state = PROCESS_ZOMBIE;
    process->wait_status = wait_status;
    schedule_forget(kernel, process);
    kernel->subject = process->pid;
    mmu_event_emit(&kernel->machine.sink, &event);
    files_close_all(&process->files, kernel);
    process_end_vfork(kernel, process);
    process_drop_memory(kernel, process);
    kernel_stack_free(kernel, process);
    ldt_free(&process->ldt, &kernel->machine.budget);
    kernel->subject = 0;
    cpu_context_free(process->context);
    process->context = NULL;
    orphan_children(kernel, process);
    tell_parent(kernel, process);
    if (process != kernel->init)
        family_mourn(kernel, process);
}

void process_exit(struct kernel *kernel, struct process *process,
                  int32_t wait_status)
{
    if (process->state == PROCESS_ZOMBIE)
        return;
    action_begin(&kernel->machine.actions);
    end_process(kernel, process, wait_status);
    action_end(
        &kernel->machine.actions,
        &(struct trace_event){.kind = TRACE_EXIT,
                              .exit = {.pid = process->pid,
                                       .wait_status = (uint32_t)wait_status}});
}

void process_emit_kill(struct kernel *kernel, uint32_t signal)
{
    const struct mmu_event event = {.kind = MMU_EVENT_KILL, .value = signal};
    action_begin(&kernel->machine.actions);
    mmu_event_emit(&kernel->machine.sink, &event);
    action_end(&kernel->machine.actions,
               &(struct trace_event){.kind = TRACE_KILL, .signal = signal});
}

void process_reap(struct kernel *kernel, struct process *process)
{
    uint32_t pid = process->pid;
    action_begin(&kernel->machine.actions);
    family_remove(kernel, process);
    if (kernel->current == process)
        kernel->current = NULL;
    program_put(process->program);
    budget_give(&kernel->machine.budget, PROCESS_BYTES);
    kernel->process_count--;
    free(process);
    action_end(&kernel->machine.actions,
               &(struct trace_event){.kind = TRACE_REAP, .pid = pid});
}

/* ---- running ---- */

void process_switch_to(struct kernel *kernel, struct process *process)
{
    struct process *old = kernel->current;
    if (old == process)
        return;
    action_begin(&kernel->machine.actions);
    clock_charge(&kernel->machine.clock, COST_SWITCH, 1);
    if (old != NULL && old->context != NULL)
        cpu_context_save(kernel->machine.cpu, old->context);
    kernel->current = process;
    kernel_stack_load(kernel, process);
    system_page_set_tls(kernel, process);
    cpu_load_cr3(kernel->machine.cpu, mmu_addrspace_cr3(&process->space));
    cpu_context_restore(kernel->machine.cpu, process->context);
    ldt_load(kernel->machine.cpu, &process->ldt);
    action_end(
        &kernel->machine.actions,
        &(struct trace_event){.kind = TRACE_SWITCH, .pid = process->pid});
}
