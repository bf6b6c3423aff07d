/* signals.c: see signals.h. */
#include "linux/signals.h"

#include <string.h>

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
    case SIGNAL_STOP: /* this and the next three would stop the process */
    case SIGNAL_TSTP:
    case SIGNAL_TTIN:
    case SIGNAL_TTOU:
        return true;
    default:
        return false;
    }
}

bool signals_ignore(const struct signals *signals, uint32_t signal)
{
    const struct signal_action *action = &signals->action[signal];
    return action->handler == SIGNAL_IGNORE ||
           (action->handler == SIGNAL_DEFAULT && ignored_by_default(signal));
}

void signals_set_action(struct signals *signals, uint32_t signal,
                        const struct signal_action *action)
{
    signals->action[signal] = *action;
    signals->action[signal].mask &= ~SIGNALS_UNBLOCKABLE;
    if (signals_ignore(signals, signal))
        signals->pending &= ~signal_bit(signal);
}

bool signals_no_child_wait(const struct signals *parent)
{
    const struct signal_action *action = &parent->action[SIGNAL_CHLD];
    return action->handler == SIGNAL_IGNORE ||
           (action->flags & ACTION_NO_CHILD_WAIT) != 0;
}

/* ---- masks while a call waits ---- */

void signals_suspend(struct signals *signals, uint64_t mask)
{
    signals->saved_blocked = signals->blocked;
    signals->blocked = mask & ~SIGNALS_UNBLOCKABLE;
    signals->suspended = true;
}

void signals_resume(struct signals *signals)
{
    if (signals->suspended)
        signals->blocked = signals->saved_blocked;
    signals->suspended = false;
}

/* ---- what is pending ---- */

void signals_add(struct signals *signals, uint32_t signal,
                 const struct signal_info *info)
{
    if ((signals->pending & signal_bit(signal)) != 0)
        return;
    signals->pending |= signal_bit(signal);
    signals->info[signal] = *info;
}

void signals_force(struct signals *signals, uint32_t signal,
                   const struct signal_info *info)
{
    struct signal_action *action = &signals->action[signal];
    if ((signals->blocked & signal_bit(signal)) != 0 ||
        action->handler == SIGNAL_IGNORE)
        *action = (struct signal_action){.handler = SIGNAL_DEFAULT};
    signals->blocked &= ~signal_bit(signal);
    signals_add(signals, signal, info);
}

bool signals_pending(const struct signals *signals)
{
    return (signals->pending & ~signals->blocked) != 0;
}

bool signals_kill(const struct signals *signals)
{
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
