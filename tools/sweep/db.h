/* db.h: a sweep's results, one SQLite database: the only part of a sweep that
 * knows SQLite.
 *
 * A result is stored whole or not at all, whenever the program is killed.
 * Several programs may add to one file at a time. Functions that can fail say
 * why to standard error, by the file's name, and return false (or what stands
 * for it).
 */
#ifndef MMU386_SWEEP_DB_H
#define MMU386_SWEEP_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweep/plan.h"
#include "sweep/result.h"
#include "sweep/schema.h"
#include "sweep/trace.h"

struct sweepdb;

/* What makes a job the same as another. */
struct sweepdb_key {
    struct trace_identity trace;
    const char *options; /* sweep_choices_text */
    const char *version; /* mmu386's */
};

/* Opens a file of results, or makes one where there is none; NULL: in memory,
 * for this program alone. With `must_exist` none is made. */
struct sweepdb *sweepdb_open(const char *path, bool must_exist);
void sweepdb_close(struct sweepdb *db);

/* Keeps other sweeps from the file until it is closed; jobs may add to it.
 * False where one is at it. */
bool sweepdb_claim(struct sweepdb *db);

/* Finds a job: its number, from 1; 0 where it is not there; -1 on failure. */
int64_t sweepdb_find(struct sweepdb *db, const struct sweepdb_key *key,
                     bool *failed);

/* The highest number of a job; 0 where there is none; -1 on failure. */
int64_t sweepdb_highest(struct sweepdb *db);

/* Stores what became of a job, over an older failure of the same one. Its
 * number is `wanted` unless that is another's. */
bool sweepdb_put(struct sweepdb *db, const struct sweepdb_key *key,
                 const struct sweep_choices *choices, const char *trace,
                 const struct sweep_result *result, int64_t wanted);

/* Adds the results of another file, but not what is there already: a failure
 * gives way to a success, else the first stays. */
bool sweepdb_merge(struct sweepdb *db, const char *path);

/* ---- reading ---- */

#define SWEEPDB_NONE INT64_MIN

struct sweepdb_row {
    char *trace;
    char *options;
    char *message; /* or NULL */
    bool failed;
    int64_t exit_status;
    int64_t counts[SWEEPDB_COUNTS]; /* SWEEPDB_NONE: it has none */
};

/* Reads a job's row; sweepdb_row_free is due where that is true. */
bool sweepdb_read(struct sweepdb *db, int64_t number, struct sweepdb_row *row);
void sweepdb_row_free(struct sweepdb_row *row);

/* The value of a job's option, to be freed: "" where it takes none; NULL where
 * it is not given. */
char *sweepdb_option(struct sweepdb *db, int64_t number, const char *name);

/* Calls back with the numbers of all jobs, in order. */
bool sweepdb_each(struct sweepdb *db, void (*each)(void *arg, int64_t number),
                  void *arg);

/* Calls back with the names of the options that not all jobs have alike,
 * sorted. */
bool sweepdb_each_varied(struct sweepdb *db,
                         void (*each)(void *arg, const char *name), void *arg);

#endif
