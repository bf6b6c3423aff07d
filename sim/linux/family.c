/* family.c: see family.h. */
#include "linux/family.h"

#include <stddef.h>

#include "linux/state.h"

/* ---- by pid ---- */

/* Pids ascend, so their low bits spread the living evenly. */
static uint32_t bucket_of(uint32_t pid)
{
    return pid % PID_BUCKETS;
}

struct process *family_find(const struct kernel *kernel, uint32_t pid)
{
    struct process *process = kernel->family.by_pid[bucket_of(pid)];
    while (process != NULL && process->pid != pid)
        process = process->kin.next_of_pid;
    return process;
}

static void remove_by_pid(struct kernel *kernel, const struct process *process)
{
    struct process **link = &kernel->family.by_pid[bucket_of(process->pid)];
    while (*link != process)
        link = &(*link)->kin.next_of_pid;
    *link = process->kin.next_of_pid;
}

/* ---- children ---- */

static struct children *siblings_of(struct kernel *kernel,
                                    const struct process *process)
{
    if (process->kin.is_orphan)
        return &kernel->family.orphans;
    return &family_find(kernel, process->parent_pid)->kin.children;
}

static void join_siblings(struct children *children, struct process *process)
{
    process->kin.elder = children->last;
    process->kin.next = NULL;
    if (children->last == NULL)
        children->first = process;
    else
        children->last->kin.next = process;
    children->last = process;
}

static void leave_siblings(struct children *children, struct process *process)
{
    struct kin *kin = &process->kin;
    if (kin->elder == NULL)
        children->first = kin->next;
    else
        kin->elder->kin.next = kin->next;
    if (kin->next == NULL)
        children->last = kin->elder;
    else
        kin->next->kin.elder = kin->elder;
}

void family_orphan(struct kernel *kernel, struct process *process)
{
    heap_remove(&process->kin.dead);
    leave_siblings(siblings_of(kernel, process), process);
    process->parent_pid = KERNEL_PID;
    process->kin.is_orphan = true;
    join_siblings(&kernel->family.orphans, process);
}

void family_mourn(struct kernel *kernel, struct process *process)
{
    heap_put(&siblings_of(kernel, process)->dead, &process->kin.dead,
             process->pid);
}

struct process *family_first_dead(const struct children *children)
{
    struct heap_node *first = children->dead.first;
    return first == NULL
               ? NULL
               : (struct process *)(void *)((char *)first -
                                            offsetof(struct process, kin.dead));
}

/* ---- all ---- */

void family_add(struct kernel *kernel, struct process *process)
{
    struct family *family = &kernel->family;
    struct process **bucket = &family->by_pid[bucket_of(process->pid)];
    process->kin.is_orphan = family_find(kernel, process->parent_pid) == NULL;
    process->kin.before = family->last;
    if (family->last == NULL)
        kernel->processes = process;
    else
        family->last->next = process;
    family->last = process;
    join_siblings(siblings_of(kernel, process), process);
    process->kin.next_of_pid = *bucket;
    *bucket = process;
}

void family_remove(struct kernel *kernel, struct process *process)
{
    struct kin *kin = &process->kin;
    heap_remove(&kin->dead);
    leave_siblings(siblings_of(kernel, process), process);
    remove_by_pid(kernel, process);
    if (kin->before == NULL)
        kernel->processes = process->next;
    else
        kin->before->next = process->next;
    if (process->next == NULL)
        kernel->family.last = kin->before;
    else
        process->next->kin.before = kin->before;
}
