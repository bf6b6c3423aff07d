/* logwriter.h: writes the fault log in a thread of its own: rows are gathered
 * in batches, and a full batch is handed over through a short queue, so that
 * the machine waits only where the database is slower than it for long.
 *
 *   log_writer_row --> batch being filled --> queue of full ones --> thread
 *   --> logtables
 */
#ifndef MMU386_LOGWRITER_H
#define MMU386_LOGWRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/logrow.h"

struct log_writer;

/* Makes the file (log_file_create) and the thread. NULL: `why` says why not. */
struct log_writer *log_writer_new(const char *path, bool force, char *why,
                                  size_t why_bytes);

/* From now on rows have no cycle and no count of instructions. */
void log_writer_unclocked(struct log_writer *writer);

/* The next row, to be filled in before the next call; valid until then. */
struct log_row *log_writer_row(struct log_writer *writer);

/* Adds a row to one of the other tables. It is written after what was handed
 * over before. */
void log_writer_note(struct log_writer *writer, const struct log_note *note);

/* True once something could not be written: nothing is any more, and there is
 * no need to go on. */
bool log_writer_failed(const struct log_writer *writer);

/* How many rows there are in the table of events, those on their way
 * included. */
uint64_t log_writer_rows(const struct log_writer *writer);

/* The file is to be removed when the writer is freed. */
void log_writer_discard(struct log_writer *writer);

/* Writes what is left, ends the thread and closes the file. False: `why` says
 * why not all of it could be written. */
bool log_writer_free(struct log_writer *writer, char *why, size_t why_bytes);

#endif
