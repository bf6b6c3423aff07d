/* sys_limit.c: the system calls about limits. */
#include <errno.h>

#include "linux/calls.h"
#include "linux/process.h"
#include "linux/state.h"
#include "linux/uaccess.h"

#define NONE_32  0xFFFFFFFFu /* no limit, to the calls of 32 bits */
#define NONE_OLD 0x7FFFFFFFu /* and to the oldest, whose limits are signed */

/* Guests are root, which may raise a hard limit again. 0 or -errno. */
static int set_limit(struct process *process, uint32_t resource,
                     const struct limit *limit)
{
    if (limit->soft > limit->hard)
        return -EINVAL;
    if (resource == LIMIT_FILES) {
        if (limit->hard > FILES_MAX)
            return -EPERM;
        process->files.limit = (uint32_t)limit->soft;
    }
    process->limits.limit[resource] = *limit;
    return 0;
}

static uint32_t narrow(uint64_t value, uint32_t none)
{
    return value < none ? (uint32_t)value : none;
}

static int32_t get_narrow(struct kernel *kernel, const struct process *process,
                          const uint32_t arg[6], uint32_t none)
{
    if (arg[0] >= LIMITS)
        return -EINVAL;
    const struct limit *limit = &process->limits.limit[arg[0]];
    const uint32_t pair[2] = {narrow(limit->soft, none),
                              narrow(limit->hard, none)};
    return copy_out(kernel, arg[1], pair, sizeof pair);
}

static int32_t call_getrlimit(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    return get_narrow(kernel, process, arg, NONE_32);
}

static int32_t call_old_getrlimit(struct kernel *kernel,
                                  struct process *process,
                                  const uint32_t arg[6])
{
    return get_narrow(kernel, process, arg, NONE_OLD);
}

static uint64_t widen(uint32_t value)
{
    return value != NONE_32 ? value : LIMIT_NONE;
}

static int32_t call_setrlimit(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    uint32_t pair[2];
    if (copy_in(kernel, pair, arg[1], sizeof pair) != 0)
        return -EFAULT;
    if (arg[0] >= LIMITS)
        return -EINVAL;
    const struct limit limit = {widen(pair[0]), widen(pair[1])};
    return set_limit(process, arg[0], &limit);
}

/* Arguments: a pid or 0, the resource, the new limit or 0, where the old one
 * goes or 0. */
static int32_t call_prlimit64(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    struct process *named =
        arg[0] == 0 ? process : process_by_pid(kernel, arg[0]);
    struct limit new;
    if (arg[2] != 0 && copy_in(kernel, &new, arg[2], sizeof new) != 0)
        return -EFAULT;
    if (named == NULL)
        return -ESRCH;
    if (arg[1] >= LIMITS)
        return -EINVAL;
    const struct limit old = named->limits.limit[arg[1]];
    int error = arg[2] != 0 ? set_limit(named, arg[1], &new) : 0;
    if (error != 0)
        return error;
    return arg[3] != 0 ? copy_out(kernel, arg[3], &old, sizeof old) : 0;
}

const struct call_entry limit_calls[] = {
    {75, call_setrlimit, "setrlimit"},
    {76, call_old_getrlimit, "old_getrlimit"},
    {191, call_getrlimit, "getrlimit"},
    {340, call_prlimit64, "prlimit64"},
    {0, NULL, NULL},
};
