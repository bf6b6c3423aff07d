/* action.h: what the machine does, told to whoever records it: who runs, what
 * is mapped, what the kernel touches and is charged. Memory events (event.h)
 * are what comes of it, and come of it again when it is all done again
 * (replay.h).
 *
 * An action may consist of others; only the outermost one is told of, when it
 * has been done.
 */
#ifndef MMU386_ACTION_H
#define MMU386_ACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "traceevent.h"

struct mmu;

struct action_sink {
    /* NULL: nobody is told */
    void (*tell)(void *arg, const struct trace_event *action);
    void *arg;
};

/* Told when the machine is about to wait for the host. */
struct wait_sink {
    void (*tell)(void *arg); /* NULL: nobody is */
    void *arg;
};

struct actions {
    const struct mmu *mmu; /* whose look-ups are counted */
    struct action_sink sink;
    uint32_t depth;   /* of the one that is being done; 0: none is */
    uint64_t lookups; /* of the TLB, when the outermost one began */
};

/* Everything between the two is part of *action. */
void action_begin(struct actions *actions);
void action_end(struct actions *actions, const struct trace_event *action);

/* An action without parts. */
void action_tell(struct actions *actions, const struct trace_event *action);

/* Tells of what is no action, but wanted by whoever does the actions again, in
 * the midst of one or not. */
void action_remark(const struct actions *actions,
                   const struct trace_event *event);

/* True where what is done now is part of no action, and somebody is to be
 * told. */
bool action_is_due(const struct actions *actions);

#endif
