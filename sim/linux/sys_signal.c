/* sys_signal.c: the system calls about what signals do to the caller: actions,
 * masks, waiting, and the way back from a handler. */
#include <errno.h>

#include "linux/calls.h"
#include "linux/kernelstack.h"
#include "linux/process.h"
#include "linux/schedule.h"
#include "linux/sigforce.h"
#include "linux/sigframe.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/timespec.h"
#include "linux/uaccess.h"

#define MASK_BYTES 8u /* of the rt_ calls' masks */

/* The system calls' structures. */
struct old_action {
    uint32_t handler, mask, flags, restorer;
};

struct rt_action {
    uint32_t handler, flags, restorer, mask_low, mask_high;
};

/* ---- actions ---- */

static bool is_signal(uint32_t signal)
{
    return signal >= 1 && signal <= SIGNALS;
}

static bool can_be_handled(uint32_t signal)
{
    return is_signal(signal) && signal != SIGNAL_KILL && signal != SIGNAL_STOP;
}

static int32_t call_signal(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    (void)kernel;
    if (!can_be_handled(arg[0]))
        return -EINVAL;
    uint32_t before = process->signals.action[arg[0]].handler;
    const struct signal_action action = {
        .handler = arg[1], .flags = ACTION_ONCE | ACTION_NO_DEFER};
    signals_set_action(&process->signals, arg[0], &action);
    return (int32_t)before;
}

static int read_old_action(struct kernel *kernel, uint32_t linear,
                           struct signal_action *action)
{
    struct old_action read;
    if (copy_in(kernel, &read, linear, sizeof read) != 0)
        return -EFAULT;
    *action = (struct signal_action){read.handler, read.flags, read.restorer,
                                     read.mask};
    return 0;
}

static int read_rt_action(struct kernel *kernel, uint32_t linear,
                          struct signal_action *action)
{
    struct rt_action read;
    if (copy_in(kernel, &read, linear, sizeof read) != 0)
        return -EFAULT;
    *action =
        (struct signal_action){read.handler, read.flags, read.restorer,
                               (uint64_t)read.mask_high << 32 | read.mask_low};
    return 0;
}

static int write_old_action(struct kernel *kernel, uint32_t linear,
                            const struct signal_action *action)
{
    const struct old_action written = {action->handler, (uint32_t)action->mask,
                                       action->flags, action->restorer};
    return copy_out(kernel, linear, &written, sizeof written);
}

static int write_rt_action(struct kernel *kernel, uint32_t linear,
                           const struct signal_action *action)
{
    const struct rt_action written = {action->handler, action->flags,
                                      action->restorer, (uint32_t)action->mask,
                                      (uint32_t)(action->mask >> 32)};
    return copy_out(kernel, linear, &written, sizeof written);
}

/* Arguments: the signal, the new action or 0, where the old one goes or 0. */
static int32_t change_action(struct kernel *kernel, struct process *process,
                             const uint32_t arg[6], bool rt)
{
    struct signal_action before;
    struct signal_action after = {0};
    if (arg[1] != 0 &&
        (rt ? read_rt_action : read_old_action)(kernel, arg[1], &after) != 0)
        return -EFAULT;
    if (!is_signal(arg[0]) || (arg[1] != 0 && !can_be_handled(arg[0])))
        return -EINVAL;
    before = process->signals.action[arg[0]];
    if (arg[1] != 0)
        signals_set_action(&process->signals, arg[0], &after);
    if (arg[2] != 0)
        return (rt ? write_rt_action : write_old_action)(kernel, arg[2],
                                                         &before);
    return 0;
}

static int32_t call_sigaction(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    return change_action(kernel, process, arg, false);
}

static int32_t call_rt_sigaction(struct kernel *kernel, struct process *process,
                                 const uint32_t arg[6])
{
    return arg[3] == MASK_BYTES ? change_action(kernel, process, arg, true)
                                : -EINVAL;
}

/* ---- masks ---- */

static int read_mask(struct kernel *kernel, uint32_t linear, uint64_t *mask)
{
    return copy_in(kernel, mask, linear, MASK_BYTES);
}

/* Changes the signals of `field` only. */
static int change_mask(struct signals *signals, uint32_t how, uint64_t mask,
                       uint64_t field)
{
    uint64_t blocked = signals->blocked;
    switch (how) {
    case 0: /* SIG_BLOCK */
        blocked |= mask;
        break;
    case 1: /* SIG_UNBLOCK */
        blocked &= ~mask;
        break;
    case 2: /* SIG_SETMASK */
        blocked = (blocked & ~field) | mask;
        break;
    default:
        return -EINVAL;
    }
    signals->blocked = blocked & ~SIGNALS_UNBLOCKABLE;
    return 0;
}

static int32_t call_sigprocmask(struct kernel *kernel, struct process *process,
                                const uint32_t arg[6])
{
    uint32_t before = (uint32_t)process->signals.blocked;
    uint32_t mask;
    if (arg[1] != 0) {
        if (copy_in(kernel, &mask, arg[1], sizeof mask) != 0)
            return -EFAULT;
        int error = change_mask(&process->signals, arg[0], mask, UINT32_MAX);
        if (error != 0)
            return error;
    }
    return arg[2] == 0 ? 0 : copy_out(kernel, arg[2], &before, sizeof before);
}

static int32_t call_rt_sigprocmask(struct kernel *kernel,
                                   struct process *process,
                                   const uint32_t arg[6])
{
    uint64_t before = process->signals.blocked;
    uint64_t mask;
    if (arg[3] != MASK_BYTES)
        return -EINVAL;
    if (arg[1] != 0) {
        if (read_mask(kernel, arg[1], &mask) != 0)
            return -EFAULT;
        int error = change_mask(&process->signals, arg[0], mask, UINT64_MAX);
        if (error != 0)
            return error;
    }
    return arg[2] == 0 ? 0 : copy_out(kernel, arg[2], &before, sizeof before);
}

static int32_t call_sigpending(struct kernel *kernel, struct process *process,
                               const uint32_t arg[6])
{
    uint32_t held =
        (uint32_t)(process->signals.pending & process->signals.blocked);
    return copy_out(kernel, arg[0], &held, sizeof held);
}

static int32_t call_rt_sigpending(struct kernel *kernel,
                                  struct process *process,
                                  const uint32_t arg[6])
{
    uint64_t held = process->signals.pending & process->signals.blocked;
    return arg[1] > MASK_BYTES ? -EINVAL
                               : copy_out(kernel, arg[0], &held, arg[1]);
}

/* ---- waiting ---- */

static int32_t wait_for_signal(struct process *process)
{
    return signals_pending(&process->signals)
               ? -EINTR
               : process_wait_for(process, process, 0);
}

static int32_t call_pause(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    return wait_for_signal(process);
}

/* EDX is the mask; the two arguments before it have no use. */
static int32_t call_sigsuspend(struct kernel *kernel, struct process *process,
                               const uint32_t arg[6])
{
    (void)kernel;
    if (!process->signals.suspended)
        signals_suspend(&process->signals, arg[2]);
    return wait_for_signal(process);
}

static int32_t call_rt_sigsuspend(struct kernel *kernel,
                                  struct process *process,
                                  const uint32_t arg[6])
{
    uint64_t mask;
    if (!process->signals.suspended) {
        if (arg[1] != MASK_BYTES)
            return -EINVAL;
        if (read_mask(kernel, arg[0], &mask) != 0)
            return -EFAULT;
        signals_suspend(&process->signals, mask);
    }
    return wait_for_signal(process);
}

/* The call's timeout, if it has one, as the time when it ends. */
static int read_deadline(struct kernel *kernel, struct process *process,
                         uint32_t linear, bool wide)
{
    uint64_t ns;
    if (linear == 0 || process->progress != 0)
        return 0;
    int error = timespec_read(kernel, linear, wide, &ns);
    if (error == 0)
        process->progress = deadline_after(kernel, ns);
    return error;
}

/* Arguments: a mask, where the siginfo goes or 0, a timeout or 0, the mask's
 * bytes. */
static int32_t take_signal(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6], bool wide)
{
    struct signals *signals = &process->signals;
    uint64_t mask;
    if (arg[3] != MASK_BYTES)
        return -EINVAL;
    if (read_mask(kernel, arg[0], &mask) != 0)
        return -EFAULT;
    int error = read_deadline(kernel, process, arg[2], wide);
    if (error != 0)
        return error;
    uint32_t signal = signals_take(signals, mask & ~SIGNALS_UNBLOCKABLE);
    if (signal != 0) {
        uint32_t siginfo[SIGINFO_WORDS];
        siginfo_fill(siginfo, signal, &signals->info[signal]);
        if (arg[1] != 0 &&
            copy_out(kernel, arg[1], siginfo, sizeof siginfo) != 0)
            return -EFAULT;
        return (int32_t)signal;
    }
    if (arg[2] != 0 && kernel->now_ns >= process->progress)
        return -EAGAIN;
    if (signals_pending(&process->signals))
        return -EINTR;
    return process_wait_for(process, process, process->progress);
}

static int32_t call_rt_sigtimedwait(struct kernel *kernel,
                                    struct process *process,
                                    const uint32_t arg[6])
{
    return take_signal(kernel, process, arg, false);
}

static int32_t call_rt_sigtimedwait64(struct kernel *kernel,
                                      struct process *process,
                                      const uint32_t arg[6])
{
    return take_signal(kernel, process, arg, true);
}

/* ---- returning from handlers ---- */

static int32_t leave_handler(struct kernel *kernel, struct process *process,
                             bool with_info)
{
    if (sigframe_pop(kernel, process, with_info) != 0)
        signal_force_kernel(process, SIGNAL_SEGV, CAUSE_BAD_FRAME);
    return (int32_t)process->general[EAX]; /* as restored */
}

static int32_t call_sigreturn(struct kernel *kernel, struct process *process,
                              const uint32_t arg[6])
{
    (void)arg;
    return leave_handler(kernel, process, false);
}

static int32_t call_rt_sigreturn(struct kernel *kernel, struct process *process,
                                 const uint32_t arg[6])
{
    (void)arg;
    return leave_handler(kernel, process, true);
}

static int32_t call_sigaltstack(struct kernel *kernel, struct process *process,
                                const uint32_t arg[6])
{
    struct signals *signals = &process->signals;
    struct user_frame frame;
    kernel_stack_read_frame(kernel, process, &frame);
    const struct signal_stack before = alt_stack_get(signals, frame.esp);
    if (arg[0] != 0) {
        struct signal_stack stack;
        if (copy_in(kernel, &stack, arg[0], sizeof stack) != 0)
            return -EFAULT;
        int error = alt_stack_set(signals, frame.esp, &stack);
        if (error != 0)
            return error;
    }
    return arg[1] == 0 ? 0 : copy_out(kernel, arg[1], &before, sizeof before);
}

const struct call_entry signal_calls[] = {
    {29, call_pause, "pause"},
    {48, call_signal, "signal"},
    {67, call_sigaction, "sigaction"},
    {72, call_sigsuspend, "sigsuspend"},
    {73, call_sigpending, "sigpending"},
    {119, call_sigreturn, "sigreturn"},
    {126, call_sigprocmask, "sigprocmask"},
    {173, call_rt_sigreturn, "rt_sigreturn"},
    {174, call_rt_sigaction, "rt_sigaction"},
    {175, call_rt_sigprocmask, "rt_sigprocmask"},
    {176, call_rt_sigpending, "rt_sigpending"},
    {177, call_rt_sigtimedwait, "rt_sigtimedwait"},
    {179, call_rt_sigsuspend, "rt_sigsuspend"},
    {186, call_sigaltstack, "sigaltstack"},
    {421, call_rt_sigtimedwait64, "rt_sigtimedwait_time64"},
    {0, NULL, NULL},
};
