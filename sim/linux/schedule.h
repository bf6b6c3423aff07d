/* schedule.h: whose turn it is. Those that can run do so in turns, in order of
 * pid and in a circle; the others wait for a time, or for a channel: an address
 * that is compared only. */
#ifndef MMU386_SCHEDULE_H
#define MMU386_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/heap.h"

struct kernel;
struct process;

#define WAIT_BUCKETS 1024u

/* All zeros is one of nobody. */
struct schedule {
    struct heap runnable[2]; /* by pid: of this round, and of the next */
    uint32_t round;          /* which of the two is this round's */
    struct process *running; /* whose turn it is: it is in neither, and waits
                                for nothing yet */
    uint32_t last_pid;       /* that of the last one to have a turn */
    struct heap sleepers;    /* by the time at which they wake */
    struct heap alarms;      /* by the time at which they ring */
    struct process *waiting[WAIT_BUCKETS]; /* by a hash of the channel */
};

/* A process's places in it. */
struct schedule_place {
    struct heap_node runnable, sleeper, alarm;
    struct process *next;  /* in the same bucket */
    struct process **link; /* what points to it there; NULL: it is in none */
};

/* Lets the process run, be it new or one that waited. */
void schedule_ready(struct kernel *kernel, struct process *process);

/* Wakes those that wait for the channel. */
void schedule_wake(struct kernel *kernel, const void *channel);

/* The process's alarm_ns was changed. */
void schedule_alarm(struct kernel *kernel, struct process *process);

/* The process has ended. */
void schedule_forget(struct kernel *kernel, struct process *process);

/* Gives the next one its turn, at a later time if none can run now. NULL: there
 * is none, ever. */
struct process *schedule_next(struct kernel *kernel);

/* The turn of the running process is over. */
void schedule_end_turn(struct kernel *kernel);

/* Somebody else waits for the processor, or will at some time: the running one
 * may not keep it. */
bool schedule_others(const struct kernel *kernel);

#endif
