/* recordout.h: the trace that is recorded, and the first thing that was wrong
 * with it. */
#ifndef MMU386_RECORDOUT_H
#define MMU386_RECORDOUT_H

#include <stdint.h>

#include "traceevent.h"

struct trace_writer;

struct record_out {
    struct trace_writer *writer;
    int error;      /* errno of the first write that failed */
    char flaw[128]; /* the first thing that was not told of; "": none */
};

/* Writes an event, or a block; nothing once that has failed. */
void record_add(struct record_out *out, const struct trace_event *event);
void record_add_block(struct record_out *out, const struct trace_shape *shape,
                      const uint32_t *addresses, uint32_t clocks);

/* Notes, as a phrase, what was not told of. */
__attribute__((format(printf, 2, 3))) void record_flaw(struct record_out *out,
                                                       const char *format, ...);

#endif
