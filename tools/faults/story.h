/* story.h: all that a log tells of one fault, gathered; explain.c and
 * storyjson.c tell it. */
#ifndef MMU386_FAULTS_STORY_H
#define MMU386_FAULTS_STORY_H

#include <stdbool.h>
#include <stdint.h>

#include "faults/code.h"
#include "faults/faults.h"
#include "holders.h"

#define STORY_NEIGHBOURS 5u /* faults on the page, before it and after it */
/* blocks of events that are searched for them, in each direction */
#define STORY_BLOCKS 3u

struct story_mapping {
    bool known;
    int64_t start, end; /* linear; end is past the last byte */
    char rights[8], name[64];
};

struct story_frame {
    int64_t frame;         /* or LOG_NONE */
    struct holders before; /* who mapped it, by the events before the fault */
    struct holders after;
};

struct story {
    struct fault_row row;
    const struct lineage_process *process; /* or NULL */
    const char *program;                   /* name, or "" */
    struct code_listing code;
    struct story_mapping mapping;
    struct story_frame old; /* that the page had before the fault */
    struct story_frame new; /* that it has now; none where that is the old
                             * one */
    /* the nearest ones, oldest first */
    struct fault_row before[STORY_NEIGHBOURS];
    struct fault_row after[STORY_NEIGHBOURS];
    unsigned before_count, after_count;
    int64_t searched_from, searched_to; /* the sequences among which those were
                                           looked for */
    bool killed; /* the next event of the process is that it is killed, by
                    `signal` */
    int64_t kill_sequence, signal;
};

/* Gathers it. False having told why not: there is no such fault, or the log
 * fails. story_free is due either way. */
bool story_read(struct inquiry *inquiry, int64_t sequence, struct story *story);
void story_free(struct story *story);

#endif
