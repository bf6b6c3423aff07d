/* sys_file.h: the system calls on files, by what they are about; sys_file.c has
 * the table. */
#ifndef MMU386_SYS_FILE_H
#define MMU386_SYS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/calls.h"

#define GUEST_AT_FDCWD            (-100)
#define GUEST_AT_SYMLINK_NOFOLLOW 0x100u
#define GUEST_AT_EACCESS          0x200u
#define GUEST_AT_NO_AUTOMOUNT     0x800u
#define GUEST_AT_EMPTY_PATH       0x1000u
#define GUEST_AT_STATX_SYNC       0x6000u

struct file;
struct node;

/* Reads a path argument: an absolute path into `path` of GUEST_PATH_MAX bytes,
 * taken from the directory `directory_fd`, or from the process's own where that
 * is GUEST_AT_FDCWD. 0, -ENOENT where it is empty, or another -errno. */
int read_path(struct kernel *kernel, const struct process *process,
              int32_t directory_fd, uint32_t linear, char *path);

/* Reads a path argument so, and finds what is there (tree.h): the last
 * component's link is followed if `follow`. 0 and a node for node_close, or
 * -errno. */
int find_path(struct kernel *kernel, const struct process *process,
              int32_t directory_fd, uint32_t linear, bool follow,
              struct node *node);

/* The descriptor's open file, with a reference, or NULL: a copy to or from user
 * memory can end the process, and close what it has open. */
struct file *file_of(const struct process *process, uint32_t number);

/* Makes the process wait for the file, or says why it cannot: -EAGAIN or
 * -EINTR. */
int32_t wait_for_file(struct process *process, const struct file *file);

/* sys_file.c: descriptors */
system_call sys_close, sys_close_range, sys_dup, sys_dup2, sys_dup3, sys_pipe,
    sys_pipe2, sys_fcntl, sys_ioctl, sys_flock, sys_fsync, sys_fadvise,
    sys_umask;

/* sys_io.c: bytes */
system_call sys_read, sys_write, sys_readv, sys_writev, sys_pread64,
    sys_pwrite64, sys_preadv, sys_pwritev, sys_lseek, sys_llseek, sys_sendfile,
    sys_sendfile64;

/* sys_path.c: names */
system_call sys_open, sys_openat, sys_creat, sys_access, sys_faccessat,
    sys_faccessat2, sys_chdir, sys_fchdir, sys_getcwd, sys_readlink,
    sys_readlinkat, sys_getdents, sys_getdents64;

/* sys_stat.c: what is known of a file */
system_call sys_stat64, sys_lstat64, sys_fstat64, sys_fstatat64, sys_statx,
    sys_statfs64, sys_fstatfs64;

/* sys_poll.c: waiting for one of several */
system_call sys_old_select, sys_poll, sys_ppoll, sys_ppoll_time64, sys_select,
    sys_pselect6, sys_pselect6_time64;

/* sys_readonly.c: what would change the tree */
system_call sys_change, sys_change_at, sys_change_fd, sys_make, sys_make_at,
    sys_symlink, sys_symlink_at, sys_truncate_fd, sys_utimensat;

#endif
