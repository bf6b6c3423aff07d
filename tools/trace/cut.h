/* cut.h: a part of a trace: of its accesses those of some numbers, or of one
 * process. */
#ifndef MMU386_TRACE_CUT_H
#define MMU386_TRACE_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/traceblocks.h"
#include "traceevent.h"

struct trace_cut {
    uint64_t from, to; /* fetches and data accesses: from the first to before
                          the last */
    uint32_t pid;      /* of this process; 0: of all */

    /* takes what is left; false: failed */
    bool (*add)(void *arg, const struct trace_event *event);
    void *arg;

    uint64_t accesses; /* so far */
    uint32_t current;  /* process */
    struct trace_blocks blocks;
};

/* `from`, `to`, `pid`, `add` and `arg` are the caller's to set afterwards. */
void trace_cut_init(struct trace_cut *cut);

/* Hands on what of the event is in the part: of blocks what is, of what tells
 * of processes and mappings all up to the part's end, of the rest what happens
 * in it. False where `add` was. */
bool trace_cut_event(struct trace_cut *cut, const struct trace_event *event);

/* True where nothing more of the trace is in the part. */
bool trace_cut_done(const struct trace_cut *cut);

#endif
