/* tracedec.h: the bytes of one frame of a native trace to its events
 * (traces/FORMAT.md). */
#ifndef MMU386_TRACEDEC_H
#define MMU386_TRACEDEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/traceenc.h"
#include "trace/tracefields.h"
#include "trace/traceshapes.h"
#include "trace/tracevarint.h"
#include "traceevent.h"

struct trace_decoder {
    struct trace_shapes shapes;
    struct varints streams[TRACE_STREAMS];
    uint32_t events; /* that are left */
    uint32_t shape_end;

    /* What the event that was decoded last points to: a block, or another. */
    uint32_t addresses[TRACE_SLOTS_MAX];
    struct trace_fields fields;

    /* Of a new shape. */
    struct trace_insn insns[TRACE_INSNS_MAX];
    struct trace_slot slots[TRACE_SLOTS_MAX];
    uint8_t code[TRACE_BLOCK_BYTES_MAX];
};

/* All zeros is safe to free. False where memory is short. */
bool trace_decoder_init(struct trace_decoder *decoder);
void trace_decoder_free(struct trace_decoder *decoder);

/* Begins a frame, whose bytes must stay until its last event is decoded. NULL,
 * or what is wrong with it. */
const char *trace_decoder_load(struct trace_decoder *decoder,
                               const uint8_t *raw, size_t bytes,
                               uint32_t events);

/* The next event: 1; what it points to stays until the next call, a block's
 * shape until the next frame. 0: there is none in this frame. -1: *why says
 * what is wrong with it. */
int trace_decode(struct trace_decoder *decoder, struct trace_event *event,
                 const char **why);

#endif
