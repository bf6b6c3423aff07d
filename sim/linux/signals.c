/* signals.c: see signals.h. */
#include "linux/signals.h"

#include <string.h>

#include "cpu/trap.h"
#include "linux/entry.h"
#include "linux/mapping.h"
#include "linux/process.h"
#include "linux/schedule.h"
#include "linux/sigframe.h"
#include "linux/state.h"

/* si_code values, asm-generic/siginfo.h. */
enum signal_code {
    CODE_USER = 0,
    CODE_KERNEL = 0x80,
    CODE_FPE_INTDIV = 1,
    CODE_FPE_FLTDIV = 3,
    CODE_FPE_FLTOVF = 4,
    CODE_FPE_FLTUND = 5,
    CODE_FPE_FLTRES = 6,
    CODE_FPE_FLTINV = 7,
    CODE_ILL_ILLOPN = 2,
    CODE_TRAP_BRKPT = 1,
    CODE_TRAP_TRACE = 2,
    CODE_SEGV_MAPERR = 1,
    CODE_SEGV_ACCERR = 2,
    CODE_BUS_ADRALN = 1,
    CODE_BUS_ADRERR = 2,
    CODE_CHILD_EXITED = 1,
    CODE_CHILD_KILLED = 2,
};

#define INT_BYTES 2u /* of the INT 0x80 that a restarted call makes again */

/* ---- beginnings ---- */

void signals_init(struct signals *signals)
{
    memset(signals, 0, sizeof *signals);
    signals->alt_flags = ALT_STACK_DISABLED;
}

void signals_fork(struct signals *child, const struct signals *parent)
{
    *child = *parent;
    child->pending = 0;
    child->alarm_ns = 0;
    child->alarm_interval_ns = 0;
}

void signals_exec(struct signals *signals)
{
    for (uint32_t signal = 1; signal <= SIGNALS; signal++) {
        struct signal_action *action = &signals->action[signal];
        uint32_t handler =
            action->handler == SIGNAL_IGNORE ? SIGNAL_IGNORE : SIGNAL_DEFAULT;
        *action = (struct signal_action){.handler = handler};
    }
    signals->alt_stack = 0;
    signals->alt_bytes = 0;
    signals->alt_flags = ALT_STACK_DISABLED;
}

/* ---- actions ---- */

static bool ignored_by_default(uint32_t signal)
{
    switch (signal) {
    case SIGNAL_CHLD:
    case SIGNAL_URG:
    case SIGNAL_WINCH:
    case SIGNAL_CONT:
    case SIGNAL_STOP: /* this and the next three would stop the process: see
                         signal_send */
    case SIGNAL_TSTP:
    case SIGNAL_TTIN:
    case SIGNAL_TTOU:
        return true;
    default:
        return false;
    }
}

static bool ignored(const struct signal_action *action, uint32_t signal)
{
    return action->handler == SIGNAL_IGNORE ||
           (action->handler == SIGNAL_DEFAULT && ignored_by_default(signal));
}

void signals_set_action(struct signals *signals, uint32_t signal,
                        const struct signal_action *action)
{
    signals->action[signal] = *action;
    signals->action[signal].mask &= ~SIGNALS_UNBLOCKABLE;
    if (ignored(action, signal))
        signals->pending &= ~signal_bit(signal);
}

bool signals_no_child_wait(const struct signals *parent)
{
    const struct signal_action *action = &parent->action[SIGNAL_CHLD];
    return action->handler == SIGNAL_IGNORE ||
           (action->flags & ACTION_NO_CHILD_WAIT) != 0;
}

/* ---- sending ---- */

static void make_pending(struct signals *signals, uint32_t signal,
                         const struct signal_info *info)
{
    if ((signals->pending & signal_bit(signal)) != 0)
        return;
    signals->pending |= signal_bit(signal);
    signals->info[signal] = *info;
}

/* Its call is made again, and sees the signal. */
static void interrupt_wait(struct kernel *kernel, struct process *process)
{
    if (process->state != PROCESS_WAITING)
        return;
    schedule_ready(kernel, process);
    process->waits_for = NULL;
    process->wakes_at_ns = 0;
}

void signal_send_info(struct kernel *kernel, struct process *process,
                      uint32_t signal, const struct signal_info *info)
{
    struct signals *signals = &process->signals;
    if (signal < 1 || signal > SIGNALS || process->state == PROCESS_ZOMBIE)
        return;
    if (ignored(&signals->action[signal], signal) &&
        (signals->blocked & signal_bit(signal)) == 0)
        return;
    make_pending(signals, signal, info);
    interrupt_wait(kernel, process);
}

void signal_send(struct kernel *kernel, struct process *process,
                 uint32_t signal)
{
    struct signal_info info = {.code = CODE_KERNEL};
    if (kernel->current != NULL) {
        info.code = CODE_USER;
        info.word[0] = kernel->current->pid;
        info.cause = CAUSE_SENT;
        info.sender = kernel->current->pid;
    }
    signal_send_info(kernel, process, signal, &info);
}

void signal_send_pipe(struct kernel *kernel, struct process *process)
{
    const struct signal_info info = {
        .code = CODE_USER, .word = {process->pid}, .cause = CAUSE_PIPE};
    signal_send_info(kernel, process, SIGNAL_PIPE, &info);
}

struct signal_info signal_info_of_child(const struct process *child)
{
    uint32_t status = (uint32_t)child->wait_status;
    uint32_t killed_by = status & 0x7F;
    return (struct signal_info){
        .code = killed_by != 0 ? CODE_CHILD_KILLED : CODE_CHILD_EXITED,
        .word = {child->pid, 0,
                 killed_by != 0 ? killed_by : status >> 8 & 0xFF},
    };
}

void signal_send_child(struct kernel *kernel, struct process *parent,
                       const struct process *child)
{
    const struct signal_info info = signal_info_of_child(child);
    signal_send_info(kernel, parent, SIGNAL_CHLD, &info);
}

/* Nothing keeps the process from it: a signal that cannot reach its handler
 * kills. */
static void force(struct signals *signals, uint32_t signal,
                  const struct signal_info *info)
{
    struct signal_action *action = &signals->action[signal];
    if ((signals->blocked & signal_bit(signal)) != 0 ||
        action->handler == SIGNAL_IGNORE)
        *action = (struct signal_action){.handler = SIGNAL_DEFAULT};
    signals->blocked &= ~signal_bit(signal);
    make_pending(signals, signal, info);
}

static struct signal_info page_fault_info(const struct process *process,
                                          uint32_t signal)
{
    uint32_t linear = process->signals.fault_linear;
    if (signal == SIGNAL_BUS)
        return (struct signal_info){.code = CODE_BUS_ADRERR, .word = {linear}};
    bool mapped = mappings_find(&process->mappings, linear) != NULL;
    return (struct signal_info){
        .code = mapped ? CODE_SEGV_ACCERR : CODE_SEGV_MAPERR, .word = {linear}};
}

/* As Linux has it (arch/x86/kernel/fpu/core.c, fpu__exception_code): of several
 * the first of these; a denormal operand passes for an underflow, a fault of
 * the register stack for an invalid operand.
 */
static int32_t fpu_code(struct kernel *kernel, bool sse)
{
    struct fpu_state state;
    cpu_fpu_save(kernel->machine.cpu, &state);
    uint32_t raised = fpu_raised(&state, sse);
    if ((raised & 0x01) != 0)
        return CODE_FPE_FLTINV;
    if ((raised & 0x04) != 0)
        return CODE_FPE_FLTDIV;
    if ((raised & 0x08) != 0)
        return CODE_FPE_FLTOVF;
    return (raised & 0x12) != 0 ? CODE_FPE_FLTUND : CODE_FPE_FLTRES;
}

static struct signal_info exception_info(struct kernel *kernel,
                                         const struct process *process,
                                         uint32_t signal, uint32_t eip)
{
    uint32_t vector = process->signals.fault_vector;
    switch (vector) {
    case VECTOR_FPU:
    case VECTOR_SIMD:
        return (struct signal_info){
            .code = fpu_code(kernel, vector == VECTOR_SIMD), .word = {eip}};
    case VECTOR_DIVIDE:
        return (struct signal_info){.code = CODE_FPE_INTDIV, .word = {eip}};
    case VECTOR_DEBUG:
        return (struct signal_info){.code = process->signals.fault_stepped
                                                ? CODE_TRAP_TRACE
                                                : CODE_TRAP_BRKPT,
                                    .word = {eip}};
    case VECTOR_INVALID:
        return (struct signal_info){.code = CODE_ILL_ILLOPN, .word = {eip}};
    case VECTOR_PAGE_FAULT:
        return page_fault_info(process, signal);
    case VECTOR_ALIGNMENT:
        return (struct signal_info){.code = CODE_BUS_ADRALN};
    default:
        return (struct signal_info){.code = CODE_KERNEL};
    }
}

void signal_force_kernel(struct process *process, uint32_t signal,
                         enum signal_cause cause)
{
    const struct signal_info info = {.code = CODE_KERNEL, .cause = cause};
    force(&process->signals, signal, &info);
}

void signal_force(struct kernel *kernel, struct process *process,
                  uint32_t signal)
{
    struct user_frame frame;
    entry_read_frame(kernel, process, &frame);
    struct signal_info info =
        exception_info(kernel, process, signal, frame.eip);
    info.cause = signal == SIGNAL_KILL ? CAUSE_NO_MEMORY : CAUSE_EXCEPTION;
    force(&process->signals, signal, &info);
}

/* ---- taking ---- */

bool signal_pending(const struct process *process)
{
    return (process->signals.pending & ~process->signals.blocked) != 0;
}

bool signal_kills(const struct process *process)
{
    const struct signals *signals = &process->signals;
    for (uint32_t signal = 1; signal <= SIGNALS; signal++)
        if ((signals->pending & ~signals->blocked & signal_bit(signal)) != 0 &&
            signals->action[signal].handler == SIGNAL_DEFAULT &&
            !ignored_by_default(signal))
            return true;
    return false;
}

static uint32_t lowest(uint64_t set)
{
    for (uint32_t signal = 1; set != 0 && signal <= SIGNALS; signal++)
        if ((set & signal_bit(signal)) != 0)
            return signal;
    return 0;
}

uint32_t signals_take(struct signals *signals, uint64_t set)
{
    const uint64_t kill = signal_bit(SIGNAL_KILL);
    const uint64_t synchronous =
        signal_bit(SIGNAL_ILL) | signal_bit(SIGNAL_TRAP) |
        signal_bit(SIGNAL_BUS) | signal_bit(SIGNAL_FPE) |
        signal_bit(SIGNAL_SEGV) | signal_bit(SIGNAL_SYS);
    uint64_t found = signals->pending & set;
    if ((found & kill) != 0)
        found = kill;
    else if ((found & synchronous) != 0)
        found &= synchronous;
    uint32_t signal = lowest(found);
    if (signal != 0)
        signals->pending &= ~signal_bit(signal);
    return signal;
}

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
    entry_read_frame(kernel, process, &frame);
    clock_charge(&kernel->machine.clock, COST_SIGNAL, 1);
    int error =
        sigframe_push(kernel, process, signal, &info, action, mask, &frame);
    if (error != 0)
        return error;
    entry_write_frame(kernel, process, &frame);
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
    entry_read_frame(kernel, process, &frame);
    restart_call(process, &frame, number);
    entry_write_frame(kernel, process, &frame);
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
        if (ignored(&action, signal))
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
        signals->blocked = signals->saved_blocked;
        signals->suspended = false;
        /* what the other mask held back */
        signals_deliver(kernel, process, -1);
    }
}

/* ---- alarms ---- */

void signals_ring(struct kernel *kernel, struct process *process)
{
    const struct signal_info info = {.code = CODE_KERNEL, .cause = CAUSE_ALARM};
    struct signals *signals = &process->signals;
    uint64_t interval = signals->alarm_interval_ns;
    if (interval == 0)
        signals->alarm_ns = 0;
    else
        signals->alarm_ns +=
            ((kernel->now_ns - signals->alarm_ns) / interval + 1) * interval;
    schedule_alarm(kernel, process);
    signal_send_info(kernel, process, SIGNAL_ALRM, &info);
}
