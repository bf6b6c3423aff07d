/* frames.c: the frame allocator and the refcount table. */
#include "frames.h"

#include <assert.h>
#include <stddef.h>

void frames_init(struct frames *frames, const struct physmem *mem, struct frame *table)
{
    *frames = (struct frames){.mem = mem, .table = table};
    for (uint32_t i = 0; i < mem->frames; i++)
        table[i] = (struct frame){.kind = FRAME_FREE, .next = i + 1};
    if (mem->frames > 1) {
        table[mem->frames - 1].next = FRAME_NONE;
        frames->free_head = 1;
        frames->free_count = mem->frames - 1;
    }
}

uint32_t frame_alloc(struct frames *frames, enum frame_kind kind)
{
    uint32_t frame = frames->free_head;

    assert(kind != FRAME_FREE);
    if (frame == FRAME_NONE)
        return FRAME_NONE;

    struct frame_counts *counts = &frames->counts[kind];

    frames->free_head = frames->table[frame].next;
    frames->free_count--;
    frames->table[frame] = (struct frame){.kind = (uint8_t)kind};
    counts->allocated++;
    if (++counts->in_use > counts->peak)
        counts->peak = counts->in_use;
    return frame;
}

void frame_free(struct frames *frames, uint32_t frame)
{
    struct frame *entry = &frames->table[frame];

    assert(frame != FRAME_NONE && frame < frames->mem->frames);
    assert(entry->kind != FRAME_FREE && entry->references == 0);
    frames->counts[entry->kind].freed++;
    frames->counts[entry->kind].in_use--;
    *entry = (struct frame){.kind = FRAME_FREE, .next = frames->free_head};
    frames->free_head = frame;
    frames->free_count++;
}

/* The table's entry of an allocated frame; NULL where the frame is outside memory. */
static struct frame *counted(const struct frames *frames, uint32_t frame)
{
    if (frame >= frames->mem->frames)
        return NULL;
    assert(frames->table[frame].kind != FRAME_FREE);
    return &frames->table[frame];
}

/* Counts `by` more references (1 or -1) among those that are counted apart. */
static void count_apart(struct frame *entry, enum reference reference, uint32_t by)
{
    if (reference == REFERENCE_COW_READONLY)
        entry->cow_readonly += by;
    else if (reference == REFERENCE_COW_WRITABLE)
        entry->cow_writable += by;
    assert((uint64_t)entry->cow_readonly + entry->cow_writable <= entry->references);
}

void frame_get(struct frames *frames, uint32_t frame, enum reference reference)
{
    struct frame *entry = counted(frames, frame);

    if (entry == NULL)
        return;
    assert(reference == REFERENCE_PLAIN || !entry->shared);
    entry->references++;
    count_apart(entry, reference, 1);
}

bool frame_put(struct frames *frames, uint32_t frame, enum reference reference)
{
    struct frame *entry = counted(frames, frame);

    if (entry == NULL)
        return false;
    assert(entry->references > 0);
    count_apart(entry, reference, UINT32_MAX);
    assert(reference != REFERENCE_PLAIN ||
           entry->references > entry->cow_readonly + entry->cow_writable);
    if (--entry->references > 0)
        return false;
    frame_free(frames, frame);
    return true;
}

void frame_convert(struct frames *frames, uint32_t frame, enum reference from, enum reference to)
{
    struct frame *entry = counted(frames, frame);

    if (entry == NULL)
        return;
    assert(to == REFERENCE_PLAIN || !entry->shared);
    count_apart(entry, from, UINT32_MAX);
    count_apart(entry, to, 1);
}

void frame_share_for_good(struct frames *frames, uint32_t frame)
{
    struct frame *entry = counted(frames, frame);

    if (entry == NULL)
        return;
    assert(entry->cow_readonly == 0 && entry->cow_writable == 0);
    entry->shared = true;
}
