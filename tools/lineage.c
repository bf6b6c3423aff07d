/* lineage.c: small tables, read at once and searched by halving. */
#define _POSIX_C_SOURCE 200809L
#include "lineage.h"

#include <stdlib.h>
#include <string.h>

#include "room.h"

static void read_processes(struct lineage *lineage)
{
    struct faultlog *log = lineage->log;
    struct logstmt *rows = faultlog_prepare(
        log, "SELECT pid, parent, program, birth, death, wait_status "
             "FROM processes ORDER BY pid");

    while (faultlog_step(log, rows)) {
        struct lineage_process *more =
            room_for(lineage->processes, &lineage->process_capacity,
                     lineage->process_count, sizeof(*more));

        if (more == NULL) {
            faultlog_no_memory(log);
            break;
        }
        lineage->processes = more;
        more[lineage->process_count++] = (struct lineage_process){
            .pid = logstmt_int(rows, 0),
            .parent = faultlog_column(rows, 1),
            .program = faultlog_column(rows, 2),
            .birth = faultlog_column(rows, 3),
            .death = faultlog_column(rows, 4),
            .wait_status = faultlog_column(rows, 5),
        };
    }
    logstmt_free(rows);
}

static void read_execs(struct lineage *lineage)
{
    struct faultlog *log = lineage->log;
    struct logstmt *rows = faultlog_prepare(
        log, "SELECT pid, sequence, program FROM execs ORDER BY pid, sequence");

    while (faultlog_step(log, rows)) {
        struct lineage_exec *more =
            room_for(lineage->execs, &lineage->exec_capacity,
                     lineage->exec_count, sizeof(*more));

        if (more == NULL) {
            faultlog_no_memory(log);
            break;
        }
        lineage->execs = more;
        more[lineage->exec_count++] =
            (struct lineage_exec){logstmt_int(rows, 0), logstmt_int(rows, 1),
                                  faultlog_column(rows, 2)};
    }
    logstmt_free(rows);
}

static int by_parent(const void *left, const void *right)
{
    const struct lineage_fork *a = left;
    const struct lineage_fork *b = right;

    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* Every birth was a fork, but for the first one, whose parent is no process of
 * the log. */
static void make_forks(struct lineage *lineage)
{
    lineage->forks =
        calloc(lineage->process_count + 1, sizeof(*lineage->forks));
    if (lineage->forks == NULL) {
        faultlog_no_memory(lineage->log);
        return;
    }
    for (size_t i = 0; i < lineage->process_count; i++) {
        const struct lineage_process *process = &lineage->processes[i];

        lineage->forks[lineage->fork_count++] = (struct lineage_fork){
            process->parent, process->birth, process->pid, LOG_NONE};
    }
    qsort(lineage->forks, lineage->fork_count, sizeof(*lineage->forks),
          by_parent);
}

static void read_programs(struct lineage *lineage)
{
    struct faultlog *log = lineage->log;
    struct logstmt *rows =
        faultlog_prepare(log, "SELECT id, name FROM programs ORDER BY id");

    while (faultlog_step(log, rows)) {
        const char *name = logstmt_text(rows, 1);
        uint32_t number = lineage->program_ids.count;
        char **more = room_for(lineage->programs, &lineage->program_capacity,
                               number, sizeof(*more));
        char *copy = strdup(name != NULL ? name : "");

        if (more != NULL)
            lineage->programs = more;
        if (more == NULL || copy == NULL ||
            keymap_put(&lineage->program_ids, (uint64_t)logstmt_int(rows, 0)) !=
                number) {
            free(copy);
            faultlog_no_memory(log);
            break;
        }
        lineage->programs[number] = copy;
    }
    logstmt_free(rows);
}

bool lineage_read(struct lineage *lineage, struct faultlog *log)
{
    *lineage = (struct lineage){.log = log};
    read_processes(lineage);
    read_execs(lineage);
    make_forks(lineage);
    read_programs(lineage);
    return !log->failed;
}

void lineage_free(struct lineage *lineage)
{
    for (uint32_t i = 0; i < lineage->program_ids.count; i++)
        free(lineage->programs[i]);
    free(lineage->programs);
    keymap_free(&lineage->program_ids);
    free(lineage->processes);
    free(lineage->execs);
    free(lineage->forks);
    *lineage = (struct lineage){0};
}

const struct lineage_process *lineage_process(const struct lineage *lineage,
                                              int64_t pid)
{
    size_t low = 0;
    size_t high = lineage->process_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (lineage->processes[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == lineage->process_count || lineage->processes[low].pid != pid)
        return NULL;
    return &lineage->processes[low];
}

/* The last program that `pid` itself executed at or before `sequence`. */
static int64_t own_program(const struct lineage *lineage, int64_t pid,
                           int64_t sequence)
{
    size_t low = 0;
    size_t high = lineage->exec_count;

    /* The first exec past it. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lineage_exec *exec = &lineage->execs[middle];

        if (exec->pid < pid || (exec->pid == pid && exec->sequence <= sequence))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || lineage->execs[low - 1].pid != pid)
        return LOG_NONE;
    return lineage->execs[low - 1].program;
}

int64_t lineage_program(const struct lineage *lineage, int64_t pid,
                        int64_t sequence)
{
    /* A parent has a smaller pid than its child; a damaged log's family may be
     * a circle. */
    for (size_t steps = 0; steps <= lineage->process_count; steps++) {
        int64_t program = own_program(lineage, pid, sequence);
        const struct lineage_process *process = lineage_process(lineage, pid);

        if (program != LOG_NONE)
            return program;
        if (process == NULL || process->parent == LOG_NONE ||
            process->parent >= pid)
            break;
        pid = process->parent;
        sequence = process->birth;
    }
    return LOG_NONE;
}

const char *lineage_program_name(const struct lineage *lineage, int64_t program)
{
    uint32_t number = keymap_find(&lineage->program_ids, (uint64_t)program);

    return number == KEYMAP_NONE ? "" : lineage->programs[number];
}

/* Where the fork's batch begins: behind the last event of the parent that
 * belongs to none. */
static int64_t fork_begin(struct lineage *lineage,
                          const struct lineage_fork *fork)
{
    struct logstmt *rows = faultlog_prepare(
        lineage->log, "SELECT sequence FROM events WHERE pid = ? AND sequence "
                      "< ? AND kind NOT IN "
                      "(SELECT id FROM kinds WHERE name IN ('fork_share', "
                      "'fork_copy', 'flush', "
                      "'map')) ORDER BY sequence DESC LIMIT 1");
    int64_t begin = 0;

    if (rows == NULL)
        return 0;
    logstmt_bind_int(rows, 1, fork->pid);
    logstmt_bind_int(rows, 2, fork->sequence);
    if (faultlog_step(lineage->log, rows))
        begin = logstmt_int(rows, 0) + 1;
    logstmt_free(rows);
    return begin;
}

int64_t lineage_child(struct lineage *lineage, int64_t pid, int64_t sequence)
{
    size_t low = 0;
    size_t high = lineage->fork_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lineage_fork *fork = &lineage->forks[middle];

        if (fork->pid < pid || (fork->pid == pid && fork->sequence < sequence))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == lineage->fork_count || lineage->forks[low].pid != pid)
        return 0;

    struct lineage_fork *fork = &lineage->forks[low];

    if (fork->begin == LOG_NONE)
        fork->begin = fork_begin(lineage, fork);
    return sequence >= fork->begin ? fork->child : 0;
}
