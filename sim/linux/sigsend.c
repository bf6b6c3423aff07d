/* sigsend.c: see sigsend.h. */
#include "linux/sigsend.h"

#include "linux/schedule.h"

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
    if (signals_ignore(signals, signal) &&
        (signals->blocked & signal_bit(signal)) == 0)
        return;
    signals_add(signals, signal, info);
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
