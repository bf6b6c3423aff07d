/* db.h: a sweep's database, of SQLite's: the only part of a sweep that knows
 * it.
 *
 * Several programs may add to one file at a time. Functions that can fail say
 * why to standard error, by the file's name, and return false (or what stands
 * for it).
 */
#ifndef MMU386_SWEEP_DB_H
#define MMU386_SWEEP_DB_H

#include <stdbool.h>
#include <stdint.h>

struct sweepdb;   /* an open database */
struct sweepstmt; /* a prepared statement */

/* Opens a file of results, or makes one where there is none; NULL: in memory,
 * for this program alone. With `must_exist` none is made. */
struct sweepdb *sweepdb_open(const char *path, bool must_exist);
void sweepdb_close(struct sweepdb *db);

/* Keeps other sweeps from the file until it is closed; jobs may add to it.
 * False where one is at it. */
bool sweepdb_claim(struct sweepdb *db);

/* Names the database in messages; returns what it was called before. The texts
 * are the caller's. */
const char *sweepdb_call(struct sweepdb *db, const char *name);

/* Says why, after the database's name; returns false. */
bool sweepdb_tell(const struct sweepdb *db, const char *why);

/* Tells of SQLite's last failure, in the words of the command's other messages;
 * returns false. */
bool sweepdb_failed(const struct sweepdb *db);

/* ---- statements ---- */

/* Runs statements that give no rows. */
bool sweepdb_run(struct sweepdb *db, const char *sql);

/* Begins to write, which no other program does until it ends. */
bool sweepdb_begin(struct sweepdb *db);

/* Ends it: all that was written is there, and that is returned, or, where
 * `good` is false, nothing of it. */
bool sweepdb_end(struct sweepdb *db, bool good);

/* Prepares one statement; NULL on failure. */
struct sweepstmt *sweepdb_prepare(struct sweepdb *db, const char *sql);
void sweepstmt_free(struct sweepstmt *statement);

/* Binds parameter `index`, from 1. Texts are copied. */
void sweepstmt_bind_int(struct sweepstmt *statement, int index, int64_t value);
void sweepstmt_bind_text(struct sweepstmt *statement, int index,
                         const char *text);

/* Steps to the next row: 1 there is one, 0 no more, -1 failure, which is not
 * told: sweepdb_failed does. */
int sweepstmt_step(struct sweepstmt *statement);

/* Runs a statement that gives no rows, and frees it; NULL is a failure that was
 * told of. */
bool sweepstmt_finish(struct sweepstmt *statement);

/* The same of one that gives one number. */
bool sweepstmt_number(struct sweepstmt *statement, int64_t *number);

/* Columns of the current row, from 0; a text is valid until the next step. */
int sweepstmt_columns(const struct sweepstmt *statement);
bool sweepstmt_is_null(struct sweepstmt *statement, int column);
int64_t sweepstmt_int(struct sweepstmt *statement, int column);
const char *sweepstmt_text(struct sweepstmt *statement, int column);

#endif
