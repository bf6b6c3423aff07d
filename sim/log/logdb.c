/* logdb.c: see logdb.h. https://www.sqlite.org/fileformat2.html,
 * https://www.sqlite.org/c3ref */
#include "log/logdb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "newfile.h"

#define WHY_BYTES 256u

struct logdb {
    sqlite3 *sqlite;
    struct newfile *file; /* NULL: it is only read */
    bool discarded;       /* to be removed when it is closed */
    int error; /* errno after the last failure: SQLite does not keep it for
                  every one */
    char why[WHY_BYTES]; /* of a failure that SQLite knows nothing of; "": ask
                            SQLite */
    char path[PATH_MAX];
};

struct logstmt {
    struct logdb *db;
    sqlite3_stmt *sqlite;
};

/* What a table is called, and its columns. */
struct table {
    const char *name;
    const char *columns;
};

static const struct table tables[] = {
    {"parameters", "name TEXT PRIMARY KEY, value"},
    {"kinds", "id INTEGER PRIMARY KEY, name TEXT, is_fault INTEGER"},
    {"programs", "id INTEGER PRIMARY KEY, name TEXT"},
    {"symbols", "program INTEGER, linear INTEGER, bytes INTEGER, name TEXT"},
    {"code",
     "program INTEGER, page INTEGER, bytes BLOB, PRIMARY KEY (program, page)"},
    {"processes",
     "pid INTEGER PRIMARY KEY, parent INTEGER, program INTEGER, birth INTEGER, "
     "death INTEGER, wait_status INTEGER"},
    {"execs", "sequence INTEGER PRIMARY KEY, pid INTEGER, program INTEGER"},
    {"mappings",
     "id INTEGER PRIMARY KEY, pid INTEGER, start INTEGER, \"end\" INTEGER, "
     "rights TEXT, name TEXT, program INTEGER"},
    {"events",
     "sequence INTEGER PRIMARY KEY, cycle INTEGER, instructions INTEGER, cpu "
     "INTEGER, "
     "pid INTEGER, kind INTEGER, linear INTEGER, error INTEGER, eip INTEGER, "
     "insn BLOB, "
     "pde_before INTEGER, pde_after INTEGER, pte_before INTEGER, pte_after "
     "INTEGER, "
     "frame_before INTEGER, frame_after INTEGER, refs_before INTEGER, "
     "refs_after INTEGER, in_kernel INTEGER, value INTEGER, mapping INTEGER, "
     "content INTEGER"},
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* What finds a page's or a frame's events. */
static const char lookup[] =
    "CREATE TABLE page_blocks(page INTEGER, block INTEGER, PRIMARY KEY (page, "
    "block))"
    " WITHOUT ROWID;"
    "CREATE TABLE frame_blocks(frame INTEGER, block INTEGER, PRIMARY KEY "
    "(frame, block))"
    " WITHOUT ROWID;"
    "CREATE VIEW page_events AS SELECT page, block, e.* FROM page_blocks CROSS "
    "JOIN events AS e "
    "ON sequence BETWEEN block << 17 AND (block << 17) + 131071 WHERE linear "
    ">> 12 = page;"
    "CREATE VIEW frame_events AS SELECT frame, block, e.* FROM frame_blocks "
    "CROSS JOIN events AS e "
    "ON sequence BETWEEN block << 17 AND (block << 17) + 131071 "
    "WHERE frame_before = frame OR frame_after = frame";

_Static_assert(LOGDB_BLOCK_SHIFT == 17, "the views say how long a block is");

/* ---- reasons ---- */

static const char damaged[] = "is damaged";

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
        return damaged;
    case SQLITE_FULL:
        return strerror(ENOSPC);
    case SQLITE_NOMEM:
        return strerror(ENOMEM);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "is being written by another program";
    case SQLITE_IOERR:
        if (sqlite3_extended_errcode(sqlite) == SQLITE_IOERR_SHORT_READ)
            return damaged;
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

/* What SQLite would play back into the new file, or write over: a killed run's
 * journal goes, but another's file of that name only with `force`. NULL or why
 * not. */
static const char *remove_journal(const char *path, bool force)
{
    static const char magic[] = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
    char journal[PATH_MAX + 8];
    char begin[8] = {0};
    ssize_t bytes = 0;
    int fd;

    (void)snprintf(journal, sizeof journal, "%s-journal", path);
    fd = open(journal, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd == -1 && errno == ENOENT)
        return NULL;
    if (fd != -1) {
        bytes = read(fd, begin, sizeof begin);
        (void)close(fd);
    }
    if (!force && bytes != 0 && memcmp(begin, magic, sizeof begin) != 0 &&
        memcmp(begin, "\0\0\0\0\0\0\0", sizeof begin) != 0)
        return "its -journal exists (--force overwrites it)";
    return unlink(journal) == 0 ? NULL : strerror(errno);
}

/* Closes a database that cannot be used; NULL. */
static struct logdb *give_up(struct logdb *db, char *why, size_t why_bytes)
{
    set_why(why, why_bytes, logdb_why(db));
    (void)sqlite3_close(db->sqlite);
    if (db->file != NULL)
        (void)remove_journal(db->path, true);
    newfile_drop(db->file);
    free(db);
    return NULL;
}

/* ---- opening ---- */

/* SQLite is given a path that is none of its own names ("", ":memory:",
 * "file:..."). */
static struct logdb *new_logdb(const char *path, char *why, size_t why_bytes)
{
    struct logdb *db = calloc(1, sizeof *db);

    if (db == NULL) {
        set_why(why, why_bytes, strerror(ENOMEM));
        return NULL;
    }
    if (path[0] != '\0' &&
        (size_t)snprintf(db->path, sizeof db->path, "%s%s",
                         path[0] == '/' ? "" : "./", path) < sizeof db->path)
        return db;
    set_why(why, why_bytes, strerror(path[0] == '\0' ? ENOENT : ENAMETOOLONG));
    free(db);
    return NULL;
}

/* A handle is one thread's at a time, so that SQLite need not lock it. */
static bool (*lock_elsewhere)(int fd); /* or NULL: SQLite locks */

void logdb_have_locked(bool (*lock)(int fd))
{
    lock_elsewhere = lock;
}

static bool open_sqlite(struct logdb *db, int flags)
{
    const char *vfs =
        lock_elsewhere != NULL && (flags & SQLITE_OPEN_READWRITE) != 0
            ? "unix-none"
            : NULL;

    /* Nobody asks how much memory SQLite uses, and keeping count takes a lock
     * at each malloc. Too late where SQLite is in use already, and then as
     * well. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_open_v2(db->path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX,
                           vfs) == SQLITE_OK;
}

/* What a database begins with; numbers are big-endian. */
#define HEADER_BYTES      100
#define HEADER_PAGE_BYTES 16 /* 16 bits; 1: 65536 */
#define HEADER_PAGES      28 /* 32 bits */

static uint64_t big_endian(const uint8_t *bytes, int count)
{
    uint64_t value = 0;

    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The bytes that the database should have, by its header. */
static uint64_t bytes_by_header(const uint8_t *header)
{
    uint64_t page_bytes = big_endian(header + HEADER_PAGE_BYTES, 2);

    return big_endian(header + HEADER_PAGES, 4) *
           (page_bytes == 1 ? 65536 : page_bytes);
}

/* Whether the file begins as a database does, and is as long. NULL, or why
 * not. */
static const char *look_at_header(int fd, const struct stat *status)
{
    uint8_t header[HEADER_BYTES] = {0};
    ssize_t bytes = pread(fd, header, sizeof header, 0);

    if (bytes < 0)
        return strerror(errno);
    if (bytes < 16 || memcmp(header, "SQLite format 3", 16) != 0)
        return "is no fault log";
    if (bytes < HEADER_BYTES ||
        (uint64_t)status->st_size < bytes_by_header(header))
        return damaged;
    return NULL;
}

static const char *look_at_file(const char *path)
{
    struct stat status;
    const char *why;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -1)
        return strerror(errno);
    if (fstat(fd, &status) != 0)
        why = strerror(errno);
    else if (S_ISDIR(status.st_mode))
        why = strerror(EISDIR);
    else if (!S_ISREG(status.st_mode))
        why = "is no fault log";
    else
        why = look_at_header(fd, &status);
    (void)close(fd);
    return why;
}

/* A run that was killed leaves the journal of its last batch, which must be
 * undone before anything is read: by who may write to the file. True where
 * there is one. */
static bool undo_last_batch(const struct logdb *db)
{
    char journal[PATH_MAX + 8];
    sqlite3 *sqlite;

    (void)snprintf(journal, sizeof journal, "%s-journal", db->path);
    if (access(journal, F_OK) != 0)
        return false;
    if (sqlite3_open_v2(db->path, &sqlite, SQLITE_OPEN_READWRITE, NULL) ==
        SQLITE_OK)
        (void)sqlite3_exec(sqlite, "SELECT count(*) FROM sqlite_schema", NULL,
                           NULL, NULL);
    (void)sqlite3_close(sqlite);
    return true;
}

/* The value of a pragma; false where it cannot be had. */
static bool pragma(struct logdb *db, const char *sql, int64_t *value)
{
    struct logstmt *statement = logdb_prepare(db, sql);
    bool good = statement != NULL && logstmt_step(statement) == 1;

    if (good)
        *value = logstmt_int(statement, 0);
    logstmt_free(statement);
    return good;
}

static bool refuse(struct logdb *db, const char *why)
{
    set_why(db->why, sizeof db->why, why);
    return false;
}

/* Whether there is a table of that name and at least those columns. */
static bool has_table(struct logdb *db, const struct table *table)
{
    sqlite3 *model = NULL;
    sqlite3_stmt *columns = NULL;
    char sql[1024];
    bool good = sqlite3_open(":memory:", &model) == SQLITE_OK;

    (void)snprintf(sql, sizeof sql, "CREATE TABLE %s(%s)", table->name,
                   table->columns);
    good = good && sqlite3_exec(model, sql, NULL, NULL, NULL) == SQLITE_OK;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", table->name);
    good =
        good && sqlite3_prepare_v2(model, sql, -1, &columns, NULL) == SQLITE_OK;
    for (int i = 0; good && i < sqlite3_column_count(columns); i++)
        good =
            sqlite3_table_column_metadata(db->sqlite, "main", table->name,
                                          sqlite3_column_name(columns, i), NULL,
                                          NULL, NULL, NULL, NULL) == SQLITE_OK;
    (void)sqlite3_finalize(columns);
    (void)sqlite3_close(model);
    return good;
}

/* Whether it is a log that this program can read. */
static bool check(struct logdb *db)
{
    int64_t application = 0;
    int64_t schema = 0;
    char text[64];

    if (!pragma(db, "PRAGMA application_id", &application) ||
        !pragma(db, "PRAGMA user_version", &schema))
        return false;
    if (application != LOGDB_APPLICATION_ID || schema < 1)
        return refuse(db, "is no fault log");
    if (schema > LOGDB_SCHEMA) {
        (void)snprintf(text, sizeof text,
                       "was made by a newer mmu386 (schema %lld)",
                       (long long)schema);
        return refuse(db, text);
    }
    for (size_t i = 0; i < TABLES; i++)
        if (!has_table(db, &tables[i]))
            return refuse(db, damaged);
    return true;
}

struct logdb *logdb_open(const char *path, char *why, size_t why_bytes)
{
    struct logdb *db = new_logdb(path, why, why_bytes);

    if (db == NULL)
        return NULL;

    const char *unfit = look_at_file(db->path);

    if ((unfit == NULL || unfit == damaged) && undo_last_batch(db))
        unfit = look_at_file(db->path);
    if (unfit != NULL) {
        set_why(why, why_bytes, unfit);
        free(db);
        return NULL;
    }
    if (!open_sqlite(db, SQLITE_OPEN_READONLY) || !check(db))
        return give_up(db, why, why_bytes);
    return db;
}

/* ---- making ---- */

/* Makes the empty file, at db->path. False: `why` says why not. */
static bool make_file(struct logdb *db, bool force, char *why, size_t why_bytes)
{
    const char *unfit;

    db->file = newfile_begin(
        db->path, NEWFILE_GROWS | (force ? NEWFILE_FORCE : 0), why, why_bytes);
    if (db->file == NULL)
        return false;
    if ((size_t)snprintf(db->path, sizeof db->path, "%s",
                         newfile_path(db->file)) >= sizeof db->path)
        unfit = strerror(ENAMETOOLONG);
    else
        unfit = remove_journal(db->path, force);
    if (unfit == NULL && lock_elsewhere != NULL &&
        !lock_elsewhere(newfile_fd(db->file)))
        unfit = "cannot be locked";
    if (unfit != NULL)
        set_why(why, why_bytes, unfit);
    return unfit == NULL;
}

/* Nothing is synced: the log outlives the program's end, not the machine's. The
 * rollback journal keeps a batch whole. */
static bool set_up(struct logdb *db)
{
    char sql[1024];

    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size=8192; PRAGMA locking_mode=EXCLUSIVE;"
                   "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF;"
                   "PRAGMA secure_delete=OFF; PRAGMA cache_size=-16384; PRAGMA "
                   "temp_store=MEMORY;"
                   "PRAGMA application_id=%d; PRAGMA user_version=%d; BEGIN",
                   LOGDB_APPLICATION_ID, LOGDB_SCHEMA);
    if (!logdb_run(db, sql))
        return false;
    for (size_t i = 0; i < TABLES; i++) {
        (void)snprintf(sql, sizeof sql, "CREATE TABLE %s(%s)", tables[i].name,
                       tables[i].columns);
        if (!logdb_run(db, sql))
            return false;
    }
    return logdb_run(db, lookup) && logdb_run(db, "COMMIT");
}

struct logdb *logdb_create(const char *path, bool force, char *why,
                           size_t why_bytes)
{
    if (strcmp(path, "-") == 0) {
        set_why(why, why_bytes, "a log does not go to standard output");
        return NULL;
    }

    struct logdb *db = new_logdb(path, why, why_bytes);

    if (db == NULL)
        return NULL;

    if (!make_file(db, force, why, why_bytes)) {
        newfile_drop(db->file);
        free(db);
        return NULL;
    }
    if (!open_sqlite(db, SQLITE_OPEN_READWRITE) || !set_up(db))
        return give_up(db, why, why_bytes);
    return db;
}

void logdb_discard(struct logdb *db)
{
    db->discarded = true;
}

bool logdb_close(struct logdb *db, char *why, size_t why_bytes)
{
    bool good = true;
    char ending[WHY_BYTES];

    if (sqlite3_db_readonly(db->sqlite, "main") == 0)
        good =
            (sqlite3_get_autocommit(db->sqlite) || logdb_run(db, "COMMIT")) &&
            logdb_run(db, "PRAGMA journal_mode=DELETE");
    if (!good)
        set_why(why, why_bytes, logdb_why(db));
    (void)sqlite3_close(db->sqlite);
    if (db->discarded)
        newfile_drop(db->file);
    else if (db->file != NULL &&
             !newfile_end(db->file, ending, sizeof ending) && good) {
        set_why(why, why_bytes, ending);
        good = false;
    }
    free(db);
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
        set_why(db->why, sizeof db->why, strerror(ENOMEM));
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
        return refuse(db, strerror(ENOMEM));
    named->source = source;
    (void)snprintf(named->schema, sizeof named->schema,
                   "CREATE TABLE source(%s)", columns);
    return sqlite3_create_module_v2(db->sqlite, name, &source_module, named,
                                    free) == SQLITE_OK;
}
