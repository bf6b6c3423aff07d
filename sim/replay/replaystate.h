/* replaystate.h: where a replay is, and its processes' ways into the kernel and
 * back to ring 3. */
#ifndef MMU386_REPLAYSTATE_H
#define MMU386_REPLAYSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/entry.h"
#include "replay/replayprogram.h"

struct cpu_exit;
struct kernel;
struct process;

#define REPLAY_NAMES_MAX 1024u

struct replay_state {
    struct kernel *kernel;
    bool touch; /* see replay_options */

    struct replay_programs programs;
    char *names[REPLAY_NAMES_MAX]; /* of mappings */
    uint32_t name_count;

    bool skips; /* the trace is in a process that this replay has not, or no
                   longer */
    struct entry entry; /* of the last trap */
    int wait_status;    /* of the first process */
    const char *wrong;  /* NULL: nothing is */
};

/* Notes what cannot have been; the first counts. */
void replay_wrong(struct replay_state *replay, const char *why);

/* The current process; NULL where the trace is in another one. */
struct process *replay_current(const struct replay_state *replay);

/* The current process's end, of which the trace knows nothing. */
void replay_lose(struct replay_state *replay, struct process *process,
                 uint32_t signal_number);

/* Into the kernel by a trap... */
void replay_enter(struct replay_state *replay, struct process *process,
                  const struct cpu_exit *exit);

/* ...by a system call, unless it is there: where the trace does not say how. */
void replay_call(struct replay_state *replay, struct process *process);

/* What the last trap, a fault, led to, where the trace does not tell. */
void replay_finish_fault(struct replay_state *replay, struct process *process);

/* Back to ring 3, unless it is there: false where it does not get there. */
bool replay_leave(struct replay_state *replay, struct process *process);

#endif
