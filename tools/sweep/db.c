/* db.c: see db.h. https://www.sqlite.org/c3ref */
#include "sweep/db.h"

#include <errno.h>
#include <fcntl.h>
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

bool sweepdb_tell(const struct sweepdb *db, const char *why)
{
    complain(db->name, "%s", why);
    return false;
}

bool sweepdb_failed(const struct sweepdb *db)
{
    int error = sqlite3_system_errno(db->sqlite);

    switch (sqlite3_errcode(db->sqlite)) {
    case SQLITE_NOTADB:
        return sweepdb_tell(db, no_results);
    case SQLITE_CORRUPT:
        return sweepdb_tell(db, "is damaged");
    case SQLITE_FULL:
        return sweepdb_tell(db, strerror(ENOSPC));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return sweepdb_tell(db, "is being written by another program");
    case SQLITE_READONLY:
        return sweepdb_tell(db, "may not be written");
    case SQLITE_IOERR:
        if (sqlite3_extended_errcode(db->sqlite) == SQLITE_IOERR_SHORT_READ)
            return sweepdb_tell(db, "is damaged");
        return sweepdb_tell(db, strerror(error != 0 ? error : EIO));
    case SQLITE_CANTOPEN:
        return sweepdb_tell(db, error != 0 ? strerror(error)
                                           : sqlite3_errmsg(db->sqlite));
    default:
        return sweepdb_tell(db, sqlite3_errmsg(db->sqlite));
    }
}

const char *sweepdb_call(struct sweepdb *db, const char *name)
{
    const char *before = db->name;

    db->name = name;
    return before;
}

/* ---- statements ---- */

struct sweepstmt {
    struct sweepdb *db;
    sqlite3_stmt *sqlite;
};

bool sweepdb_run(struct sweepdb *db, const char *sql)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ||
           sweepdb_failed(db);
}

bool sweepdb_begin(struct sweepdb *db)
{
    return sweepdb_run(db, "BEGIN IMMEDIATE");
}

bool sweepdb_end(struct sweepdb *db, bool good)
{
    if (good && sweepdb_run(db, "COMMIT"))
        return true;
    (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

struct sweepstmt *sweepdb_prepare(struct sweepdb *db, const char *sql)
{
    struct sweepstmt *statement = calloc(1, sizeof(*statement));

    if (statement == NULL) {
        (void)sweepdb_tell(db, strerror(ENOMEM));
        return NULL;
    }
    statement->db = db;
    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement->sqlite, NULL) ==
        SQLITE_OK)
        return statement;
    (void)sweepdb_failed(db);
    sweepstmt_free(statement);
    return NULL;
}

void sweepstmt_free(struct sweepstmt *statement)
{
    if (statement != NULL)
        (void)sqlite3_finalize(statement->sqlite);
    free(statement);
}

void sweepstmt_bind_int(struct sweepstmt *statement, int index, int64_t value)
{
    (void)sqlite3_bind_int64(statement->sqlite, index, value);
}

void sweepstmt_bind_text(struct sweepstmt *statement, int index,
                         const char *text)
{
    (void)sqlite3_bind_text(statement->sqlite, index, text, -1,
                            SQLITE_TRANSIENT);
}

int sweepstmt_step(struct sweepstmt *statement)
{
    int result = sqlite3_step(statement->sqlite);

    return result == SQLITE_ROW ? 1 : result == SQLITE_DONE ? 0 : -1;
}

bool sweepstmt_finish(struct sweepstmt *statement)
{
    bool good = statement != NULL;

    if (good && sweepstmt_step(statement) != 0)
        good = sweepdb_failed(statement->db);
    sweepstmt_free(statement);
    return good;
}

bool sweepstmt_number(struct sweepstmt *statement, int64_t *number)
{
    bool good = statement != NULL;

    if (good && sweepstmt_step(statement) == 1)
        *number = sweepstmt_int(statement, 0);
    else if (good)
        good = sweepdb_failed(statement->db);
    sweepstmt_free(statement);
    return good;
}

int sweepstmt_columns(const struct sweepstmt *statement)
{
    return sqlite3_column_count(statement->sqlite);
}

bool sweepstmt_is_null(struct sweepstmt *statement, int column)
{
    return sqlite3_column_type(statement->sqlite, column) == SQLITE_NULL;
}

int64_t sweepstmt_int(struct sweepstmt *statement, int column)
{
    return sqlite3_column_int64(statement->sqlite, column);
}

const char *sweepstmt_text(struct sweepstmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->sqlite, column);
}

/* ---- opening ---- */

static bool make_schema(struct sweepdb *db)
{
    char *sql = sweepschema_sql();
    bool good =
        sql != NULL ? sweepdb_run(db, sql) : sweepdb_tell(db, strerror(ENOMEM));

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
            return sweepdb_tell(db, "is damaged");
    }
    return true;
}

static bool check_schema(struct sweepdb *db)
{
    int64_t application = 0, version = 0;

    if (!sweepstmt_number(sweepdb_prepare(db, "PRAGMA application_id"),
                          &application) ||
        !sweepstmt_number(sweepdb_prepare(db, "PRAGMA user_version"), &version))
        return false;
    if (application != SWEEPDB_APPLICATION_ID || version < 1)
        return sweepdb_tell(db, no_results);
    if (version < SWEEPDB_SCHEMA)
        return sweepdb_tell(db,
                            "was made by an older mmu386, which knew traces by "
                            "another hash");
    if (version > SWEEPDB_SCHEMA)
        return sweepdb_tell(db, "was made by a newer mmu386");
    return check_tables(db);
}

/* Whether there is nothing in it yet: another program may be making it at this
 * moment. */
static bool is_empty(struct sweepdb *db, bool *empty)
{
    int64_t tables = 0;

    if (!sweepstmt_number(
            sweepdb_prepare(db, "SELECT count(*) FROM main.sqlite_master"),
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
    if (!sweepdb_begin(db))
        return false;
    if (!is_empty(db, &empty))
        return sweepdb_end(db, false);
    return sweepdb_end(db, empty ? make_schema(db) : check_schema(db));
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
        return sweepdb_tell(db, no_results);
    if (asprintf(&journal, "%s-journal", path) == -1)
        return sweepdb_tell(db, strerror(ENOMEM));
    unfinished = access(journal, F_OK) == 0;
    free(journal);
    page_bytes = (uint32_t)header[16] << 8 | header[17];
    pages = (uint64_t)header[28] << 24 | (uint64_t)header[29] << 16 |
            (uint64_t)header[30] << 8 | header[31];
    return unfinished ||
           (bytes >= sizeof(header) &&
            bytes >= pages * (page_bytes == 1 ? 65536 : page_bytes)) ||
           sweepdb_tell(db, "is damaged");
}

/* Whether it may be a database: one that is not there, or empty, is yet to be
 * made. */
static bool check_file(const struct sweepdb *db, const char *path)
{
    struct stat status;
    FILE *file;
    bool good;

    if (stat(path, &status) != 0)
        return errno == ENOENT || sweepdb_tell(db, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return sweepdb_tell(db, strerror(EISDIR));
    if (!S_ISREG(status.st_mode))
        return sweepdb_tell(db, no_results);
    if (status.st_size == 0)
        return true;
    file = fopen(path, "rbe");
    if (file == NULL)
        return sweepdb_tell(db, strerror(errno));
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
               sweepdb_failed(db);
    if (path[0] == '\0')
        return sweepdb_tell(db, strerror(ENOENT));
    if (asprintf(&db->path, "%s%s", path[0] == '/' ? "" : "./", path) == -1) {
        db->path = NULL;
        return sweepdb_tell(db, strerror(ENOMEM));
    }
    if (!check_file(db, db->path))
        return false;
    db->made = lstat(db->path, &status) != 0;
    return sqlite3_open_v2(db->path, &db->sqlite, flags, NULL) == SQLITE_OK ||
           sweepdb_failed(db);
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
        return sweepdb_tell(db, strerror(errno));
    return newfile_lock(db->claim) ||
           sweepdb_tell(db, "is being written by another program");
}
