/* tracefields.h: what the payload of an event of the native format says, where
 * the event is no block. */
#ifndef MMU386_TRACEFIELDS_H
#define MMU386_TRACEFIELDS_H

#include <stdint.h>

#include "trace/tracevarint.h"
#include "traceevent.h"

/* What such an event points to. Counts of one byte are read before they are
 * checked. */
struct trace_fields {
    struct trace_segment segments[TRACE_SEGMENTS_MAX];
    char texts[2][TRACE_TEXT_MAX + 1];
    struct trace_slot slots[UINT8_MAX];
    uint32_t addresses[UINT8_MAX];
    uint8_t code[UINT8_MAX];
};

/* Reads the fields of an event of event->kind; trace_event_wrong is to be asked
 * of what they are. from->failed where they are not whole. */
void trace_fields_read(struct trace_fields *fields, struct varints *from,
                       struct trace_event *event);

#endif
