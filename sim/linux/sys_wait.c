/* sys_wait.c: the system calls that wait for children, and tell what they
 * used. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "linux/calls.h"
#include "linux/family.h"
#include "linux/process.h"
#include "linux/sigframe.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/uaccess.h"

/* include/uapi/linux/wait.h */
#define OPTION_WNOHANG    1u
#define OPTION_WSTOPPED   2u
#define OPTION_WEXITED    4u
#define OPTION_WCONTINUED 8u
#define OPTION_WNOWAIT    0x01000000u
/* three about threads and clones, which do not matter here */
#define OPTION_CLONES 0xE0000000u

/* struct rusage: nothing that a process uses is told. */
static const uint8_t no_usage[72];

/* `which` names a group: 0 the parent's own. */
static bool in_group(const struct process *parent, const struct process *child,
                     int32_t which)
{
    return child->group == (which == 0 ? parent->group : (uint32_t)-which);
}

static struct process *find_zombie_of_group(const struct process *parent,
                                            int32_t which, bool *any)
{
    *any = false;
    for (struct process *p = parent->kin.children.first; p != NULL;
         p = p->kin.next) {
        if (!in_group(parent, p, which))
            continue;
        *any = true;
        if (p->state == PROCESS_ZOMBIE)
            return p;
    }
    return NULL;
}

/* The first zombie waited for; *any tells whether there is a child at all. */
static struct process *find_zombie(const struct kernel *kernel,
                                   const struct process *parent, int32_t which,
                                   bool *any)
{
    if (which == -1) {
        *any = parent->kin.children.first != NULL;
        return family_first_dead(&parent->kin.children);
    }
    if (which > 0) {
        struct process *child = family_find(kernel, (uint32_t)which);
        *any = child != NULL && child->parent_pid == parent->pid;
        return *any && child->state == PROCESS_ZOMBIE ? child : NULL;
    }
    return find_zombie_of_group(parent, which, any);
}

/* No child has ended yet. */
static int32_t wait_for_child(struct process *process, bool any,
                              uint32_t options)
{
    if (!any)
        return -ECHILD;
    if ((options & OPTION_WNOHANG) != 0)
        return 0;
    if (signals_pending(&process->signals))
        return -EINTR;
    return process_wait_for(process, process, 0);
}

static int32_t sys_wait4(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    bool any;
    if ((arg[2] & ~(OPTION_WNOHANG | OPTION_WSTOPPED | OPTION_WCONTINUED |
                    OPTION_CLONES)) != 0)
        return -EINVAL;
    if ((int32_t)arg[0] == INT32_MIN)
        return -ESRCH;
    struct process *child = find_zombie(kernel, process, (int32_t)arg[0], &any);
    if (child != NULL) {
        uint32_t pid = child->pid;
        if (arg[1] != 0 &&
            copy_out(kernel, arg[1], &child->wait_status, 4) != 0)
            return -EFAULT;
        if (arg[3] != 0 &&
            copy_out(kernel, arg[3], no_usage, sizeof no_usage) != 0)
            return -EFAULT;
        process_reap(kernel, child);
        return (int32_t)pid;
    }
    return wait_for_child(process, any, arg[2]);
}

static int32_t sys_waitpid(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    const uint32_t four[6] = {arg[0], arg[1], arg[2], 0, 0, 0};
    return sys_wait4(kernel, process, four);
}

/* waitid's two arguments as waitpid's one. False where they are no good. */
static bool waitid_which(uint32_t type, uint32_t id, int32_t *which)
{
    enum { TYPE_ALL = 0, TYPE_PID = 1, TYPE_GROUP = 2 };
    bool is_id = id >= 1 && id <= INT32_MAX;
    if (type == TYPE_ALL)
        *which = -1;
    else if (type == TYPE_PID)
        *which = (int32_t)id;
    else if (type == TYPE_GROUP)
        *which = -(int32_t)id;
    return type == TYPE_ALL || (type == TYPE_PID && is_id) ||
           (type == TYPE_GROUP && (id == 0 || is_id));
}

/* Arguments: the type of id, the id, where the siginfo goes or 0, options,
 * where the usage goes. */
static int32_t sys_waitid(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    const uint32_t events =
        OPTION_WSTOPPED | OPTION_WEXITED | OPTION_WCONTINUED;
    const uint32_t known =
        events | OPTION_WNOHANG | OPTION_WNOWAIT | OPTION_CLONES;
    uint32_t siginfo[SIGINFO_WORDS] = {0};
    int32_t which = 0;
    bool any;
    if ((arg[3] & ~known) != 0 || (arg[3] & events) == 0 ||
        !waitid_which(arg[0], arg[1], &which))
        return -EINVAL;
    struct process *child = find_zombie(kernel, process, which, &any);
    if (child == NULL || (arg[3] & OPTION_WEXITED) == 0) {
        int32_t result = wait_for_child(process, any, arg[3]);
        if (result != 0)
            return result;
    } else {
        const struct signal_info info = signal_info_of_child(child);
        siginfo_fill(siginfo, SIGCHLD, &info);
        if ((arg[3] & OPTION_WNOWAIT) == 0)
            process_reap(kernel, child);
    }
    return arg[2] == 0 ? 0 : copy_out(kernel, arg[2], siginfo, sizeof siginfo);
}

static int32_t sys_getrusage(struct kernel *kernel, struct process *process,
                             const uint32_t arg[6])
{
    (void)process;
    return copy_out(kernel, arg[1], no_usage, sizeof no_usage);
}

const struct call_entry wait_calls[] = {
    {7, sys_waitpid, "waitpid"},
    {77, sys_getrusage, "getrusage"},
    {114, sys_wait4, "wait4"},
    {284, sys_waitid, "waitid"},
    {0, NULL, NULL},
};
