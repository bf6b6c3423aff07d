/* sys_path.c: opening and naming. */
#include <errno.h>
#include <string.h>

#include "linux/descriptors.h"
#include "linux/directory.h"
#include "linux/state.h"
#include "linux/sys_file.h"
#include "linux/tree.h"
#include "linux/treefile.h"
#include "linux/uaccess.h"

#define MAY_WRITE 2u /* W_OK */
#define MAY_RUN   1u /* X_OK */

static bool is_directory(const struct node *node)
{
    return (node->status.mode & GUEST_S_TYPE) == GUEST_S_DIRECTORY;
}

/* ---- path arguments ---- */

/* The path of the directory that a relative path is taken from. 0 or -errno. */
static int base_of(const struct process *process, int32_t directory_fd,
                   const char **base)
{
    const struct file *file;

    *base = process->cwd;
    if (directory_fd == GUEST_AT_FDCWD)
        return 0;
    file = files_file(&process->files, (uint32_t)directory_fd);
    if (file == NULL)
        return -EBADF;
    *base = file->path;
    return file->kind->list != NULL ? 0 : -ENOTDIR;
}

int read_path(struct kernel *kernel, const struct process *process,
              int32_t directory_fd, uint32_t linear, char *path)
{
    char given[GUEST_PATH_MAX];
    const char *base = "/";
    int bytes = copy_in_string(kernel, given, linear, sizeof given);
    int error = 0;

    if (bytes < 0)
        return bytes;
    if (bytes == 0)
        return -ENOENT;
    if (given[0] != '/')
        error = base_of(process, directory_fd, &base);
    return error != 0 ? error : path_join(path, base, given);
}

int find_path(struct kernel *kernel, const struct process *process,
              int32_t directory_fd, uint32_t linear, bool follow,
              struct node *node)
{
    char path[GUEST_PATH_MAX];
    int error = read_path(kernel, process, directory_fd, linear, path);

    return error != 0 ? error : tree_find(kernel, process, path, follow, node);
}

/* ---- opening ---- */

static bool wants_change(uint32_t flags)
{
    return (flags & GUEST_O_ACCESS) != GUEST_O_RDONLY ||
           (flags & GUEST_O_TRUNC) != 0;
}

/* Whether what was found may be opened so. 0 or -errno. */
static int check_open(const struct node *node, uint32_t flags)
{
    uint32_t type = node->status.mode & GUEST_S_TYPE;
    uint32_t made_new = GUEST_O_CREAT | GUEST_O_EXCL;

    if ((flags & made_new) == made_new)
        return -EEXIST;
    if (type == GUEST_S_LINK)
        return -ELOOP;
    if (type != GUEST_S_DIRECTORY && (flags & GUEST_O_DIRECTORY) != 0)
        return -ENOTDIR;
    if (type == GUEST_S_DIRECTORY &&
        (wants_change(flags) || (flags & GUEST_O_CREAT) != 0))
        return -EISDIR;
    return type == GUEST_S_REGULAR && wants_change(flags) ? -EROFS : 0;
}

/* What opening a path fails with at which there is nothing. */
static int missing(struct kernel *kernel, const struct process *process,
                   char *path, uint32_t flags)
{
    struct node parent;
    int error;

    if ((flags & GUEST_O_CREAT) == 0)
        return -ENOENT;
    path_to_parent(path);
    error = tree_find(kernel, process, path, true, &parent);
    if (error != 0)
        return error;
    error = is_directory(&parent) ? -EROFS : -ENOTDIR;
    node_close(&parent);
    return error;
}

static int open_path(struct kernel *kernel, const struct process *process,
                     char *path, uint32_t flags, struct file **file)
{
    uint32_t made_new = GUEST_O_CREAT | GUEST_O_EXCL;
    bool follow =
        (flags & GUEST_O_NOFOLLOW) == 0 && (flags & made_new) != made_new;
    struct node node;
    int error = tree_find(kernel, process, path, follow, &node);

    if (error == -ENOENT)
        return missing(kernel, process, path, flags);
    if (error != 0)
        return error;
    error = check_open(&node, flags);
    if (error == 0)
        error = node_open(kernel, process, &node, flags, file);
    node_close(&node);
    return error;
}

static int32_t open_at(struct kernel *kernel, struct process *process,
                       int32_t directory_fd, uint32_t linear, uint32_t flags)
{
    char path[GUEST_PATH_MAX];
    struct file *file;
    int error = read_path(kernel, process, directory_fd, linear, path);

    if (error == 0)
        error = open_path(kernel, process, path, flags, &file);
    if (error != 0)
        return error;
    error = files_add(&process->files, file, 0, (flags & GUEST_O_CLOEXEC) != 0);
    if (error < 0)
        file_put(file, kernel);
    return error;
}

int32_t sys_open(struct kernel *kernel, struct process *process,
                 const uint32_t arg[6])
{
    return open_at(kernel, process, GUEST_AT_FDCWD, arg[0], arg[1]);
}

int32_t sys_openat(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    return open_at(kernel, process, (int32_t)arg[0], arg[1], arg[2]);
}

int32_t sys_creat(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    return open_at(kernel, process, GUEST_AT_FDCWD, arg[0],
                   GUEST_O_CREAT | GUEST_O_WRONLY | GUEST_O_TRUNC);
}

/* ---- access ---- */

/* The guest is root, to whom only a file that nobody may run is refused, and a
 * tree that cannot be written. */
static int check_access(const struct file_status *status, uint32_t wanted)
{
    uint32_t type = status->mode & GUEST_S_TYPE;
    bool kept = type == GUEST_S_REGULAR || type == GUEST_S_DIRECTORY;

    if ((wanted & MAY_WRITE) != 0 && kept)
        return -EROFS;
    if ((wanted & MAY_RUN) != 0 && type != GUEST_S_DIRECTORY &&
        (status->mode & 0111u) == 0)
        return -EACCES;
    return 0;
}

static int32_t access_at(struct kernel *kernel, struct process *process,
                         int32_t directory_fd, uint32_t linear, uint32_t wanted,
                         bool follow)
{
    struct node node;
    int error = wanted > 7 ? -EINVAL
                           : find_path(kernel, process, directory_fd, linear,
                                       follow, &node);

    if (error != 0)
        return error;
    error = check_access(&node.status, wanted);
    node_close(&node);
    return error;
}

int32_t sys_access(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    return access_at(kernel, process, GUEST_AT_FDCWD, arg[0], arg[1], true);
}

int32_t sys_faccessat(struct kernel *kernel, struct process *process,
                      const uint32_t arg[6])
{
    return access_at(kernel, process, (int32_t)arg[0], arg[1], arg[2], true);
}

int32_t sys_faccessat2(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    const uint32_t known = GUEST_AT_SYMLINK_NOFOLLOW | GUEST_AT_EACCESS;

    if ((arg[3] & ~known) != 0)
        return -EINVAL;
    return access_at(kernel, process, (int32_t)arg[0], arg[1], arg[2],
                     (arg[3] & GUEST_AT_SYMLINK_NOFOLLOW) == 0);
}

/* ---- the process's directory ---- */

static int enter(struct process *process, const char *path)
{
    size_t bytes = strlen(path) + 1;

    if (bytes > sizeof process->cwd)
        return -ENAMETOOLONG;
    memcpy(process->cwd, path, bytes);
    return 0;
}

int32_t sys_chdir(struct kernel *kernel, struct process *process,
                  const uint32_t arg[6])
{
    struct node node;
    int error = find_path(kernel, process, GUEST_AT_FDCWD, arg[0], true, &node);

    if (error != 0)
        return error;
    error = is_directory(&node) ? enter(process, node.path) : -ENOTDIR;
    node_close(&node);
    return error;
}

int32_t sys_fchdir(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    const struct file *file = files_file(&process->files, arg[0]);

    (void)kernel;
    if (file == NULL)
        return -EBADF;
    return file->kind->list != NULL ? enter(process, file->path) : -ENOTDIR;
}

int32_t sys_getcwd(struct kernel *kernel, struct process *process,
                   const uint32_t arg[6])
{
    uint32_t bytes = (uint32_t)strlen(process->cwd) + 1;

    if (bytes > arg[1])
        return -ERANGE;
    return copy_out(kernel, arg[0], process->cwd, bytes) == 0 ? (int32_t)bytes
                                                              : -EFAULT;
}

/* ---- links ---- */

static int32_t read_link(struct kernel *kernel, struct process *process,
                         int32_t directory_fd, const uint32_t arg[3])
{
    char path[GUEST_PATH_MAX];
    char link[GUEST_PATH_MAX];
    struct node node;
    int32_t bytes = read_path(kernel, process, directory_fd, arg[0], path);

    if ((int32_t)arg[2] <= 0)
        return -EINVAL;
    if (bytes == 0)
        bytes = tree_find(kernel, process, path, false, &node);
    if (bytes != 0)
        return bytes;
    bytes = node_link(process, &node, link);
    node_close(&node);
    if (bytes > (int32_t)arg[2])
        bytes = (int32_t)arg[2];
    if (bytes > 0 && copy_out(kernel, arg[1], link, (uint32_t)bytes) != 0)
        return -EFAULT;
    return bytes;
}

int32_t sys_readlink(struct kernel *kernel, struct process *process,
                     const uint32_t arg[6])
{
    return read_link(kernel, process, GUEST_AT_FDCWD, &arg[0]);
}

int32_t sys_readlinkat(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    return read_link(kernel, process, (int32_t)arg[0], &arg[1]);
}

/* ---- directories ---- */

/* struct linux_dirent64; the name and its NUL follow. */
struct guest_dirent64 {
    uint64_t inode;
    int64_t next; /* position */
    uint16_t bytes;
    uint8_t type;
} __attribute__((packed));

/* struct linux_dirent; the name and its NUL follow, and the type is the
 * record's last byte. */
struct guest_dirent {
    uint32_t inode;
    uint32_t next;
    uint16_t bytes;
} __attribute__((packed));

_Static_assert(sizeof(struct guest_dirent64) == 19, "linux_dirent64");
_Static_assert(sizeof(struct guest_dirent) == 10, "linux_dirent");

#define NAME_MAX_BYTES 255u /* on the host too */
#define RECORD_MAX     288u

/* Writes the record of one entry, which is followed by the entry at `next`: its
 * bytes. */
typedef uint32_t put_entry(uint8_t record[RECORD_MAX],
                           const struct listing_entry *entry, uint64_t next);

static uint32_t round_up(uint32_t bytes, uint32_t to)
{
    return (bytes + to - 1) / to * to;
}

/* DT_ values are the type's bits of the mode, moved down. */
static uint8_t entry_type(const struct listing_entry *entry)
{
    return (uint8_t)(entry->type >> 12);
}

/* Writes a record of `bytes` bytes: its head, the name, and zeros. */
static void put_record(uint8_t record[RECORD_MAX], uint32_t bytes,
                       const void *head, size_t head_bytes, const char *name)
{
    memset(record, 0, bytes);
    memcpy(record, head, head_bytes);
    memcpy(record + head_bytes, name, strlen(name) + 1);
}

static uint32_t put_dirent64(uint8_t record[RECORD_MAX],
                             const struct listing_entry *entry, uint64_t next)
{
    uint32_t name_bytes = (uint32_t)strlen(entry->name) + 1;
    uint32_t bytes =
        round_up((uint32_t)sizeof(struct guest_dirent64) + name_bytes, 8);
    const struct guest_dirent64 head = {
        .inode = entry->inode,
        .next = (int64_t)next,
        .bytes = (uint16_t)bytes,
        .type = entry_type(entry),
    };

    put_record(record, bytes, &head, sizeof head, entry->name);
    return bytes;
}

static uint32_t put_dirent(uint8_t record[RECORD_MAX],
                           const struct listing_entry *entry, uint64_t next)
{
    uint32_t name_bytes = (uint32_t)strlen(entry->name) + 1;
    uint32_t bytes =
        round_up((uint32_t)sizeof(struct guest_dirent) + name_bytes + 1, 4);
    const struct guest_dirent head = {
        .inode = entry->inode,
        .next = (uint32_t)next,
        .bytes = (uint16_t)bytes,
    };

    put_record(record, bytes, &head, sizeof head, entry->name);
    record[bytes - 1] = entry_type(entry);
    return bytes;
}

/* Writes the entries from the file's position on that fit; moves the
 * position. */
static int32_t list_entries(struct kernel *kernel, struct file *file,
                            const struct listing *listing, uint32_t linear,
                            uint32_t room, put_entry *put)
{
    uint32_t done = 0;

    while (file->position < listing->count) {
        uint8_t record[RECORD_MAX];
        const struct listing_entry *entry = &listing->entry[file->position];
        uint32_t bytes = strlen(entry->name) <= NAME_MAX_BYTES
                             ? put(record, entry, file->position + 1)
                             : 0;

        if (bytes > room - done)
            return done > 0 ? (int32_t)done : -EINVAL;
        if (copy_out(kernel, linear + done, record, bytes) != 0)
            return done > 0 ? (int32_t)done : -EFAULT;
        done += bytes;
        file->position++;
    }
    return (int32_t)done;
}

static int32_t get_entries(struct kernel *kernel, struct process *process,
                           const uint32_t arg[6], put_entry *put)
{
    struct file *file = file_of(process, arg[0]);
    uint32_t room = arg[2] < INT32_MAX ? arg[2] : INT32_MAX;
    int32_t result = -ENOTDIR;

    if (file == NULL)
        return -EBADF;
    if (file->kind->list != NULL) {
        const struct listing *listing =
            file->kind->list(file, file->position == 0, &result);

        if (listing != NULL)
            result = list_entries(kernel, file, listing, arg[1], room, put);
    }
    file_put(file, kernel);
    return result;
}

int32_t sys_getdents(struct kernel *kernel, struct process *process,
                     const uint32_t arg[6])
{
    return get_entries(kernel, process, arg, put_dirent);
}

int32_t sys_getdents64(struct kernel *kernel, struct process *process,
                       const uint32_t arg[6])
{
    return get_entries(kernel, process, arg, put_dirent64);
}
