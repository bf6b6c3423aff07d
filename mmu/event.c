/* event.c: the names of events. */
#include "event.h"

#include <stddef.h>

const char *event_name(enum event_kind kind)
{
    static const char *const names[EVENT_KINDS] = {
        [EVENT_FAULT] = "fault",
        [EVENT_ZERO_FILL] = "zero-fill",
        [EVENT_FILE] = "file",
        [EVENT_COPY] = "copy",
        [EVENT_TAKEOVER] = "takeover",
        [EVENT_SEGV] = "segv",
        [EVENT_FORK] = "fork",
        [EVENT_FORK_COPY] = "fork-copy",
        [EVENT_FORK_SHARE] = "fork-share",
        [EVENT_EXEC] = "exec",
        [EVENT_EXIT] = "exit",
        [EVENT_KILL] = "kill",
        [EVENT_MAP] = "map",
        [EVENT_UNMAP] = "unmap",
        [EVENT_PROTECT] = "protect",
        [EVENT_FLUSH] = "flush",
        [EVENT_INVALIDATE] = "invalidate",
    };

    return (unsigned)kind < EVENT_KINDS ? names[kind] : "unknown";
}
