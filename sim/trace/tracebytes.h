/* tracebytes.h: the bytes of an input, in order: of a descriptor, of memory, or
 * of whatever brings more. In constant memory, however many there are. */
#ifndef MMU386_TRACEBYTES_H
#define MMU386_TRACEBYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_BYTES_HELD (256u << 10) /* at a time; a line may have as many */

struct trace_bytes {
    uint8_t *held; /* TRACE_BYTES_HELD */
    size_t at, end;
    uint64_t offset;  /* of held[at] in the input */
    bool ended;       /* nothing more comes than what is held */
    bool cut;         /* because what is packed ends too early */
    const char *why;  /* what failed, a phrase; NULL */
    char reason[128]; /* it may be in */

    /* Brings at most `room` bytes; none: sets ended, and why and cut as they
     * are. */
    size_t (*fill)(struct trace_bytes *bytes, uint8_t *to, size_t room);
    void (*close)(struct trace_bytes *bytes);
    void *state;
};

/* NULL where memory is short. The descriptor is closed with it where it is
 * `owned`; the memory must outlive it. */
struct trace_bytes *trace_bytes_of_fd(int fd, bool owned);
struct trace_bytes *trace_bytes_of_memory(const void *memory, size_t count);

/* Bytes that `fill` brings. NULL where memory is short. */
struct trace_bytes *
trace_bytes_new(size_t (*fill)(struct trace_bytes *, uint8_t *, size_t),
                void (*close)(struct trace_bytes *), void *state);

void trace_bytes_close(struct trace_bytes *bytes);

/* Holds at least `count` bytes (at most TRACE_BYTES_HELD), fewer only at the
 * end. Returns how many are held, at bytes->held + bytes->at. */
size_t trace_bytes_hold(struct trace_bytes *bytes, size_t count);

/* Skips bytes that are held. */
static inline void trace_bytes_skip(struct trace_bytes *bytes, size_t count)
{
    bytes->at += count;
    bytes->offset += count;
}

/* Reads `count` bytes, fewer only at the end. */
size_t trace_bytes_read(struct trace_bytes *bytes, uint8_t *to, size_t count);

/* The next line, without its end, valid until the next call. False at the end
 * of the input. *whole: a newline ended it; a line that is too long to be held
 * is not whole while `ended` is false. */
bool trace_bytes_line(struct trace_bytes *bytes, const char **line,
                      size_t *length, bool *whole);

#endif
