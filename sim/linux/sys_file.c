/* sys_file.c: descriptors, and the table of all calls on files. */
#include "linux/sys_file.h"

#include <errno.h>
#include <stddef.h>

#include "linux/descriptors.h"
#include "linux/file.h"
#include "linux/pipe.h"
#include "linux/state.h"
#include "linux/uaccess.h"

/* Flags that F_SETFL changes. */
#define SETTABLE_FLAGS (GUEST_O_APPEND | GUEST_O_NONBLOCK)

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

/* fcntl(2): include/uapi/asm-generic/fcntl.h and include/uapi/linux/fcntl.h */
enum {
    CONTROL_DUPFD = 0,
    CONTROL_GETFD = 1,
    CONTROL_SETFD = 2,
    CONTROL_GETFL = 3,
    CONTROL_SETFL = 4,
    CONTROL_SETLK = 6,
    CONTROL_SETLKW = 7,
    CONTROL_SETOWN = 8,
    CONTROL_GETOWN = 9,
    CONTROL_SETLK64 = 13,
    CONTROL_SETLKW64 = 14,
    CONTROL_DUPFD_CLOEXEC = 1030,
    CONTROL_GETPIPE_SZ = 1032,
};

/* ioctl(2): include/uapi/asm-generic/ioctls.h */
enum {
    IOCTL_READABLE = 0x541B, /* FIONREAD */
    IOCTL_NONBLOCK = 0x5421, /* FIONBIO */
    IOCTL_NOCLOEXEC = 0x5450,
    IOCTL_CLOEXEC = 0x5451,
};

/* ---- closing ---- */

int32_t sys_close(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    return files_close(&process->files, kernel, arg[0]);
}

int32_t sys_close_range(struct kernel *kernel, struct process *process,
                        const uint32_t arg[6])
{
    uint32_t past = arg[1] < FILES_MAX ? arg[1] + 1 : FILES_MAX;

    if (arg[0] > arg[1] ||
        (arg[2] & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0)
        return -EINVAL;
    for (uint32_t number = arg[0]; number < past; number++)
        if ((arg[2] & CLOSE_RANGE_CLOEXEC) == 0)
            files_close(&process->files, kernel, number);
        else if (files_file(&process->files, number) != NULL)
            process->files.descriptor[number].close_on_exec = true;
    return 0;
}

/* ---- duplicates ---- */

static int32_t duplicate(struct kernel *kernel, struct process *process,
                         uint32_t number, uint32_t lowest, bool close_on_exec)
{
    struct file *file = file_of(process, number);
    int result;

    if (file == NULL)
        return -EBADF;
    result = lowest < process->files.limit
                 ? files_add(&process->files, file, lowest, close_on_exec)
                 : -EINVAL;
    if (result < 0)
        file_put(file, kernel);
    return result;
}

static int32_t duplicate_to(struct kernel *kernel, struct process *process,
                            uint32_t from, uint32_t to, bool close_on_exec)
{
    struct file *file = files_file(&process->files, from);

    if (file == NULL || to >= process->files.limit)
        return -EBADF;
    file_get(file);
    files_close(&process->files, kernel, to);
    process->files.descriptor[to] = (struct descriptor){file, close_on_exec};
    return (int32_t)to;
}

int32_t sys_dup(struct kernel *kernel, struct process *process,
                const uint32_t arg[6])
{
    return duplicate(kernel, process, arg[0], 0, false);
}

int32_t sys_dup2(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    if (arg[0] == arg[1])
        return files_file(&process->files, arg[0]) != NULL ? (int32_t)arg[0]
                                                           : -EBADF;
    return duplicate_to(kernel, process, arg[0], arg[1], false);
}

int32_t sys_dup3(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    if (arg[0] == arg[1] || (arg[2] & ~GUEST_O_CLOEXEC) != 0)
        return -EINVAL;
    return duplicate_to(kernel, process, arg[0], arg[1], arg[2] != 0);
}

/* ---- pipes ---- */

/* Gives both ends a descriptor, and takes over their references. 0 or
 * -EMFILE. */
static int add_ends(struct kernel *kernel, struct process *process,
                    struct file *const end[2], bool close_on_exec,
                    int number[2])
{
    struct files *files = &process->files;

    number[0] = files_add(files, end[0], 0, close_on_exec);
    number[1] =
        number[0] < 0 ? -EMFILE : files_add(files, end[1], 0, close_on_exec);
    if (number[1] >= 0)
        return 0;
    if (number[0] >= 0)
        files_close(files, kernel, (uint32_t)number[0]);
    else
        file_put(end[0], kernel);
    file_put(end[1], kernel);
    return -EMFILE;
}

static int32_t make_pipe(struct kernel *kernel, struct process *process,
                         uint32_t linear, uint32_t flags)
{
    struct file *end[2];
    int number[2];
    int error;

    if ((flags & ~(GUEST_O_NONBLOCK | GUEST_O_CLOEXEC)) != 0)
        return -EINVAL;
    error = pipe_open(&kernel->machine.budget, end, flags & GUEST_O_NONBLOCK);
    if (error != 0)
        return error;
    error =
        add_ends(kernel, process, end, (flags & GUEST_O_CLOEXEC) != 0, number);
    if (error != 0)
        return error;
    if (copy_out(kernel, linear, number, sizeof number) == 0)
        return 0;
    files_close(&process->files, kernel, (uint32_t)number[0]);
    files_close(&process->files, kernel, (uint32_t)number[1]);
    return -EFAULT;
}

int32_t sys_pipe(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    return make_pipe(kernel, process, arg[0], 0);
}

int32_t sys_pipe2(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    return make_pipe(kernel, process, arg[0], arg[1]);
}

/* ---- flags ---- */

static int32_t control_file(const struct file *file, uint32_t command)
{
    switch (command) {
    case CONTROL_GETFL:
        return (int32_t)file->flags;
    case CONTROL_SETLK:
    case CONTROL_SETLKW:
    case CONTROL_SETLK64:
    case CONTROL_SETLKW64:
    case CONTROL_SETOWN:
    case CONTROL_GETOWN:
        return 0;
    case CONTROL_GETPIPE_SZ:
        return file_is_pipe(file) ? (int32_t)PIPE_CAPACITY : -EBADF;
    default:
        return -EINVAL;
    }
}

int32_t sys_fcntl(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    struct file *file = files_file(&process->files, arg[0]);
    struct descriptor *descriptor;

    if (file == NULL)
        return -EBADF;
    descriptor = &process->files.descriptor[arg[0]];
    switch (arg[1]) {
    case CONTROL_DUPFD:
    case CONTROL_DUPFD_CLOEXEC:
        return duplicate(kernel, process, arg[0], arg[2],
                         arg[1] == CONTROL_DUPFD_CLOEXEC);
    case CONTROL_GETFD:
        return descriptor->close_on_exec;
    case CONTROL_SETFD:
        descriptor->close_on_exec = (arg[2] & 1) != 0;
        return 0;
    case CONTROL_SETFL:
        file->flags =
            (file->flags & ~SETTABLE_FLAGS) | (arg[2] & SETTABLE_FLAGS);
        return 0;
    default:
        return control_file(file, arg[1]);
    }
}

static int32_t set_nonblock(struct kernel *kernel, struct file *file,
                            uint32_t linear)
{
    uint32_t on;

    if (copy_in(kernel, &on, linear, sizeof on) != 0)
        return -EFAULT;
    file->flags &= ~GUEST_O_NONBLOCK;
    file->flags |= on != 0 ? GUEST_O_NONBLOCK : 0;
    return 0;
}

/* Nothing here is a terminal. */
static int32_t control_device(struct kernel *kernel, struct process *process,
                              struct file *file, const uint32_t arg[6])
{
    switch (arg[1]) {
    case IOCTL_READABLE: {
        uint32_t bytes = file_is_pipe(file) ? pipe_used(file) : 0;

        return file_is_pipe(file)
                   ? copy_out(kernel, arg[2], &bytes, sizeof bytes)
                   : -ENOTTY;
    }
    case IOCTL_NONBLOCK:
        return set_nonblock(kernel, file, arg[2]);
    case IOCTL_NOCLOEXEC:
    case IOCTL_CLOEXEC:
        process->files.descriptor[arg[0]].close_on_exec =
            arg[1] == IOCTL_CLOEXEC;
        return 0;
    default:
        return -ENOTTY;
    }
}

int32_t sys_ioctl(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    struct file *file = file_of(process, arg[0]);
    int32_t result;

    if (file == NULL)
        return -EBADF;
    result = control_device(kernel, process, file, arg);
    file_put(file, kernel);
    return result;
}

/* Locks are not kept. */
int32_t sys_flock(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    (void)kernel;
    return files_file(&process->files, arg[0]) != NULL ? 0 : -EBADF;
}

/* There is nothing that could be lost; pipes and devices cannot be asked. */
int32_t sys_fsync(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    const struct file *file = files_file(&process->files, arg[0]);

    (void)kernel;
    if (file == NULL)
        return -EBADF;
    return file->kind->mappable || file->kind->list != NULL ? 0 : -EINVAL;
}

int32_t sys_fadvise(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    const struct file *file = files_file(&process->files, arg[0]);

    (void)kernel;
    if (file == NULL)
        return -EBADF;
    return file->kind->seekable ? 0 : -ESPIPE;
}

int32_t sys_umask(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    uint32_t old = process->umask;

    (void)kernel;
    process->umask = arg[0] & 0777u;
    return (int32_t)old;
}

/* ---- the table ---- */

const struct call_entry file_calls[] = {
    {3, sys_read, "read"},
    {4, sys_write, "write"},
    {5, sys_open, "open"},
    {6, sys_close, "close"},
    {8, sys_creat, "creat"},
    {9, sys_change, "link"},
    {10, sys_change, "unlink"},
    {12, sys_chdir, "chdir"},
    {14, sys_make, "mknod"},
    {15, sys_change, "chmod"},
    {16, sys_change, "lchown16"},
    {19, sys_lseek, "lseek"},
    {30, sys_change, "utime"},
    {33, sys_access, "access"},
    {38, sys_change, "rename"},
    {39, sys_make, "mkdir"},
    {40, sys_change, "rmdir"},
    {41, sys_dup, "dup"},
    {42, sys_pipe, "pipe"},
    {54, sys_ioctl, "ioctl"},
    {55, sys_fcntl, "fcntl"},
    {60, sys_umask, "umask"},
    {63, sys_dup2, "dup2"},
    {82, sys_old_select, "select"},
    {83, sys_symlink, "symlink"},
    {85, sys_readlink, "readlink"},
    {92, sys_change, "truncate"},
    {93, sys_truncate_fd, "ftruncate"},
    {94, sys_change_fd, "fchmod"},
    {95, sys_change_fd, "fchown16"},
    {118, sys_fsync, "fsync"},
    {133, sys_fchdir, "fchdir"},
    {140, sys_llseek, "_llseek"},
    {141, sys_getdents, "getdents"},
    {142, sys_select, "_newselect"},
    {143, sys_flock, "flock"},
    {145, sys_readv, "readv"},
    {146, sys_writev, "writev"},
    {148, sys_fsync, "fdatasync"},
    {168, sys_poll, "poll"},
    {180, sys_pread64, "pread64"},
    {181, sys_pwrite64, "pwrite64"},
    {182, sys_change, "chown16"},
    {183, sys_getcwd, "getcwd"},
    {187, sys_sendfile, "sendfile"},
    {193, sys_change, "truncate64"},
    {194, sys_truncate_fd, "ftruncate64"},
    {195, sys_stat64, "stat64"},
    {196, sys_lstat64, "lstat64"},
    {197, sys_fstat64, "fstat64"},
    {198, sys_change, "lchown"},
    {207, sys_change_fd, "fchown"},
    {212, sys_change, "chown"},
    {220, sys_getdents64, "getdents64"},
    {221, sys_fcntl, "fcntl64"},
    {239, sys_sendfile64, "sendfile64"},
    {250, sys_fadvise, "fadvise64"},
    {268, sys_statfs64, "statfs64"},
    {269, sys_fstatfs64, "fstatfs64"},
    {271, sys_change, "utimes"},
    {272, sys_fadvise, "fadvise64_64"},
    {295, sys_openat, "openat"},
    {296, sys_make_at, "mkdirat"},
    {297, sys_make_at, "mknodat"},
    {298, sys_change_at, "fchownat"},
    {299, sys_utimensat, "futimesat"},
    {300, sys_fstatat64, "fstatat64"},
    {301, sys_change_at, "unlinkat"},
    {302, sys_change_at, "renameat"},
    {303, sys_change_at, "linkat"},
    {304, sys_symlink_at, "symlinkat"},
    {305, sys_readlinkat, "readlinkat"},
    {306, sys_change_at, "fchmodat"},
    {307, sys_faccessat, "faccessat"},
    {308, sys_pselect6, "pselect6"},
    {309, sys_ppoll, "ppoll"},
    {320, sys_utimensat, "utimensat"},
    {324, sys_truncate_fd, "fallocate"},
    {330, sys_dup3, "dup3"},
    {331, sys_pipe2, "pipe2"},
    {333, sys_preadv, "preadv"},
    {334, sys_pwritev, "pwritev"},
    {353, sys_change_at, "renameat2"},
    {383, sys_statx, "statx"},
    {412, sys_utimensat, "utimensat_time64"},
    {413, sys_pselect6_time64, "pselect6_time64"},
    {414, sys_ppoll_time64, "ppoll_time64"},
    {436, sys_close_range, "close_range"},
    {439, sys_faccessat2, "faccessat2"},
    {452, sys_change_at, "fchmodat2"},
    {0, NULL, NULL},
};
