/* newfile.c: see newfile.h. */
#include "newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"

/* One byte is locked, far behind all contents and SQLite's own locks. */
#define LOCKED_BYTE 0x6D6D753338360000 /* "mmu386" */

#define PAUSE_NS 20000000 /* between two looks at a lock */
#define PAUSES   25u

#define KEPT_OF_NAME 200 /* bytes of a name in the name beside */

struct newfile {
    struct newfile *volatile next;
    int fd;
    int directory; /* O_PATH */
    struct stat directory_status;
    bool force;
    bool is_beside;
    char *path;
    const char *name; /* the end of `path` */
    char beside[KEPT_OF_NAME + 24];
};

/* All that were begun. A signal's handler reads it: each step leaves it
 * whole. */
static struct newfile *volatile begun;

static const char written_elsewhere[] = "is being written by another program";
static const char exists[] = "exists (--force overwrites it)";

/* ---- locks ---- */

static struct flock lock_of(short type, off_t start, off_t bytes)
{
    return (struct flock){.l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = start,
                          .l_len = bytes,
                          .l_pid = 0};
}

/* A program that was killed holds its locks for as long as it takes to give its
 * memory back. */
static bool wait_a_little(unsigned *waits)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};

    return (*waits)++ < PAUSES && nanosleep(&pause, NULL) == 0;
}

bool newfile_lock(int fd)
{
    struct flock lock = lock_of(F_WRLCK, LOCKED_BYTE, 1);
    unsigned waits = 0;

    while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return true;
        if (!wait_a_little(&waits))
            return false;
    }
    return true;
}

/* Whether somebody writes to it, by this lock or SQLite's. */
static bool is_locked(int directory, const char *name)
{
    struct flock lock;
    unsigned waits = 0;
    int fd = openat(directory, name,
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
    bool locked;

    if (fd == -1)
        return false;
    do {
        lock = lock_of(F_RDLCK, 0, 0); /* what no writer's goes with */
        locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    } while (locked && wait_a_little(&waits));
    (void)close(fd);
    return locked;
}

/* ---- the name ---- */

static bool refuse(char *why, size_t why_bytes, const char *text)
{
    (void)snprintf(why, why_bytes, "%s", text);
    return false;
}

/* The path, or where a symbolic link leads; NULL and errno. */
static char *resolve(const char *path)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
        return realpath(path, NULL);
    return strdup(path);
}

static bool is_link_to_nothing(const char *path, int error)
{
    struct stat status;

    return error == ENOENT && lstat(path, &status) == 0 &&
           S_ISLNK(status.st_mode);
}

/* Opens the directory that the path's last name is in. */
static int open_directory(const char *path, const char *name)
{
    size_t bytes = (size_t)(name - path);
    char *parent = bytes == 0 ? strdup(".") : strndup(path, bytes);
    int fd;
    int error;

    if (parent == NULL)
        return -1;
    fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    error = errno;
    free(parent);
    errno = error;
    return fd;
}

static bool set_path(struct newfile *file, const char *path, char *why,
                     size_t why_bytes)
{
    const char *slash;

    if (path[0] == '\0')
        return refuse(why, why_bytes, strerror(ENOENT));
    file->path = resolve(path);
    if (file->path == NULL)
        return refuse(why, why_bytes,
                      is_link_to_nothing(path, errno)
                          ? "is a symbolic link to a file that is "
                            "not there"
                          : strerror(errno));
    slash = strrchr(file->path, '/');
    file->name = slash != NULL ? slash + 1 : file->path;
    file->directory = open_directory(file->path, file->name);
    if (file->directory == -1 ||
        fstat(file->directory, &file->directory_status) != 0)
        return refuse(why, why_bytes, strerror(errno));
    if (file->name[0] == '\0' || strcmp(file->name, ".") == 0 ||
        strcmp(file->name, "..") == 0)
        return refuse(why, why_bytes, strerror(EISDIR));
    if (strlen(file->name) > NAME_MAX)
        return refuse(why, why_bytes, strerror(ENAMETOOLONG));
    return true;
}

/* The same name gives the same name beside, others others. */
static void set_beside(struct newfile *file)
{
    uint32_t hash = (uint32_t)XXH3_64bits(file->name, strlen(file->name));

    (void)snprintf(file->beside, sizeof(file->beside), ".%.*s.%08x.part",
                   KEPT_OF_NAME, file->name, (unsigned)hash);
}

/* Whether this process writes to that name already. */
static bool is_begun(const struct newfile *file)
{
    for (const struct newfile *other = begun; other != NULL;
         other = other->next)
        if (other->directory_status.st_dev == file->directory_status.st_dev &&
            other->directory_status.st_ino == file->directory_status.st_ino &&
            strcmp(other->name, file->name) == 0)
            return true;
    return false;
}

/* Whether what has the name may be overwritten, where there is anything. */
static bool check_old(const struct newfile *file, char *why, size_t why_bytes)
{
    struct stat status;

    if (is_begun(file))
        return refuse(why, why_bytes, "is written to twice");
    if (fstatat(file->directory, file->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || refuse(why, why_bytes, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return refuse(why, why_bytes, strerror(EISDIR));
    if (!file->force)
        return refuse(why, why_bytes, exists);
    if (!S_ISREG(status.st_mode))
        return refuse(why, why_bytes, "is no regular file");
    if (faccessat(file->directory, file->name, W_OK, AT_EACCESS) != 0)
        return refuse(why, why_bytes, strerror(errno));
    return !is_locked(file->directory, file->name) ||
           refuse(why, why_bytes, written_elsewhere);
}

/* ---- the file beside ---- */

/* Whether the name beside is still that file's. */
static bool is_there(const struct newfile *file, int fd)
{
    struct stat own, named;

    return fstat(fd, &own) == 0 && S_ISREG(own.st_mode) &&
           fstatat(file->directory, file->beside, &named,
                   AT_SYMLINK_NOFOLLOW) == 0 &&
           own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

/* Removes one whose writer was killed. False: `why` says why not. */
static bool remove_left(const struct newfile *file, char *why, size_t why_bytes)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = openat(file->directory, file->beside, flags);
    bool locked;

    if (fd == -1)
        return errno == ENOENT || refuse(why, why_bytes, strerror(errno));
    locked = !newfile_lock(fd);
    if (!locked && is_there(file, fd))
        (void)unlinkat(file->directory, file->beside, 0);
    (void)close(fd);
    return !locked || refuse(why, why_bytes, written_elsewhere);
}

/* Makes the file beside and locks it. */
static bool make_beside(struct newfile *file, char *why, size_t why_bytes)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

    for (int tries = 0; tries < 100; tries++) {
        file->fd = openat(file->directory, file->beside, flags, 0666);
        if (file->fd != -1) {
            /* Between the two another one may have taken it for one that was
             * left. */
            if (newfile_lock(file->fd) && is_there(file, file->fd))
                return true;
            (void)close(file->fd);
            file->fd = -1;
        } else if (errno != EEXIST) {
            return refuse(why, why_bytes, strerror(errno));
        } else if (!remove_left(file, why, why_bytes)) {
            return false;
        }
    }
    return refuse(why, why_bytes, written_elsewhere);
}

/* ---- from the one name to the other ---- */

/* Where the file system cannot refuse to rename over what is there: a link
 * can. */
static bool link_to_name(const struct newfile *file)
{
    if (linkat(file->directory, file->beside, file->directory, file->name, 0) ==
        0) {
        (void)unlinkat(file->directory, file->beside, 0);
        return true;
    }
    if (errno == EEXIST)
        return false;
    if (faccessat(file->directory, file->name, F_OK, AT_SYMLINK_NOFOLLOW) ==
        0) {
        errno = EEXIST;
        return false;
    }
    return renameat(file->directory, file->beside, file->directory,
                    file->name) == 0;
}

static bool take_name(struct newfile *file, char *why, size_t why_bytes)
{
    bool taken;

    if (file->force)
        taken = renameat(file->directory, file->beside, file->directory,
                         file->name) == 0;
    else
        taken = renameat2(file->directory, file->beside, file->directory,
                          file->name, RENAME_NOREPLACE) == 0 ||
                ((errno == EINVAL || errno == ENOSYS) && link_to_name(file));
    file->is_beside = !taken;
    return taken ||
           refuse(why, why_bytes, errno == EEXIST ? exists : strerror(errno));
}

/* ---- from begin to end ---- */

static void release(struct newfile *file)
{
    struct newfile *volatile *at = &begun;

    while (*at != NULL && *at != file)
        at = &(*at)->next;
    if (*at == file)
        *at = file->next;
    if (file->fd != -1)
        (void)close(file->fd);
    if (file->directory != -1)
        (void)close(file->directory);
    free(file->path);
    free(file);
}

struct newfile *newfile_begin(const char *path, unsigned how, char *why,
                              size_t why_bytes)
{
    struct newfile *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        (void)refuse(why, why_bytes, strerror(ENOMEM));
        return NULL;
    }
    file->fd = file->directory = -1;
    file->force = (how & NEWFILE_FORCE) != 0;
    if (!set_path(file, path, why, why_bytes) ||
        !check_old(file, why, why_bytes)) {
        release(file);
        return NULL;
    }
    set_beside(file);
    if (!make_beside(file, why, why_bytes)) {
        release(file);
        return NULL;
    }
    file->is_beside = true;
    /* Who began to write to the old one in between has its lock by now. */
    if (!check_old(file, why, why_bytes) ||
        ((how & NEWFILE_GROWS) != 0 && !take_name(file, why, why_bytes))) {
        newfile_drop(file);
        return NULL;
    }
    file->next = begun;
    begun = file;
    return file;
}

int newfile_fd(const struct newfile *file)
{
    return file->fd;
}

const char *newfile_path(const struct newfile *file)
{
    return file->path;
}

/* What a file system tells only when a file is closed: a copy of the descriptor
 * keeps the lock. */
static bool flush(const struct newfile *file, char *why, size_t why_bytes)
{
    int copy = dup(file->fd);

    return (copy != -1 && close(copy) == 0) ||
           refuse(why, why_bytes, strerror(errno));
}

bool newfile_end(struct newfile *file, char *why, size_t why_bytes)
{
    bool good = flush(file, why, why_bytes);

    if (file->is_beside && !(good && take_name(file, why, why_bytes))) {
        newfile_drop(file);
        return false;
    }
    release(file);
    return good;
}

void newfile_drop(struct newfile *file)
{
    if (file == NULL)
        return;
    (void)unlinkat(file->directory, file->is_beside ? file->beside : file->name,
                   0);
    release(file);
}

void newfile_clean(void)
{
    for (const struct newfile *file = begun; file != NULL; file = file->next)
        if (file->is_beside)
            (void)unlinkat(file->directory, file->beside, 0);
}
