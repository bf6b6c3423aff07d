/* logfile.h: the file of a fault log, opened or made.
 *
 * Where something fails there is one clear phrase, which goes after the file's
 * name: "is no fault log", "was made by a newer mmu386 (schema 2)".
 */
#ifndef MMU386_LOGFILE_H
#define MMU386_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>

struct logdb;
struct log_file; /* that is being made */

/* Opens an existing log for reading, and checks that it is one, whole enough to
 * be read, and of a schema that this program knows; logdb_close closes it.
 * NULL: `why` (at most `why_bytes`) says why not. */
struct logdb *log_file_open(const char *path, char *why, size_t why_bytes);

/* Makes a new log with empty tables, over an existing file only with `force`.
 * NULL as above. */
struct log_file *log_file_create(const char *path, bool force, char *why,
                                 size_t why_bytes);

/* From now on, new logs are locked by somebody else for as long as they are
 * written: `lock` gets the empty file, and locks as SQLite does. It returns
 * false where that fails. */
void log_file_have_locked(bool (*lock)(int fd));

/* What is in it. */
struct logdb *log_file_db(const struct log_file *file);

/* It is to be removed when it is closed. */
void log_file_discard(struct log_file *file);

/* Closes it and frees it; false where what was written could not all be stored
 * (disk full). */
bool log_file_close(struct log_file *file, char *why, size_t why_bytes);

#endif
