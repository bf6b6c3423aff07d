/* inputcopy.c: see inputcopy.h. */
#include "inputcopy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"

#define INPUT_BYTES_MAX (256ull << 20)

static bool input_failed(const char *why)
{
    complain("standard input", "%s", why);
    return false;
}

static bool write_all(int fd, const char *from, size_t bytes)
{
    while (bytes > 0) {
        ssize_t written = write(fd, from, bytes);

        if (written == -1 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        from += written;
        bytes -= (size_t)written;
    }
    return true;
}

/* Copies standard input to its end. One that is closed gives nothing. */
static bool copy_input(int to)
{
    char buffer[65536];
    uint64_t total = 0;

    for (;;) {
        ssize_t bytes = read(STDIN_FILENO, buffer, sizeof(buffer));

        if (bytes == -1 && errno == EINTR)
            continue;
        if (bytes == -1 && errno != EBADF)
            return input_failed(strerror(errno));
        if (bytes <= 0)
            return true;
        total += (uint64_t)bytes;
        if (total > INPUT_BYTES_MAX)
            return input_failed("is longer than 256 MiB");
        if (!write_all(to, buffer, (size_t)bytes))
            return input_failed(strerror(errno));
    }
}

/* No run may change what the next one reads. */
static bool seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS,
                 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
}

int input_copy_open(void)
{
    int fd;

    if (isatty(STDIN_FILENO)) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd == -1)
            (void)input_failed(strerror(errno));
        return fd;
    }
    fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd != -1 && !copy_input(fd)) {
        close(fd);
        return -1;
    }
    if (fd != -1 && seal(fd))
        return fd;
    (void)input_failed(strerror(errno));
    if (fd != -1)
        close(fd);
    return -1;
}

int input_copy_again(int fd)
{
    char name[64];
    int again;

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    again = open(name, O_RDONLY | O_CLOEXEC);
    if (again == -1)
        (void)input_failed(strerror(errno));
    return again;
}
