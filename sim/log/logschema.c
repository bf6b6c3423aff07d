/* logschema.c: see logschema.h. */
#include "log/logschema.h"

#include <stdint.h>
#include <stdio.h>

#include "log/logdb.h"

/* Since when a table is there, what it is called, and its columns. */
struct table {
    int since; /* schema */
    const char *name;
    const char *columns;
};

static const struct table tables[] = {
    {1, "parameters", "name TEXT PRIMARY KEY, value"},
    {1, "kinds", "id INTEGER PRIMARY KEY, name TEXT, is_fault INTEGER"},
    {1, "programs", "id INTEGER PRIMARY KEY, name TEXT"},
    {1, "symbols", "program INTEGER, linear INTEGER, bytes INTEGER, name TEXT"},
    {2, "lines",
     "program INTEGER, linear INTEGER, file TEXT, line INTEGER, PRIMARY KEY "
     "(program, linear)"},
    {1, "code",
     "program INTEGER, page INTEGER, bytes BLOB, PRIMARY KEY (program, page)"},
    {1, "processes",
     "pid INTEGER PRIMARY KEY, parent INTEGER, program INTEGER, birth INTEGER, "
     "death INTEGER, wait_status INTEGER"},
    {1, "execs", "sequence INTEGER PRIMARY KEY, pid INTEGER, program INTEGER"},
    {1, "mappings",
     "id INTEGER PRIMARY KEY, pid INTEGER, start INTEGER, \"end\" INTEGER, "
     "rights TEXT, name TEXT, program INTEGER"},
    {1, "events",
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

/* The program that a process ran: its own last one, else its forefather's as
 * of the birth of the one who forked. */
#define PROGRAM_OF_FAULT                                                      \
    "(WITH RECURSIVE line(pid, at) AS (SELECT e.pid, e.sequence UNION ALL "   \
    "SELECT p.parent, p.birth FROM line JOIN processes AS p ON p.pid = "      \
    "line.pid AND p.parent < p.pid WHERE NOT EXISTS (SELECT 1 FROM execs AS " \
    "x WHERE x.pid = line.pid AND x.sequence <= line.at)) SELECT x.program "  \
    "FROM line JOIN execs AS x ON x.pid = line.pid AND x.sequence <= "        \
    "line.at ORDER BY x.sequence DESC LIMIT 1)"

/* Symbols may lie within others, as many deep as symbols.c searches. */
#define SYMBOL_OF_FAULT                                                    \
    "(SELECT name FROM (SELECT name, linear + bytes AS past FROM symbols " \
    "WHERE program = " PROGRAM_OF_FAULT " AND linear <= e.eip ORDER BY "   \
    "linear DESC, rowid DESC LIMIT 64) WHERE e.eip < past LIMIT 1)"

/* The faults in words, for people who ask with sqlite3. */
static const char fault_view[] =
    "CREATE VIEW fault AS SELECT sequence, cycle, instructions, pid, "
    "(SELECT name FROM programs WHERE id = " PROGRAM_OF_FAULT ") AS program, "
    "k.name AS kind, printf('0x%08x', linear) AS cr2, "
    "printf('0x%08x', linear & ~4095) AS page, "
    "coalesce(nullif(substr(iif(error & 1, ',p', '') || "
    "iif(error & 2, ',w', '') || iif(error & 4, ',u', '') || "
    "iif(error & 8, ',rsvd', ''), 2), ''), '-') AS error, "
    "printf('0x%08x', eip) AS eip, " SYMBOL_OF_FAULT " AS symbol, "
    "(SELECT m.name || ' ' || m.rights FROM mappings AS m "
    "WHERE m.id = e.mapping) AS mapping, "
    "frame_before, frame_after, refs_before, refs_after "
    "FROM events AS e JOIN kinds AS k ON k.id = e.kind WHERE k.is_fault";

/* ---- making ---- */

/* Nothing is synced: the log outlives the program's end, not the machine's. The
 * rollback journal keeps a batch whole. */
bool log_schema_make(struct logdb *db)
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
    return logdb_run(db, lookup) && logdb_run(db, fault_view) &&
           logdb_run(db, "COMMIT");
}

/* ---- checking ---- */

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

static bool refuse(const char *why_not, char *why, size_t why_bytes)
{
    (void)snprintf(why, why_bytes, "%s", why_not);
    return false;
}

bool log_schema_check(struct logdb *db, char *why, size_t why_bytes)
{
    int64_t application = 0;
    int64_t schema = 0;
    char text[64];

    if (!pragma(db, "PRAGMA application_id", &application) ||
        !pragma(db, "PRAGMA user_version", &schema))
        return refuse(logdb_why(db), why, why_bytes);
    if (application != LOGDB_APPLICATION_ID || schema < 1)
        return refuse("is no fault log", why, why_bytes);
    if (schema > LOGDB_SCHEMA) {
        (void)snprintf(text, sizeof text,
                       "was made by a newer mmu386 (schema %lld)",
                       (long long)schema);
        return refuse(text, why, why_bytes);
    }
    for (size_t i = 0; i < TABLES; i++)
        if (tables[i].since <= schema &&
            !logdb_has_table(db, tables[i].name, tables[i].columns))
            return refuse(LOGDB_DAMAGED, why, why_bytes);
    return true;
}
