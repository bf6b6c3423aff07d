/* tracetext.h: the text form of traces: one event a line, accesses as
 * valgrind's tool lackey writes them (traces/FORMAT.md, "Text"). */
#ifndef MMU386_TRACETEXT_H
#define MMU386_TRACETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "traceevent.h"

/* ---- writing ---- */

struct trace_text_writer;

/* Begins a text in `file`, which stays the caller's. NULL where memory is
 * short. */
struct trace_text_writer *trace_text_writer_new(FILE *file);

/* Adds an event; trace_event_wrong is true of none. False where the file cannot
 * be written. */
bool trace_text_writer_add(struct trace_text_writer *writer,
                           const struct trace_event *event);

/* Writes what is left, flushes the file and frees the writer; with `whole` the
 * end is written, too. False, and errno, where anything could not be
 * written. */
bool trace_text_writer_end(struct trace_text_writer *writer, bool whole);

/* ---- reading ---- */

enum trace_line_kind {
    TRACE_LINE_NOTHING, /* a comment */
    TRACE_LINE_INSN,
    TRACE_LINE_AGAIN, /* an instruction that is not fetched again */
    TRACE_LINE_ACCESS,
    TRACE_LINE_CLOCKS, /* of the block that ends here */
    TRACE_LINE_BLOCK,  /* the block ends here */
    TRACE_LINE_EVENT,
};

/* What a line says. */
struct trace_line {
    enum trace_line_kind kind;
    uint64_t linear; /* of an instruction or an access; may have more than 32
                        bits, */
    uint32_t bytes;  /* but not linear + bytes more than 64 */
    struct trace_slot slot;
    const uint8_t *code; /* `bytes` bytes, or NULL */
    uint32_t clocks;
    struct trace_event event; /* TRACE_END, too */

    /* What the event or the code points to. */
    struct trace_segment segments[TRACE_SEGMENTS_MAX];
    char texts[2][TRACE_TEXT_MAX + 1];
    uint8_t bytes_of_code[TRACE_INSN_BYTES_MAX];
    struct trace_slot slots[TRACE_TRY_SLOTS_MAX];
    uint32_t addresses[TRACE_TRY_SLOTS_MAX];
};

/* Reads a line of `length` bytes. NULL, or what is wrong with it. */
const char *trace_text_line(struct trace_line *line, const char *text,
                            size_t length);

/* Reads a line of Dinero's input format din: a label (0 a read, 1 a write, 2 a
 * fetch) and an address; sizes are not known and taken to be 1. */
const char *trace_din_line(struct trace_line *line, const char *text,
                           size_t length);

#endif
