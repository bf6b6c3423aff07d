/* sys_poll.c: poll(2) and select(2), which look at all files again whenever any
 * pipe changed. While one waits process->progress is the time at which it ends,
 * or 0. */
#include <errno.h>
#include <string.h>

#include "linux/descriptors.h"
#include "linux/process.h"
#include "linux/state.h"
#include "linux/sys_file.h"
#include "linux/timespec.h"
#include "linux/uaccess.h"

#define NEVER UINT64_MAX /* a timeout that does not come */

#define NS_PER_MS        1000000u
#define SIGNAL_SET_BYTES 8u

/* struct pollfd */
struct guest_pollfd {
    int32_t number;
    uint16_t events;
    uint16_t found;
};

_Static_assert(sizeof(struct guest_pollfd) == 8, "pollfd");

/* ---- timeouts ---- */

/* A timeout argument; none is NEVER. 0 or -errno. */
static int read_timeout(struct kernel *kernel, uint32_t linear, bool wide,
                        uint64_t *timeout_ns)
{
    *timeout_ns = NEVER;
    return linear != 0 ? timespec_read(kernel, linear, wide, timeout_ns) : 0;
}

/* Nothing is ready: waits, or returns 0 when the time is over, or -EINTR. */
static int32_t wait_for_any(struct kernel *kernel, struct process *process,
                            uint64_t timeout_ns)
{
    if (process->progress == 0 && timeout_ns != NEVER)
        process->progress = deadline_after(kernel, timeout_ns);
    if (timeout_ns != NEVER && process->progress <= kernel->now_ns)
        return 0;
    if (signals_pending(&process->signals))
        return -EINTR;
    return process_wait_for(process, poll_channel(kernel), process->progress);
}

/* ---- the signal mask while it waits ---- */

/* Puts the mask at `linear`, if any, in place of the process's. 0 or -errno. */
static int mask_begin(struct kernel *kernel, struct process *process,
                      uint32_t linear, uint32_t bytes)
{
    uint64_t mask;

    if (linear == 0 || process->signals.suspended)
        return 0;
    if (bytes != SIGNAL_SET_BYTES)
        return -EINVAL;
    if (copy_in(kernel, &mask, linear, sizeof mask) != 0)
        return -EFAULT;
    signals_suspend(&process->signals, mask);
    return 0;
}

/* Takes it back, unless it is needed yet: to choose the handler, or while the
 * call waits. */
static int32_t mask_end(struct process *process, int32_t result)
{
    if (result != -EINTR && result != CALL_WAITS)
        signals_resume(&process->signals);
    return result;
}

/* ---- poll ---- */

static uint16_t found_of(const struct process *process,
                         const struct guest_pollfd *wanted)
{
    const struct file *file;

    if (wanted->number < 0)
        return 0;
    file = files_file(&process->files, (uint32_t)wanted->number);
    if (file == NULL)
        return GUEST_POLLNVAL;
    return (uint16_t)(file_poll(file) &
                      (wanted->events | GUEST_POLLERR | GUEST_POLLHUP));
}

static int32_t poll_files(struct kernel *kernel, struct process *process,
                          uint32_t linear, uint32_t count, uint64_t timeout_ns)
{
    struct guest_pollfd wanted[FILES_MAX];
    uint32_t bytes = count * (uint32_t)sizeof *wanted;
    int32_t ready = 0;

    if (count > FILES_MAX)
        return -EINVAL;
    if (copy_in(kernel, wanted, linear, bytes) != 0)
        return -EFAULT;
    for (uint32_t i = 0; i < count; i++) {
        wanted[i].found = found_of(process, &wanted[i]);
        ready += wanted[i].found != 0;
    }
    if (ready == 0)
        ready = wait_for_any(kernel, process, timeout_ns);
    if (ready >= 0 && copy_out(kernel, linear, wanted, bytes) != 0)
        return -EFAULT;
    return ready;
}

int32_t sys_poll(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    int32_t ms = (int32_t)arg[2];
    uint64_t timeout_ns = ms < 0 ? NEVER : (uint64_t)ms * NS_PER_MS;

    return poll_files(kernel, process, arg[0], arg[1], timeout_ns);
}

/* ppoll(files, count, timeout, mask, mask bytes) */
static int32_t poll_masked(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6], bool wide)
{
    uint64_t timeout_ns;
    int error = read_timeout(kernel, arg[2], wide, &timeout_ns);

    if (error == 0)
        error = mask_begin(kernel, process, arg[3], arg[4]);
    return mask_end(process, error != 0 ? error
                                        : poll_files(kernel, process, arg[0],
                                                     arg[1], timeout_ns));
}

int32_t sys_ppoll(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    return poll_masked(kernel, process, arg, false);
}

int32_t sys_ppoll_time64(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    return poll_masked(kernel, process, arg, true);
}

/* ---- select ---- */

#define SET_WORDS   (FILES_MAX / 32)
#define SELECT_SETS 3u

/* Reading, writing, exceptions, of which there are none. */
struct sets {
    uint32_t word[SELECT_SETS][SET_WORDS];
};

static const uint32_t select_events[SELECT_SETS] = {
    GUEST_POLLIN | GUEST_POLLHUP | GUEST_POLLERR,
    GUEST_POLLOUT | GUEST_POLLERR,
    0,
};

/* Bytes of a set of `count` descriptors. */
static uint32_t set_bytes(uint32_t count)
{
    return (count + 31) / 32 * 4;
}

static int sets_read(struct kernel *kernel, struct sets *sets,
                     const uint32_t linear[SELECT_SETS], uint32_t count)
{
    memset(sets, 0, sizeof *sets);
    for (uint32_t i = 0; i < SELECT_SETS; i++)
        if (linear[i] != 0 &&
            copy_in(kernel, sets->word[i], linear[i], set_bytes(count)) != 0)
            return -EFAULT;
    return 0;
}

static int sets_write(struct kernel *kernel, const struct sets *sets,
                      const uint32_t linear[SELECT_SETS], uint32_t count)
{
    for (uint32_t i = 0; i < SELECT_SETS; i++)
        if (linear[i] != 0 &&
            copy_out(kernel, linear[i], sets->word[i], set_bytes(count)) != 0)
            return -EFAULT;
    return 0;
}

/* Puts what is ready of `wanted` of one descriptor into `found`: in how many
 * sets, or -EBADF. */
static int select_one(const struct process *process, uint32_t number,
                      const struct sets *wanted, struct sets *found)
{
    const struct file *file = files_file(&process->files, number);
    uint32_t bit = 1u << number % 32;
    int ready = 0;

    for (uint32_t i = 0; i < SELECT_SETS; i++) {
        if ((wanted->word[i][number / 32] & bit) == 0)
            continue;
        if (file == NULL)
            return -EBADF;
        if ((file_poll(file) & select_events[i]) != 0) {
            found->word[i][number / 32] |= bit;
            ready++;
        }
    }
    return ready;
}

static int select_all(const struct process *process, uint32_t count,
                      const struct sets *wanted, struct sets *found)
{
    int ready = 0;

    memset(found, 0, sizeof *found);
    for (uint32_t number = 0; number < count; number++) {
        int one = select_one(process, number, wanted, found);

        if (one < 0)
            return one;
        ready += one;
    }
    return ready;
}

static int32_t select_files(struct kernel *kernel, struct process *process,
                            uint32_t count, const uint32_t linear[SELECT_SETS],
                            uint64_t timeout_ns)
{
    struct sets wanted;
    struct sets found;
    int32_t ready;

    if (count > INT32_MAX)
        return -EINVAL;
    if (count > FILES_MAX)
        count = FILES_MAX;
    if (sets_read(kernel, &wanted, linear, count) != 0)
        return -EFAULT;
    ready = select_all(process, count, &wanted, &found);
    if (ready == 0)
        ready = wait_for_any(kernel, process, timeout_ns);
    if (ready >= 0 && sets_write(kernel, &found, linear, count) != 0)
        return -EFAULT;
    return ready;
}

/* select(count, reading, writing, exceptions, timeout) */
int32_t sys_select(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    uint64_t timeout_ns = NEVER;
    int error = 0;

    if (arg[4] != 0)
        error = timeval_read(kernel, arg[4], &timeout_ns);

    return error != 0
               ? error
               : select_files(kernel, process, arg[0], &arg[1], timeout_ns);
}

/* The same with its arguments in memory. */
int32_t sys_old_select(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    uint32_t argument[6] = {0};

    if (copy_in(kernel, argument, arg[0], 5 * (uint32_t)sizeof *argument) != 0)
        return -EFAULT;
    return sys_select(kernel, process, argument);
}

/* pselect6(count, reading, writing, exceptions, timeout, {mask, mask bytes}) */
static int32_t select_masked(struct kernel *kernel, struct process *process,
                             const uint32_t arg[6], bool wide)
{
    uint32_t mask[2] = {0, 0};
    uint64_t timeout_ns;
    int error = read_timeout(kernel, arg[4], wide, &timeout_ns);

    if (error == 0 && arg[5] != 0 &&
        copy_in(kernel, mask, arg[5], sizeof mask) != 0)
        error = -EFAULT;
    if (error == 0)
        error = mask_begin(kernel, process, mask[0], mask[1]);
    return mask_end(process, error != 0 ? error
                                        : select_files(kernel, process, arg[0],
                                                       &arg[1], timeout_ns));
}

int32_t sys_pselect6(struct kernel *kernel, struct process *process,
                     const uint32_t arg[6])
{
    return select_masked(kernel, process, arg, false);
}

int32_t sys_pselect6_time64(struct kernel *kernel, struct process *process,
                            const uint32_t arg[6])
{
    return select_masked(kernel, process, arg, true);
}
