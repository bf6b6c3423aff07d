/* tracein.h: one reader of every kind of trace: mmu386's own, native or text,
 * valgrind's lackey, Dinero's din; plain or compressed by gzip or zstd;
 * recognised by what is in it. In constant memory, however long it is. */
#ifndef MMU386_TRACEIN_H
#define MMU386_TRACEIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/tracefile.h"
#include "traceevent.h"

enum trace_format {
    TRACE_FORMAT_AUTO, /* to be recognised */
    TRACE_FORMAT_NATIVE,
    TRACE_FORMAT_TEXT,
    TRACE_FORMAT_LACKEY, /* read as text is */
    TRACE_FORMAT_DIN,
};

struct trace_input_options {
    enum trace_format format;
    bool fold64; /* addresses of lackey's and din's traces are of 64 bits, to be
                    folded into 32 */
    void (*waiting)(const char *name); /* told where a FIFO has no writer; or
                                          NULL */
};

struct trace_input;

/* Opens the file of that name, "-": standard input. NULL: *why says why not. */
struct trace_input *trace_input_open(const char *name,
                                     const struct trace_input_options *options,
                                     const char **why);

/* The same of a file that is in memory, where it must stay. */
struct trace_input *
trace_input_memory(const char *name, const void *memory, size_t bytes,
                   const struct trace_input_options *options);

void trace_input_close(struct trace_input *input);

/* The next event. What it points to is valid until the next call, but a block's
 * shape, and its index, as long as trace_input_frame stays the same: what is
 * known of shapes may be kept in an array of TRACE_SHAPES_MAX by their index,
 * to be emptied when the frame changes. TRACE_END is not among the events. */
enum trace_got trace_input_next(struct trace_input *input,
                                struct trace_event *event);

uint64_t trace_input_frame(const struct trace_input *input);

/* What it was recognised as: once an event was asked for not TRACE_FORMAT_AUTO,
 * unless the input is no trace. */
enum trace_format trace_input_format(const struct trace_input *input);

/* True of traces of memory accesses alone, which tell of no mappings (lackey's,
 * din's). */
bool trace_input_foreign(const struct trace_input *input);

/* After TRACE_GOT_CUT and TRACE_GOT_WRONG: where in the input, "NAME:LINE" or
 * "NAME: byte N", and why, a phrase. */
const char *trace_input_where(const struct trace_input *input);
const char *trace_input_why(const struct trace_input *input);

#endif
