/* fuzz.c: see fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tracecheck.h"
#include "trace/tracetext.h"

static void check(bool good)
{
    if (!good)
        abort();
}

struct memory fuzz_convert(const void *bytes, size_t count,
                           const struct trace_input_options *options,
                           bool native, enum trace_got *got)
{
    struct memory made = {0};
    FILE *file = open_memstream(&made.bytes, &made.length);
    struct trace_input *input =
        trace_input_memory("input", bytes, count, options);
    struct trace_writer *writer = native ? trace_writer_new(file) : NULL;
    struct trace_text_writer *text =
        native ? NULL : trace_text_writer_new(file);
    struct trace_event event;

    while ((*got = trace_input_next(input, &event)) == TRACE_GOT_EVENT) {
        check(trace_event_wrong(&event) == NULL);
        check(native ? trace_writer_add(writer, &event)
                     : trace_text_writer_add(text, &event));
    }
    check(*got == TRACE_GOT_END || (trace_input_why(input) != NULL &&
                                    trace_input_where(input)[0] != '\0'));
    check(native ? trace_writer_end(writer, true)
                 : trace_text_writer_end(text, true));
    trace_input_close(input);
    check(fclose(file) == 0);
    return made;
}

void fuzz_round_trip(const void *bytes, size_t count,
                     const struct trace_input_options *options)
{
    static const struct trace_input_options look = {.format =
                                                        TRACE_FORMAT_AUTO};
    enum trace_got got;
    struct memory text = fuzz_convert(bytes, count, options, false, &got);
    struct memory native = fuzz_convert(bytes, count, options, true, &got);
    struct memory again =
        fuzz_convert(native.bytes, native.length, &look, false, &got);

    check(got == TRACE_GOT_END);
    check(again.length == text.length &&
          memcmp(again.bytes, text.bytes, text.length) == 0);
    free(again.bytes);
    again = fuzz_convert(text.bytes, text.length, &look, true, &got);
    check(got == TRACE_GOT_END);
    check(again.length == native.length &&
          memcmp(again.bytes, native.bytes, native.length) == 0);
    free(again.bytes);
    free(text.bytes);
    free(native.bytes);
}
