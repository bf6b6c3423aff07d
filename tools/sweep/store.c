/* store.c: see store.h. https://www.sqlite.org/json1.html */
#include "sweep/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one job ---- */

/* The key is the first four parameters of a statement. */
static void bind_key(struct sweepstmt *statement, const struct store_key *key)
{
    char hash[17];

    (void)snprintf(hash, sizeof(hash), "%016" PRIx64, key->trace.hash);
    sweepstmt_bind_text(statement, 1, hash);
    sweepstmt_bind_int(statement, 2, (int64_t)key->trace.bytes);
    sweepstmt_bind_text(statement, 3, key->options);
    sweepstmt_bind_text(statement, 4, key->version);
}

int64_t store_find(struct sweepdb *db, const struct store_key *key,
                   bool *was_failed)
{
    struct sweepstmt *statement = sweepdb_prepare(
        db,
        "SELECT id, failed FROM runs WHERE trace_hash = ?1 AND trace_bytes = ?2"
        " AND options = ?3 AND version = ?4");
    int64_t number = 0;
    int step;

    if (statement == NULL)
        return -1;
    bind_key(statement, key);
    step = sweepstmt_step(statement);
    if (step == 1) {
        number = sweepstmt_int(statement, 0);
        *was_failed = sweepstmt_int(statement, 1) != 0;
    } else if (step != 0) {
        (void)sweepdb_failed(db);
        number = -1;
    }
    sweepstmt_free(statement);
    return number;
}

int64_t store_highest(struct sweepdb *db)
{
    int64_t number = -1;

    (void)sweepstmt_number(
        sweepdb_prepare(db, "SELECT coalesce(max(id), 0) FROM runs"), &number);
    return number;
}

/* Finds a number for the job: its own from before, else the wanted one, else
 * one that is free. */
static bool choose_number(struct sweepdb *db, const struct store_key *key,
                          int64_t wanted, int64_t *number, bool *was_failed)
{
    struct sweepstmt *statement;

    *was_failed = true;
    *number = store_find(db, key, was_failed);
    if (*number != 0)
        return *number > 0;
    statement =
        sweepdb_prepare(db, "SELECT CASE WHEN ?1 IN (SELECT id FROM runs)"
                            " THEN (SELECT max(id) + 1 FROM runs) ELSE ?1 END");
    if (statement != NULL)
        sweepstmt_bind_int(statement, 1, wanted);
    return sweepstmt_number(statement, number);
}

static bool put_run(struct sweepdb *db, int64_t number,
                    const struct store_key *key, const char *trace,
                    const struct sweep_result *result)
{
    struct sweepstmt *statement = sweepdb_prepare(
        db,
        "REPLACE INTO runs(trace_hash, trace_bytes, options, version, id, "
        "trace,"
        " failed, exit_status, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");

    if (statement == NULL)
        return false;
    bind_key(statement, key);
    sweepstmt_bind_int(statement, 5, number);
    sweepstmt_bind_text(statement, 6, trace);
    sweepstmt_bind_int(statement, 7, result->failed);
    sweepstmt_bind_int(statement, 8, result->exit_status);
    if (result->message[0] != '\0')
        sweepstmt_bind_text(statement, 9, result->message);
    return sweepstmt_finish(statement);
}

static bool put_options(struct sweepdb *db, int64_t number,
                        const struct sweep_choices *choices)
{
    for (size_t i = 0; i < choices->count; i++) {
        struct sweepstmt *statement =
            sweepdb_prepare(db, "REPLACE INTO run_options VALUES (?, ?, ?)");

        if (statement == NULL)
            return false;
        sweepstmt_bind_int(statement, 1, number);
        sweepstmt_bind_text(statement, 2, choices->at[i].name);
        if (choices->at[i].value != NULL)
            sweepstmt_bind_text(statement, 3, choices->at[i].value);
        if (!sweepstmt_finish(statement))
            return false;
    }
    return true;
}

/* Every number and text in the statistics becomes a count: "faults.total". A
 * path in JSON is
 * "$.faults.total", and, as SQLite writes it, "$.faults.\"cow_copy\"". */
static bool put_counts(struct sweepdb *db, int64_t number, const char *stats)
{
    struct sweepstmt *statement;

    if (stats == NULL)
        return true;
    statement = sweepdb_prepare(
        db,
        "REPLACE INTO counts SELECT ?1, replace(substr(fullkey, 3), '\"', ''),"
        " atom FROM json_tree(?2) WHERE atom IS NOT NULL");
    if (statement == NULL)
        return false;
    sweepstmt_bind_int(statement, 1, number);
    sweepstmt_bind_text(statement, 2, stats);
    return sweepstmt_finish(statement);
}

bool store_put(struct sweepdb *db, const struct store_key *key,
               const struct sweep_choices *choices, const char *trace,
               const struct sweep_result *result, int64_t wanted)
{
    int64_t number;
    bool was_failed, good;

    if (!sweepdb_begin(db))
        return false;
    good = choose_number(db, key, wanted, &number, &was_failed);
    if (good && was_failed)
        good = put_run(db, number, key, trace, result) &&
               put_options(db, number, choices) &&
               put_counts(db, number, result->stats);
    return sweepdb_end(db, good);
}

/* ---- another file's ---- */

/* Whether the file is one that can be merged at all. */
static bool check_part(const char *path)
{
    struct sweepdb *part = sweepdb_open(path, true);

    sweepdb_close(part);
    return part != NULL;
}

static bool merge_attached(struct sweepdb *db, const char *path)
{
    const char *name;
    bool good;

    if (!sweepdb_begin(db))
        return false;
    name = sweepdb_call(db, path); /* whose fault it nearly always is */
    good = sweepdb_run(db, sweepschema_merge);
    (void)sweepdb_call(db, name);
    return sweepdb_end(db, good);
}

bool store_merge(struct sweepdb *db, const char *path)
{
    char *plain = NULL;
    struct sweepstmt *statement;
    bool good;

    if (!check_part(path))
        return false;
    if (asprintf(&plain, "%s%s", path[0] == '/' ? "" : "./", path) == -1)
        return sweepdb_tell(db, strerror(ENOMEM));
    statement = sweepdb_prepare(db, "ATTACH ? AS part");
    if (statement != NULL)
        sweepstmt_bind_text(statement, 1, plain);
    free(plain);
    if (!sweepstmt_finish(statement))
        return false;
    good = merge_attached(db, path);
    return sweepdb_run(db, "DETACH part") && good;
}

/* ---- reading ---- */

/* A column's text, to be freed. */
static char *text_of(struct sweepstmt *statement, int column)
{
    const char *text = sweepstmt_text(statement, column);

    return text != NULL ? strdup(text) : NULL;
}

static int64_t count_of(struct sweepstmt *statement, int column)
{
    return sweepstmt_is_null(statement, column)
               ? STORE_NONE
               : sweepstmt_int(statement, column);
}

static bool read_row(struct sweepdb *db, struct sweepstmt *statement,
                     struct store_row *row)
{
    *row = (struct store_row){
        .trace = text_of(statement, 1),
        .options = text_of(statement, 2),
        .failed = sweepstmt_int(statement, 3) != 0,
        .exit_status = sweepstmt_int(statement, 4),
        .message = text_of(statement, 5 + SWEEPDB_COUNTS),
    };
    for (size_t i = 0; i < SWEEPDB_COUNTS; i++)
        row->counts[i] = count_of(statement, 5 + (int)i);
    if (row->trace != NULL && row->options != NULL)
        return true;
    store_row_free(row);
    return sweepdb_tell(db, strerror(ENOMEM));
}

bool store_read(struct sweepdb *db, int64_t number, struct store_row *row)
{
    struct sweepstmt *statement =
        sweepdb_prepare(db, "SELECT * FROM results WHERE id = ?");
    bool good = statement != NULL;

    if (!good)
        return false;
    sweepstmt_bind_int(statement, 1, number);
    if (sweepstmt_step(statement) != 1)
        good = sweepdb_failed(db);
    else if (sweepstmt_columns(statement) != 6 + SWEEPDB_COUNTS)
        good = sweepdb_tell(db, "is damaged");
    else
        good = read_row(db, statement, row);
    sweepstmt_free(statement);
    return good;
}

void store_row_free(struct store_row *row)
{
    free(row->trace);
    free(row->options);
    free(row->message);
}

char *store_option(struct sweepdb *db, int64_t number, const char *name)
{
    struct sweepstmt *statement = sweepdb_prepare(
        db, "SELECT coalesce(value, '') FROM run_options WHERE run = ? "
            "AND name = ?");
    char *value = NULL;

    if (statement == NULL)
        return NULL;
    sweepstmt_bind_int(statement, 1, number);
    sweepstmt_bind_text(statement, 2, name);
    if (sweepstmt_step(statement) == 1)
        value = text_of(statement, 0);
    sweepstmt_free(statement);
    return value;
}

bool store_each(struct sweepdb *db, void (*each)(void *arg, int64_t number),
                void *arg)
{
    struct sweepstmt *statement =
        sweepdb_prepare(db, "SELECT id FROM runs ORDER BY id");
    int step;

    if (statement == NULL)
        return false;
    while ((step = sweepstmt_step(statement)) == 1)
        each(arg, sweepstmt_int(statement, 0));
    sweepstmt_free(statement);
    return step == 0 || sweepdb_failed(db);
}

bool store_each_varied(struct sweepdb *db,
                       void (*each)(void *arg, const char *name), void *arg)
{
    struct sweepstmt *statement = sweepdb_prepare(
        db, "SELECT name FROM run_options WHERE name NOT GLOB '*[^a-z0-9=_-]*'"
            " GROUP BY name HAVING count(DISTINCT value) > 1"
            " OR count(*) < (SELECT count(*) FROM runs) ORDER BY name");
    int step;

    if (statement == NULL)
        return false;
    while ((step = sweepstmt_step(statement)) == 1)
        each(arg, sweepstmt_text(statement, 0));
    sweepstmt_free(statement);
    return step == 0 || sweepdb_failed(db);
}
