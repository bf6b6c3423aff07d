/* log.h: what the charts of `report` show, gathered from one fault log, but for
 * what is shown event by event (shown.h).
 *
 * Time runs from 0 to `span` in sequence numbers, or in instructions where the
 * log has them and that is asked for. It is cut into equal parts, so that what
 * is kept does not grow with the log.
 */
#ifndef MMU386_REPORT_LOG_H
#define MMU386_REPORT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "census.h"
#include "faults/faults.h"

#define TIME_PARTS  3000u /* of time, in the charts over it */
#define HEAT_PARTS  240u  /* in the map of pages, */
#define HEAT_ROWS   160u  /* which has about that many rows, */
#define HEAT_GROUPS 40u   /* in this many groups at most */
#define TREE_ROWS   200u  /* processes that a tree shows */
#define TREE_EXECS  1000u
#define NAME_BYTES  64u

/* The frames in use when in a part of time most of them were. */
struct frame_part {
    uint32_t user;
    uint32_t in_use[CENSUS_KINDS];
};

/* The forks in a part of time, by their clocks: from the first event of the
 * call to the child's birth, which is what a log has of it. */
struct fork_part {
    uint32_t forks;
    uint64_t worst;
};

/* A stretch of touched pages, in ascending order, that one kind of mapping
 * holds. */
struct heat_group {
    char name[NAME_BYTES];
    uint32_t first_page; /* page numbers */
    uint32_t last_page;
    uint32_t pages; /* of them touched */
    uint32_t rows;
    uint32_t first_row;
};

/* The touched pages of a row of the map. */
struct heat_row {
    uint32_t first_page;
    uint32_t last_page;
    uint32_t pages;
};

struct picture_process {
    int64_t pid;
    int64_t parent;
    char program[NAME_BYTES];
    uint64_t birth; /* times */
    uint64_t death;
    bool dead;
    int64_t wait_status;
    uint32_t depth; /* generations under the first process */
};

struct picture_exec {
    uint64_t time;
    uint32_t row; /* of the process */
};

/* The numbers of the comparison table. */
struct picture_counts {
    uint64_t forks;
    uint64_t frames_allocated;
    uint64_t frames_peak;
    uint64_t copied_at_fork;
    uint64_t copied_on_fault;
    uint64_t copied_by_kernel;
    uint64_t taken_over;
    uint64_t tables;
    uint64_t faults;
};

struct picture_log {
    const char *path;
    char program[256];
    char arguments[256];
    char policy[NAME_BYTES];
    char cpu[NAME_BYTES];
    char version[NAME_BYTES];
    int64_t ram_frames;
    bool clocked;
    bool complete;       /* the run reached its end */
    int64_t wait_status; /* of the first process, where it did */

    bool by_instructions; /* what time is */
    uint64_t span;
    uint64_t events;

    struct picture_counts counts;
    struct frame_part frames[TIME_PARTS];
    uint32_t frame_parts;         /* of them that the run lasted */
    struct frame_part frames_now; /* while the events are read */
    uint32_t faults[TIME_PARTS][FAULT_KINDS];
    uint64_t clocks[TIME_PARTS];  /* of the last event in it; 0: none was */
    uint32_t flushes[TIME_PARTS]; /* of the TLB, and of one entry of it */
    struct fork_part forks[TIME_PARTS];
    struct log_event call; /* while the events are read: the first event of the
                              instruction that the last one was in */

    struct heat_group groups[HEAT_GROUPS];
    uint32_t group_count;
    uint32_t heat_rows;
    uint32_t pages_per_row;
    uint32_t pages_touched;
    uint32_t *heat; /* faults, row by row of HEAT_PARTS */
    struct heat_row *row_pages;

    struct picture_process *processes; /* a parent above its children */
    uint32_t process_count;
    uint64_t processes_in_all;
    struct picture_exec *execs;
    uint32_t exec_count;
};

/* Reads the log's parameters. */
void picture_log_describe(struct picture_log *log, struct logdb *db,
                          const char *path);

/* The greatest time of the log, in instructions or in sequence numbers. */
uint64_t picture_log_end(struct logdb *db, bool by_instructions);

/* Gathers everything, `by_instructions` and `span` being set. False having told
 * why not. */
bool picture_log_read(struct picture_log *log, struct logdb *db);
void picture_log_free(struct picture_log *log);

/* Parts of picture_log_read, which are elsewhere: the processes, in the order
 * of their tree. False having told why not. */
bool picture_log_processes(struct picture_log *log, struct logdb *db);

/* Tells that memory was short for the log; returns false. */
bool picture_no_memory(const struct picture_log *log);

/* Which of `parts` equal parts of the span `time` is in. */
uint32_t picture_part(const struct picture_log *log, uint64_t time,
                      uint32_t parts);

#endif
