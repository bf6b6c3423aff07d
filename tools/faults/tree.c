/* tree.c: the tree of processes, and how many of each one's frames were shared
 * and private at the moments of its life: birth, forks, execs, end. */
#include "faults/faults.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "faults/words.h"
#include "holders.h"
#include "paging.h"
#include "room.h"
#include "rows.h"

enum moment_kind {
    MOMENT_BORN,
    MOMENT_FORKED,
    MOMENT_EXECUTED,
    MOMENT_ENDED,
    MOMENT_LOG_ENDS,
};

struct moment {
    enum moment_kind kind;
    int64_t value; /* the child's pid, the program's id or the wait status */
    int64_t sequence, instructions;
    int64_t shared, private; /* frames */
    uint32_t next;           /* of the same process; UINT32_MAX: none */
};

#define NONE UINT32_MAX

/* A process; `at` in lineage's table. */
struct node {
    int64_t shared, private; /* frames now */
    uint32_t first_moment, last_moment;
    uint32_t parent, child, sibling; /* nodes, or NONE */
    uint32_t depth;
};

struct tree {
    struct inquiry *inquiry;
    struct node *nodes;
    size_t node_count;
    struct moment *moments;
    uint32_t moment_count, moment_capacity;
    struct holder_table holders;
    bool no_memory;
};

static struct node *node_of(struct tree *tree, int64_t pid)
{
    const struct lineage *lineage = &tree->inquiry->lineage;
    const struct lineage_process *process = lineage_process(lineage, pid);

    return process == NULL ? NULL : &tree->nodes[process - lineage->processes];
}

/* ---- frames ---- */

/* One holder's frame became shared (+1) or private (-1). */
static void share(struct tree *tree, int64_t pid, int change)
{
    struct node *node = node_of(tree, pid);

    if (node == NULL)
        return;
    node->shared += change;
    node->private -= change;
}

static void gain(struct tree *tree, int64_t frame, int64_t pid, int64_t page)
{
    struct holders *holders = holder_table_of(&tree->holders, frame);
    struct node *node = node_of(tree, pid);

    if (holders == NULL) {
        tree->no_memory = true;
        return;
    }
    /* The event of a mapping and that of what it was for may tell of the same
     * entry. */
    if (holders_find(holders, pid, page) != NULL)
        return;
    if (!holders_add(holders, &(struct holder){.pid = pid, .linear = page})) {
        tree->no_memory = true;
        return;
    }
    if (node != NULL && holders->count == 1)
        node->private ++;
    else if (node != NULL)
        node->shared++;
    if (holders->count == 2)
        share(tree, holders->list[0].pid, 1);
}

static void lose(struct tree *tree, int64_t frame, int64_t pid, int64_t page)
{
    struct holders *holders = holder_table_of(&tree->holders, frame);
    struct holder was;

    if (holders == NULL) {
        tree->no_memory = true;
        return;
    }
    if (!holders_remove(holders, pid, page, &was))
        return;

    struct node *node = node_of(tree, was.pid);

    if (node != NULL && holders->count == 0)
        node->private --;
    else if (node != NULL)
        node->shared--;
    if (holders->count == 1)
        share(tree, holders->list[0].pid, -1);
}

/* ---- moments ---- */

static void remember(struct tree *tree, int64_t pid,
                     const struct fault_row *row, enum moment_kind kind,
                     int64_t value)
{
    struct node *node = node_of(tree, pid);

    if (node == NULL)
        return;

    uint32_t number = tree->moment_count;
    struct moment *more =
        room_for(tree->moments, &tree->moment_capacity, number, sizeof(*more));

    if (more == NULL) {
        tree->no_memory = true;
        return;
    }
    tree->moments = more;
    tree->moment_count++;
    tree->moments[number] = (struct moment){
        .kind = kind,
        .value = value,
        .sequence = row->sequence,
        .instructions = row->instructions,
        .shared = node->shared,
        .private = node->private,
        .next = NONE,
    };
    if (node->first_moment == NONE)
        node->first_moment = number;
    else
        tree->moments[node->last_moment].next = number;
    node->last_moment = number;
}

/* An exit event bears the pid of who was running; the log's table says whose
 * death it was. */
static int64_t who_died(const struct tree *tree, const struct fault_row *row)
{
    const struct lineage *lineage = &tree->inquiry->lineage;
    const struct lineage_process *process = lineage_process(lineage, row->pid);

    if (process != NULL && process->death == row->sequence)
        return row->pid;
    for (size_t i = 0; i < lineage->process_count; i++)
        if (lineage->processes[i].death == row->sequence)
            return lineage->processes[i].pid;
    return row->pid;
}

static void follow(struct tree *tree, const struct fault_row *row)
{
    struct lineage *lineage = &tree->inquiry->lineage;
    struct reference_change change = reference_change_of(row);
    int64_t page = row->linear & MMU_PAGE_MASK;

    if (change.loses != LOG_NONE)
        lose(tree, change.loses, row->pid, page);
    if (change.gains != LOG_NONE)
        gain(tree, change.gains,
             change.child ? lineage_child(lineage, row->pid, row->sequence)
                          : row->pid,
             page);
    if (row->kind == LOG_FORK) {
        remember(tree, row->value, row, MOMENT_BORN, row->pid);
        remember(tree, row->pid, row, MOMENT_FORKED, row->value);
    } else if (row->kind == LOG_EXEC) {
        remember(tree, row->pid, row, MOMENT_EXECUTED,
                 lineage_program(lineage, row->pid, row->sequence));
    } else if (row->kind == LOG_EXIT) {
        remember(tree, who_died(tree, row), row, MOMENT_ENDED, row->value);
    }
}

/* ---- the tree's shape ---- */

static void make_nodes(struct tree *tree)
{
    const struct lineage *lineage = &tree->inquiry->lineage;

    for (size_t i = 0; i < tree->node_count; i++)
        tree->nodes[i] = (struct node){.first_moment = NONE,
                                       .parent = NONE,
                                       .child = NONE,
                                       .sibling = NONE};
    /* Backwards, so that the first child is the eldest. */
    for (size_t i = tree->node_count; i-- > 0;) {
        const struct lineage_process *process = &lineage->processes[i];
        const struct lineage_process *parent =
            process->parent < process->pid
                ? lineage_process(lineage, process->parent)
                : NULL;

        if (parent == NULL)
            continue;

        uint32_t at = (uint32_t)(parent - lineage->processes);

        tree->nodes[i].parent = at;
        tree->nodes[i].sibling = tree->nodes[at].child;
        tree->nodes[at].child = (uint32_t)i;
    }
    for (size_t i = 0; i < tree->node_count; i++)
        if (tree->nodes[i].parent != NONE)
            tree->nodes[i].depth = tree->nodes[tree->nodes[i].parent].depth + 1;
}

static const struct column columns[] = {
    {.name = "process"},
    {.name = "pid", .right = true, .not_in_table = true},
    {.name = "parent", .right = true, .not_in_table = true},
    {.name = "moment"},
    {.name = "sequence", .right = true},
    {.name = "instructions", .right = true},
    {.name = "frames_shared", .right = true},
    {.name = "frames_private", .right = true},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* A path's last part. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static const char *moment_words(const struct tree *tree,
                                const struct moment *moment, char *text,
                                size_t text_bytes)
{
    char status[64];
    const char *name;

    switch (moment->kind) {
    case MOMENT_BORN:
        snprintf(text, text_bytes, "born of %" PRId64, moment->value);
        break;
    case MOMENT_FORKED:
        snprintf(text, text_bytes, "forked %" PRId64, moment->value);
        break;
    case MOMENT_EXECUTED:
        name = base_name(
            lineage_program_name(&tree->inquiry->lineage, moment->value));
        snprintf(text, text_bytes, "executed %s", name);
        break;
    case MOMENT_ENDED:
        snprintf(text, text_bytes, "ended: %s",
                 status_words(moment->value, status, sizeof(status)));
        break;
    case MOMENT_LOG_ENDS:
        snprintf(text, text_bytes, "the log ends");
        break;
    }
    return text;
}

#define DEPTH_SHOWN 20u

static void write_node(const struct tree *tree, struct rows *rows, uint32_t at)
{
    const struct lineage_process *process =
        &tree->inquiry->lineage.processes[at];
    const struct node *node = &tree->nodes[at];
    uint32_t depth = node->depth < DEPTH_SHOWN ? node->depth : DEPTH_SHOWN;
    char name[128];

    snprintf(name, sizeof(name), "%*s%" PRId64 " %s", (int)depth * 2, "",
             process->pid,
             base_name(lineage_program_name(&tree->inquiry->lineage,
                                            process->program)));
    for (uint32_t i = node->first_moment; i != NONE;
         i = tree->moments[i].next) {
        const struct moment *moment = &tree->moments[i];
        bool repeated = i != node->first_moment && rows->format == FORMAT_TABLE;
        char words[256];
        const struct cell cells[COLUMNS] = {
            cell_text(repeated
                          ? ""
                          : name +
                                (rows->format == FORMAT_TABLE ? 0 : depth * 2)),
            cell_number(process->pid),
            cell_number(process->parent),
            cell_text(moment_words(tree, moment, words, sizeof(words))),
            cell_number(moment->sequence),
            cell_number(moment->instructions),
            cell_number(moment->shared),
            cell_number(moment->private),
        };

        rows_add(rows, cells);
    }
}

/* The next one in the order in which a tree is printed. */
static uint32_t next_node(const struct tree *tree, uint32_t at)
{
    if (tree->nodes[at].child != NONE)
        return tree->nodes[at].child;
    while (at != NONE && tree->nodes[at].sibling == NONE)
        at = tree->nodes[at].parent;
    return at == NONE ? NONE : tree->nodes[at].sibling;
}

static bool write_tree(const struct tree *tree)
{
    struct inquiry *inquiry = tree->inquiry;
    int64_t left = inquiry->limit;
    struct rows rows;

    if (!rows_begin(&rows, inquiry->out, inquiry->format, columns, COLUMNS))
        return false;
    for (size_t root = 0; root < tree->node_count; root++) {
        if (tree->nodes[root].parent != NONE)
            continue;
        for (uint32_t at = (uint32_t)root; at != NONE && left > 0; left--) {
            write_node(tree, &rows, at);
            at = next_node(tree, at);
        }
    }
    return rows_end(&rows);
}

static void read_events(struct tree *tree)
{
    struct faultlog *log = &tree->inquiry->log;
    struct logstmt *events = faultlog_prepare(
        log, "SELECT " FAULT_ROW " FROM events ORDER BY sequence");
    struct fault_row row = {0};

    while (!tree->no_memory && faultlog_next(log, events, &row))
        follow(tree, &row);
    logstmt_free(events);
    for (size_t i = 0; i < tree->node_count; i++)
        if (tree->inquiry->lineage.processes[i].death == LOG_NONE)
            remember(tree, tree->inquiry->lineage.processes[i].pid, &row,
                     MOMENT_LOG_ENDS, 0);
}

bool faults_tree(struct inquiry *inquiry)
{
    struct tree tree = {.inquiry = inquiry,
                        .node_count = inquiry->lineage.process_count};

    tree.nodes = calloc(tree.node_count + 1, sizeof(*tree.nodes));
    if (tree.nodes != NULL) {
        make_nodes(&tree);
        read_events(&tree);
    }
    if (tree.nodes == NULL || tree.no_memory ||
        (!inquiry->log.failed && !write_tree(&tree)))
        faultlog_no_memory(&inquiry->log);
    holder_table_free(&tree.holders);
    free(tree.moments);
    free(tree.nodes);
    return !inquiry->log.failed;
}
