/* event.h: the one stream of events. Everything that happens to memory is one
 * of these. */
#ifndef MMU386_EVENT_H
#define MMU386_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mmu_event_kind {
    MMU_EVENT_FAULT,      /* the processor raised #PF: linear is CR2 */
    MMU_EVENT_ZERO_FILL,  /* a fault gave the page a zeroed frame */
    MMU_EVENT_FILE,       /* a fault gave the page a page of the program file */
    MMU_EVENT_COPY,       /* a shared frame was copied for a write */
    MMU_EVENT_TAKEOVER,   /* the last reference became writable in place */
    MMU_EVENT_SEGV,       /* a fault that no mapping allows */
    MMU_EVENT_FORK,       /* value: the child's pid */
    MMU_EVENT_FORK_COPY,  /* fork copied this page; value: the child's pid */
    MMU_EVENT_FORK_SHARE, /* fork shared this page's frame; value: the same */
    MMU_EVENT_EXEC,       /* the process runs another program */
    MMU_EVENT_EXIT,       /* value: the wait status */
    MMU_EVENT_KILL,       /* value: the signal */
    MMU_EVENT_MAP,        /* an entry was written where none was present */
    MMU_EVENT_UNMAP,      /* a present entry was removed */
    MMU_EVENT_PROTECT,    /* a present entry's rights changed */
    MMU_EVENT_FLUSH,      /* a TLB lost all its entries; value: CR3 */
    MMU_EVENT_INVALIDATE, /* a TLB lost one page's entry */
    MMU_EVENT_KINDS,      /* how many there are */
};

/* Fields that an event of some kind has no use for are 0. Of a page at fork
 * "before" is the parent's entry as fork found it and "after" is the child's.
 * The stamp (sequence to eip) is filled in by the machine that owns the sink,
 * but for the kind; the rest by whoever emits. This library emits COPY,
 * TAKEOVER, FORK_COPY, FORK_SHARE, MAP, UNMAP, PROTECT, FLUSH and INVALIDATE;
 * the others are the machine's and the kernel's. */
struct mmu_event {
    uint64_t sequence;     /* 1, 2, 3, ... in one run */
    uint64_t cycle;        /* the clock when it was done; 0 without the clock */
    uint64_t instructions; /* executed before it; 0 without the clock */
    enum mmu_event_kind kind;
    uint32_t cpu;
    uint32_t pid;
    /* linear: with CS's base, which is 0 but in a program's own segments */
    uint32_t eip;
    uint32_t linear; /* CR2 of a fault, else the page's linear address */
    uint32_t error;  /* error code of a fault: MMU_PF_... */
    uint32_t value;
    uint32_t pde_before, pde_after;
    uint32_t pte_before, pte_after;
    uint32_t frame_before, frame_after; /* 0: none */
    /* references to frame_before, before and after; where there is none, to
     * frame_after */
    uint32_t refs_before, refs_after;
    /* 1: the kernel did it to the page by hand, not to service a fault */
    uint32_t in_kernel;
};

/* Whoever listens. emit may be NULL: nobody does. The event is gone when emit
 * returns. */
struct mmu_event_sink {
    void (*emit)(void *listener, const struct mmu_event *event);
    void *listener;
};

/* True where somebody listens: else there is no need to make up an event. */
static inline bool mmu_event_wanted(const struct mmu_event_sink *sink)
{
    return sink != NULL && sink->emit != NULL;
}

/* Hands `event` to the sink's listener, if there is one. `sink` may be NULL. */
static inline void mmu_event_emit(const struct mmu_event_sink *sink,
                                  const struct mmu_event *event)
{
    if (mmu_event_wanted(sink))
        sink->emit(sink->listener, event);
}

/* "fault", "zero-fill", ...: the kind's name in logs; "unknown" for what is
 * none. */
const char *mmu_event_name(enum mmu_event_kind kind);

#ifdef __cplusplus
}
#endif

#endif
