/* frames.h: the frame allocator and the refcount table.
 *
 * A frame's references are the entries that map it, present or withheld (for a table: the directory
 * entries that name it). Copy-on-write references are counted apart as well, read-only and writable
 * ones, so that the last writable reference can tell whether it is alone (rCore's CowExt):
 *
 *      references = private or shared for good + cow_readonly + cow_writable
 *
 * A frame outside memory (a device's) may be mapped: its references are not counted, and it is
 * as one shared for good.
 */
#ifndef MMU386_FRAMES_H
#define MMU386_FRAMES_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "paging.h"
#include "physmem.h"

#define FRAME_NONE 0u /* frame 0 is never handed out */

enum frame_kind {
    FRAME_FREE,
    FRAME_USER,
    FRAME_TABLE,  /* page tables and directories */
    FRAME_KERNEL, /* the supervisor's own pages */
    FRAME_KINDS,
};

enum reference {
    REFERENCE_PLAIN, /* private, or one of many to a frame shared for good */
    REFERENCE_COW_READONLY,
    REFERENCE_COW_WRITABLE,
};

struct frame {
    uint32_t references; /* all of them */
    uint32_t cow_readonly;
    uint32_t cow_writable;
    uint8_t kind;  /* enum frame_kind */
    bool shared;   /* for good: never copy-on-write */
    uint64_t tag;  /* the owner's own mark; 0 in a new frame */
    uint32_t next; /* on the free list */
};

struct frame_counts {
    uint64_t allocated;
    uint64_t freed;
    uint32_t in_use;
    uint32_t peak;
};

struct frames {
    const struct physmem *mem;
    struct frame *table; /* one a frame of memory */
    uint32_t free_head;
    uint32_t free_count;
    struct frame_counts counts[FRAME_KINDS];
};

/* Makes the table for all frames of `mem`, all free but frame 0. `table` is the caller's, of
 * mem->frames elements. Frames are handed out in ascending order, freed ones first, last in
 * first out: the same calls give the same frames. */
void frames_init(struct frames *frames, const struct physmem *mem, struct frame *table);

/* Takes a free frame: no references, tag 0, contents as they were. FRAME_NONE if there is none. */
uint32_t frame_alloc(struct frames *frames, enum frame_kind kind);

/* Gives back a frame that has no references. */
void frame_free(struct frames *frames, uint32_t frame);

/* Adds a reference; drops one, and frees the frame with the last: true if it did. */
void frame_get(struct frames *frames, uint32_t frame, enum reference reference);
bool frame_put(struct frames *frames, uint32_t frame, enum reference reference);

/* Turns one reference into another kind. */
void frame_convert(struct frames *frames, uint32_t frame, enum reference from, enum reference to);

/* Marks an allocated frame as shared for good: fork maps it again as it is, and no write to it
 * is copy-on-write's business. */
void frame_share_for_good(struct frames *frames, uint32_t frame);

/* True for such a frame, and for one outside memory. */
static inline bool frame_is_shared_for_good(const struct frames *frames, uint32_t frame)
{
    if (frame >= frames->mem->frames)
        return true;
    assert(frames->table[frame].kind != FRAME_FREE);
    return frames->table[frame].shared;
}

/* All references to the frame; 0 for one outside memory. */
static inline uint32_t frame_references(const struct frames *frames, uint32_t frame)
{
    return frame < frames->mem->frames ? frames->table[frame].references : 0;
}

#endif
