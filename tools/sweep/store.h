/* store.h: what became of a sweep's jobs, kept in its database.
 *
 * A result is stored whole or not at all, whenever the program is killed.
 * Functions that can fail say why to standard error, by the file's name, and
 * return false (or what stands for it).
 */
#ifndef MMU386_SWEEP_STORE_H
#define MMU386_SWEEP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweep/db.h"
#include "sweep/plan.h"
#include "sweep/result.h"
#include "sweep/schema.h"
#include "sweep/trace.h"

/* What makes a job the same as another. */
struct store_key {
    struct trace_identity trace;
    const char *options; /* sweep_choices_text */
    const char *version; /* mmu386's */
};

/* Finds a job: its number, from 1; 0 where it is not there; -1 on failure. */
int64_t store_find(struct sweepdb *db, const struct store_key *key,
                   bool *failed);

/* The highest number of a job; 0 where there is none; -1 on failure. */
int64_t store_highest(struct sweepdb *db);

/* Stores what became of a job, over an older failure of the same one. Its
 * number is `wanted` unless that is another's. */
bool store_put(struct sweepdb *db, const struct store_key *key,
               const struct sweep_choices *choices, const char *trace,
               const struct sweep_result *result, int64_t wanted);

/* Adds the results of another file, but not what is there already: a failure
 * gives way to a success, else the first stays. */
bool store_merge(struct sweepdb *db, const char *path);

/* ---- reading ---- */

#define STORE_NONE INT64_MIN

struct store_row {
    char *trace;
    char *options;
    char *message; /* or NULL */
    bool failed;
    int64_t exit_status;
    int64_t counts[SWEEPDB_COUNTS]; /* STORE_NONE: it has none */
};

/* Reads a job's row; store_row_free is due where that is true. */
bool store_read(struct sweepdb *db, int64_t number, struct store_row *row);
void store_row_free(struct store_row *row);

/* The value of a job's option, to be freed: "" where it takes none; NULL where
 * it is not given. */
char *store_option(struct sweepdb *db, int64_t number, const char *name);

/* Calls back with the numbers of all jobs, in order. */
bool store_each(struct sweepdb *db, void (*each)(void *arg, int64_t number),
                void *arg);

/* Calls back with the names of the options that not all jobs have alike,
 * sorted. */
bool store_each_varied(struct sweepdb *db,
                       void (*each)(void *arg, const char *name), void *arg);

#endif
