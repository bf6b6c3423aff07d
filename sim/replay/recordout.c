/* recordout.c: see recordout.h. */
#include "replay/recordout.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "trace/tracecheck.h"
#include "trace/tracefile.h"

void record_add(struct record_out *out, const struct trace_event *event)
{
    if (out->error != 0)
        return;
    if (trace_event_wrong(event) != NULL)
        out->error = EINVAL;
    else if (!trace_writer_add(out->writer, event))
        out->error = errno != 0 ? errno : EIO;
}

void record_add_block(struct record_out *out, const struct trace_shape *shape,
                      const uint32_t *addresses, uint32_t clocks)
{
    if (out->error == 0 &&
        !trace_writer_block(out->writer, shape, addresses, clocks))
        out->error = errno != 0 ? errno : EIO;
}

void record_flaw(struct record_out *out, const char *format, ...)
{
    va_list arguments;

    if (out->flaw[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(out->flaw, sizeof(out->flaw), format, arguments);
    va_end(arguments);
}
