/* faultlog.c: see faultlog.h. */
#include "faultlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static enum log_kind kind_named(const char *name)
{
    for (unsigned i = 0; i < LOG_KINDS; i++)
        if (strcmp(log_kind_name((enum log_kind)i), name) == 0)
            return (enum log_kind)i;
    return LOG_OTHER;
}

static void read_kinds(struct faultlog *log)
{
    struct logstmt *rows =
        faultlog_prepare(log, "SELECT id, name, is_fault FROM kinds");

    for (unsigned i = 0; i < LOG_KIND_IDS; i++) {
        log->kinds[i].kind = LOG_OTHER;
        memcpy(log->kinds[i].name, "unknown", sizeof("unknown"));
    }
    while (faultlog_step(log, rows)) {
        int64_t id = logstmt_int(rows, 0);
        const char *name = logstmt_text(rows, 1);

        if (id < 0 || id >= LOG_KIND_IDS || name == NULL)
            continue;
        snprintf(log->kinds[id].name, LOG_NAME_BYTES, "%s", name);
        log->kinds[id].kind = kind_named(name);
        log->kinds[id].is_fault = logstmt_int(rows, 2) != 0;
    }
    logstmt_free(rows);
}

bool faultlog_open(struct faultlog *log, const char *path)
{
    *log = (struct faultlog){.path = path, .db = log_open(path)};
    if (log->db == NULL)
        return false;
    read_kinds(log);
    if (log->failed)
        faultlog_close(log);
    return !log->failed;
}

void faultlog_close(struct faultlog *log)
{
    char why[256];

    /* Nothing was written that could be lost. */
    (void)logdb_close(log->db, why, sizeof(why));
    log->db = NULL;
}

static void fail(struct faultlog *log, const char *why)
{
    if (!log->failed)
        complain(log->path, "%s", why);
    log->failed = true;
}

void faultlog_no_memory(struct faultlog *log)
{
    fail(log, strerror(ENOMEM));
}

struct logstmt *faultlog_prepare(struct faultlog *log, const char *sql)
{
    struct logstmt *statement = logdb_prepare(log->db, sql);

    if (statement == NULL)
        fail(log, logdb_why(log->db));
    return statement;
}

bool faultlog_step(struct faultlog *log, struct logstmt *statement)
{
    int more = statement == NULL || log->failed ? 0 : logstmt_step(statement);

    if (more < 0)
        fail(log, logdb_why(log->db));
    return more == 1;
}

int64_t faultlog_column(struct logstmt *statement, int column)
{
    return logstmt_is_null(statement, column) ? LOG_NONE
                                              : logstmt_int(statement, column);
}

/* A damaged log's numbers may be any. */
static int64_t word_column(struct logstmt *statement, int column)
{
    int64_t value = faultlog_column(statement, column);

    return value < 0 || value > UINT32_MAX ? LOG_NONE : value;
}

static int64_t frame_column(struct logstmt *statement, int column)
{
    int64_t frame = word_column(statement, column);

    return frame == 0 ? LOG_NONE : frame;
}

static void read_insn(struct logstmt *statement, int column,
                      struct fault_row *row)
{
    size_t bytes = 0;
    const void *insn = logstmt_is_null(statement, column)
                           ? NULL
                           : logstmt_blob(statement, column, &bytes);

    if (insn == NULL)
        return;
    row->insn_bytes =
        (uint32_t)(bytes < LOG_INSN_BYTES ? bytes : LOG_INSN_BYTES);
    memcpy(row->insn, insn, row->insn_bytes);
}

bool faultlog_next(struct faultlog *log, struct logstmt *statement,
                   struct fault_row *row)
{
    if (!faultlog_step(log, statement))
        return false;

    int64_t kind = logstmt_int(statement, 4);
    unsigned id =
        kind < 0 || kind >= LOG_KIND_IDS ? LOG_KIND_IDS : (unsigned)kind;

    *row = (struct fault_row){
        .sequence = logstmt_int(statement, 0),
        .cycle = faultlog_column(statement, 1),
        .instructions = faultlog_column(statement, 2),
        .pid = word_column(statement, 3),
        .kind = id < LOG_KIND_IDS ? log->kinds[id].kind : LOG_OTHER,
        .kind_name = id < LOG_KIND_IDS ? log->kinds[id].name : "unknown",
        .is_fault = id < LOG_KIND_IDS && log->kinds[id].is_fault,
        .linear = word_column(statement, 5),
        .error = word_column(statement, 6),
        .eip = word_column(statement, 7),
        .pde_before = word_column(statement, 8),
        .pde_after = word_column(statement, 9),
        .pte_before = word_column(statement, 10),
        .pte_after = word_column(statement, 11),
        .frame_before = frame_column(statement, 12),
        .frame_after = frame_column(statement, 13),
        .refs_before = word_column(statement, 14),
        .refs_after = word_column(statement, 15),
        .value = faultlog_column(statement, 16),
        .mapping = faultlog_column(statement, 17),
        .content = faultlog_column(statement, 18),
        .in_kernel = logstmt_int(statement, 19) != 0,
    };
    read_insn(statement, 20, row);
    return true;
}

bool faultlog_event(struct faultlog *log, int64_t sequence,
                    struct fault_row *row)
{
    struct logstmt *rows = faultlog_prepare(
        log, "SELECT " FAULT_ROW " FROM events WHERE sequence = ?");
    bool found;

    if (rows != NULL)
        logstmt_bind_int(rows, 1, sequence);
    found = faultlog_next(log, rows, row);
    logstmt_free(rows);
    return found;
}
