/* replaymemory.h: what a trace tells of a process's mappings, and of the
 * kernel's own accesses, done again. */
#ifndef MMU386_REPLAYMEMORY_H
#define MMU386_REPLAYMEMORY_H

#include "traceevent.h"

struct process;
struct replay_state;

void replay_map(struct replay_state *replay, struct process *process,
                const struct trace_map *map);

/* TRACE_UNMAP, TRACE_FORGET, TRACE_PROTECT. */
void replay_range(struct replay_state *replay, struct process *process,
                  const struct trace_event *event);
void replay_move(struct replay_state *replay, struct process *process,
                 const struct trace_event *event);

/* TRACE_KERNEL. */
void replay_kernel(struct replay_state *replay, struct process *process,
                   const struct trace_event *event);

/* Frees the mappings' names, when there is no process any more. */
void replay_names_free(struct replay_state *replay);

#endif
