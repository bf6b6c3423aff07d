/* replayprocess.h: what a trace tells of processes, done again. */
#ifndef MMU386_REPLAYPROCESS_H
#define MMU386_REPLAYPROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "traceevent.h"

struct process;
struct replay_state;

/* The current process, with memory; NULL: what is told of it is not to be
 * replayed. */
struct process *replay_ready(struct replay_state *replay);

/* Takes what an event of TRACE_PROGRAM tells. */
void replay_program(struct replay_state *replay,
                    const struct trace_event *event);

void replay_switch(struct replay_state *replay, uint32_t pid);

/* `fails`: in the recording it did, for want of memory. */
void replay_fork(struct replay_state *replay, struct process *process,
                 uint32_t pid, bool fails);
void replay_borrow(struct replay_state *replay, struct process *process,
                   uint32_t pid);
void replay_exec(struct replay_state *replay, const struct trace_event *event);
void replay_exit(struct replay_state *replay, const struct trace_event *event);
void replay_reap(struct replay_state *replay, uint32_t pid);
void replay_kill(struct replay_state *replay, struct process *process,
                 uint32_t signal_number);

/* The trace has ended: so does whoever is left. */
void replay_end_all(struct replay_state *replay);

#endif
