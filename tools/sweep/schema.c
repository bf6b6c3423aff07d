/* schema.c: see schema.h. */
#include "sweep/schema.h"

#include <stdio.h>
#include <stdlib.h>

static const char tables[] =
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, trace TEXT NOT NULL, "
    "trace_bytes INTEGER NOT NULL,"
    " trace_hash TEXT NOT NULL, options TEXT NOT NULL, version TEXT NOT NULL,"
    " failed INTEGER NOT NULL, exit_status INTEGER NOT NULL, message TEXT,"
    " UNIQUE (trace_hash, trace_bytes, options, version));"
    "CREATE TABLE run_options(run INTEGER, name TEXT, value TEXT, PRIMARY KEY "
    "(run, name))"
    " WITHOUT ROWID;"
    "CREATE TABLE counts(run INTEGER, name TEXT, value, PRIMARY KEY (run, "
    "name)) WITHOUT ROWID;";

/* A column of the view, and what the count is called. */
struct pivot {
    const char *column;
    const char *count;
};

static const struct pivot pivots[] = {
    {"instructions", "instructions"},
    {"cycles", "cycles"},
    {"clocks_execute", "clocks.execute"},
    {"clocks_walk", "clocks.walk"},
    {"clocks_trap", "clocks.trap"},
    {"clocks_fork", "clocks.fork"},
    {"clocks_service", "clocks.service"},
    {"fault_clocks", "fault_clocks"},
    {"fork_median", "fork_latency.median"},
    {"fork_worst", "fork_latency.worst"},
    {"forks", "forks"},
    {"processes", "processes"},
    {"faults", "faults.total"},
    {"demand_zero", "faults.demand_zero"},
    {"cow_copy", "faults.cow_copy"},
    {"cow_reuse", "faults.cow_reuse"},
    {"file", "faults.file"},
    {"segv", "faults.segv"},
    {"oom", "faults.oom"},
    {"frames_allocated", "frames.allocated"},
    {"frames_peak", "frames.peak"},
    {"copied_at_fork", "frames.copied_at_fork"},
    {"copied_by_kernel", "frames.copied_by_kernel"},
    {"tables_allocated", "tables.allocated"},
    {"tables_peak", "tables.peak"},
    {"tlb_lookups", "tlb.lookups"},
    {"tlb_misses", "tlb.misses"},
    {"tlb_flushes", "tlb.flushes"},
};

_Static_assert(sizeof(pivots) / sizeof(pivots[0]) == SWEEPDB_COUNTS,
               "each count has a column");

const char *sweepdb_count_name(unsigned number)
{
    return pivots[number].column;
}

char *sweepschema_sql(void)
{
    char *sql = NULL;
    size_t bytes;
    FILE *file = open_memstream(&sql, &bytes);

    if (file == NULL)
        return NULL;
    fprintf(file,
            "%sCREATE VIEW results AS SELECT id, trace, options, failed, "
            "exit_status",
            tables);
    for (unsigned i = 0; i < SWEEPDB_COUNTS; i++)
        fprintf(
            file,
            ", (SELECT value FROM counts WHERE run = id AND name = '%s') AS %s",
            pivots[i].count, pivots[i].column);
    fprintf(file,
            ", message FROM runs ORDER BY id;"
            "PRAGMA application_id=%d; PRAGMA user_version=%d",
            SWEEPDB_APPLICATION_ID, SWEEPDB_SCHEMA);
    if (fclose(file) == 0)
        return sql;
    free(sql);
    return NULL;
}

/* What is new there gets the next numbers, in order; what failed here and did
 * not there keeps its own. */
const char sweepschema_merge[] =
    "CREATE TEMP TABLE taken AS SELECT p.id AS old, coalesce(m.id,"
    " (SELECT coalesce(max(id), 0) FROM main.runs)"
    " + row_number() OVER (PARTITION BY m.id IS NULL ORDER BY p.id)) AS new"
    " FROM part.runs AS p LEFT JOIN main.runs AS m ON m.trace_hash = "
    "p.trace_hash"
    " AND m.trace_bytes = p.trace_bytes AND m.options = p.options AND "
    "m.version = p.version"
    " WHERE m.id IS NULL OR (m.failed AND NOT p.failed);"
    "REPLACE INTO main.runs(id, trace, trace_bytes, trace_hash, options, "
    "version, failed,"
    " exit_status, message) SELECT new, trace, trace_bytes, trace_hash, "
    "options, version, failed,"
    " exit_status, message FROM part.runs JOIN temp.taken ON id = old ORDER BY "
    "new;"
    "REPLACE INTO main.run_options SELECT new, name, value"
    " FROM part.run_options JOIN temp.taken ON run = old;"
    "REPLACE INTO main.counts SELECT new, name, value"
    " FROM part.counts JOIN temp.taken ON run = old;"
    "DROP TABLE temp.taken";
