/* logdb.h: the fault log's database: the only part that knows SQLite.
 *
 * Functions that can fail return false, having put one clear phrase into the
 * handle, which goes after the file's name: "is no fault log", "was made by a
 * newer mmu386 (schema 2)".
 */
#ifndef MMU386_LOGDB_H
#define MMU386_LOGDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGDB_APPLICATION_ID 0x6D333836 /* "m386" */
#define LOGDB_SCHEMA         1

/* An index of every row would cost more than the rows. Instead the log tells
 * which blocks of so many sequences (block B begins at B << LOGDB_BLOCK_SHIFT)
 * have a row of a page or of a frame: tables page_blocks(page, block) and
 * frame_blocks(frame, block), views page_events and frame_events, which are the
 * events with the columns `page` (or `frame`) and `block` before them:
 *
 *   SELECT * FROM page_events WHERE page = 0x8049 ORDER BY sequence
 *
 * All of a page's life in a long log is then read in one pass over it; what is
 * near some sequence is found at once when `block` is asked for, too, from that
 * sequence's outwards.
 *
 * They are whole at all times, also in a log whose run was killed. */
#define LOGDB_BLOCK_SHIFT 17

struct logdb;   /* an open database */
struct logstmt; /* a prepared statement */

/* Opens an existing log for reading, and checks that it is one, whole enough to
 * be read, and of a schema that this program knows. NULL: `why` (at most
 * `why_bytes`) says why not. */
struct logdb *logdb_open(const char *path, char *why, size_t why_bytes);

/* Makes a new log with empty tables, over an existing file only with `force`.
 * NULL as above. */
struct logdb *logdb_create(const char *path, bool force, char *why,
                           size_t why_bytes);

/* From now on, new logs are locked by somebody else for as long as they are
 * written: `lock` gets the empty file, and locks as SQLite does. It returns
 * false where that fails. */
void logdb_have_locked(bool (*lock)(int fd));

/* One that was made is to be removed when it is closed. */
void logdb_discard(struct logdb *db);

/* Closes it; false where what was written could not all be stored (disk
 * full). */
bool logdb_close(struct logdb *db, char *why, size_t why_bytes);

/* Runs statements that give no rows. */
bool logdb_run(struct logdb *db, const char *sql);

/* Why the last failed call failed. */
const char *logdb_why(const struct logdb *db);

/* Prepares one statement; NULL on failure. */
struct logstmt *logdb_prepare(struct logdb *db, const char *sql);
void logstmt_free(struct logstmt *statement);

/* Binds parameter `index` (from 1). Text and blobs are copied. */
void logstmt_bind_int(struct logstmt *statement, int index, int64_t value);
void logstmt_bind_null(struct logstmt *statement, int index);
void logstmt_bind_text(struct logstmt *statement, int index, const char *value);
void logstmt_bind_blob(struct logstmt *statement, int index, const void *value,
                       size_t bytes);

/* Steps to the next row: 1 there is one, 0 no more, -1 failure (logdb_why). */
int logstmt_step(struct logstmt *statement);
/* Makes it ready to be stepped anew; bindings stay. */
void logstmt_reset(struct logstmt *statement);

/* Columns of the current row, from 0. */
int logstmt_columns(const struct logstmt *statement);
const char *logstmt_column_name(const struct logstmt *statement, int column);
bool logstmt_is_null(struct logstmt *statement, int column);
int64_t logstmt_int(struct logstmt *statement, int column);
/* valid until the next step */
const char *logstmt_text(struct logstmt *statement, int column);
const void *logstmt_blob(struct logstmt *statement, int column, size_t *bytes);

/* A value in a row of the program's own. */
struct logcell {
    enum { LOGCELL_NULL, LOGCELL_INT, LOGCELL_BLOB } kind;
    int64_t value;
    const void *bytes; /* of a blob; as long-lived as the row */
    size_t byte_count;
};

/* Rows of the program's own, to be read as a table: `INSERT ... SELECT` from it
 * is the fastest way to write many. */
struct logsource {
    uint32_t rows;
    /* Sets *cell, which is LOGCELL_NULL, to the value of row and column, both
     * from 0. */
    void (*cell)(const struct logsource *source, uint32_t row, uint32_t column,
                 struct logcell *cell);
    void *arg; /* the program's */
};

/* Makes `source` a table that is called `name` and has `columns` ("a, b, c"),
 * in this handle alone. What it has is read anew by every statement. */
bool logdb_add_source(struct logdb *db, const char *name, const char *columns,
                      const struct logsource *source);

#endif
