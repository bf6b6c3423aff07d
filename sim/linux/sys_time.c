/* sys_time.c: the system calls about time, and random numbers.
 *
 * Time is the machine's own and the same in every run: since boot, and a wall
 * clock that starts with the year 2000. Processor time is not told apart from
 * it.
 */
#include <errno.h>

#include "linux/calls.h"
#include "linux/process.h"
#include "linux/random.h"
#include "linux/state.h"
#include "linux/timespec.h"
#include "linux/uaccess.h"

#define BOOT_S          946684800u /* 2000-01-01 00:00:00 UTC, since 1970 */
#define BOOT_NS         ((uint64_t)BOOT_S * NS_PER_S)
#define NS_PER_TICK     10000000u /* of times(2): 100 Hz */
#define TIMER_ABSOLUTE  1u
#define RESOLUTION_NS   1u
#define RANDOM_NO_BLOCK 1u
#define RANDOM_POOL     2u
#define RANDOM_INSECURE 4u

/* ---- reading clocks ---- */

/* clock_gettime(2)'s numbers. When the clock was at 0, in ns before boot;
 * false: no such clock. */
static bool clock_base(uint32_t clock, uint64_t *base_ns)
{
    switch (clock) {
    case 0:  /* CLOCK_REALTIME */
    case 5:  /* CLOCK_REALTIME_COARSE */
    case 8:  /* CLOCK_REALTIME_ALARM */
    case 11: /* CLOCK_TAI */
        *base_ns = BOOT_NS;
        return true;
    case 1: /* CLOCK_MONOTONIC */
    case 2: /* CLOCK_PROCESS_CPUTIME_ID */
    case 3: /* CLOCK_THREAD_CPUTIME_ID */
    case 4: /* CLOCK_MONOTONIC_RAW */
    case 6: /* CLOCK_MONOTONIC_COARSE */
    case 7: /* CLOCK_BOOTTIME */
    case 9: /* CLOCK_BOOTTIME_ALARM */
        *base_ns = 0;
        return true;
    default:
        return false;
    }
}

static int32_t call_time(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    (void)process;
    uint32_t now_s = BOOT_S + (uint32_t)(kernel->now_ns / NS_PER_S);
    if (arg[0] != 0 && copy_out(kernel, arg[0], &now_s, sizeof now_s) != 0)
        return -EFAULT;
    return (int32_t)now_s;
}

static int32_t call_gettimeofday(struct kernel *kernel, struct process *process,
                                 const uint32_t arg[6])
{
    (void)process;
    const uint32_t utc[2] = {0, 0};
    if (arg[0] != 0 &&
        timeval_write(kernel, arg[0], BOOT_NS + kernel->now_ns) != 0)
        return -EFAULT;
    if (arg[1] != 0 && copy_out(kernel, arg[1], utc, sizeof utc) != 0)
        return -EFAULT;
    return 0;
}

static int32_t get_clock(struct kernel *kernel, const uint32_t arg[6],
                         bool wide)
{
    uint64_t base_ns;
    if (!clock_base(arg[0], &base_ns))
        return -EINVAL;
    return timespec_write(kernel, arg[1], wide, base_ns + kernel->now_ns);
}

static int32_t call_clock_gettime(struct kernel *kernel,
                                  struct process *process,
                                  const uint32_t arg[6])
{
    (void)process;
    return get_clock(kernel, arg, false);
}

static int32_t call_clock_gettime64(struct kernel *kernel,
                                    struct process *process,
                                    const uint32_t arg[6])
{
    (void)process;
    return get_clock(kernel, arg, true);
}

static int32_t get_resolution(struct kernel *kernel, const uint32_t arg[6],
                              bool wide)
{
    uint64_t base_ns;
    if (!clock_base(arg[0], &base_ns))
        return -EINVAL;
    return arg[1] == 0 ? 0
                       : timespec_write(kernel, arg[1], wide, RESOLUTION_NS);
}

static int32_t call_clock_getres(struct kernel *kernel, struct process *process,
                                 const uint32_t arg[6])
{
    (void)process;
    return get_resolution(kernel, arg, false);
}

static int32_t call_clock_getres64(struct kernel *kernel,
                                   struct process *process,
                                   const uint32_t arg[6])
{
    (void)process;
    return get_resolution(kernel, arg, true);
}

static int32_t call_times(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    (void)process;
    uint32_t ticks = (uint32_t)(kernel->now_ns / NS_PER_TICK);
    const uint32_t times[4] = {ticks, 0, 0, 0};
    if (arg[0] != 0 && copy_out(kernel, arg[0], times, sizeof times) != 0)
        return -EFAULT;
    return (int32_t)ticks;
}

/* stime, settimeofday, clock_settime: nobody sets this clock. */
static int32_t call_set_time(struct kernel *kernel, struct process *process,
                             const uint32_t arg[6])
{
    (void)kernel;
    (void)process;
    (void)arg;
    return -EPERM;
}

/* ---- sleeping ---- */

/* `left_linear`, if not 0, takes what is left where a signal ends the sleep. */
static int32_t sleep_until(struct kernel *kernel, struct process *process,
                           uint64_t deadline_ns, uint32_t left_linear,
                           bool wide)
{
    process->progress = 0;
    if (kernel->now_ns >= deadline_ns)
        return 0;
    if (signals_pending(&process->signals)) {
        uint64_t left_ns = deadline_ns - kernel->now_ns;
        if (left_linear != 0 &&
            timespec_write(kernel, left_linear, wide, left_ns) != 0)
            return -EFAULT;
        return -EINTR;
    }
    process->progress = deadline_ns;
    return process_wait_for(process, process, deadline_ns);
}

static int32_t sleep_for(struct kernel *kernel, struct process *process,
                         uint32_t request_linear, uint32_t left_linear,
                         bool wide)
{
    uint64_t deadline_ns = process->progress;
    if (deadline_ns == 0) {
        uint64_t ns;
        int error = timespec_read(kernel, request_linear, wide, &ns);
        if (error != 0)
            return error;
        deadline_ns = deadline_after(kernel, ns);
    }
    return sleep_until(kernel, process, deadline_ns, left_linear, wide);
}

static int32_t call_nanosleep(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    return sleep_for(kernel, process, arg[0], arg[1], false);
}

static int32_t sleep_on_clock(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6], bool wide)
{
    uint64_t base_ns, until_ns;
    if (!clock_base(arg[0], &base_ns))
        return -EINVAL;
    if ((arg[1] & TIMER_ABSOLUTE) == 0)
        return sleep_for(kernel, process, arg[2], arg[3], wide);
    int error = timespec_read(kernel, arg[2], wide, &until_ns);
    if (error != 0)
        return error;
    until_ns = until_ns > base_ns ? until_ns - base_ns : 0;
    return sleep_until(kernel, process, until_ns, 0, wide);
}

static int32_t call_clock_nanosleep(struct kernel *kernel,
                                    struct process *process,
                                    const uint32_t arg[6])
{
    return sleep_on_clock(kernel, process, arg, false);
}

static int32_t call_clock_nanosleep64(struct kernel *kernel,
                                      struct process *process,
                                      const uint32_t arg[6])
{
    return sleep_on_clock(kernel, process, arg, true);
}

/* ---- random numbers ---- */

static int32_t call_getrandom(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    (void)process;
    const uint32_t known = RANDOM_NO_BLOCK | RANDOM_POOL | RANDOM_INSECURE;
    uint32_t bytes = arg[1] <= INT32_MAX ? arg[1] : INT32_MAX;
    uint32_t done = 0;
    uint8_t chunk[256];
    if ((arg[2] & ~known) != 0 ||
        (arg[2] & ~RANDOM_NO_BLOCK) == (RANDOM_POOL | RANDOM_INSECURE))
        return -EINVAL;
    while (done < bytes) {
        uint32_t here =
            bytes - done < sizeof chunk ? bytes - done : (uint32_t)sizeof chunk;
        random_fill(&kernel->random, chunk, here);
        if (copy_out(kernel, arg[0] + done, chunk, here) != 0)
            return done > 0 ? (int32_t)done : -EFAULT;
        done += here;
    }
    return (int32_t)done;
}

const struct call_entry time_calls[] = {
    {13, call_time, "time"},
    {25, call_set_time, "stime"},
    {43, call_times, "times"},
    {78, call_gettimeofday, "gettimeofday"},
    {79, call_set_time, "settimeofday"},
    {162, call_nanosleep, "nanosleep"},
    {264, call_set_time, "clock_settime"},
    {265, call_clock_gettime, "clock_gettime"},
    {266, call_clock_getres, "clock_getres"},
    {267, call_clock_nanosleep, "clock_nanosleep"},
    {355, call_getrandom, "getrandom"},
    {403, call_clock_gettime64, "clock_gettime64"},
    {404, call_set_time, "clock_settime64"},
    {406, call_clock_getres64, "clock_getres_time64"},
    {407, call_clock_nanosleep64, "clock_nanosleep_time64"},
    {0, NULL, NULL},
};
