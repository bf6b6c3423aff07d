/* sigdeliver.c: see sigdeliver.h. */
#include "linux/sigdeliver.h"

#include "cpu/trap.h"
#include "linux/kernelstack.h"
#include "linux/process.h"
#include "linux/sigforce.h"
#include "linux/sigframe.h"

#define INT_BYTES 2u /* of the INT 0x80 that a restarted call makes again */

/* ---- restarting system calls ---- */

/* signal(7), "Interruption of system calls and library functions by signal
 * handlers". */
enum restart_rule {
    RESTART_NEVER,
    RESTART_WITHOUT_HANDLER, /* whatever SA_RESTART says, a handler ends it */
    RESTART_BY_ACTION,
};

static enum restart_rule restart_rule(int number)
{
    switch (number) {
    case -1:
    case 48:  /* signal: a previous handler may look like -EINTR */
    case 119: /* sigreturn: so may the EAX of what was interrupted */
    case 173: /* rt_sigreturn */
    case 177: /* rt_sigtimedwait */
    case 421: /* rt_sigtimedwait, 64-bit time */
        return RESTART_NEVER;
    case 29:  /* pause */
    case 72:  /* sigsuspend */
    case 82:  /* select, with its arguments in memory */
    case 142: /* select */
    case 162: /* nanosleep */
    case 168: /* poll */
    case 179: /* rt_sigsuspend */
    case 267: /* clock_nanosleep */
    case 308: /* pselect6 */
    case 309: /* ppoll */
    case 407: /* clock_nanosleep, 64-bit time */
    case 413: /* pselect6, 64-bit time */
    case 414: /* ppoll, 64-bit time */
        return RESTART_WITHOUT_HANDLER;
    default:
        return RESTART_BY_ACTION;
    }
}

static void restart_call(struct process *process, struct user_frame *frame,
                         int number)
{
    frame->eip -= INT_BYTES;
    process->general[EAX] = (uint32_t)number;
}

/* ---- delivery ---- */

static void kill_process(struct kernel *kernel, struct process *process,
                         uint32_t signal)
{
    process_emit_kill(kernel, signal);
    process_exit(kernel, process, (int32_t)signal);
}

/* The mask that sigreturn is to put back: rt_sigsuspend's caller's, if that is
 * what waits. */
static uint64_t mask_to_return_to(struct signals *signals)
{
    return signals->suspended ? signals->saved_blocked : signals->blocked;
}

/* 0; or -EFAULT where there is no room for the frame. */
static int call_handler(struct kernel *kernel, struct process *process,
                        uint32_t signal, const struct signal_action *action)
{
    struct signals *signals = &process->signals;
    const struct signal_info info = signals->info[signal];
    uint64_t mask = mask_to_return_to(signals);
    struct user_frame frame;
    kernel_stack_read_frame(kernel, process, &frame);
    clock_charge(&kernel->machine.clock, COST_SIGNAL, 1);
    int error =
        sigframe_push(kernel, process, signal, &info, action, mask, &frame);
    if (error != 0)
        return error;
    kernel_stack_write_frame(kernel, process, &frame);
    signals->suspended = false;
    signals->blocked |= action->mask;
    if ((action->flags & ACTION_NO_DEFER) == 0)
        signals->blocked |= signal_bit(signal) & ~SIGNALS_UNBLOCKABLE;
    return 0;
}

static void apply_restart(struct kernel *kernel, struct process *process,
                          int number)
{
    struct user_frame frame;
    kernel_stack_read_frame(kernel, process, &frame);
    restart_call(process, &frame, number);
    kernel_stack_write_frame(kernel, process, &frame);
}

/* A handler that cannot be called: SIGSEGV, whose own handler may have a stack
 * of its own. */
static void force_no_stack(struct process *process, uint32_t signal)
{
    if (signal == SIGNAL_SEGV)
        process->signals.action[SIGNAL_SEGV] =
            (struct signal_action){.handler = SIGNAL_DEFAULT};
    signal_force_kernel(process, SIGNAL_SEGV, CAUSE_NO_STACK);
}

void signals_deliver(struct kernel *kernel, struct process *process,
                     int restart)
{
    struct signals *signals = &process->signals;
    enum restart_rule rule = restart_rule(restart);
    uint32_t signal;

    /* Each further handler interrupts the first instruction of the one
     * before. */
    while ((signal = signals_take(signals, ~signals->blocked)) != 0) {
        const struct signal_action action = signals->action[signal];
        if (signals_ignore(signals, signal))
            continue;
        if (action.handler == SIGNAL_DEFAULT) {
            kill_process(kernel, process, signal);
            return;
        }
        if ((action.flags & ACTION_ONCE) != 0)
            signals->action[signal].handler = SIGNAL_DEFAULT;
        if (rule == RESTART_BY_ACTION && (action.flags & ACTION_RESTART) != 0)
            apply_restart(kernel, process, restart);
        rule = RESTART_NEVER;
        if (call_handler(kernel, process, signal, &action) != 0)
            force_no_stack(process, signal);
    }
    if (rule != RESTART_NEVER)
        apply_restart(kernel, process, restart);
    if (signals->suspended) {
        signals_resume(signals);
        /* what the other mask held back */
        signals_deliver(kernel, process, -1);
    }
}
