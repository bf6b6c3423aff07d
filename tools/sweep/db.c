/* db.c: see db.h. https://www.sqlite.org/c3ref,
 * https://www.sqlite.org/json1.html */
#include "sweep/db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "command.h"
#include "newfile.h"
#include "sweep/schema.h"

#define PATIENCE_MS 60000 /* while another program writes */

struct sweepdb {
    sqlite3 *sqlite;
    const char *name; /* for messages: the caller's */
    char *path;       /* NULL: in memory */
    int claim; /* a descriptor of the file that holds the lock of newfile.h, or
                  -1 */
    bool made; /* there was no file */
};

/* ---- failures ---- */

static const char no_results[] = "is no sweep's results";

static bool tell(const struct sweepdb *db, const char *why)
{
    complain(db->name, "%s", why);
    return false;
}

/* Tells of SQLite's last failure, in the words of the command's other
 * messages. */
static bool failed(const struct sweepdb *db)
{
    int error = sqlite3_system_errno(db->sqlite);

    switch (sqlite3_errcode(db->sqlite)) {
    case SQLITE_NOTADB:
        return tell(db, no_results);
    case SQLITE_CORRUPT:
        return tell(db, "is damaged");
    case SQLITE_FULL:
        return tell(db, strerror(ENOSPC));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return tell(db, "is being written by another program");
    case SQLITE_READONLY:
        return tell(db, "may not be written");
    case SQLITE_IOERR:
        if (sqlite3_extended_errcode(db->sqlite) == SQLITE_IOERR_SHORT_READ)
            return tell(db, "is damaged");
        return tell(db, strerror(error != 0 ? error : EIO));
    case SQLITE_CANTOPEN:
        return tell(db,
                    error != 0 ? strerror(error) : sqlite3_errmsg(db->sqlite));
    default:
        return tell(db, sqlite3_errmsg(db->sqlite));
    }
}

/* ---- statements ---- */

static bool run(struct sweepdb *db, const char *sql)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ||
           failed(db);
}

static sqlite3_stmt *prepare(struct sweepdb *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) != SQLITE_OK)
        (void)failed(db);
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

/* Runs a statement that gives no rows, and frees it; NULL is a failure that was
 * told of. */
static bool finish(struct sweepdb *db, sqlite3_stmt *statement)
{
    bool good = statement != NULL;

    if (good && sqlite3_step(statement) != SQLITE_DONE)
        good = failed(db);
    (void)sqlite3_finalize(statement);
    return good;
}

/* Takes the one number that a statement gives, and frees it. */
static bool number_of(struct sweepdb *db, sqlite3_stmt *statement,
                      int64_t *number)
{
    bool good = statement != NULL;

    if (good && sqlite3_step(statement) == SQLITE_ROW)
        *number = sqlite3_column_int64(statement, 0);
    else if (good)
        good = failed(db);
    (void)sqlite3_finalize(statement);
    return good;
}

/* Begins to write, which no other program does until it ends. */
static bool begin(struct sweepdb *db)
{
    return run(db, "BEGIN IMMEDIATE");
}

/* Ends it: all that was written is there, or, where `good` is false, nothing of
 * it. */
static bool end(struct sweepdb *db, bool good)
{
    if (good && run(db, "COMMIT"))
        return true;
    (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

/* ---- opening ---- */

static bool make_schema(struct sweepdb *db)
{
    char *sql = sweepschema_sql();
    bool good = sql != NULL ? run(db, sql) : tell(db, strerror(ENOMEM));

    free(sql);
    return good;
}

/* Whether the tables and columns are there that this program reads. */
static bool check_tables(struct sweepdb *db)
{
    static const char *const reads[] = {
        "SELECT id, trace, trace_bytes, trace_hash, options, version, failed, "
        "exit_status, message"
        " FROM runs",
        "SELECT run, name, value FROM run_options",
        "SELECT run, name, value FROM counts",
        "SELECT * FROM results",
    };

    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        sqlite3_stmt *statement = NULL;
        int result =
            sqlite3_prepare_v2(db->sqlite, reads[i], -1, &statement, NULL);

        (void)sqlite3_finalize(statement);
        if (result != SQLITE_OK)
            return tell(db, "is damaged");
    }
    return true;
}

static bool check_schema(struct sweepdb *db)
{
    int64_t application = 0, version = 0;

    if (!number_of(db, prepare(db, "PRAGMA application_id"), &application) ||
        !number_of(db, prepare(db, "PRAGMA user_version"), &version))
        return false;
    if (application != SWEEPDB_APPLICATION_ID || version < 1)
        return tell(db, no_results);
    if (version > SWEEPDB_SCHEMA)
        return tell(db, "was made by a newer mmu386");
    return check_tables(db);
}

/* Whether there is nothing in it yet: another program may be making it at this
 * moment. */
static bool is_empty(struct sweepdb *db, bool *empty)
{
    int64_t tables = 0;

    if (!number_of(db, prepare(db, "SELECT count(*) FROM main.sqlite_master"),
                   &tables))
        return false;
    *empty = tables == 0;
    return true;
}

static bool make_or_check(struct sweepdb *db, bool must_exist)
{
    bool empty = false;

    (void)sqlite3_busy_timeout(db->sqlite, PATIENCE_MS);
    if (!is_empty(db, &empty))
        return false;
    if (!empty || must_exist)
        return check_schema(db);
    if (!begin(db))
        return false;
    if (!is_empty(db, &empty))
        return end(db, false);
    return end(db, empty ? make_schema(db) : check_schema(db));
}

/* Whether the file begins as a database does, and is as long as that says:
 * SQLite itself would find out only in the middle of a sweep. Where a program
 * that wrote to it was killed, SQLite undoes first what its journal tells. */
static bool check_header(const struct sweepdb *db, const char *path, FILE *file,
                         uint64_t bytes)
{
    uint8_t header[100] = {0};
    char *journal = NULL;
    uint32_t page_bytes;
    uint64_t pages;
    bool unfinished;

    if (fread(header, 1, sizeof(header), file) < 16 ||
        memcmp(header, "SQLite format 3", 16) != 0)
        return tell(db, no_results);
    if (asprintf(&journal, "%s-journal", path) == -1)
        return tell(db, strerror(ENOMEM));
    unfinished = access(journal, F_OK) == 0;
    free(journal);
    page_bytes = (uint32_t)header[16] << 8 | header[17];
    pages = (uint64_t)header[28] << 24 | (uint64_t)header[29] << 16 |
            (uint64_t)header[30] << 8 | header[31];
    return unfinished ||
           (bytes >= sizeof(header) &&
            bytes >= pages * (page_bytes == 1 ? 65536 : page_bytes)) ||
           tell(db, "is damaged");
}

/* Whether it may be a database: one that is not there, or empty, is yet to be
 * made. */
static bool check_file(const struct sweepdb *db, const char *path)
{
    struct stat status;
    FILE *file;
    bool good;

    if (stat(path, &status) != 0)
        return errno == ENOENT || tell(db, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return tell(db, strerror(EISDIR));
    if (!S_ISREG(status.st_mode))
        return tell(db, no_results);
    if (status.st_size == 0)
        return true;
    file = fopen(path, "rbe");
    if (file == NULL)
        return tell(db, strerror(errno));
    good = check_header(db, path, file, (uint64_t)status.st_size);
    (void)fclose(file);
    return good;
}

/* SQLite is given a path that is none of its own names ("", ":memory:",
 * "file:..."). */
static bool open_path(struct sweepdb *db, const char *path, int flags)
{
    struct stat status;

    if (path == NULL)
        return sqlite3_open_v2(":memory:", &db->sqlite, flags, NULL) ==
                   SQLITE_OK ||
               failed(db);
    if (path[0] == '\0')
        return tell(db, strerror(ENOENT));
    if (asprintf(&db->path, "%s%s", path[0] == '/' ? "" : "./", path) == -1) {
        db->path = NULL;
        return tell(db, strerror(ENOMEM));
    }
    if (!check_file(db, db->path))
        return false;
    db->made = lstat(db->path, &status) != 0;
    return sqlite3_open_v2(db->path, &db->sqlite, flags, NULL) == SQLITE_OK ||
           failed(db);
}

/* Removes the empty file that was made, and could not be made more of. */
static void unmake(const struct sweepdb *db)
{
    struct stat status;

    if (db->path != NULL && db->made && stat(db->path, &status) == 0 &&
        status.st_size == 0)
        (void)unlink(db->path);
}

struct sweepdb *sweepdb_open(const char *path, bool must_exist)
{
    struct sweepdb *db = calloc(1, sizeof(*db));
    int flags = SQLITE_OPEN_READWRITE | (must_exist ? 0 : SQLITE_OPEN_CREATE);

    if (db == NULL) {
        complain("sweep", "%s", strerror(ENOMEM));
        return NULL;
    }
    db->name = path != NULL ? path : "results";
    db->claim = -1;
    if (open_path(db, path, flags) && make_or_check(db, must_exist))
        return db;
    unmake(db);
    sweepdb_close(db);
    return NULL;
}

void sweepdb_close(struct sweepdb *db)
{
    if (db == NULL)
        return;
    (void)sqlite3_close(db->sqlite);
    if (db->claim != -1) /* not before: a descriptor's end is that of SQLite's
                            locks */
        close(db->claim);
    free(db->path);
    free(db);
}

bool sweepdb_claim(struct sweepdb *db)
{
    if (db->path == NULL)
        return true;
    db->claim = open(db->path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (db->claim == -1)
        return tell(db, strerror(errno));
    return newfile_lock(db->claim) ||
           tell(db, "is being written by another program");
}

/* ---- one job ---- */

/* The key is the first four parameters of a statement. */
static void bind_key(sqlite3_stmt *statement, const struct sweepdb_key *key)
{
    char hash[17];

    (void)snprintf(hash, sizeof(hash), "%016" PRIx64, key->trace.hash);
    bind_text(statement, 1, hash);
    (void)sqlite3_bind_int64(statement, 2, (int64_t)key->trace.bytes);
    bind_text(statement, 3, key->options);
    bind_text(statement, 4, key->version);
}

int64_t sweepdb_find(struct sweepdb *db, const struct sweepdb_key *key,
                     bool *was_failed)
{
    sqlite3_stmt *statement = prepare(
        db,
        "SELECT id, failed FROM runs WHERE trace_hash = ?1 AND trace_bytes = ?2"
        " AND options = ?3 AND version = ?4");
    int64_t number = 0;
    int step;

    if (statement == NULL)
        return -1;
    bind_key(statement, key);
    step = sqlite3_step(statement);
    if (step == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
        *was_failed = sqlite3_column_int(statement, 1) != 0;
    } else if (step != SQLITE_DONE) {
        (void)failed(db);
        number = -1;
    }
    (void)sqlite3_finalize(statement);
    return number;
}

int64_t sweepdb_highest(struct sweepdb *db)
{
    int64_t number = -1;

    (void)number_of(db, prepare(db, "SELECT coalesce(max(id), 0) FROM runs"),
                    &number);
    return number;
}

/* Finds a number for the job: its own from before, else the wanted one, else
 * one that is free. */
static bool choose_number(struct sweepdb *db, const struct sweepdb_key *key,
                          int64_t wanted, int64_t *number, bool *was_failed)
{
    sqlite3_stmt *statement;

    *was_failed = true;
    *number = sweepdb_find(db, key, was_failed);
    if (*number != 0)
        return *number > 0;
    statement = prepare(db, "SELECT CASE WHEN ?1 IN (SELECT id FROM runs)"
                            " THEN (SELECT max(id) + 1 FROM runs) ELSE ?1 END");
    if (statement != NULL)
        (void)sqlite3_bind_int64(statement, 1, wanted);
    return number_of(db, statement, number);
}

static bool put_run(struct sweepdb *db, int64_t number,
                    const struct sweepdb_key *key, const char *trace,
                    const struct sweep_result *result)
{
    sqlite3_stmt *statement = prepare(
        db,
        "REPLACE INTO runs(trace_hash, trace_bytes, options, version, id, "
        "trace,"
        " failed, exit_status, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");

    if (statement == NULL)
        return false;
    bind_key(statement, key);
    (void)sqlite3_bind_int64(statement, 5, number);
    bind_text(statement, 6, trace);
    (void)sqlite3_bind_int(statement, 7, result->failed);
    (void)sqlite3_bind_int(statement, 8, result->exit_status);
    if (result->message[0] != '\0')
        bind_text(statement, 9, result->message);
    return finish(db, statement);
}

static bool put_options(struct sweepdb *db, int64_t number,
                        const struct sweep_choices *choices)
{
    for (size_t i = 0; i < choices->count; i++) {
        sqlite3_stmt *statement =
            prepare(db, "REPLACE INTO run_options VALUES (?, ?, ?)");

        if (statement == NULL)
            return false;
        (void)sqlite3_bind_int64(statement, 1, number);
        bind_text(statement, 2, choices->at[i].name);
        if (choices->at[i].value != NULL)
            bind_text(statement, 3, choices->at[i].value);
        if (!finish(db, statement))
            return false;
    }
    return true;
}

/* Every number and text in the statistics becomes a count: "faults.total". A
 * path in JSON is
 * "$.faults.total", and, as SQLite writes it, "$.faults.\"cow_copy\"". */
static bool put_counts(struct sweepdb *db, int64_t number, const char *stats)
{
    sqlite3_stmt *statement;

    if (stats == NULL)
        return true;
    statement = prepare(
        db,
        "REPLACE INTO counts SELECT ?1, replace(substr(fullkey, 3), '\"', ''),"
        " atom FROM json_tree(?2) WHERE atom IS NOT NULL");
    if (statement == NULL)
        return false;
    (void)sqlite3_bind_int64(statement, 1, number);
    bind_text(statement, 2, stats);
    return finish(db, statement);
}

bool sweepdb_put(struct sweepdb *db, const struct sweepdb_key *key,
                 const struct sweep_choices *choices, const char *trace,
                 const struct sweep_result *result, int64_t wanted)
{
    int64_t number;
    bool was_failed, good;

    if (!begin(db))
        return false;
    good = choose_number(db, key, wanted, &number, &was_failed);
    if (good && was_failed)
        good = put_run(db, number, key, trace, result) &&
               put_options(db, number, choices) &&
               put_counts(db, number, result->stats);
    return end(db, good);
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
    const char *name = db->name;
    bool good;

    if (!begin(db))
        return false;
    db->name = path; /* whose fault it nearly always is */
    good = run(db, sweepschema_merge);
    db->name = name;
    return end(db, good);
}

bool sweepdb_merge(struct sweepdb *db, const char *path)
{
    char *plain = NULL;
    sqlite3_stmt *statement;
    bool good;

    if (!check_part(path))
        return false;
    if (asprintf(&plain, "%s%s", path[0] == '/' ? "" : "./", path) == -1)
        return tell(db, strerror(ENOMEM));
    statement = prepare(db, "ATTACH ? AS part");
    if (statement != NULL)
        bind_text(statement, 1, plain);
    free(plain);
    if (!finish(db, statement))
        return false;
    good = merge_attached(db, path);
    return run(db, "DETACH part") && good;
}

/* ---- reading ---- */

/* A column's text, to be freed. */
static char *text_of(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text != NULL ? strdup((const char *)text) : NULL;
}

static int64_t count_of(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return SWEEPDB_NONE;
    return sqlite3_column_int64(statement, column);
}

static bool read_row(struct sweepdb *db, sqlite3_stmt *statement,
                     struct sweepdb_row *row)
{
    *row = (struct sweepdb_row){
        .trace = text_of(statement, 1),
        .options = text_of(statement, 2),
        .failed = sqlite3_column_int(statement, 3) != 0,
        .exit_status = sqlite3_column_int64(statement, 4),
        .message = text_of(statement, 5 + SWEEPDB_COUNTS),
    };
    for (size_t i = 0; i < SWEEPDB_COUNTS; i++)
        row->counts[i] = count_of(statement, 5 + (int)i);
    if (row->trace != NULL && row->options != NULL)
        return true;
    sweepdb_row_free(row);
    return tell(db, strerror(ENOMEM));
}

bool sweepdb_read(struct sweepdb *db, int64_t number, struct sweepdb_row *row)
{
    sqlite3_stmt *statement = prepare(db, "SELECT * FROM results WHERE id = ?");
    bool good = statement != NULL;

    if (!good)
        return false;
    (void)sqlite3_bind_int64(statement, 1, number);
    if (sqlite3_step(statement) != SQLITE_ROW)
        good = failed(db);
    else if (sqlite3_column_count(statement) != 6 + SWEEPDB_COUNTS)
        good = tell(db, "is damaged");
    else
        good = read_row(db, statement, row);
    (void)sqlite3_finalize(statement);
    return good;
}

void sweepdb_row_free(struct sweepdb_row *row)
{
    free(row->trace);
    free(row->options);
    free(row->message);
}

char *sweepdb_option(struct sweepdb *db, int64_t number, const char *name)
{
    sqlite3_stmt *statement =
        prepare(db, "SELECT coalesce(value, '') FROM run_options WHERE run = ? "
                    "AND name = ?");
    char *value = NULL;

    if (statement == NULL)
        return NULL;
    (void)sqlite3_bind_int64(statement, 1, number);
    bind_text(statement, 2, name);
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = text_of(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

bool sweepdb_each(struct sweepdb *db, void (*each)(void *arg, int64_t number),
                  void *arg)
{
    sqlite3_stmt *statement = prepare(db, "SELECT id FROM runs ORDER BY id");
    int step = SQLITE_DONE;

    if (statement == NULL)
        return false;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
        each(arg, sqlite3_column_int64(statement, 0));
    (void)sqlite3_finalize(statement);
    return step == SQLITE_DONE || failed(db);
}

bool sweepdb_each_varied(struct sweepdb *db,
                         void (*each)(void *arg, const char *name), void *arg)
{
    sqlite3_stmt *statement = prepare(
        db, "SELECT name FROM run_options WHERE name NOT GLOB '*[^a-z0-9=_-]*'"
            " GROUP BY name HAVING count(DISTINCT value) > 1"
            " OR count(*) < (SELECT count(*) FROM runs) ORDER BY name");
    int step = SQLITE_DONE;

    if (statement == NULL)
        return false;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
        each(arg, (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    return step == SQLITE_DONE || failed(db);
}
