/* logdb.c: see logdb.h. https://www.sqlite.org/c3ref */
#include "log/logdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define WHY_BYTES 256u

struct logdb {
    sqlite3 *sqlite;
    int error; /* errno after the last failure: SQLite does not keep it for
                  every one */
    char why[WHY_BYTES]; /* of a failure that SQLite knows nothing of; "": ask
                            SQLite */
};

struct logstmt {
    struct logdb *db;
    sqlite3_stmt *sqlite;
};

/* ---- reasons ---- */

static void set_why(char *why, size_t why_bytes, const char *text)
{
    snprintf(why, why_bytes, "%s", text);
}

/* The reason of SQLite's last failure, in the words of the command's other
 * messages. */
static const char *sqlite_why(const struct logdb *db)
{
    sqlite3 *sqlite = db->sqlite;
    int error = db->error != 0 ? db->error : sqlite3_system_errno(sqlite);

    switch (sqlite3_errcode(sqlite)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return LOGDB_DAMAGED;
    case SQLITE_FULL:
        return strerror(ENOSPC);
    case SQLITE_NOMEM:
        return strerror(ENOMEM);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "is being written by another program";
    case SQLITE_IOERR:
        if (sqlite3_extended_errcode(sqlite) == SQLITE_IOERR_SHORT_READ)
            return LOGDB_DAMAGED;
        return error != 0 ? strerror(error) : strerror(EIO);
    case SQLITE_READONLY:
        return "is of a run that was killed: it must be written to once, and "
               "cannot be";
    case SQLITE_CANTOPEN:
        return error != 0 ? strerror(error) : sqlite3_errmsg(sqlite);
    default:
        return sqlite3_errmsg(sqlite);
    }
}

const char *logdb_why(const struct logdb *db)
{
    return db->why[0] != '\0' ? db->why : sqlite_why(db);
}

static bool memory_is_short(struct logdb *db)
{
    set_why(db->why, sizeof db->why, strerror(ENOMEM));
    return false;
}

/* ---- opening and closing ---- */

struct logdb *logdb_attach(const char *path, enum logdb_access access,
                           char *why, size_t why_bytes)
{
    struct logdb *db = calloc(1, sizeof *db);

    if (db == NULL) {
        set_why(why, why_bytes, strerror(ENOMEM));
        return NULL;
    }
    /* Nobody asks how much memory SQLite uses, and keeping count takes a lock
     * at each malloc. Too late where SQLite is in use already, and then as
     * well. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    /* A handle is one thread's at a time, so that SQLite need not lock it. */
    if (sqlite3_open_v2(path, &db->sqlite,
                        SQLITE_OPEN_NOMUTEX |
                            (access == LOGDB_READ ? SQLITE_OPEN_READONLY
                                                  : SQLITE_OPEN_READWRITE),
                        access == LOGDB_WRITE_UNLOCKED ? "unix-none" : NULL) ==
        SQLITE_OK)
        return db;
    set_why(why, why_bytes, logdb_why(db));
    logdb_detach(db);
    return NULL;
}

void logdb_undo_batch(const char *path)
{
    sqlite3 *sqlite;

    if (sqlite3_open_v2(path, &sqlite, SQLITE_OPEN_READWRITE, NULL) ==
        SQLITE_OK)
        (void)sqlite3_exec(sqlite, "SELECT count(*) FROM sqlite_schema", NULL,
                           NULL, NULL);
    (void)sqlite3_close(sqlite);
}

bool logdb_has_table(struct logdb *db, const char *name,
                     const char *column_list)
{
    sqlite3 *model = NULL;
    sqlite3_stmt *columns = NULL;
    char sql[1024];
    bool good = sqlite3_open(":memory:", &model) == SQLITE_OK;

    (void)snprintf(sql, sizeof sql, "CREATE TABLE %s(%s)", name, column_list);
    good = good && sqlite3_exec(model, sql, NULL, NULL, NULL) == SQLITE_OK;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
    good =
        good && sqlite3_prepare_v2(model, sql, -1, &columns, NULL) == SQLITE_OK;
    for (int i = 0; good && i < sqlite3_column_count(columns); i++)
        good = sqlite3_table_column_metadata(
                   db->sqlite, "main", name, sqlite3_column_name(columns, i),
                   NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
    (void)sqlite3_finalize(columns);
    (void)sqlite3_close(model);
    return good;
}

void logdb_detach(struct logdb *db)
{
    (void)sqlite3_close(db->sqlite);
    free(db);
}

bool logdb_close(struct logdb *db, char *why, size_t why_bytes)
{
    bool good = true;

    if (sqlite3_db_readonly(db->sqlite, "main") == 0)
        good =
            (sqlite3_get_autocommit(db->sqlite) || logdb_run(db, "COMMIT")) &&
            logdb_run(db, "PRAGMA journal_mode=DELETE");
    if (!good)
        set_why(why, why_bytes, logdb_why(db));
    logdb_detach(db);
    return good;
}

/* ---- statements ---- */

bool logdb_run(struct logdb *db, const char *sql)
{
    db->why[0] = '\0';
    errno = 0;

    bool good = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK;

    db->error = errno;
    return good;
}

struct logstmt *logdb_prepare(struct logdb *db, const char *sql)
{
    struct logstmt *statement = malloc(sizeof *statement);

    db->why[0] = '\0';
    if (statement == NULL) {
        (void)memory_is_short(db);
        return NULL;
    }
    statement->db = db;
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &statement->sqlite, NULL) == SQLITE_OK)
        return statement;
    free(statement);
    return NULL;
}

void logstmt_free(struct logstmt *statement)
{
    if (statement != NULL)
        (void)sqlite3_finalize(statement->sqlite);
    free(statement);
}

void logstmt_bind_int(struct logstmt *statement, int index, int64_t value)
{
    (void)sqlite3_bind_int64(statement->sqlite, index, value);
}

void logstmt_bind_null(struct logstmt *statement, int index)
{
    (void)sqlite3_bind_null(statement->sqlite, index);
}

void logstmt_bind_text(struct logstmt *statement, int index, const char *value)
{
    (void)sqlite3_bind_text(statement->sqlite, index, value, -1,
                            SQLITE_TRANSIENT);
}

void logstmt_bind_blob(struct logstmt *statement, int index, const void *value,
                       size_t bytes)
{
    (void)sqlite3_bind_blob64(statement->sqlite, index, value, bytes,
                              SQLITE_TRANSIENT);
}

int logstmt_step(struct logstmt *statement)
{
    errno = 0;
    switch (sqlite3_step(statement->sqlite)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        statement->db->error = errno;
        return -1;
    }
}

void logstmt_reset(struct logstmt *statement)
{
    (void)sqlite3_reset(statement->sqlite);
}

int logstmt_columns(const struct logstmt *statement)
{
    return sqlite3_column_count(statement->sqlite);
}

const char *logstmt_column_name(const struct logstmt *statement, int column)
{
    return sqlite3_column_name(statement->sqlite, column);
}

bool logstmt_is_null(struct logstmt *statement, int column)
{
    return sqlite3_column_type(statement->sqlite, column) == SQLITE_NULL;
}

int64_t logstmt_int(struct logstmt *statement, int column)
{
    return sqlite3_column_int64(statement->sqlite, column);
}

const char *logstmt_text(struct logstmt *statement, int column)
{
    const char *text =
        (const char *)sqlite3_column_text(statement->sqlite, column);

    return text != NULL ? text : "";
}

const void *logstmt_blob(struct logstmt *statement, int column, size_t *bytes)
{
    const void *blob = sqlite3_column_blob(statement->sqlite, column);

    *bytes = (size_t)sqlite3_column_bytes(statement->sqlite, column);
    return blob;
}

/* ---- the program's own rows: https://www.sqlite.org/vtab.html ---- */

struct named_source {
    const struct logsource *source;
    char schema[512];
};

struct source_table {
    sqlite3_vtab base;
    const struct logsource *source;
};

struct source_cursor {
    sqlite3_vtab_cursor base;
    const struct logsource *source;
    uint32_t row;
};

static int source_connect(sqlite3 *sqlite, void *arg, int words,
                          const char *const *word, sqlite3_vtab **table,
                          char **why)
{
    const struct named_source *named = arg;
    struct source_table *made = calloc(1, sizeof *made);

    (void)words;
    (void)word;
    (void)why;
    if (made == NULL)
        return SQLITE_NOMEM;

    int error = sqlite3_declare_vtab(sqlite, named->schema);

    if (error != SQLITE_OK) {
        free(made);
        return error;
    }
    made->source = named->source;
    *table = &made->base;
    return SQLITE_OK;
}

static int source_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int source_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1000;
    return SQLITE_OK;
}

static int source_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
    struct source_cursor *made = calloc(1, sizeof *made);

    if (made == NULL)
        return SQLITE_NOMEM;
    made->source = ((const struct source_table *)table)->source;
    *cursor = &made->base;
    return SQLITE_OK;
}

static int source_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int source_first(sqlite3_vtab_cursor *cursor, int index,
                        const char *name, int values, sqlite3_value **value)
{
    (void)index;
    (void)name;
    (void)values;
    (void)value;
    ((struct source_cursor *)cursor)->row = 0;
    return SQLITE_OK;
}

static int source_next(sqlite3_vtab_cursor *cursor)
{
    ((struct source_cursor *)cursor)->row++;
    return SQLITE_OK;
}

static int source_at_end(sqlite3_vtab_cursor *cursor)
{
    const struct source_cursor *at = (const struct source_cursor *)cursor;

    return at->row >= at->source->rows;
}

static int source_column(sqlite3_vtab_cursor *cursor, sqlite3_context *result,
                         int column)
{
    const struct source_cursor *at = (const struct source_cursor *)cursor;
    struct logcell cell = {.kind = LOGCELL_NULL};

    at->source->cell(at->source, at->row, (uint32_t)column, &cell);
    if (cell.kind == LOGCELL_INT)
        sqlite3_result_int64(result, cell.value);
    else if (cell.kind == LOGCELL_BLOB)
        sqlite3_result_blob64(result, cell.bytes, cell.byte_count,
                              SQLITE_STATIC);
    return SQLITE_OK;
}

static int source_row(sqlite3_vtab_cursor *cursor, sqlite3_int64 *row)
{
    *row = ((const struct source_cursor *)cursor)->row;
    return SQLITE_OK;
}

/* Without xCreate the module is a table itself, by its name. */
static const sqlite3_module source_module = {
    .xConnect = source_connect,
    .xDisconnect = source_disconnect,
    .xBestIndex = source_plan,
    .xOpen = source_open,
    .xClose = source_close,
    .xFilter = source_first,
    .xNext = source_next,
    .xEof = source_at_end,
    .xColumn = source_column,
    .xRowid = source_row,
};

bool logdb_add_source(struct logdb *db, const char *name, const char *columns,
                      const struct logsource *source)
{
    struct named_source *named = malloc(sizeof *named);

    db->why[0] = '\0';
    if (named == NULL)
        return memory_is_short(db);
    named->source = source;
    (void)snprintf(named->schema, sizeof named->schema,
                   "CREATE TABLE source(%s)", columns);
    return sqlite3_create_module_v2(db->sqlite, name, &source_module, named,
                                    free) == SQLITE_OK;
}
