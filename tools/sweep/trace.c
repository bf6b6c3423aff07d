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

#define BLOCK_BYTES (1u << 18) /* a multiple of 8 */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15; /* 2^64 / golden ratio, odd */
    return hash ^ hash >> 32;
}

/* Of words in the machine's order: an i386's, whose files these are. What is
 * left of the last word counts as zeros; the length is hashed as well. */
static uint64_t hash_block(uint64_t hash, const uint8_t *block, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 8) {
        uint64_t word = 0;

        memcpy(&word, block + at, bytes - at < 8 ? bytes - at : 8);
        hash = mix(hash, word);
    }
    return hash;
}

/* Fills the block, unless the file ends. -1 on failure. */
static ssize_t read_block(int fd, uint8_t *block)
{
    size_t filled = 0;

    while (filled < BLOCK_BYTES) {
        ssize_t bytes = read(fd, block + filled, BLOCK_BYTES - filled);

        if (bytes == -1 && errno == EINTR)
            continue;
        if (bytes == -1)
            return -1;
        if (bytes == 0)
            break;
        filled += (size_t)bytes;
    }
    return (ssize_t)filled;
}

static bool read_all(int fd, struct trace_identity *identity)
{
    uint8_t *block = malloc(BLOCK_BYTES);
    ssize_t bytes = -1;

    *identity = (struct trace_identity){0};
    while (block != NULL && (bytes = read_block(fd, block)) > 0) {
        identity->bytes += (uint64_t)bytes;
        identity->hash = hash_block(identity->hash, block, (size_t)bytes);
    }
    identity->hash = mix(mix(identity->hash, identity->bytes), 0);
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
