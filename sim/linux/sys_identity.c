/* sys_identity.c: the system calls about who a process is. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux/calls.h"
#include "linux/process.h"
#include "linux/state.h"
#include "linux/uaccess.h"

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

const struct call_entry identity_calls[] = {
    {20, sys_getpid, "getpid"},         {23, sys_zero, "setuid"},
    {24, sys_zero, "getuid"},           {34, sys_zero, "nice"},
    {46, sys_zero, "setgid"},           {47, sys_zero, "getgid"},
    {49, sys_zero, "geteuid"},          {50, sys_zero, "getegid"},
    {57, sys_setpgid, "setpgid"},       {64, sys_getppid, "getppid"},
    {65, sys_getpgrp, "getpgrp"},       {66, sys_setsid, "setsid"},
    {96, sys_zero, "getpriority"},      {97, sys_zero, "setpriority"},
    {132, sys_getpgid, "getpgid"},      {136, sys_zero, "personality"},
    {147, sys_getsid, "getsid"},        {165, sys_three_ids, "getresuid"},
    {171, sys_three_ids, "getresgid"},  {172, sys_prctl, "prctl"},
    {199, sys_zero, "getuid32"},        {200, sys_zero, "getgid32"},
    {201, sys_zero, "geteuid32"},       {202, sys_zero, "getegid32"},
    {203, sys_zero, "setreuid32"},      {204, sys_zero, "setregid32"},
    {205, sys_zero, "getgroups32"},     {206, sys_zero, "setgroups32"},
    {208, sys_zero, "setresuid32"},     {209, sys_three_ids, "getresuid32"},
    {210, sys_zero, "setresgid32"},     {211, sys_three_ids, "getresgid32"},
    {213, sys_zero, "setuid32"},        {214, sys_zero, "setgid32"},
    {224, sys_getpid, "gettid"},        {258, sys_getpid, "set_tid_address"},
    {311, sys_zero, "set_robust_list"}, {0, NULL, NULL},
};
