/* schedule.c: see schedule.h. */
#include "linux/schedule.h"

#include <stddef.h>

#include "hash.h"
#include "linux/state.h"

static struct process *owner(struct heap_node *node, size_t offset)
{
    return (struct process *)(void *)((char *)node - offset);
}

#define OWNER(node, place) owner((node), offsetof(struct process, place))

/* ---- those that can run ---- */

/* In this round if its pid's turn is still to come. */
static void queue(struct schedule *schedule, struct process *process)
{
    uint32_t round =
        schedule->round ^ (process->pid > schedule->last_pid ? 0 : 1);
    heap_put(&schedule->runnable[round], &process->place.runnable,
             process->pid);
}

static struct process *pick(struct schedule *schedule)
{
    if (schedule->runnable[schedule->round].first == NULL)
        schedule->round ^= 1;
    struct heap_node *first = schedule->runnable[schedule->round].first;
    if (first == NULL)
        return NULL;
    heap_remove(first);
    return OWNER(first, place.runnable);
}

/* ---- those that wait ---- */

static struct process **bucket_of(struct schedule *schedule,
                                  const void *channel)
{
    return &schedule->waiting[hash_number((uintptr_t)channel) % WAIT_BUCKETS];
}

static void join_bucket(struct process *process, struct process **bucket)
{
    process->place.next = *bucket;
    process->place.link = bucket;
    if (*bucket != NULL)
        (*bucket)->place.link = &process->place.next;
    *bucket = process;
}

static void leave_bucket(struct process *process)
{
    if (process->place.link == NULL)
        return;
    *process->place.link = process->place.next;
    if (process->place.next != NULL)
        process->place.next->place.link = process->place.link;
    process->place.next = NULL;
    process->place.link = NULL;
}

static void wait(struct schedule *schedule, struct process *process)
{
    join_bucket(process, bucket_of(schedule, process->waits_for));
    if (process->wakes_at_ns != 0)
        heap_put(&schedule->sleepers, &process->place.sleeper,
                 process->wakes_at_ns);
}

static void stop_waiting(struct process *process)
{
    leave_bucket(process);
    heap_remove(&process->place.sleeper);
}

void schedule_ready(struct kernel *kernel, struct process *process)
{
    process->state = PROCESS_RUNNABLE;
    stop_waiting(process);
    if (process != kernel->schedule.running)
        queue(&kernel->schedule, process);
}

void schedule_wake(struct kernel *kernel, const void *channel)
{
    struct process *running = kernel->schedule.running;
    struct process *next;
    for (struct process *p = *bucket_of(&kernel->schedule, channel); p != NULL;
         p = next) {
        next = p->place.next;
        if (p->waits_for == channel)
            schedule_ready(kernel, p);
    }
    if (running != NULL && running->state == PROCESS_WAITING &&
        running->waits_for == channel)
        running->state = PROCESS_RUNNABLE;
}

void schedule_alarm(struct kernel *kernel, struct process *process)
{
    if (process->signals.alarm_ns == 0)
        heap_remove(&process->place.alarm);
    else
        heap_put(&kernel->schedule.alarms, &process->place.alarm,
                 process->signals.alarm_ns);
}

void schedule_forget(struct kernel *kernel, struct process *process)
{
    heap_remove(&process->place.runnable);
    heap_remove(&process->place.alarm);
    stop_waiting(process);
    if (kernel->schedule.running == process)
        kernel->schedule.running = NULL;
}

/* ---- time ---- */

void schedule_wake_sleepers(struct kernel *kernel)
{
    struct heap_node *first;
    while ((first = kernel->schedule.sleepers.first) != NULL &&
           first->key <= kernel->now_ns)
        schedule_ready(kernel, OWNER(first, place.sleeper));
}

struct process *schedule_due_alarm(const struct kernel *kernel)
{
    struct heap_node *first = kernel->schedule.alarms.first;
    return first != NULL && first->key <= kernel->now_ns
               ? OWNER(first, place.alarm)
               : NULL;
}

/* Nobody can run: the time when somebody will, or 0. */
static uint64_t next_wake_ns(const struct schedule *schedule)
{
    const struct heap_node *sleeper = schedule->sleepers.first;
    const struct heap_node *alarm = schedule->alarms.first;
    if (sleeper == NULL || alarm == NULL)
        return sleeper != NULL ? sleeper->key : alarm != NULL ? alarm->key : 0;
    return sleeper->key < alarm->key ? sleeper->key : alarm->key;
}

bool schedule_skip_time(struct kernel *kernel)
{
    uint64_t next = next_wake_ns(&kernel->schedule);
    if (next > kernel->now_ns)
        kernel->now_ns = next;
    return next != 0;
}

/* ---- turns ---- */

struct process *schedule_next(struct kernel *kernel)
{
    struct schedule *schedule = &kernel->schedule;
    struct process *process = pick(schedule);
    if (process == NULL)
        return NULL;
    schedule->running = process;
    schedule->last_pid = process->pid;
    return process;
}

void schedule_end_turn(struct kernel *kernel)
{
    struct process *process = kernel->schedule.running;
    kernel->schedule.running = NULL;
    if (process == NULL)
        return;
    if (process->state == PROCESS_RUNNABLE)
        queue(&kernel->schedule, process);
    else if (process->state == PROCESS_WAITING)
        wait(&kernel->schedule, process);
}

bool schedule_others(const struct kernel *kernel)
{
    const struct schedule *schedule = &kernel->schedule;
    return schedule->runnable[0].first != NULL ||
           schedule->runnable[1].first != NULL ||
           schedule->sleepers.first != NULL || schedule->alarms.first != NULL;
}
