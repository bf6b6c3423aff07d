/* trace_stream.h: streams of random events of every kind, the same for the same
 * seed. Nothing of trace/ makes or compares them, so that what it writes and
 * reads again can be held against them. */
#ifndef MMU386_TESTS_TRACE_STREAM_H
#define MMU386_TESTS_TRACE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "traceevent.h"

#define STREAM_SHAPES 96u

struct stream_shape {
    struct trace_shape shape;
    struct trace_insn insns[TRACE_INSNS_MAX];
    struct trace_slot slots[TRACE_SLOTS_MAX];
    uint8_t code[TRACE_BLOCK_BYTES_MAX];
    uint32_t bases[TRACE_SLOTS_MAX];
};

struct stream {
    uint64_t state;
    bool hashed; /* give shapes their code_hash */
    struct stream_shape *shapes;
    uint32_t at; /* the shape that ran last */
    uint32_t addresses[TRACE_SLOTS_MAX];
    struct trace_segment segments[TRACE_SEGMENTS_MAX];
    struct trace_slot slots[TRACE_TRY_SLOTS_MAX];
    uint8_t code[TRACE_CODE_MAX];
    char texts[2][TRACE_TEXT_MAX + 1];
};

void stream_init(struct stream *stream, uint64_t seed, bool hashed);
void stream_free(struct stream *stream);

/* A random number below `limit`. */
uint32_t stream_random(struct stream *stream, uint32_t limit);

/* The next event; what it points to stays until the next call. */
void stream_next(struct stream *stream, struct trace_event *event);

/* True where both say the same. */
bool same_events(const struct trace_event *one,
                 const struct trace_event *other);

#endif
