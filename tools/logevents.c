/* logevents.c: see logevents.h. */
#include "logevents.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "log/logfile.h"

static const char *const names[LOG_KINDS] = {
    [LOG_DEMAND_ZERO] = "demand_zero",
    [LOG_FILE] = "file",
    [LOG_COW_COPY] = "cow_copy",
    [LOG_COW_REUSE] = "cow_reuse",
    [LOG_SEGV] = "segv",
    [LOG_OOM] = "oom",
    [LOG_ZERO_FILL] = "zero_fill",
    [LOG_COPY] = "copy",
    [LOG_TAKEOVER] = "takeover",
    [LOG_FORK] = "fork",
    [LOG_FORK_COPY] = "fork_copy",
    [LOG_FORK_SHARE] = "fork_share",
    [LOG_EXEC] = "exec",
    [LOG_EXIT] = "exit",
    [LOG_KILL] = "kill",
    [LOG_MAP] = "map",
    [LOG_UNMAP] = "unmap",
};

const char *log_kind_name(enum log_kind kind)
{
    return (unsigned)kind < LOG_KINDS ? names[kind] : "other";
}

static enum log_kind kind_named(const char *name)
{
    for (unsigned i = 0; i < LOG_KINDS; i++)
        if (name != NULL && strcmp(name, names[i]) == 0)
            return (enum log_kind)i;
    return LOG_OTHER;
}

struct logdb *log_open(const char *path)
{
    char why[256] = "";
    struct logdb *db = log_file_open(path, why, sizeof(why));

    if (db == NULL)
        complain(path, "%s", why);
    return db;
}

bool log_failed(const char *path, const struct logdb *db)
{
    complain(path, "%s", logdb_why(db));
    return false;
}

static bool read_kinds(struct log_events *events)
{
    struct logstmt *rows =
        logdb_prepare(events->db, "SELECT id, name FROM kinds");
    int more = -1;

    memset(events->kinds, LOG_OTHER, sizeof(events->kinds));
    while (rows != NULL && (more = logstmt_step(rows)) == 1) {
        int64_t id = logstmt_int(rows, 0);

        if (id >= 0 && id < (int64_t)sizeof(events->kinds))
            events->kinds[id] = (uint8_t)kind_named(logstmt_text(rows, 1));
    }
    logstmt_free(rows);
    return more == 0;
}

enum column {
    COLUMN_SEQUENCE,
    COLUMN_CYCLE,
    COLUMN_INSTRUCTIONS,
    COLUMN_PID,
    COLUMN_KIND,
    COLUMN_LINEAR,
    COLUMN_ERROR,
    COLUMN_EIP,
    COLUMN_PDE_BEFORE,
    COLUMN_PDE_AFTER,
    COLUMN_PTE_BEFORE,
    COLUMN_PTE_AFTER,
    COLUMN_FRAME_BEFORE,
    COLUMN_FRAME_AFTER,
    COLUMN_REFS_BEFORE,
    COLUMN_REFS_AFTER,
    COLUMN_VALUE,
    COLUMN_MAPPING,
};

bool log_events_begin(struct log_events *events, struct logdb *db)
{
    *events = (struct log_events){.db = db};
    if (!read_kinds(events))
        return false;
    events->rows =
        logdb_prepare(db, "SELECT sequence, cycle, instructions, pid, kind, "
                          "linear, error, eip, pde_before, "
                          "pde_after, "
                          "pte_before, pte_after, frame_before, frame_after, "
                          "refs_before, refs_after, value, "
                          "mapping FROM events ORDER BY sequence");
    return events->rows != NULL;
}

static uint32_t word(struct logstmt *rows, enum column column)
{
    return (uint32_t)logstmt_int(rows, column);
}

int log_events_next(struct log_events *events, struct log_event *event)
{
    struct logstmt *rows = events->rows;
    int more = logstmt_step(rows);

    if (more != 1)
        return more;

    int64_t kind = logstmt_int(rows, COLUMN_KIND);

    *event = (struct log_event){
        .sequence = logstmt_int(rows, COLUMN_SEQUENCE),
        .cycle = logstmt_is_null(rows, COLUMN_CYCLE)
                     ? -1
                     : logstmt_int(rows, COLUMN_CYCLE),
        .instructions = logstmt_is_null(rows, COLUMN_INSTRUCTIONS)
                            ? -1
                            : logstmt_int(rows, COLUMN_INSTRUCTIONS),
        .pid = logstmt_int(rows, COLUMN_PID),
        .kind = kind >= 0 && kind < (int64_t)sizeof(events->kinds)
                    ? (enum log_kind)events->kinds[kind]
                    : LOG_OTHER,
        .linear = word(rows, COLUMN_LINEAR),
        .error = word(rows, COLUMN_ERROR),
        .eip = word(rows, COLUMN_EIP),
        .pde_before = word(rows, COLUMN_PDE_BEFORE),
        .pde_after = word(rows, COLUMN_PDE_AFTER),
        .pte_before = word(rows, COLUMN_PTE_BEFORE),
        .pte_after = word(rows, COLUMN_PTE_AFTER),
        .frame_before = word(rows, COLUMN_FRAME_BEFORE),
        .frame_after = word(rows, COLUMN_FRAME_AFTER),
        .refs_before = logstmt_int(rows, COLUMN_REFS_BEFORE),
        .refs_after = logstmt_int(rows, COLUMN_REFS_AFTER),
        .value = logstmt_int(rows, COLUMN_VALUE),
        .mapping = logstmt_int(rows, COLUMN_MAPPING),
    };
    event->is_fault =
        event->kind < FAULT_KINDS && !logstmt_is_null(rows, COLUMN_ERROR);
    return 1;
}

void log_events_end(struct log_events *events)
{
    logstmt_free(events->rows);
    events->rows = NULL;
}

void log_parameter(struct logdb *db, const char *name, char *text,
                   size_t text_bytes)
{
    struct logstmt *row =
        logdb_prepare(db, "SELECT value FROM parameters WHERE name = ?");

    text[0] = '\0';
    if (row == NULL)
        return;
    logstmt_bind_text(row, 1, name);
    if (logstmt_step(row) == 1 && logstmt_text(row, 0) != NULL)
        snprintf(text, text_bytes, "%s", logstmt_text(row, 0));
    logstmt_free(row);
}

int64_t log_number(struct logdb *db, const char *sql, int64_t otherwise)
{
    struct logstmt *row = logdb_prepare(db, sql);
    int64_t number = otherwise;

    if (row != NULL && logstmt_step(row) == 1 && !logstmt_is_null(row, 0))
        number = logstmt_int(row, 0);
    logstmt_free(row);
    return number;
}
