/* sys_kill.c: the system calls that send signals. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux/calls.h"
#include "linux/process.h"
#include "linux/sigframe.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/uaccess.h"

/* Signal 0 only asks whether the process is there. */
static int32_t send(struct kernel *kernel, struct process *to, uint32_t signal)
{
    if (signal > SIGNALS)
        return -EINVAL;
    if (signal != 0)
        signal_send(kernel, to, signal);
    return 0;
}

static int32_t send_to_group(struct kernel *kernel, uint32_t group,
                             uint32_t signal)
{
    int32_t result = -ESRCH;
    for (struct process *to = kernel->processes; to != NULL; to = to->next)
        if (to->group == group)
            result = send(kernel, to, signal);
    return result;
}

static int32_t send_to_others(struct kernel *kernel,
                              const struct process *sender, uint32_t signal)
{
    int32_t result = -ESRCH;
    for (struct process *to = kernel->processes; to != NULL; to = to->next)
        if (to != sender)
            result = send(kernel, to, signal);
    return result;
}

static int32_t call_kill(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    int32_t pid = (int32_t)arg[0];
    uint32_t signal = arg[1];
    if (pid == 0)
        return send_to_group(kernel, process->group, signal);
    if (pid == -1)
        return send_to_others(kernel, process, signal);
    if (pid < 0)
        return send_to_group(kernel, 0u - arg[0], signal);
    struct process *to = process_by_pid(kernel, arg[0]);
    return to == NULL ? -ESRCH : send(kernel, to, signal);
}

/* As send, with siginfo as given, to a process that may not be there. */
static int32_t send_info(struct kernel *kernel, struct process *to,
                         uint32_t signal, const struct signal_info *info)
{
    if (to == NULL)
        return -ESRCH;
    if (signal > SIGNALS)
        return -EINVAL;
    if (signal != 0)
        signal_send_info(kernel, to, signal, info);
    return 0;
}

static int32_t send_to_thread(struct kernel *kernel,
                              const struct process *sender, uint32_t tid,
                              uint32_t signal)
{
    const struct signal_info info = {.code = CODE_TKILL,
                                     .word = {sender->pid},
                                     .cause = CAUSE_SENT,
                                     .sender = sender->pid};
    return send_info(kernel, process_by_pid(kernel, tid), signal, &info);
}

static int32_t call_tkill(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    if ((int32_t)arg[0] <= 0)
        return -EINVAL;
    return send_to_thread(kernel, process, arg[0], arg[1]);
}

static int32_t call_tgkill(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    if ((int32_t)arg[0] <= 0 || (int32_t)arg[1] <= 0)
        return -EINVAL;
    if (arg[0] != arg[1]) /* every process is one thread */
        return -ESRCH;
    return send_to_thread(kernel, process, arg[1], arg[2]);
}

/* Arguments: a pid, the signal, its siginfo, whose code must be one that no
 * kernel sends. */
static int32_t call_rt_sigqueueinfo(struct kernel *kernel,
                                    struct process *process,
                                    const uint32_t arg[6])
{
    uint32_t siginfo[SIGINFO_WORDS];
    struct process *to = process_by_pid(kernel, arg[0]);
    if (copy_in(kernel, siginfo, arg[2], sizeof siginfo) != 0)
        return -EFAULT;
    struct signal_info info = {.code = (int32_t)siginfo[2],
                               .cause = CAUSE_SENT,
                               .sender = process->pid};
    memcpy(info.word, &siginfo[3], sizeof info.word);
    if ((info.code >= 0 || info.code == CODE_TKILL) && to != process)
        return -EPERM;
    return send_info(kernel, to, arg[1], &info);
}

const struct call_entry kill_calls[] = {
    {37, call_kill, "kill"},
    {178, call_rt_sigqueueinfo, "rt_sigqueueinfo"},
    {238, call_tkill, "tkill"},
    {270, call_tgkill, "tgkill"},
    {0, NULL, NULL},
};
