/* sys_process.c: system calls about processes and who they are. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/trap.h"
#include "linux/calls.h"
#include "linux/exec.h"
#include "linux/execargs.h"
#include "linux/execfind.h"
#include "linux/family.h"
#include "linux/layout.h"
#include "linux/process.h"
#include "linux/sigframe.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/uaccess.h"
#include "program/program.h"

#define PATH_BYTES 4096u

/* ---- fork ---- */

static int32_t sys_fork(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6])
{
    (void)arg;
    return process_fork(kernel, process);
}

/* The parent waits until the child has let go of its memory, which it borrows
 * if they `share`. */
static int32_t fork_and_wait(struct kernel *kernel, struct process *process,
                             bool share)
{
    if (process->progress == 0) {
        int32_t pid = process_fork(kernel, process);
        if (pid < 0)
            return pid;
        struct process *new = process_by_pid(kernel, (uint32_t)pid);
        new->vfork_parent = process->pid;
        if (share)
            process_borrow(kernel, process, new);
        process->progress = (uint64_t)(uint32_t)pid;
    }
    struct process *child = process_by_pid(kernel, (uint32_t)process->progress);
    if (child == NULL || child->vfork_parent == 0)
        return (int32_t)process->progress;
    if (signals_kill(&process->signals))
        return -EINTR;
    return process_wait_for(process, child, 0);
}

static int32_t sys_vfork(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    (void)arg;
    return fork_and_wait(kernel, process, true);
}

enum {
    CLONE_VM = 0x100,
    CLONE_VFORK = 0x4000,
    CLONE_THREAD = 0x10000,
    CLONE_SETTLS = 0x80000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_SETTID = 0x1000000,
};

/* A process, never a thread: memory is not shared between processes that run at
 * once. */
static int32_t sys_clone(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    uint32_t flags = arg[0];
    uint32_t stack = arg[1];
    bool first = process->progress == 0;
    if ((flags & (CLONE_THREAD | CLONE_SETTLS)) != 0 ||
        ((flags & CLONE_VM) != 0 && (flags & CLONE_VFORK) == 0))
        return -ENOSYS;
    int32_t pid = (flags & CLONE_VFORK) != 0
                      ? fork_and_wait(kernel, process, (flags & CLONE_VM) != 0)
                      : process_fork(kernel, process);
    if (!first || (pid < 0 && pid != CALL_WAITS))
        return pid;
    uint32_t child_pid =
        pid == CALL_WAITS ? (uint32_t)process->progress : (uint32_t)pid;
    struct process *child = process_by_pid(kernel, child_pid);
    if (stack != 0) {
        uint8_t *top =
            mmu_physmem_frame(&kernel->machine.mem, child->stack_frame) +
            MMU_PAGE_SIZE;
        memcpy(top - sizeof(struct user_frame) +
                   offsetof(struct user_frame, esp),
               &stack, 4);
    }
    if ((flags & CLONE_CHILD_SETTID) != 0)
        child->set_tid = arg[4];
    if ((flags & CLONE_PARENT_SETTID) != 0)
        (void)copy_out(kernel, arg[2], &child_pid, sizeof child_pid);
    return pid;
}

/* ---- exec ---- */

/* Copies a NULL-terminated array of string pointers in. */
static int copy_in_strings(struct kernel *kernel, struct exec_strings *strings,
                           uint32_t array, char *text)
{
    for (; array != 0; array += 4) {
        uint32_t linear;
        if (copy_in(kernel, &linear, array, sizeof linear) != 0)
            return -EFAULT;
        if (linear == 0)
            break;
        int bytes = copy_in_string(kernel, text, linear, EXEC_STRING_BYTES);
        if (bytes < 0)
            return bytes == -ENAMETOOLONG ? -E2BIG : bytes;
        int error = exec_strings_add(strings, text);
        if (error != 0)
            return error;
    }
    return 0;
}

static int copy_in_arguments(struct kernel *kernel,
                             struct exec_arguments *arguments,
                             const uint32_t arg[6])
{
    static const char nothing[] = "";
    char *text = malloc(EXEC_STRING_BYTES);
    int error = text == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = copy_in_strings(kernel, &arguments->argv, arg[1], text);
    if (error == 0)
        error = copy_in_strings(kernel, &arguments->envp, arg[2], text);
    if (error == 0 && arguments->argv.count == 0)
        error = exec_strings_add(&arguments->argv, nothing);
    if (error == -ENOMEM)
        budget_starve(&kernel->machine.budget);
    free(text);
    return error;
}

static int32_t sys_execve(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    char path[PATH_BYTES];
    struct exec_arguments arguments = {.path = path};
    int error_number = ENOENT;
    int bytes = copy_in_string(kernel, path, arg[0], sizeof path);
    if (bytes < 0)
        return bytes;
    int error = copy_in_arguments(kernel, &arguments, arg);
    if (error == 0) {
        struct program *program =
            exec_find(kernel, process, path, &arguments, &error_number);
        error = program == NULL
                    ? -error_number
                    : exec_program(kernel, process, program, &arguments);
    }
    exec_arguments_free(&arguments);
    return error;
}

/* ---- exit and wait ---- */

static int32_t sys_exit(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6])
{
    process_exit(kernel, process, (int32_t)(arg[0] & 0xFF) << 8);
    return 0;
}

/* include/uapi/linux/wait.h */
#define OPTION_WNOHANG    1u
#define OPTION_WSTOPPED   2u
#define OPTION_WEXITED    4u
#define OPTION_WCONTINUED 8u
#define OPTION_WNOWAIT    0x01000000u
/* three about threads and clones, which do not matter here */
#define OPTION_CLONES 0xE0000000u

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
    static const uint8_t no_usage[72]; /* struct rusage */
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

/* ---- who a process is ---- */

static int32_t sys_getpid(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    return (int32_t)process->pid;
}

static int32_t sys_getppid(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    return (int32_t)process->parent_pid;
}

/* Guests are root, and nobody else. */
static int32_t sys_zero(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6])
{
    (void)kernel;
    (void)process;
    (void)arg;
    return 0;
}

static int32_t sys_three_ids(struct kernel *kernel, struct process *process,
                             const uint32_t arg[6])
{
    static const uint32_t root = 0;
    (void)process;
    for (int i = 0; i < 3; i++)
        if (copy_out(kernel, arg[i], &root, sizeof root) != 0)
            return -EFAULT;
    return 0;
}

static struct process *named_or_self(struct kernel *kernel,
                                     struct process *process, uint32_t pid)
{
    return pid == 0 ? process : process_by_pid(kernel, pid);
}

static int32_t sys_setpgid(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    struct process *named = named_or_self(kernel, process, arg[0]);
    if (named == NULL)
        return -ESRCH;
    named->group = arg[1] == 0 ? named->pid : arg[1];
    return 0;
}

static int32_t sys_getpgid(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    const struct process *named = named_or_self(kernel, process, arg[0]);
    return named == NULL ? -ESRCH : (int32_t)named->group;
}

static int32_t sys_getpgrp(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    return (int32_t)process->group;
}

static int32_t sys_getsid(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    const struct process *named = named_or_self(kernel, process, arg[0]);
    return named == NULL ? -ESRCH : (int32_t)named->session;
}

static int32_t sys_setsid(struct kernel *kernel, struct process *process,
                          const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    if (process->group == process->pid && process->session != process->pid)
        return -EPERM;
    process->group = process->pid;
    process->session = process->pid;
    return (int32_t)process->pid;
}

enum { PR_SET_NAME = 15, PR_GET_NAME = 16 };

static int32_t sys_prctl(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    if (arg[0] == PR_GET_NAME)
        return copy_out(kernel, arg[1], process->name, sizeof process->name);
    if (arg[0] != PR_SET_NAME)
        return -EINVAL;
    char name[sizeof process->name];
    if (copy_in(kernel, name, arg[1], sizeof name) != 0)
        return -EFAULT;
    memcpy(process->name, name, sizeof name - 1);
    return 0;
}

/* ---- the machine it is on ---- */

static int32_t sys_uname(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    static const char field[6][65] = {"Linux",     "mmu386", "6.1.0",
                                      "#1 mmu386", "i386",   ""};
    (void)process;
    return copy_out(kernel, arg[0], field, sizeof field);
}

/* struct sysinfo of the i386 interface. */
struct guest_sysinfo {
    uint32_t uptime, loads[3], total_ram, free_ram, shared_ram, buffer_ram,
        total_swap, free_swap;
    uint16_t processes, padding;
    uint32_t total_high, free_high, unit_bytes;
    uint8_t reserved[8];
};
_Static_assert(sizeof(struct guest_sysinfo) == 64, "struct sysinfo");

static int32_t sys_sysinfo(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6])
{
    struct guest_sysinfo info = {
        .uptime = (uint32_t)(kernel->now_ns / 1000000000u),
        .total_ram = kernel->machine.mem.frames,
        .free_ram = kernel->machine.frames.free_count,
        .unit_bytes = MMU_PAGE_SIZE,
    };
    (void)process;
    for (const struct process *p = kernel->processes; p != NULL; p = p->next)
        info.processes++;
    return copy_out(kernel, arg[0], &info, sizeof info);
}

static int32_t sys_getrusage(struct kernel *kernel, struct process *process,
                             const uint32_t arg[6])
{
    static const uint8_t no_usage[72];
    (void)process;
    return copy_out(kernel, arg[1], no_usage, sizeof no_usage);
}

static int32_t sys_sched_yield(struct kernel *kernel, struct process *process,
                               const uint32_t arg[6])
{
    (void)kernel;
    (void)arg;
    process->yields = true;
    return 0;
}

static int32_t sys_sched_getaffinity(struct kernel *kernel,
                                     struct process *process,
                                     const uint32_t arg[6])
{
    static const uint32_t one_processor = 1;
    (void)process;
    if (arg[1] < sizeof one_processor)
        return -EINVAL;
    int error = copy_out(kernel, arg[2], &one_processor, sizeof one_processor);
    return error != 0 ? error : (int32_t)sizeof one_processor;
}

/* One thread: nobody to wake, and nobody who could wake it. */
static int32_t sys_futex(struct kernel *kernel, struct process *process,
                         const uint32_t arg[6])
{
    enum { FUTEX_COMMAND = 0x7F, FUTEX_WAKE = 1 };
    (void)kernel;
    (void)process;
    return (arg[1] & FUTEX_COMMAND) == FUTEX_WAKE ? 0 : -EAGAIN;
}

const struct call_entry process_calls[] = {
    {1, sys_exit, "exit"},
    {2, sys_fork, "fork"},
    {7, sys_waitpid, "waitpid"},
    {11, sys_execve, "execve"},
    {20, sys_getpid, "getpid"},
    {23, sys_zero, "setuid"},
    {24, sys_zero, "getuid"},
    {34, sys_zero, "nice"},
    {46, sys_zero, "setgid"},
    {47, sys_zero, "getgid"},
    {49, sys_zero, "geteuid"},
    {50, sys_zero, "getegid"},
    {57, sys_setpgid, "setpgid"},
    {64, sys_getppid, "getppid"},
    {65, sys_getpgrp, "getpgrp"},
    {66, sys_setsid, "setsid"},
    {77, sys_getrusage, "getrusage"},
    {96, sys_zero, "getpriority"},
    {97, sys_zero, "setpriority"},
    {114, sys_wait4, "wait4"},
    {116, sys_sysinfo, "sysinfo"},
    {120, sys_clone, "clone"},
    {122, sys_uname, "uname"},
    {132, sys_getpgid, "getpgid"},
    {136, sys_zero, "personality"},
    {147, sys_getsid, "getsid"},
    {158, sys_sched_yield, "sched_yield"},
    {165, sys_three_ids, "getresuid"},
    {171, sys_three_ids, "getresgid"},
    {172, sys_prctl, "prctl"},
    {190, sys_vfork, "vfork"},
    {199, sys_zero, "getuid32"},
    {200, sys_zero, "getgid32"},
    {201, sys_zero, "geteuid32"},
    {202, sys_zero, "getegid32"},
    {203, sys_zero, "setreuid32"},
    {204, sys_zero, "setregid32"},
    {205, sys_zero, "getgroups32"},
    {206, sys_zero, "setgroups32"},
    {208, sys_zero, "setresuid32"},
    {209, sys_three_ids, "getresuid32"},
    {210, sys_zero, "setresgid32"},
    {211, sys_three_ids, "getresgid32"},
    {213, sys_zero, "setuid32"},
    {214, sys_zero, "setgid32"},
    {224, sys_getpid, "gettid"},
    {240, sys_futex, "futex"},
    {242, sys_sched_getaffinity, "sched_getaffinity"},
    {252, sys_exit, "exit_group"},
    {258, sys_getpid, "set_tid_address"},
    {284, sys_waitid, "waitid"},
    {311, sys_zero, "set_robust_list"},
    {422, sys_futex, "futex_time64"},
    {0, NULL, NULL},
};
