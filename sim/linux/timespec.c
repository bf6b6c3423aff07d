/* timespec.c: see timespec.h. */
#include "linux/timespec.h"

#include <errno.h>

#include "linux/state.h"
#include "linux/uaccess.h"

/* Seconds and a fraction of them in units of `unit_ns`. */
static int to_ns(int64_t seconds, int64_t fraction, uint32_t unit_ns,
                 uint64_t *ns)
{
    if (seconds < 0 || fraction < 0 || fraction >= NS_PER_S / unit_ns)
        return -EINVAL;
    if ((uint64_t)seconds >= UINT64_MAX / NS_PER_S)
        *ns = UINT64_MAX;
    else
        *ns = (uint64_t)seconds * NS_PER_S + (uint64_t)fraction * unit_ns;
    return 0;
}

static int read_narrow(struct kernel *kernel, uint32_t linear, uint32_t unit_ns,
                       uint64_t *ns)
{
    int32_t time[2];
    if (copy_in(kernel, time, linear, sizeof time) != 0)
        return -EFAULT;
    return to_ns(time[0], time[1], unit_ns, ns);
}

static int write_narrow(struct kernel *kernel, uint32_t linear,
                        uint32_t unit_ns, uint64_t ns)
{
    const uint32_t time[2] = {(uint32_t)(ns / NS_PER_S),
                              (uint32_t)(ns % NS_PER_S) / unit_ns};
    return copy_out(kernel, linear, time, sizeof time);
}

int timespec_read(struct kernel *kernel, uint32_t linear, bool wide,
                  uint64_t *ns)
{
    int64_t time[2];
    if (!wide)
        return read_narrow(kernel, linear, 1, ns);
    if (copy_in(kernel, time, linear, sizeof time) != 0)
        return -EFAULT;
    /* as Linux: the rest is padding */
    return to_ns(time[0], time[1] & 0xFFFFFFFF, 1, ns);
}

int timespec_write(struct kernel *kernel, uint32_t linear, bool wide,
                   uint64_t ns)
{
    const uint64_t time[2] = {ns / NS_PER_S, ns % NS_PER_S};
    if (!wide)
        return write_narrow(kernel, linear, 1, ns);
    return copy_out(kernel, linear, time, sizeof time);
}

int timeval_read(struct kernel *kernel, uint32_t linear, uint64_t *ns)
{
    return read_narrow(kernel, linear, NS_PER_US, ns);
}

int timeval_write(struct kernel *kernel, uint32_t linear, uint64_t ns)
{
    return write_narrow(kernel, linear, NS_PER_US, ns);
}

uint64_t deadline_after(const struct kernel *kernel, uint64_t ns)
{
    /* 292 years; what comes after it still fits */
    const uint64_t never = UINT64_MAX / 2;
    return ns > never || kernel->now_ns > never - ns ? never
                                                     : kernel->now_ns + ns;
}
