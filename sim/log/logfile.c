/* logfile.c: see logfile.h. https://www.sqlite.org/fileformat2.html */
#include "log/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/logdb.h"
#include "log/logschema.h"
#include "newfile.h"

#define WHY_BYTES 256u

struct log_file {
    struct logdb *db;
    struct newfile *file;
    bool discarded; /* to be removed when it is closed */
    char path[PATH_MAX];
};

static const char damaged[] = LOGDB_DAMAGED;

static void set_why(char *why, size_t why_bytes, const char *text)
{
    snprintf(why, why_bytes, "%s", text);
}

/* SQLite is given a path that is none of its own names ("", ":memory:",
 * "file:..."). */
static bool make_path(char path[PATH_MAX], const char *name, char *why,
                      size_t why_bytes)
{
    if (name[0] != '\0' &&
        (size_t)snprintf(path, PATH_MAX, "%s%s", name[0] == '/' ? "" : "./",
                         name) < PATH_MAX)
        return true;
    set_why(why, why_bytes, strerror(name[0] == '\0' ? ENOENT : ENAMETOOLONG));
    return false;
}

/* ---- opening ---- */

/* What a database begins with; numbers are big-endian. */
#define HEADER_BYTES      100
#define HEADER_PAGE_BYTES 16 /* 16 bits; 1: 65536 */
#define HEADER_PAGES      28 /* 32 bits */

static uint64_t big_endian(const uint8_t *bytes, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The bytes that the database should have, by its header. */
static uint64_t bytes_by_header(const uint8_t *header)
{
    uint64_t page_bytes = big_endian(header + HEADER_PAGE_BYTES, 2);

    return big_endian(header + HEADER_PAGES, 4) *
           (page_bytes == 1 ? 65536 : page_bytes);
}

/* Whether the file begins as a database does, and is as long. NULL, or why
 * not. */
static const char *look_at_header(int fd, const struct stat *status)
{
    uint8_t header[HEADER_BYTES] = {0};
    ssize_t bytes = pread(fd, header, sizeof header, 0);

    if (bytes < 0)
        return strerror(errno);
    if (bytes < 16 || memcmp(header, "SQLite format 3", 16) != 0)
        return "is no fault log";
    if (bytes < HEADER_BYTES ||
        (uint64_t)status->st_size < bytes_by_header(header))
        return damaged;
    return NULL;
}

static const char *look_at_file(const char *path)
{
    struct stat status;
    const char *why;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1)
        return strerror(errno);
    if (fstat(fd, &status) != 0)
        why = strerror(errno);
    else if (S_ISDIR(status.st_mode))
        why = strerror(EISDIR);
    else if (!S_ISREG(status.st_mode))
        why = "is no fault log";
    else
        why = look_at_header(fd, &status);
    (void)close(fd);
    return why;
}

/* A run that was killed leaves the journal of its last batch, which must be
 * undone before anything is read: by who may write to the file. True where
 * there is one. */
static bool undo_last_batch(const char *path)
{
    char journal[PATH_MAX + 8];

    (void)snprintf(journal, sizeof journal, "%s-journal", path);
    if (access(journal, F_OK) != 0)
        return false;
    logdb_undo_batch(path);
    return true;
}

struct logdb *log_file_open(const char *path, char *why, size_t why_bytes)
{
    char named[PATH_MAX];
    const char *unfit;
    struct logdb *db;

    if (!make_path(named, path, why, why_bytes))
        return NULL;
    unfit = look_at_file(named);
    if ((unfit == NULL || unfit == damaged) && undo_last_batch(named))
        unfit = look_at_file(named);
    if (unfit != NULL) {
        set_why(why, why_bytes, unfit);
        return NULL;
    }
    db = logdb_attach(named, LOGDB_READ, why, why_bytes);
    if (db == NULL || log_schema_check(db, why, why_bytes))
        return db;
    logdb_detach(db);
    return NULL;
}

/* ---- making ---- */

static bool (*lock_elsewhere)(int fd); /* or NULL: SQLite locks */

void log_file_have_locked(bool (*lock)(int fd))
{
    lock_elsewhere = lock;
}

/* What SQLite would play back into the new file, or write over: a killed run's
 * journal goes, but another's file of that name only with `force`. NULL or why
 * not. */
static const char *remove_journal(const char *path, bool force)
{
    static const char magic[] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
    char journal[PATH_MAX + 8];
    char begin[8] = {0};
    ssize_t bytes = 0;
    int fd;

    (void)snprintf(journal, sizeof journal, "%s-journal", path);
    fd = open(journal, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd == -1 && errno == ENOENT)
        return NULL;
    if (fd != -1) {
        bytes = read(fd, begin, sizeof begin);
        (void)close(fd);
    }
    if (!force && bytes != 0 && memcmp(begin, magic, sizeof begin) != 0 &&
        memcmp(begin, "\0\0\0\0\0\0\0", sizeof begin) != 0)
        return "its -journal exists (--force overwrites it)";
    return unlink(journal) == 0 ? NULL : strerror(errno);
}

/* Makes the empty file, at file->path. False: `why` says why not. */
static bool make_file(struct log_file *file, bool force, char *why,
                      size_t why_bytes)
{
    const char *unfit;

    file->file =
        newfile_begin(file->path, NEWFILE_GROWS | (force ? NEWFILE_FORCE : 0),
                      why, why_bytes);
    if (file->file == NULL)
        return false;
    if ((size_t)snprintf(file->path, sizeof file->path, "%s",
                         newfile_path(file->file)) >= sizeof file->path)
        unfit = strerror(ENAMETOOLONG);
    else
        unfit = remove_journal(file->path, force);
    if (unfit == NULL && lock_elsewhere != NULL &&
        !lock_elsewhere(newfile_fd(file->file)))
        unfit = "cannot be locked";
    if (unfit != NULL)
        set_why(why, why_bytes, unfit);
    return unfit == NULL;
}

/* Makes the database in it. */
static bool make_database(struct log_file *file, char *why, size_t why_bytes)
{
    file->db = logdb_attach(
        file->path, lock_elsewhere != NULL ? LOGDB_WRITE_UNLOCKED : LOGDB_WRITE,
        why, why_bytes);
    if (file->db != NULL && log_schema_make(file->db))
        return true;
    if (file->db != NULL) {
        set_why(why, why_bytes, logdb_why(file->db));
        logdb_detach(file->db);
    }
    (void)remove_journal(file->path, true);
    return false;
}

struct log_file *log_file_create(const char *path, bool force, char *why,
                                 size_t why_bytes)
{
    struct log_file *file;

    if (strcmp(path, "-") == 0) {
        set_why(why, why_bytes, "a log does not go to standard output");
        return NULL;
    }
    file = calloc(1, sizeof *file);
    if (file == NULL) {
        set_why(why, why_bytes, strerror(ENOMEM));
        return NULL;
    }
    if (make_path(file->path, path, why, why_bytes) &&
        make_file(file, force, why, why_bytes) &&
        make_database(file, why, why_bytes))
        return file;
    newfile_drop(file->file);
    free(file);
    return NULL;
}

struct logdb *log_file_db(const struct log_file *file)
{
    return file->db;
}

void log_file_discard(struct log_file *file)
{
    file->discarded = true;
}

bool log_file_close(struct log_file *file, char *why, size_t why_bytes)
{
    bool good = logdb_close(file->db, why, why_bytes);
    char ending[WHY_BYTES];

    if (file->discarded) {
        newfile_drop(file->file);
    } else if (!newfile_end(file->file, ending, sizeof ending) && good) {
        set_why(why, why_bytes, ending);
        good = false;
    }
    free(file);
    return good;
}
