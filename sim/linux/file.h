/* file.h: open files and descriptor tables.
 *
 *   process                 struct file               the kind's own
 *   descriptor 3 ----+----> kind, flags, position ---> a pipe, a host file, ...
 *   descriptor 4 ----+      (one open(2) or end of a pipe)
 *   child's      ----+
 */
#ifndef MMU386_FILE_H
#define MMU386_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_MAX 256 /* descriptors a process */

struct budget;
struct listing;

/* Guest errno values are Linux's i386 ones, which are the host's on x86. The
 * guests' open flags (include/uapi/asm-generic/fcntl.h): */
#define GUEST_O_ACCESS    000000003u
#define GUEST_O_RDONLY    000000000u
#define GUEST_O_WRONLY    000000001u
#define GUEST_O_RDWR      000000002u
#define GUEST_O_CREAT     000000100u
#define GUEST_O_EXCL      000000200u
#define GUEST_O_TRUNC     000001000u
#define GUEST_O_APPEND    000002000u
#define GUEST_O_NONBLOCK  000004000u
#define GUEST_O_DIRECTORY 000200000u
#define GUEST_O_NOFOLLOW  000400000u
#define GUEST_O_CLOEXEC   002000000u
#define GUEST_O_PATH      010000000u

/* A file's type, in its mode. */
#define GUEST_S_TYPE      0170000u
#define GUEST_S_FIFO      0010000u
#define GUEST_S_CHARACTER 0020000u
#define GUEST_S_DIRECTORY 0040000u
#define GUEST_S_REGULAR   0100000u
#define GUEST_S_LINK      0120000u

/* Minor device numbers that files show as their st_dev; the major is 0. */
#define FILE_DEVICE_TREE  1u
#define FILE_DEVICE_PIPES 2u

/* Events that poll(2) tells of. */
#define GUEST_POLLIN   0x001u
#define GUEST_POLLOUT  0x004u
#define GUEST_POLLERR  0x008u
#define GUEST_POLLHUP  0x010u
#define GUEST_POLLNVAL 0x020u

/* What stat(2) tells that is not the same for all files. Owner and times are 0,
 * and the inode comes from the path: nothing of the host shows that could
 * differ between two runs. */
struct file_status {
    uint32_t mode;
    uint32_t device; /* FILE_DEVICE_ */
    uint32_t inode;
    uint32_t special; /* of a character device: as makedev(3) encodes it, else
                       * 0 */
    uint64_t bytes;
};

struct file;

/* What a kind of file does. `bytes` is at least 1. Errors are -errno. */
struct file_kind {
    bool seekable; /* it has positions */
    bool mappable; /* it can be read for mmap */
    bool briefly;  /* a read ends with what one call of `read` found */
    bool wakes;    /* `own` is a channel that is woken by every change, as is
                      poll_channel */

    /* Reads up to `bytes` at `offset` without taking them away: the bytes read,
     * 0 at the end, -EAGAIN where there are none now, or another error. */
    int32_t (*read)(struct file *file, uint64_t offset, void *to,
                    uint32_t bytes);

    /* Takes away what was read. NULL: nothing is taken away. */
    void (*consume)(struct file *file, uint32_t bytes);

    /* Writes up to `bytes`: the bytes written, at least 1; -EAGAIN where there
     * is no room now, or another error. NULL: never open for writing. */
    int32_t (*write)(struct file *file, const void *from, uint32_t bytes);

    /* GUEST_POLL events that are there now. NULL: always ready. */
    uint32_t (*poll)(const struct file *file);

    void (*status)(const struct file *file, struct file_status *status);

    /* Lists a directory anew, or only hands out the last list: NULL and *error
     * where it cannot. NULL: not a directory. */
    const struct listing *(*list)(struct file *file, bool anew, int *error);

    /* Lets `own` go. NULL: nothing to do. */
    void (*destroy)(struct file *file);
};

/* An open file. */
struct file {
    const struct file_kind *kind;
    unsigned references;
    uint32_t flags;    /* GUEST_O_: access, APPEND, NONBLOCK and those without
                          effect after open */
    uint64_t position; /* bytes; of a directory: entries */
    char *path; /* in the guest's tree, absolute, without links or dots; or
                 * NULL */
    void *own;  /* the kind's */
    struct budget *budget;
    size_t budget_bytes; /* that it has taken of it */
};

struct descriptor {
    struct file *file; /* NULL: closed */
    bool close_on_exec;
};

struct files {
    struct descriptor descriptor[FILES_MAX];
    uint32_t limit; /* new descriptors are below it; at most FILES_MAX */
};

/* Makes an open file with one reference, which counts against `budget` with
 * `own_bytes` for what is behind it. `path` is copied, and may be NULL. NULL:
 * no memory; `own` is then let be. */
struct file *file_new(struct budget *budget, const struct file_kind *kind,
                      uint32_t flags, const char *path, void *own,
                      size_t own_bytes);

/* Counts `bytes` more for what is behind the file until it is closed. False
 * where there is no room for that. */
bool file_takes(struct file *file, size_t bytes);

/* Drops a file that nobody has seen yet, but not what is behind it. NULL is let
 * be. */
void file_discard(struct file *file);

/* Takes a reference. */
struct file *file_get(struct file *file);

bool file_is_readable(const struct file *file);
bool file_is_writable(const struct file *file);

/* GUEST_POLL events that are there now. */
uint32_t file_poll(const struct file *file);

/* The open file of a descriptor, or NULL: any number is fine. */
struct file *files_file(const struct files *files, uint32_t number);

/* Gives the file the lowest free descriptor that is at least `lowest`; takes
 * over the reference. The descriptor, or -EMFILE and the reference stays the
 * caller's. */
int files_add(struct files *files, struct file *file, uint32_t lowest,
              bool close_on_exec);

/* Reads up to `bytes` at `offset` of an open regular file into host memory,
 * without moving its position: the bytes read, or -errno: -EACCES where it is
 * not open for reading, -ENODEV where it is of a kind that cannot be mapped.
 * For mmap, which reads the file at once. */
int file_read_at(struct file *file, uint64_t offset, void *to, uint32_t bytes);

#endif
