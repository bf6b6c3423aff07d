/* replaycontent.h: what pages held when the trace was recorded, for a fault log
 * of the replay. */
#ifndef MMU386_REPLAYCONTENT_H
#define MMU386_REPLAYCONTENT_H

#include <stdint.h>

#include "machine/machine.h"
#include "traceevent.h"

/* What an event of TRACE_CONTENT told. */
struct content {
    uint32_t page;
    uint64_t hash;
};

/* Those told since the last event of another kind: wanted in their order while
 * the next one is replayed. All zeros is none. */
struct replay_contents {
    struct content *contents;
    uint32_t count, capacity, at;
};

void replay_contents_free(struct replay_contents *contents);

void replay_contents_add(struct replay_contents *contents,
                         const struct trace_event *event);

/* The next event is another one's. */
void replay_contents_clear(struct replay_contents *contents);

/* Where a machine finds them. */
struct content_source replay_contents_source(struct replay_contents *contents);

#endif
