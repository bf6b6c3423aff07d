/* sys_alarm.c: the system calls about the alarm of a process, which sends it
 * SIGALRM. */
#include <errno.h>
#include <stddef.h>

#include "linux/calls.h"
#include "linux/schedule.h"
#include "linux/state.h"
#include "linux/timespec.h"

struct alarm {
    uint64_t left_ns, interval_ns;
};

static struct alarm alarm_left(const struct kernel *kernel,
                               const struct signals *signals)
{
    uint64_t due_ns = signals->alarm_ns;
    if (due_ns == 0)
        return (struct alarm){0, 0};
    /* One that is due and has not rung yet is not off. */
    return (struct alarm){due_ns > kernel->now_ns ? due_ns - kernel->now_ns
                                                  : NS_PER_US,
                          signals->alarm_interval_ns};
}

static void alarm_set(struct kernel *kernel, struct process *process,
                      struct alarm alarm)
{
    struct signals *signals = &process->signals;
    signals->alarm_ns =
        alarm.left_ns == 0 ? 0 : deadline_after(kernel, alarm.left_ns);
    signals->alarm_interval_ns = alarm.left_ns == 0 ? 0 : alarm.interval_ns;
    schedule_alarm(kernel, process);
}

static int32_t call_alarm(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    struct alarm before = alarm_left(kernel, &process->signals);
    alarm_set(kernel, process, (struct alarm){(uint64_t)arg[0] * NS_PER_S, 0});
    if (before.left_ns > 0 && before.left_ns < NS_PER_S)
        return 1;
    return (int32_t)((before.left_ns + NS_PER_S / 2) / NS_PER_S);
}

/* Of the three timers there is one: ITIMER_REAL. */
static int check_timer(uint32_t which)
{
    if (which > 2)
        return -EINVAL;
    return which == 0 ? 0 : -ENOSYS;
}

static int write_alarm(struct kernel *kernel, uint32_t linear,
                       struct alarm alarm)
{
    if (timeval_write(kernel, linear, alarm.interval_ns) != 0)
        return -EFAULT;
    return timeval_write(kernel, linear + 8, alarm.left_ns);
}

static int read_alarm(struct kernel *kernel, uint32_t linear,
                      struct alarm *alarm)
{
    int error = timeval_read(kernel, linear, &alarm->interval_ns);
    return error != 0 ? error
                      : timeval_read(kernel, linear + 8, &alarm->left_ns);
}

static int32_t call_getitimer(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    int error = check_timer(arg[0]);
    if (error != 0)
        return error;
    return write_alarm(kernel, arg[1], alarm_left(kernel, &process->signals));
}

static int32_t call_setitimer(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    struct alarm before = alarm_left(kernel, &process->signals);
    struct alarm after = {0, 0};
    int error = arg[1] == 0 ? 0 : read_alarm(kernel, arg[1], &after);
    if (error == 0)
        error = check_timer(arg[0]);
    if (error != 0)
        return error;
    alarm_set(kernel, process, after);
    return arg[2] == 0 ? 0 : write_alarm(kernel, arg[2], before);
}

const struct call_entry alarm_calls[] = {
    {27, call_alarm, "alarm"},
    {104, call_setitimer, "setitimer"},
    {105, call_getitimer, "getitimer"},
    {0, NULL, NULL},
};
