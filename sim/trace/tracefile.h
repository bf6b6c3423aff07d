/* tracefile.h: the native format of traces: events in frames, each compressed,
 * checked and readable alone (traces/FORMAT.md). In constant memory both ways,
 * however long the trace is. */
#ifndef MMU386_TRACEFILE_H
#define MMU386_TRACEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "trace/tracebytes.h"
#include "traceevent.h"

#define TRACE_MAGIC   "mmu386tr"
#define TRACE_VERSION 1u

/* ---- writing ---- */

struct trace_writer;

/* Begins a trace in `file`, which stays the caller's. NULL where memory is
 * short. */
struct trace_writer *trace_writer_new(FILE *file);

/* Adds an event; TRACE_END is trace_writer_end's alone. What is wrong with it
 * (trace_event_wrong) is the caller's fault. False where it, or an earlier one,
 * could not be written: errno says why, here and at the end. */
bool trace_writer_add(struct trace_writer *writer,
                      const struct trace_event *event);

/* A block, as trace_writer_add takes it: the way for who has millions of them,
 * as only new shapes are looked at. Shapes are to be given code_hash either all
 * or none. */
bool trace_writer_block(struct trace_writer *writer,
                        const struct trace_shape *shape,
                        const uint32_t *addresses, uint32_t clocks);

/* From now on, what is added is in the file within a second, so that it is
 * there when this program is killed: trace_writer_look sees to it, and each
 * addition calls that. `fd`: the descriptor of the regular file that `file`
 * writes, and nobody else; a frame that is not full is written early, in the
 * place of the full one, so that what is in the file at the end does not depend
 * on the time. -1: a stream, whose frames then end early. (System calls:
 * clock_gettime, pwrite, ftruncate.) */
void trace_writer_keep_up(struct trace_writer *writer, int fd);

/* Writes what there is if it has waited for long. Costs little. */
void trace_writer_look(struct trace_writer *writer);

/* Writes what there is: before a wait of unknown length. */
void trace_writer_flush(struct trace_writer *writer);

/* Fetches and data accesses so far. */
uint64_t trace_writer_accesses(const struct trace_writer *writer);

/* Writes what is left, and with `whole` that the trace has come to its end;
 * flushes the file; frees the writer. False, and errno, where anything could
 * not be written. */
bool trace_writer_end(struct trace_writer *writer, bool whole);

/* ---- reading ---- */

/* What a reader brings. */
enum trace_got {
    TRACE_GOT_EVENT,
    TRACE_GOT_END,  /* there was all of the trace */
    TRACE_GOT_CUT,  /* the trace was cut short: what was brought is all that can
                       be had */
    TRACE_GOT_WRONG /* the input is no such trace, or could not be read */
};

struct trace_file_reader;

/* Reads the trace that begins at bytes' place; they stay the caller's. NULL
 * where memory is short. */
struct trace_file_reader *trace_file_reader_new(struct trace_bytes *bytes);
void trace_file_reader_free(struct trace_file_reader *reader);

/* The next event. What it points to is valid until the next call, but a block's
 * shape as long as trace_file_reader_frame stays the same. */
enum trace_got trace_file_reader_next(struct trace_file_reader *reader,
                                      struct trace_event *event);

/* The number of the frame that the last event came from. */
uint64_t trace_file_reader_frame(const struct trace_file_reader *reader);

/* After TRACE_GOT_CUT or TRACE_GOT_WRONG: why, a phrase, and the byte of the
 * input (before what is packed was unpacked: of what is in it). */
const char *trace_file_reader_why(const struct trace_file_reader *reader);
uint64_t trace_file_reader_offset(const struct trace_file_reader *reader);

#endif
