/* console.c: reads and writes on the host. */
#include "linux/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/file.h"
#include "linux/path.h"
#include "machine/action.h"
#include "machine/budget.h"
#include "machine/deadline.h"

/* Bytes that were read are kept until the guest has them: its buffer may turn
 * out not to be there. */
struct console {
    int host_fd;
    const struct wait_sink *waits;
    bool in_pieces; /* what is written to it may wait half-way */
    uint8_t *kept;
    uint32_t kept_bytes;
};

/* Who listens is told where the next read or write may wait. */
static void tell_of_wait(const struct console *console, short events)
{
    struct pollfd ready = {.fd = console->host_fd, .events = events};

    if (console->waits->tell != NULL && poll(&ready, 1, 0) == 0)
        console->waits->tell(console->waits->arg);
}

/* Waits until the host's descriptor, which does not block, is ready. */
static void wait_for_host(int host_fd, short events)
{
    struct pollfd ready = {.fd = host_fd, .events = events};

    (void)poll(&ready, 1, -1);
}

/* A read or a write has failed: 0 where it is to be made again, or -errno. */
static int try_again(int host_fd, short events)
{
    if (errno == EAGAIN)
        wait_for_host(host_fd, events);
    else if (errno != EINTR)
        return -errno;
    return deadline_passed() ? -EINTR : 0;
}

static ssize_t host_read(int host_fd, void *to, uint32_t bytes)
{
    ssize_t got = 0;
    int error = 0;

    while (error == 0 && (got = read(host_fd, to, bytes)) < 0)
        error = try_again(host_fd, POLLIN);
    return error != 0 ? error : got;
}

static ssize_t host_write(int host_fd, const void *from, uint32_t bytes)
{
    ssize_t put = 0;
    int error = 0;

    while (error == 0 && (put = write(host_fd, from, bytes)) < 0)
        error = try_again(host_fd, POLLOUT);
    return error != 0 ? error : put;
}

/* Reads from the host what is to be kept: the bytes, 0 at the end, or
 * -errno. */
static int32_t fill(struct console *console, uint32_t bytes)
{
    uint8_t *kept = malloc(bytes);

    if (kept == NULL)
        return -ENOMEM;

    tell_of_wait(console, POLLIN);

    ssize_t got = host_read(console->host_fd, kept, bytes);

    if (got <= 0) {
        free(kept);
        return (int32_t)got;
    }
    console->kept = kept;
    console->kept_bytes = (uint32_t)got;
    return (int32_t)got;
}

static int32_t console_read(struct file *file, uint64_t offset, void *to,
                            uint32_t bytes)
{
    struct console *console = file->own;

    (void)offset;
    if (console->kept == NULL) {
        int32_t got = fill(console, bytes);

        if (got <= 0)
            return got;
    }
    if (bytes > console->kept_bytes)
        bytes = console->kept_bytes;
    memcpy(to, console->kept, bytes);
    return (int32_t)bytes;
}

static void console_consume(struct file *file, uint32_t bytes)
{
    struct console *console = file->own;

    console->kept_bytes -= bytes;
    memmove(console->kept, console->kept + bytes, console->kept_bytes);
    if (console->kept_bytes == 0) {
        free(console->kept);
        console->kept = NULL;
    }
}

/* All of it, unless the host fails in between. */
static int32_t console_write(struct file *file, const void *from,
                             uint32_t bytes)
{
    const struct console *console = file->own;
    uint32_t done = 0;

    while (done < bytes) {
        uint32_t piece = bytes - done;

        if (console->waits->tell != NULL && console->in_pieces &&
            piece > PIPE_BUF)
            piece = PIPE_BUF;
        tell_of_wait(console, POLLOUT);

        ssize_t put =
            host_write(console->host_fd, (const uint8_t *)from + done, piece);

        if (put <= 0)
            return done > 0 ? (int32_t)done : (int32_t)put;
        done += (uint32_t)put;
    }
    return (int32_t)done;
}

/* Always a pipe, so that what the host's descriptor is makes no difference to
 * the guest. */
static void console_status(const struct file *file, struct file_status *status)
{
    *status = (struct file_status){
        .mode = GUEST_S_FIFO | 0600u,
        .device = FILE_DEVICE_PIPES,
        .inode = (file->flags & GUEST_O_ACCESS) == GUEST_O_RDONLY ? 1 : 2,
    };
}

static void console_destroy(struct file *file)
{
    struct console *console = file->own;

    free(console->kept);
    free(console);
}

static const struct file_kind console_kind = {
    .briefly = true,
    .read = console_read,
    .consume = console_consume,
    .write = console_write,
    .status = console_status,
    .destroy = console_destroy,
};

/* What is ready for writing takes PIPE_BUF bytes without a wait, and perhaps no
 * more. */
static bool is_pipe_or_terminal(int host_fd)
{
    struct stat status;

    return fstat(host_fd, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

struct file *console_open(struct budget *budget, const struct wait_sink *waits,
                          int host_fd, uint32_t flags)
{
    struct console *console = malloc(sizeof *console);

    if (console == NULL) {
        budget_starve(budget);
        return NULL;
    }
    *console = (struct console){.host_fd = host_fd,
                                .waits = waits,
                                .in_pieces = is_pipe_or_terminal(host_fd)};

    struct file *file =
        file_new(budget, &console_kind, flags, NULL, console, sizeof *console);

    if (file == NULL)
        free(console);
    return file;
}
