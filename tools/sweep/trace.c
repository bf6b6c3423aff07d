/* trace.c: see trace.h. */
#include "sweep/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "hash.h"

#define BLOCK_BYTES (1u << 18)

/* The bytes read, 0 at the file's end; -1 on failure. */
static ssize_t read_block(int fd, uint8_t *block)
{
    ssize_t bytes;

    do {
        bytes = read(fd, block, BLOCK_BYTES);
    } while (bytes == -1 && errno == EINTR);
    return bytes;
}

static bool read_all(int fd, struct trace_identity *identity)
{
    uint8_t *block = malloc(BLOCK_BYTES);
    ssize_t bytes = -1;
    XXH3_state_t state;

    *identity = (struct trace_identity){0};
    (void)XXH3_64bits_reset(&state);
    while (block != NULL && (bytes = read_block(fd, block)) > 0) {
        identity->bytes += (uint64_t)bytes;
        (void)XXH3_64bits_update(&state, block, (size_t)bytes);
    }
    identity->hash = XXH3_64bits_digest(&state);
    free(block);
    return bytes == 0;
}

/* NULL, or why not. */
static const char *identify(int fd, struct trace_identity *identity)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return strerror(EISDIR);
    if (!S_ISREG(status.st_mode))
        return "is no regular file: every job has to read it anew";
    return read_all(fd, identity) ? NULL : strerror(errno);
}

bool trace_identify(const char *path, struct trace_identity *identity)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *why = fd == -1 ? strerror(errno) : identify(fd, identity);

    if (fd != -1)
        close(fd);
    if (why != NULL)
        complain(path, "%s", why);
    return why == NULL;
}
