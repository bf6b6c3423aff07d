/* traceenc.h: events to the bytes of one frame of a native trace
 * (traces/FORMAT.md). */
#ifndef MMU386_TRACEENC_H
#define MMU386_TRACEENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/traceshapes.h"
#include "traceevent.h"

#define TRACE_RAW_MAX (1u << 20) /* bytes of a frame before compression */

/* A frame's bytes, like with like: in the frame they stand in this order. */
enum trace_stream {
    TRACE_STREAM_CONTROL,   /* a byte an event */
    TRACE_STREAM_SHAPES,    /* numbers of shapes that were not predicted */
    TRACE_STREAM_ADDRESSES, /* of data accesses */
    TRACE_STREAM_CLOCKS,
    TRACE_STREAM_PAYLOADS, /* new shapes, and what other events hold */
    TRACE_STREAMS,
};

/* A block's control byte: TRACE_CONTROL_BLOCK and a field of each of these.
 * Other events' is their number. */
enum {
    TRACE_CONTROL_BLOCK = 0x80,
    TRACE_CONTROL_SHAPE = 0x03, /* which block: */
    TRACE_SHAPE_NEXT = 0,  /* what came last time after the block before... */
    TRACE_SHAPE_OTHER = 1, /* ...or the time before when that was another one */
    TRACE_SHAPE_NUMBER = 2, /* by its number in TRACE_STREAM_SHAPES */
    TRACE_SHAPE_NEW = 3,    /* a new one, told in TRACE_STREAM_PAYLOADS */
    TRACE_CONTROL_ADDRESSES = 0x04, /* not all are where they were expected */
    TRACE_CONTROL_CLOCKS = 0x18,    /* its clocks: */
    TRACE_CLOCKS_SAME = 0,          /* as the last time... */
    TRACE_CLOCKS_OTHER = 0x08,  /* ...or as the last time they were others */
    TRACE_CLOCKS_NUMBER = 0x10, /* as TRACE_STREAM_CLOCKS says */
    TRACE_CONTROL_UNUSED = 0x60,
};

struct trace_encoder {
    struct trace_shapes shapes;
    uint8_t *streams[TRACE_STREAMS]; /* TRACE_RAW_MAX each */
    size_t lengths[TRACE_STREAMS];
    uint32_t events;
    uint32_t shape_end; /* linear: behind the shape that was told last */
};

/* All zeros is safe to free. False where memory is short. */
bool trace_encoder_init(struct trace_encoder *encoder);
void trace_encoder_free(struct trace_encoder *encoder);

/* Adds an event, with which nothing is wrong (trace_event_wrong), to a frame
 * that is not full. False where memory is short, and of a block with a new
 * shape that is wrong. */
bool trace_encode(struct trace_encoder *encoder,
                  const struct trace_event *event);

/* True where the frame has to be taken before another event is added. */
bool trace_encoder_full(const struct trace_encoder *encoder);

/* Writes the frame as far as it is filled, at most TRACE_RAW_MAX bytes, which
 * goes on. Returns its bytes. */
size_t trace_encoder_copy(const struct trace_encoder *encoder, uint8_t *raw);

/* The same, and begins another frame. */
size_t trace_encoder_take(struct trace_encoder *encoder, uint8_t *raw);

#endif
