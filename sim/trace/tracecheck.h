/* tracecheck.h: when an event (traceevent.h) is none that a trace may hold. */
#ifndef MMU386_TRACECHECK_H
#define MMU386_TRACECHECK_H

#include "traceevent.h"

/* What is wrong with an event, a phrase; NULL where all is within what
 * traceevent.h says. */
const char *trace_event_wrong(const struct trace_event *event);

/* The same of a block's shape. */
const char *trace_shape_wrong(const struct trace_shape *shape);

#endif
