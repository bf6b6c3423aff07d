/* lineage.h: the processes of a fault log: who forked whom, and what program
 * each ran when. */
#ifndef MMU386_LINEAGE_H
#define MMU386_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultlog.h"
#include "keymap.h"

struct lineage_process {
    int64_t pid;
    int64_t parent;       /* pid */
    int64_t program;      /* the last one's id */
    int64_t birth, death; /* sequences, or LOG_NONE */
    int64_t wait_status;
};

struct lineage_exec {
    int64_t pid, sequence, program;
};

/* A fork. Its batch is the events that gave the child its pages, `begin` to
 * `sequence`. */
struct lineage_fork {
    int64_t pid; /* the parent's */
    int64_t sequence;
    int64_t child;
    int64_t begin; /* LOG_NONE: not asked for yet */
};

struct lineage {
    struct faultlog *log;
    struct lineage_process *processes; /* ascending by pid */
    uint32_t process_count, process_capacity;
    struct lineage_exec *execs; /* ascending by pid, then sequence */
    uint32_t exec_count, exec_capacity;
    struct lineage_fork *forks; /* ascending by pid, then sequence */
    size_t fork_count;
    struct keymap program_ids;
    char **programs; /* names by the number of the id */
    uint32_t program_capacity;
};

/* Reads them. False having told why not; lineage_free is due either way. */
bool lineage_read(struct lineage *lineage, struct faultlog *log);
void lineage_free(struct lineage *lineage);

/* The process, or NULL where the log has none of that pid. */
const struct lineage_process *lineage_process(const struct lineage *lineage,
                                              int64_t pid);

/* The program that `pid` ran at `sequence`, which is its forefather's until it
 * executes one; LOG_NONE where nobody knows. */
int64_t lineage_program(const struct lineage *lineage, int64_t pid,
                        int64_t sequence);

/* The name of that program, or "". */
const char *lineage_program_name(const struct lineage *lineage,
                                 int64_t program);

/* The child for which `pid` shared or copied a page at `sequence`; 0 where the
 * fork failed. */
int64_t lineage_child(struct lineage *lineage, int64_t pid, int64_t sequence);

#endif
