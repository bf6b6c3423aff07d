/* sys_process.c: the system calls that make processes, have them run a program,
 * and end them. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "linux/calls.h"
#include "linux/exec.h"
#include "linux/execargs.h"
#include "linux/execfind.h"
#include "linux/kernelstack.h"
#include "linux/process.h"
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
        struct user_frame frame = kernel_stack_frame(kernel, child);
        frame.esp = stack;
        kernel_stack_set_frame(kernel, child, &frame);
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

/* ---- exit ---- */

static int32_t sys_exit(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6])
{
    process_exit(kernel, process, (int32_t)(arg[0] & 0xFF) << 8);
    return 0;
}

const struct call_entry process_calls[] = {
    {1, sys_exit, "exit"},
    {2, sys_fork, "fork"},
    {11, sys_execve, "execve"},
    {120, sys_clone, "clone"},
    {190, sys_vfork, "vfork"},
    {252, sys_exit, "exit_group"},
    {0, NULL, NULL},
};
