/* past.h: what --check remembers of frames and of processes on its walk over
 * the events. */
#ifndef MMU386_FAULTS_PAST_H
#define MMU386_FAULTS_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "holders.h"
#include "keymap.h"

/* Of the events that prove a finding: those in the middle. */
#define PAST_EVENTS 6u

/* A copy that was made of a frame which others kept. */
struct copy {
    int64_t sequence, pid, linear;
    int64_t to;                   /* the new frame */
    int64_t returns[PAST_EVENTS]; /* how the others gave theirs back: the
                                        first of them */
    uint32_t return_count;
};

/* A frame from its allocation to its release. */
struct frame_life {
    struct holders holders;
    struct copy *copies; /* since when none of the others has touched it */
    uint32_t copy_count, copy_capacity;
    int64_t made; /* sequence of the copy that it is, or 0 */
    int64_t maker, linear, content;
    int64_t from;   /* the frame that it is a copy of */
    int64_t shared; /* sequence of the last fork that shared it, or 0 */
};

struct process_life {
    int64_t pid;
    int64_t forked, parent; /* sequence and pid; 0: not forked */
    bool executed;
    uint32_t copies_by_child, copies_by_parent, copies_at_fork;
    int64_t copies[PAST_EVENTS]; /* the first of them */
    uint32_t kept;               /* pages given back still shared */
    int64_t first_kept, last_kept;
    /* Its last fault, and how often it came in a row. */
    int64_t fault_page, fault_eip, fault_error;
    int64_t first_fault, last_fault;
    uint32_t fault_count;
    const char *fault_kind;
};

struct past {
    struct keymap frame_numbers;
    struct frame_life *frames;
    uint32_t frame_capacity;
    struct keymap process_numbers;
    struct process_life *processes;
    uint32_t process_capacity;
    bool no_memory; /* something was not remembered */
};

/* What is remembered of a frame, or of a process, nothing at first; NULL where
 * memory is short. It stays where it is until the next one is asked for. */
struct frame_life *past_frame(struct past *past, int64_t frame);
struct process_life *past_process(struct past *past, int64_t pid);

void past_free(struct past *past);

#endif
