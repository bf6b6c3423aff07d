/* tracebytes.c: see tracebytes.h. */
#include "trace/tracebytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct trace_bytes *
trace_bytes_new(size_t (*fill)(struct trace_bytes *, uint8_t *, size_t),
                void (*close)(struct trace_bytes *), void *state)
{
    struct trace_bytes *bytes = calloc(1, sizeof(*bytes));

    if (bytes == NULL)
        return NULL;
    bytes->held = malloc(TRACE_BYTES_HELD);
    if (bytes->held == NULL) {
        free(bytes);
        return NULL;
    }
    bytes->fill = fill;
    bytes->close = close;
    bytes->state = state;
    return bytes;
}

void trace_bytes_close(struct trace_bytes *bytes)
{
    if (bytes == NULL)
        return;
    bytes->close(bytes);
    free(bytes->held);
    free(bytes);
}

/* ---- descriptors and memory ---- */

struct descriptor {
    int fd;
    bool owned;
};

static size_t fill_from_fd(struct trace_bytes *bytes, uint8_t *to, size_t room)
{
    const struct descriptor *descriptor = bytes->state;
    ssize_t got;

    do
        got = read(descriptor->fd, to, room);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return (size_t)got;
    bytes->ended = true;
    if (got < 0) {
        (void)snprintf(bytes->reason, sizeof(bytes->reason), "%s",
                       strerror(errno));
        bytes->why = bytes->reason;
    }
    return 0;
}

static void close_fd(struct trace_bytes *bytes)
{
    struct descriptor *descriptor = bytes->state;

    if (descriptor->owned)
        (void)close(descriptor->fd);
    free(descriptor);
}

struct trace_bytes *trace_bytes_of_fd(int fd, bool owned)
{
    struct descriptor *descriptor = malloc(sizeof(*descriptor));
    struct trace_bytes *bytes;

    if (descriptor == NULL)
        return NULL;
    *descriptor = (struct descriptor){.fd = fd, .owned = owned};
    bytes = trace_bytes_new(fill_from_fd, close_fd, descriptor);
    if (bytes == NULL)
        free(descriptor);
    return bytes;
}

struct memory {
    const uint8_t *at;
    size_t left;
};

static size_t fill_from_memory(struct trace_bytes *bytes, uint8_t *to,
                               size_t room)
{
    struct memory *memory = bytes->state;
    size_t count = memory->left < room ? memory->left : room;

    if (count == 0) {
        bytes->ended = true;
        return 0;
    }
    memcpy(to, memory->at, count);
    memory->at += count;
    memory->left -= count;
    return count;
}

static void close_memory(struct trace_bytes *bytes)
{
    free(bytes->state);
}

struct trace_bytes *trace_bytes_of_memory(const void *memory, size_t count)
{
    struct memory *state = malloc(sizeof(*state));
    struct trace_bytes *bytes;

    if (state == NULL)
        return NULL;
    *state = (struct memory){.at = memory, .left = count};
    bytes = trace_bytes_new(fill_from_memory, close_memory, state);
    if (bytes == NULL)
        free(state);
    return bytes;
}

/* ---- what all have in common ---- */

size_t trace_bytes_hold(struct trace_bytes *bytes, size_t count)
{
    if (bytes->end - bytes->at >= count)
        return bytes->end - bytes->at;
    memmove(bytes->held, bytes->held + bytes->at, bytes->end - bytes->at);
    bytes->end -= bytes->at;
    bytes->at = 0;
    while (!bytes->ended && bytes->end < count)
        bytes->end += bytes->fill(bytes, bytes->held + bytes->end,
                                  TRACE_BYTES_HELD - bytes->end);
    return bytes->end;
}

size_t trace_bytes_read(struct trace_bytes *bytes, uint8_t *to, size_t count)
{
    size_t done = 0;

    while (done < count) {
        size_t held = trace_bytes_hold(bytes, 1);
        size_t some = held < count - done ? held : count - done;

        if (held == 0)
            break;
        memcpy(to + done, bytes->held + bytes->at, some);
        trace_bytes_skip(bytes, some);
        done += some;
    }
    return done;
}

/* Looks for the end of the line in what is held from `from` on. */
static const uint8_t *newline_from(const struct trace_bytes *bytes, size_t from)
{
    size_t start = bytes->at + from;

    return bytes->end > start
               ? memchr(bytes->held + start, '\n', bytes->end - start)
               : NULL;
}

bool trace_bytes_line(struct trace_bytes *bytes, const char **line,
                      size_t *length, bool *whole)
{
    const uint8_t *newline = newline_from(bytes, 0);

    while (newline == NULL) {
        size_t held = bytes->end - bytes->at;

        if (held == TRACE_BYTES_HELD ||
            trace_bytes_hold(bytes, held + 1) == held)
            break;
        newline = newline_from(bytes, held);
    }
    *line = (const char *)bytes->held + bytes->at;
    *whole = newline != NULL;
    *length = *whole ? (size_t)(newline - (bytes->held + bytes->at))
                     : bytes->end - bytes->at;
    trace_bytes_skip(bytes, *length + *whole);
    return *length != 0 || *whole;
}
