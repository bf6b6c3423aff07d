/* processes.c: the processes of a log, and the programs that they executed. */
#include <stdlib.h>

#include "plain.h"
#include "report/log.h"

/* When the event of that sequence number was. */
static uint64_t when(const struct picture_log *log, struct logstmt *lookup,
                     int64_t sequence)
{
    uint64_t time = sequence > 0 ? (uint64_t)sequence : 0;

    if (!log->by_instructions)
        return time;
    time = 0;
    logstmt_reset(lookup);
    logstmt_bind_int(lookup, 1, sequence);
    if (logstmt_step(lookup) == 1 && logstmt_int(lookup, 0) > 0)
        time = (uint64_t)logstmt_int(lookup, 0);
    logstmt_reset(lookup);
    return time;
}

static struct logstmt *prepare_when(struct logdb *db)
{
    return logdb_prepare(db,
                         "SELECT instructions FROM events WHERE sequence <= ? "
                         "ORDER BY sequence DESC LIMIT 1");
}

static void take_process(struct picture_log *log, struct logstmt *row,
                         struct logstmt *lookup)
{
    struct picture_process *process = &log->processes[log->process_count++];

    process->pid = logstmt_int(row, 0);
    process->parent = logstmt_int(row, 1);
    plain_text(logstmt_text(row, 2), process->program,
               sizeof(process->program));
    process->dead = !logstmt_is_null(row, 4);
    process->wait_status = logstmt_int(row, 5);
    process->birth = when(log, lookup, logstmt_int(row, 3));
    process->death =
        process->dead ? when(log, lookup, logstmt_int(row, 4)) : log->span;
}

/* Parents are born before their children, so the first processes are a whole
 * tree's upper part. */
static bool read_processes(struct picture_log *log, struct logdb *db)
{
    struct logstmt *lookup = prepare_when(db);
    struct logstmt *rows = logdb_prepare(
        db, "SELECT pid, parent, programs.name, birth, death, wait_status FROM "
            "processes LEFT JOIN programs ON programs.id = processes.program "
            "ORDER BY birth, pid");
    int more = -1;

    while (lookup != NULL && rows != NULL && log->process_count < TREE_ROWS &&
           (more = logstmt_step(rows)) == 1)
        take_process(log, rows, lookup);
    logstmt_free(lookup);
    logstmt_free(rows);
    log->processes_in_all =
        (uint64_t)log_number(db, "SELECT count(*) FROM processes", 0);
    return more >= 0 || log_failed(log->path, db);
}

/* Puts process `from` and then its descendants at the end of `order`. */
static void order_from(const struct picture_log *log, uint32_t from,
                       uint32_t depth, struct picture_process *order,
                       uint32_t *count, bool *placed)
{
    placed[from] = true;
    order[*count] = log->processes[from];
    order[(*count)++].depth = depth;
    for (uint32_t i = 0; i < log->process_count; i++)
        if (!placed[i] && log->processes[i].parent == log->processes[from].pid)
            order_from(log, i, depth + 1, order, count, placed);
}

static bool has_parent(const struct picture_log *log,
                       const struct picture_process *process)
{
    for (uint32_t i = 0; i < log->process_count; i++)
        if (log->processes[i].pid == process->parent &&
            &log->processes[i] != process)
            return true;
    return false;
}

/* Orders the processes as a tree is read. What hangs on no root, of a log that
 * contradicts itself, comes at the end. */
static bool order_processes(struct picture_log *log)
{
    struct picture_process *order = calloc(TREE_ROWS, sizeof(*order));
    bool placed[TREE_ROWS] = {false};
    uint32_t count = 0;

    if (order == NULL)
        return picture_no_memory(log);
    for (uint32_t i = 0; i < log->process_count; i++)
        if (!placed[i] && !has_parent(log, &log->processes[i]))
            order_from(log, i, 0, order, &count, placed);
    for (uint32_t i = 0; i < log->process_count; i++)
        if (!placed[i])
            order_from(log, i, 0, order, &count, placed);
    free(log->processes);
    log->processes = order;
    return true;
}

static bool read_execs(struct picture_log *log, struct logdb *db)
{
    struct logstmt *lookup = prepare_when(db);
    struct logstmt *rows =
        logdb_prepare(db, "SELECT pid, sequence FROM execs ORDER BY sequence");
    int more = -1;

    while (lookup != NULL && rows != NULL && log->exec_count < TREE_EXECS &&
           (more = logstmt_step(rows)) == 1) {
        for (uint32_t i = 0; i < log->process_count; i++) {
            if (log->processes[i].pid == logstmt_int(rows, 0)) {
                log->execs[log->exec_count++] = (struct picture_exec){
                    .time = when(log, lookup, logstmt_int(rows, 1)), .row = i};
                break;
            }
        }
    }
    logstmt_free(lookup);
    logstmt_free(rows);
    return more >= 0 || log_failed(log->path, db);
}

bool picture_log_processes(struct picture_log *log, struct logdb *db)
{
    log->processes = calloc(TREE_ROWS, sizeof(*log->processes));
    log->execs = calloc(TREE_EXECS, sizeof(*log->execs));
    if (log->processes == NULL || log->execs == NULL)
        return picture_no_memory(log);
    return read_processes(log, db) && order_processes(log) &&
           read_execs(log, db);
}
