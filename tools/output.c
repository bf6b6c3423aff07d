/* output.c: see output.h. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "newfile.h"

#define POLL_NS      20000000 /* between two looks for a FIFO's reader */
#define POLLS_SILENT 25       /* before it is told that there is none */

struct sink {
    int fd;
    bool owned; /* the descriptor is to be closed */
    bool fifo;
    bool grows;
    int error;               /* errno of the first write that failed, or 0 */
    struct newfile *newfile; /* NULL: a stream */
    struct stat status;      /* of a stream */
};

/* The streams that are open: one is not written to twice, unless the one is
 * written after the other. */
#define SINKS_MAX 8
static struct sink *streams[SINKS_MAX];

/* ---- what is read ---- */

struct spared {
    dev_t device;
    ino_t inode;
    const char *itself;
};

static struct spared spared[OUTPUT_SPARED_MAX];
static unsigned spared_count;

static void spare(const struct stat *status, const char *itself)
{
    if (S_ISREG(status->st_mode) && spared_count < OUTPUT_SPARED_MAX)
        spared[spared_count++] =
            (struct spared){status->st_dev, status->st_ino, itself};
}

void output_spare(const char *path, const char *itself)
{
    struct stat status;

    if (stat(path, &status) == 0)
        spare(&status, itself);
}

void output_spare_standard(void)
{
    static const char *const itself[] = {"is standard input itself",
                                         "is standard output itself",
                                         "is standard error itself"};
    struct stat status;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &status) == 0)
            spare(&status, itself[fd]);
}

bool output_is_spared(const char *name)
{
    struct stat status;

    if (stat(name, &status) != 0)
        return false;
    for (unsigned i = 0; i < spared_count; i++) {
        if (spared[i].device == status.st_dev &&
            spared[i].inode == status.st_ino) {
            complain(name, "%s", spared[i].itself);
            return true;
        }
    }
    return false;
}

/* ---- the FILE ---- */

static ssize_t sink_write(void *cookie, const char *bytes, size_t count)
{
    struct sink *sink = cookie;
    size_t done = 0;

    while (done < count && sink->error == 0) {
        ssize_t put = write(sink->fd, bytes + done, count - done);

        if (put > 0)
            done += (size_t)put;
        else if (put == 0)
            sink->error = EIO;
        else if (errno != EINTR)
            sink->error = errno;
    }
    errno = sink->error;
    return (ssize_t)done;
}

/* A FILE whose errors are remembered; of a terminal one that tells that it is
 * one. */
static FILE *file_of(struct sink *sink)
{
    const cookie_io_functions_t functions = {.write = sink_write};

    if (!sink->owned && sink->fd == STDOUT_FILENO && isatty(sink->fd))
        return stdout;
    return fopencookie(sink, "w", functions);
}

/* ---- what is left when the command dies ---- */

static void die_clean(int signal_number)
{
    newfile_clean();
    (void)raise(signal_number); /* its action is the default's again */
}

/* What would kill the command takes first what is not complete, as its own exit
 * does. */
static void clean_at_death(void)
{
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    static bool done;
    struct sigaction old;
    struct sigaction action = {.sa_handler = die_clean,
                               .sa_flags = (int)SA_RESETHAND};

    if (done)
        return;
    done = true;
    (void)sigemptyset(&action.sa_mask);
    (void)atexit(newfile_clean);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            (void)sigaction(deadly[i], &action, NULL);
}

/* ---- streams ---- */

/* Reads N of "/dev/fd/N"; -1 where there is none. */
static int number_behind(const char *name, const char *before)
{
    size_t bytes = strlen(before);
    char *end;
    long number;

    if (strncmp(name, before, bytes) != 0 || name[bytes] < '0' ||
        name[bytes] > '9')
        return -1;
    errno = 0;
    number = strtol(name + bytes, &end, 10);
    return errno == 0 && *end == '\0' && number <= 1 << 20 ? (int)number : -1;
}

/* The descriptor that the name is another name of; -1: it is none. */
static int descriptor_named(const char *name)
{
    int fd = -1;

    if (strcmp(name, "-") == 0 || strcmp(name, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(name, "/dev/stderr") == 0)
        return STDERR_FILENO;
    fd = number_behind(name, "/dev/fd/");
    return fd != -1 ? fd : number_behind(name, "/proc/self/fd/");
}

bool output_is_standard(const char *name)
{
    return descriptor_named(name) == STDOUT_FILENO;
}

/* What the command was given is open for writing, and not closed by exec as its
 * own files are. */
static bool open_descriptor(struct sink *sink, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int closed_by_exec = fcntl(fd, F_GETFD);

    if (flags == -1 || (flags & O_ACCMODE) == O_RDONLY ||
        (closed_by_exec & FD_CLOEXEC) != 0) {
        errno = EBADF;
        return false;
    }
    sink->fd = fd;
    return true;
}

/* Opens a FIFO when somebody reads it, or a device. */
static bool open_stream(struct sink *sink, const char *name)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    unsigned polls = 0;

    for (;;) {
        sink->fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (sink->fd != -1)
            break;
        if (errno != EINTR && (errno != ENXIO || !sink->fifo))
            return false;
        if (++polls == POLLS_SILENT)
            complain(name, "waiting for a reader");
        (void)nanosleep(&pause, NULL);
    }
    sink->owned = true;
    return fcntl(sink->fd, F_SETFL, O_WRONLY) == 0;
}

/* One FIFO has one writer, and so has standard output where a trace is written
 * to it. */
static bool add_stream(struct sink *sink, const char **why)
{
    unsigned empty = SINKS_MAX;

    for (unsigned i = 0; i < SINKS_MAX; i++) {
        const struct sink *other = streams[i];

        if (other == NULL) {
            empty = i;
        } else if (other->status.st_dev == sink->status.st_dev &&
                   other->status.st_ino == sink->status.st_ino &&
                   !S_ISCHR(sink->status.st_mode) &&
                   (sink->fifo || sink->grows || other->grows)) {
            *why = "is written to twice";
            return false;
        }
    }
    if (empty == SINKS_MAX) {
        *why = strerror(EMFILE);
        return false;
    }
    streams[empty] = sink;
    return true;
}

static void remove_stream(const struct sink *sink)
{
    for (unsigned i = 0; i < SINKS_MAX; i++)
        if (streams[i] == sink)
            streams[i] = NULL;
}

/* ---- opening ---- */

/* Whether the name is a stream's; sink->status is what it is. */
static bool is_stream(struct sink *sink, const char *name)
{
    if (stat(name, &sink->status) != 0)
        return false;
    sink->fifo = S_ISFIFO(sink->status.st_mode);
    return sink->fifo || S_ISCHR(sink->status.st_mode) ||
           S_ISSOCK(sink->status.st_mode);
}

/* False where it cannot be opened: `why` says why. */
static bool open_sink(struct sink *sink, const char *name, unsigned how,
                      char *why, size_t why_bytes)
{
    int given = descriptor_named(name);
    const char *unfit = NULL;

    sink->grows = (how & OUTPUT_GROWS) != 0;
    if (given == -1 && !is_stream(sink, name)) {
        clean_at_death();
        sink->newfile =
            newfile_begin(name,
                          ((how & OUTPUT_FORCE) != 0 ? NEWFILE_FORCE : 0) |
                              (sink->grows ? NEWFILE_GROWS : 0),
                          why, why_bytes);
        sink->fd = sink->newfile != NULL ? newfile_fd(sink->newfile) : -1;
        return sink->newfile != NULL;
    }
    if (given != -1
            ? !open_descriptor(sink, given) || fstat(given, &sink->status) != 0
            : !open_stream(sink, name))
        unfit = strerror(errno);
    else
        (void)add_stream(sink, &unfit);
    if (unfit != NULL)
        (void)snprintf(why, why_bytes, "%s", unfit);
    return unfit == NULL;
}

static void close_sink(struct sink *sink)
{
    if (sink->newfile == NULL)
        remove_stream(sink);
    if (sink->owned && sink->fd != -1)
        (void)close(sink->fd);
    free(sink);
}

bool output_open(struct output *output, const char *name, unsigned how)
{
    struct sink *sink = calloc(1, sizeof(*sink));
    bool standard = strcmp(name, "-") == 0;
    char why[256] = "";

    *output = (struct output){.name = standard ? "standard output" : name};
    if (name[0] == '\0') {
        complain("''", "is no file's name");
        free(sink);
        return false;
    }
    if (descriptor_named(name) == -1 && output_is_spared(name)) {
        free(sink);
        return false;
    }
    if (sink == NULL) {
        complain(output->name, "%s", strerror(ENOMEM));
        return false;
    }
    sink->fd = -1;
    if (open_sink(sink, name, how, why, sizeof(why))) {
        output->file = file_of(sink);
        output->sink = sink;
        if (output->file != NULL)
            return true;
        newfile_drop(sink->newfile);
        (void)snprintf(why, sizeof(why), "%s", strerror(ENOMEM));
    }
    complain(output->name, "%s", why);
    close_sink(sink);
    *output = (struct output){0};
    return false;
}

int output_seekable(const struct output *output)
{
    if (output->sink == NULL || output->sink->newfile == NULL)
        return -1;
    return output->sink->fd;
}

/* ---- the end ---- */

/* Writes what is left: 0, or the errno of what could not be written. */
static int finish_writing(const struct output *output)
{
    FILE *file = output->file;
    bool failed = ferror(file) != 0;
    int error = 0;

    errno = 0;
    if ((file == stdout ? fflush(file) : fclose(file)) != 0) {
        failed = true;
        error = errno;
    }
    if (output->sink != NULL && output->sink->error != 0)
        error = output->sink->error;
    return failed && error == 0 ? EIO : error;
}

/* The descriptor of a stream: some file systems tell only here what they could
 * not write. */
static int close_stream(struct sink *sink)
{
    int error = 0;

    if (sink->owned && close(sink->fd) != 0)
        error = errno;
    sink->owned = false;
    return error;
}

bool output_close(struct output *output)
{
    struct sink *sink = output->sink;
    int error = finish_writing(output);
    char why[256] = "";
    bool good = error == 0;

    if (sink != NULL && sink->newfile == NULL && good)
        good = (error = close_stream(sink)) == 0;
    if (error != 0)
        (void)snprintf(why, sizeof(why), "%s", strerror(error));
    if (sink != NULL && sink->newfile != NULL) {
        if (!good && !sink->grows)
            newfile_drop(sink->newfile);
        else if (!newfile_end(sink->newfile, good ? why : NULL,
                              good ? sizeof(why) : 0))
            good = false;
    }
    if (!good && !output->told)
        complain(output->name, "%s", why);
    if (sink != NULL)
        close_sink(sink);
    *output = (struct output){0};
    return good;
}

void output_drop(struct output *output)
{
    if (output->file == NULL)
        return;
    (void)finish_writing(output);
    if (output->sink != NULL) {
        newfile_drop(output->sink->newfile);
        close_sink(output->sink);
    }
    *output = (struct output){0};
}

bool output_json(FILE *to, json_t *value, size_t flags, const char *behind)
{
    /* Where the stream has failed, closing it tells. */
    bool written =
        value != NULL && (json_dumpf(value, to, flags) == 0 || ferror(to) != 0);

    fputs(behind, to);
    json_decref(value);
    return written;
}
