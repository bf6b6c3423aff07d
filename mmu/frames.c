/* frames.c: the frame allocator and the refcount table. */
#include "frames.h"

#include <assert.h>
#include <stddef.h>

void mmu_frames_init(struct mmu_frames *frames, const struct mmu_physmem *mem,
                     struct mmu_frame *table)
{
    *frames = (struct mmu_frames){.mem = mem, .table = table};
    for (uint32_t i = 0; i < mem->frames; i++)
        table[i] = (struct mmu_frame){.kind = MMU_FRAME_FREE, .next = i + 1};
    if (mem->frames > 1) {
        table[mem->frames - 1].next = MMU_FRAME_NONE;
        frames->free_head = 1;
        frames->free_count = mem->frames - 1;
    }
}

uint32_t mmu_frame_alloc(struct mmu_frames *frames, enum mmu_frame_kind kind)
{
    uint32_t frame = frames->free_head;

    assert(kind != MMU_FRAME_FREE);
    if (frame == MMU_FRAME_NONE)
        return MMU_FRAME_NONE;

    struct mmu_frame_counts *counts = &frames->counts[kind];

    frames->free_head = frames->table[frame].next;
    frames->free_count--;
    frames->table[frame] = (struct mmu_frame){.kind = (uint8_t)kind};
    counts->allocated++;
    if (++counts->in_use > counts->peak)
        counts->peak = counts->in_use;
    return frame;
}

void mmu_frame_free(struct mmu_frames *frames, uint32_t frame)
{
    struct mmu_frame *entry = &frames->table[frame];

    assert(frame != MMU_FRAME_NONE && frame < frames->mem->frames);
    assert(entry->kind != MMU_FRAME_FREE && entry->references == 0);
    frames->counts[entry->kind].freed++;
    frames->counts[entry->kind].in_use--;
    *entry =
        (struct mmu_frame){.kind = MMU_FRAME_FREE, .next = frames->free_head};
    frames->free_head = frame;
    frames->free_count++;
}

/* The table's entry of an allocated frame; NULL where the frame is outside
 * memory. */
static struct mmu_frame *counted(const struct mmu_frames *frames,
                                 uint32_t frame)
{
    if (frame >= frames->mem->frames)
        return NULL;
    assert(frames->table[frame].kind != MMU_FRAME_FREE);
    return &frames->table[frame];
}

/* Counts `by` more references (1 or -1) among those that are counted apart. */
static void count_apart(struct mmu_frame *entry, enum mmu_reference reference,
                        uint32_t by)
{
    if (reference == MMU_REFERENCE_COW_READONLY)
        entry->cow_readonly += by;
    else if (reference == MMU_REFERENCE_COW_WRITABLE)
        entry->cow_writable += by;
    assert((uint64_t)entry->cow_readonly + entry->cow_writable <=
           entry->references);
}

void mmu_frame_get(struct mmu_frames *frames, uint32_t frame,
                   enum mmu_reference reference)
{
    struct mmu_frame *entry = counted(frames, frame);

    if (entry == NULL)
        return;
    assert(reference == MMU_REFERENCE_PLAIN || !entry->shared);
    entry->references++;
    count_apart(entry, reference, 1);
}

bool mmu_frame_put(struct mmu_frames *frames, uint32_t frame,
                   enum mmu_reference reference)
{
    struct mmu_frame *entry = counted(frames, frame);

    if (entry == NULL)
        return false;
    assert(entry->references > 0);
    count_apart(entry, reference, UINT32_MAX);
    assert(reference != MMU_REFERENCE_PLAIN ||
           entry->references > entry->cow_readonly + entry->cow_writable);
    if (--entry->references > 0)
        return false;
    mmu_frame_free(frames, frame);
    return true;
}

void mmu_frame_convert(struct mmu_frames *frames, uint32_t frame,
                       enum mmu_reference from, enum mmu_reference to)
{
    struct mmu_frame *entry = counted(frames, frame);

    if (entry == NULL)
        return;
    assert(to == MMU_REFERENCE_PLAIN || !entry->shared);
    count_apart(entry, from, UINT32_MAX);
    count_apart(entry, to, 1);
}

void mmu_frame_share_for_good(struct mmu_frames *frames, uint32_t frame)
{
    struct mmu_frame *entry = counted(frames, frame);

    if (entry == NULL)
        return;
    assert(entry->cow_readonly == 0 && entry->cow_writable == 0);
    entry->shared = true;
}
