/* logdb.h: the fault log's database, whatever tables it has: the only part that
 * knows SQLite.
 *
 * Functions that can fail return false, having put one clear phrase into the
 * handle, which goes after the file's name.
 */
#ifndef MMU386_LOGDB_H
#define MMU386_LOGDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A phrase for what cannot be read. */
#define LOGDB_DAMAGED "is damaged"

struct logdb;   /* an open database */
struct logstmt; /* a prepared statement */

enum logdb_access {
    LOGDB_READ,
    LOGDB_WRITE,
    LOGDB_WRITE_UNLOCKED, /* somebody else has locked the file */
};

/* Opens the database at `path`, which begins with '/' or '.'. NULL: `why` (at
 * most `why_bytes`) says why not. */
struct logdb *logdb_attach(const char *path, enum logdb_access access,
                           char *why, size_t why_bytes);

/* Lets go of it, whatever there is that was not committed. */
void logdb_detach(struct logdb *db);

/* Commits what there is, and closes it; false where what was written could not
 * all be stored (disk full). */
bool logdb_close(struct logdb *db, char *why, size_t why_bytes);

/* Undoes what a writer that was killed left in its journal, where it may be
 * written to. */
void logdb_undo_batch(const char *path);

/* Whether there is a table of that name and at least those columns, given as
 * CREATE TABLE has them. */
bool logdb_has_table(struct logdb *db, const char *name,
                     const char *column_list);

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
