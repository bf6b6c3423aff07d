/* sys_stat.c: what the guest is told of a file, in the layouts of the i386
 * interface. */
#include <errno.h>
#include <stddef.h>

#include "linux/state.h"
#include "linux/sys_file.h"
#include "linux/tree.h"
#include "linux/uaccess.h"

#define BLOCK_BYTES  4096u
#define SECTOR_BYTES 512u /* what st_blocks counts */

/* struct stat64 (arch/x86/include/uapi/asm/stat.h). */
struct guest_stat64 {
    uint64_t device;
    uint8_t pad0[4];
    uint32_t inode_low;
    uint32_t mode;
    uint32_t links;
    uint32_t owner, group;
    uint64_t special;
    uint8_t pad1[4];
    int64_t bytes;
    uint32_t block_bytes;
    uint64_t sectors;
    uint32_t times[6]; /* access, modification, change: seconds, nanoseconds */
    uint64_t inode;
} __attribute__((packed));

_Static_assert(sizeof(struct guest_stat64) == 96, "stat64");
_Static_assert(offsetof(struct guest_stat64, bytes) == 44, "stat64");

struct guest_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t reserved;
};

/* struct statx (include/uapi/linux/stat.h). */
struct guest_statx {
    uint32_t mask;
    uint32_t block_bytes;
    uint64_t attributes;
    uint32_t links;
    uint32_t owner, group;
    uint16_t mode;
    uint16_t spare0;
    uint64_t inode;
    uint64_t bytes;
    uint64_t sectors;
    uint64_t attributes_mask;
    struct guest_statx_time access, birth, change, modification;
    uint32_t special_major, special_minor;
    uint32_t device_major, device_minor;
    uint64_t spare1[14];
};

_Static_assert(sizeof(struct guest_statx) == 256, "statx");
_Static_assert(offsetof(struct guest_statx, special_major) == 128, "statx");

#define STATX_BASIC 0x7FFu /* STATX_BASIC_STATS */

/* struct statfs64 (arch/x86/include/uapi/asm/statfs.h). */
struct guest_statfs64 {
    uint32_t type;
    uint32_t block_bytes;
    uint64_t blocks, free_blocks, available_blocks;
    uint64_t files, free_files;
    uint32_t id[2];
    uint32_t name_bytes;
    uint32_t fragment_bytes;
    uint32_t flags;
    uint32_t spare[4];
} __attribute__((packed));

_Static_assert(sizeof(struct guest_statfs64) == 84, "statfs64");

#define STATFS_TYPE      0x858458F6u /* RAMFS_MAGIC */
#define STATFS_READ_ONLY 0x21u       /* ST_RDONLY, ST_VALID */

static uint64_t sectors_of(uint64_t bytes)
{
    return bytes / SECTOR_BYTES + (bytes % SECTOR_BYTES != 0);
}

static int32_t put_stat64(struct kernel *kernel, uint32_t linear,
                          const struct file_status *status)
{
    const struct guest_stat64 stat = {
        .device = status->device,
        .inode_low = status->inode,
        .mode = status->mode,
        .links = 1,
        .special = status->special,
        .bytes = (int64_t)status->bytes,
        .block_bytes = BLOCK_BYTES,
        .sectors = sectors_of(status->bytes),
        .inode = status->inode,
    };

    return copy_out(kernel, linear, &stat, sizeof stat);
}

static int32_t put_statx(struct kernel *kernel, uint32_t linear,
                         const struct file_status *status)
{
    const struct guest_statx stat = {
        .mask = STATX_BASIC,
        .block_bytes = BLOCK_BYTES,
        .links = 1,
        .mode = (uint16_t)status->mode,
        .inode = status->inode,
        .bytes = status->bytes,
        .sectors = sectors_of(status->bytes),
        .special_major = status->special >> 8,
        .special_minor = status->special & 0xFFu,
        .device_minor = status->device,
    };

    return copy_out(kernel, linear, &stat, sizeof stat);
}

/* ---- finding the file ---- */

static int status_of_path(struct kernel *kernel, struct process *process,
                          int32_t directory_fd, uint32_t linear, bool follow,
                          struct file_status *status)
{
    struct node node;
    int error = find_path(kernel, process, directory_fd, linear, follow, &node);

    if (error != 0)
        return error;
    *status = node.status;
    node_close(&node);
    return 0;
}

static int status_of_descriptor(struct process *process, uint32_t number,
                                struct file_status *status)
{
    const struct file *file = files_file(&process->files, number);

    if (file == NULL)
        return -EBADF;
    file->kind->status(file, status);
    return 0;
}

/* True where `linear` is the empty path, or nothing, as statx(2) has it too. */
static bool is_empty_path(struct kernel *kernel, uint32_t linear)
{
    char first;

    return linear == 0 ||
           (copy_in(kernel, &first, linear, 1) == 0 && first == '\0');
}

static int status_at(struct kernel *kernel, struct process *process,
                     int32_t directory_fd, uint32_t linear, uint32_t flags,
                     struct file_status *status)
{
    bool may_be_empty = (flags & GUEST_AT_EMPTY_PATH) != 0;

    if (may_be_empty && directory_fd != GUEST_AT_FDCWD &&
        is_empty_path(kernel, linear))
        return status_of_descriptor(process, (uint32_t)directory_fd, status);
    return status_of_path(kernel, process, directory_fd, linear,
                          (flags & GUEST_AT_SYMLINK_NOFOLLOW) == 0, status);
}

/* ---- calls ---- */

int32_t sys_stat64(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    struct file_status status;
    int error =
        status_of_path(kernel, process, GUEST_AT_FDCWD, arg[0], true, &status);

    return error != 0 ? error : put_stat64(kernel, arg[1], &status);
}

int32_t sys_lstat64(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    struct file_status status;
    int error =
        status_of_path(kernel, process, GUEST_AT_FDCWD, arg[0], false, &status);

    return error != 0 ? error : put_stat64(kernel, arg[1], &status);
}

int32_t sys_fstat64(struct kernel *kernel, struct process *process,
                    const uint32_t arg[6])
{
    struct file_status status;
    int error = status_of_descriptor(process, arg[0], &status);

    return error != 0 ? error : put_stat64(kernel, arg[1], &status);
}

/* fstatat64(directory, path, result, flags) */
int32_t sys_fstatat64(struct kernel *kernel, struct process *process,
                      const uint32_t arg[6])
{
    const uint32_t known =
        GUEST_AT_SYMLINK_NOFOLLOW | GUEST_AT_NO_AUTOMOUNT | GUEST_AT_EMPTY_PATH;
    struct file_status status;
    int error = (arg[3] & ~known) != 0
                    ? -EINVAL
                    : status_at(kernel, process, (int32_t)arg[0], arg[1],
                                arg[3], &status);

    return error != 0 ? error : put_stat64(kernel, arg[2], &status);
}

/* statx(directory, path, flags, mask, result) */
int32_t sys_statx(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    const uint32_t known = GUEST_AT_SYMLINK_NOFOLLOW | GUEST_AT_NO_AUTOMOUNT |
                           GUEST_AT_EMPTY_PATH | GUEST_AT_STATX_SYNC;
    struct file_status status;
    int error = (arg[2] & ~known) != 0
                    ? -EINVAL
                    : status_at(kernel, process, (int32_t)arg[0], arg[1],
                                arg[2], &status);

    return error != 0 ? error : put_statx(kernel, arg[4], &status);
}

/* Programs pass 84 or, from a struct with padding, 88 (fs/compat.c). */
static int32_t put_statfs64(struct kernel *kernel, uint32_t linear,
                            uint32_t bytes)
{
    const struct guest_statfs64 statfs = {
        .type = STATFS_TYPE,
        .block_bytes = BLOCK_BYTES,
        .name_bytes = 255,
        .fragment_bytes = BLOCK_BYTES,
        .flags = STATFS_READ_ONLY,
    };

    if (bytes != sizeof statfs && bytes != sizeof statfs + 4)
        return -EINVAL;
    return copy_out(kernel, linear, &statfs, sizeof statfs);
}

int32_t sys_statfs64(struct kernel *kernel, struct process *process,
                     const uint32_t arg[6])
{
    struct file_status status;
    int error =
        status_of_path(kernel, process, GUEST_AT_FDCWD, arg[0], true, &status);

    return error != 0 ? error : put_statfs64(kernel, arg[2], arg[1]);
}

int32_t sys_fstatfs64(struct kernel *kernel, struct process *process,
                      const uint32_t arg[6])
{
    if (files_file(&process->files, arg[0]) == NULL)
        return -EBADF;
    return put_statfs64(kernel, arg[2], arg[1]);
}
