/* tracelines.h: reads traces that are lines of text: the text form, lackey's
 * and din's. */
#ifndef MMU386_TRACELINES_H
#define MMU386_TRACELINES_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/tracebytes.h"
#include "trace/tracefile.h"
#include "traceevent.h"

struct trace_lines;

/* Reads from bytes' place on; they stay the caller's. NULL where memory is
 * short. */
struct trace_lines *trace_lines_new(struct trace_bytes *bytes, bool din,
                                    bool fold64);
void trace_lines_free(struct trace_lines *lines);

/* As those of tracein.h. */
enum trace_got trace_lines_next(struct trace_lines *lines,
                                struct trace_event *event);
uint64_t trace_lines_frame(const struct trace_lines *lines);
const char *trace_lines_why(const struct trace_lines *lines);

/* The line that was read last, from 1. */
uint64_t trace_lines_number(const struct trace_lines *lines);

#endif
