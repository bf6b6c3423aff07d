/* census.h: which frames are in use, and for what, followed through the events
 * of a fault log.
 *
 * A frame of a user page is in use from the event that gives it to a page until
 * the one that takes the last reference away. A page table is known from the
 * first entry in it that an event tells of, until its process exits or executes
 * another program; every address space has a directory.
 */
#ifndef MMU386_CENSUS_H
#define MMU386_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "logevents.h"

enum census_kind {
    CENSUS_ZEROED,
    CENSUS_FILE,
    CENSUS_FORK_COPY, /* copied at fork */
    CENSUS_COPY,      /* copied for a write later */
    CENSUS_TABLES,    /* page tables and directories */
    CENSUS_KINDS,
};

/* all frame numbers that an entry can hold */
#define CENSUS_FRAMES (1u << 20)

struct census_table;

struct census {
    uint32_t in_use[CENSUS_KINDS]; /* frames */
    uint32_t user; /* of user pages: the sum of all kinds but the tables */
    uint32_t user_peak;
    uint64_t user_allocated;
    uint64_t tables_allocated; /* directories too */

    uint8_t *use;                 /* by frame: 1 + enum census_kind, or 0 */
    struct census_table **tables; /* by frame */
    struct census_table *first;   /* the tables in use, chained */
    uint32_t spaces;              /* address spaces, each with its directory */
    bool started;                 /* a program was executed */
    int64_t exiting; /* whose exit is going on: what it unmaps goes for good; or
                        0 */
};

/* Begins with nothing in use. False where memory is short. */
bool census_init(struct census *census);
void census_free(struct census *census);

/* Counts the next event. False where memory is short. */
bool census_count(struct census *census, const struct log_event *event);

/* "zero-filled", ...: what the kind is called where people read it. */
const char *census_kind_name(enum census_kind kind);

#endif
