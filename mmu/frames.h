/* frames.h: the frame allocator and the refcount table.
 *
 * A frame's references are the entries that map it, present or withheld (for a
 * table: the directory entries that name it). Copy-on-write references are
 * counted apart as well, read-only and writable ones, so that the last writable
 * reference can tell whether it is alone (rCore's CowExt):
 *
 *      references = private or shared for good + cow_readonly + cow_writable
 *
 * A frame outside memory (a device's) may be mapped: its references are not
 * counted, and it is as one shared for good.
 */
#ifndef MMU386_FRAMES_H
#define MMU386_FRAMES_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "paging.h"
#include "physmem.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMU_FRAME_NONE 0u /* no frame's number: frame 0 is never handed out */

enum mmu_frame_kind {
    MMU_FRAME_FREE,
    MMU_FRAME_USER,
    MMU_FRAME_TABLE,  /* page tables and directories */
    MMU_FRAME_KERNEL, /* the supervisor's own pages */
    MMU_FRAME_KINDS,  /* how many there are */
};

enum mmu_reference {
    MMU_REFERENCE_PLAIN, /* private, or one of many to one shared for good */
    MMU_REFERENCE_COW_READONLY,
    MMU_REFERENCE_COW_WRITABLE,
};

struct mmu_frame {
    uint32_t references; /* all of them */
    uint32_t cow_readonly;
    uint32_t cow_writable;
    uint8_t kind;  /* enum mmu_frame_kind */
    bool shared;   /* for good: never copy-on-write */
    uint64_t tag;  /* the owner's own mark; 0 in a new frame */
    uint32_t next; /* on the free list */
};

/* Of the frames of one kind. */
struct mmu_frame_counts {
    uint64_t allocated; /* ever */
    uint64_t freed;     /* ever */
    uint32_t in_use;
    uint32_t peak; /* the most there ever were in use */
};

struct mmu_frames {
    const struct mmu_physmem *mem;
    struct mmu_frame *table; /* one a frame of memory */
    uint32_t free_head;
    uint32_t free_count;
    struct mmu_frame_counts counts[MMU_FRAME_KINDS];
};

/* Makes the table for all frames of `mem`, all free but frame 0. `mem` is kept;
 * `table` is the caller's, of mem->frames elements. Frames are handed out in
 * ascending order, freed ones first, last in first out: the same calls give the
 * same frames. */
void mmu_frames_init(struct mmu_frames *frames, const struct mmu_physmem *mem,
                     struct mmu_frame *table);

/* Takes a free frame for `kind`, which is not MMU_FRAME_FREE: no references,
 * tag 0, contents as they were. Returns its number, or MMU_FRAME_NONE if there
 * is none. */
uint32_t mmu_frame_alloc(struct mmu_frames *frames, enum mmu_frame_kind kind);

/* Gives back an allocated frame that has no references. */
void mmu_frame_free(struct mmu_frames *frames, uint32_t frame);

/* Adds a reference of that kind to an allocated frame. */
void mmu_frame_get(struct mmu_frames *frames, uint32_t frame,
                   enum mmu_reference reference);

/* Drops a reference of a kind that the frame has, and frees it with the last:
 * true if it did. */
bool mmu_frame_put(struct mmu_frames *frames, uint32_t frame,
                   enum mmu_reference reference);

/* Turns a reference of kind `from`, which the frame has, into one of kind
 * `to`. */
void mmu_frame_convert(struct mmu_frames *frames, uint32_t frame,
                       enum mmu_reference from, enum mmu_reference to);

/* Marks an allocated frame, which has no copy-on-write references, as shared
 * for good: fork maps it again as it is, and no write to it is copy-on-write's
 * business. */
void mmu_frame_share_for_good(struct mmu_frames *frames, uint32_t frame);

/* True for such a frame, and for one outside memory. */
static inline bool mmu_frame_is_shared_for_good(const struct mmu_frames *frames,
                                                uint32_t frame)
{
    if (frame >= frames->mem->frames)
        return true;
    assert(frames->table[frame].kind != MMU_FRAME_FREE);
    return frames->table[frame].shared;
}

/* All references to the frame; 0 for one outside memory. */
static inline uint32_t mmu_frame_references(const struct mmu_frames *frames,
                                            uint32_t frame)
{
    return frame < frames->mem->frames ? frames->table[frame].references : 0;
}

#ifdef __cplusplus
}
#endif

#endif
