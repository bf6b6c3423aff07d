/* event.c: the names of events. */
#include "event.h"

#include <stddef.h>

const char *mmu_event_name(enum mmu_event_kind kind)
{
    static const char *const names[MMU_EVENT_KINDS] = {
        [MMU_EVENT_FAULT] = "fault",
        [MMU_EVENT_ZERO_FILL] = "zero-fill",
        [MMU_EVENT_FILE] = "file",
        [MMU_EVENT_COPY] = "copy",
        [MMU_EVENT_TAKEOVER] = "takeover",
        [MMU_EVENT_SEGV] = "segv",
        [MMU_EVENT_FORK] = "fork",
        [MMU_EVENT_FORK_COPY] = "fork-copy",
        [MMU_EVENT_FORK_SHARE] = "fork-share",
        [MMU_EVENT_EXEC] = "exec",
        [MMU_EVENT_EXIT] = "exit",
        [MMU_EVENT_KILL] = "kill",
        [MMU_EVENT_MAP] = "map",
        [MMU_EVENT_UNMAP] = "unmap",
        [MMU_EVENT_PROTECT] = "protect",
        [MMU_EVENT_FLUSH] = "flush",
        [MMU_EVENT_INVALIDATE] = "invalidate",
    };

    return (unsigned)kind < MMU_EVENT_KINDS ? names[kind] : "unknown";
}
