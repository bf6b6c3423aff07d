/* schedule.h: whose turn it is. Those that can run do so in turns, in order of
 * pid and in a circle; the others wait for a time, or for a channel: an address
 * that is compared only. */
#ifndef MMU386_SCHEDULE_H
#define MMU386_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/state.h"

/* Lets the process run, be it new or one that waited. */
void schedule_ready(struct kernel *kernel, struct process *process);

/* Wakes those that wait for the channel. */
void schedule_wake(struct kernel *kernel, const void *channel);

/* The process's alarm_ns was changed. */
void schedule_alarm(struct kernel *kernel, struct process *process);

/* The process has ended. */
void schedule_forget(struct kernel *kernel, struct process *process);

/* Lets those run that slept until now. */
void schedule_wake_sleepers(struct kernel *kernel);

/* One whose alarm is due, or NULL: signals_ring is what is to be done. */
struct process *schedule_due_alarm(const struct kernel *kernel);

/* Nobody can run now: goes on to the time when somebody wakes or an alarm
 * rings. False: that is never. */
bool schedule_skip_time(struct kernel *kernel);

/* Gives the next one its turn. NULL: none can run now. */
struct process *schedule_next(struct kernel *kernel);

/* The turn of the running process is over. */
void schedule_end_turn(struct kernel *kernel);

/* Somebody else waits for the processor, or will at some time: the running one
 * may not keep it. */
bool schedule_others(const struct kernel *kernel);

#endif
