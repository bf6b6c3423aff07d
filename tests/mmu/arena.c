/* arena.c: a memory, its frames, and a log of the events. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"

static void log_event(void *listener, const struct mmu_event *event)
{
    struct arena *arena = listener;

    if (arena->event_count < ARENA_EVENTS)
        arena->events[arena->event_count] = *event;
    arena->event_count++;
}

void arena_open(struct arena *arena, uint32_t frames)
{
    memset(arena, 0, sizeof *arena);
    arena->mem.frames = frames;
    arena->mem.base =
        aligned_alloc(MMU_PAGE_SIZE, (size_t)frames * MMU_PAGE_SIZE);
    assert_non_null(arena->mem.base);
    memset(arena->mem.base, 0, (size_t)frames * MMU_PAGE_SIZE);

    struct mmu_frame *table = malloc(frames * sizeof *table);

    /* What is in it does not matter. */
    assert_non_null(table);
    memset(table, 0xFF, frames * sizeof *table);
    mmu_frames_init(&arena->frames, &arena->mem, table);
    arena->sink = (struct mmu_event_sink){.emit = log_event, .listener = arena};
}

void arena_close(struct arena *arena)
{
    free(arena->frames.table);
    free(arena->mem.base);
}

void arena_forget(struct arena *arena)
{
    arena->event_count = 0;
}

const struct mmu_event *arena_event(const struct arena *arena, unsigned n,
                                    enum mmu_event_kind kind)
{
    assert_in_range(n, 0, ARENA_EVENTS - 1);
    assert_in_range(n, 0, arena->event_count - 1);
    assert_string_equal(mmu_event_name(arena->events[n].kind),
                        mmu_event_name(kind));
    return &arena->events[n];
}

uint32_t arena_map(struct arena *arena, struct mmu_addrspace *as,
                   uint32_t linear, uint32_t flags, uint32_t value)
{
    uint32_t frame = mmu_frame_alloc(&arena->frames, MMU_FRAME_USER);

    assert_int_not_equal(frame, MMU_FRAME_NONE);
    memset(mmu_physmem_frame(&arena->mem, frame), 0, MMU_PAGE_SIZE);
    arena_set_word(arena, frame, value);
    assert_int_equal(mmu_addrspace_map(as, linear, frame, flags), 0);
    return frame;
}

uint32_t arena_pte(const struct mmu_addrspace *as, uint32_t linear)
{
    const uint32_t *pte = mmu_addrspace_entry(as, linear, NULL);

    return pte != NULL ? *pte : 0;
}

uint32_t arena_word(const struct arena *arena, uint32_t frame)
{
    return mmu_physmem_read32(&arena->mem, frame << MMU_PAGE_SHIFT);
}

void arena_set_word(struct arena *arena, uint32_t frame, uint32_t value)
{
    mmu_physmem_write32(&arena->mem, frame << MMU_PAGE_SHIFT, value);
}

void arena_audit(const struct arena *arena,
                 const struct mmu_addrspace *const *spaces, size_t count)
{
    struct mmu_audit_error first = {0};
    int violations =
        mmu_audit_addrspaces(&arena->frames, spaces, count, &first);

    if (violations != 0)
        print_error("audit: %s: space %zu linear %08x entry %08x frame %x "
                    "recorded %u counted %u\n",
                    mmu_audit_name(first.kind), first.space, first.linear,
                    first.entry, first.frame, first.recorded, first.counted);
    assert_int_equal(violations, 0);
}

void arena_expect_empty(const struct arena *arena)
{
    arena_audit(arena, NULL, 0);
    assert_int_equal(arena->frames.free_count, arena->mem.frames - 1);
    for (int kind = MMU_FRAME_FREE; kind < MMU_FRAME_KINDS; kind++) {
        assert_int_equal(arena->frames.counts[kind].in_use, 0);
        assert_int_equal(arena->frames.counts[kind].allocated,
                         arena->frames.counts[kind].freed);
    }
}

uint32_t arena_random(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % below);
}
