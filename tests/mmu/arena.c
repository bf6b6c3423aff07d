/* arena.c: a memory, its frames, and a log of the events. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"

static void log_event(void *listener, const struct event *event)
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
    arena->mem.base = aligned_alloc(PAGE_SIZE, (size_t)frames * PAGE_SIZE);
    assert_non_null(arena->mem.base);
    memset(arena->mem.base, 0, (size_t)frames * PAGE_SIZE);

    struct frame *table = calloc(frames, sizeof *table);

    assert_non_null(table);
    frames_init(&arena->frames, &arena->mem, table);
    arena->sink = (struct event_sink){.emit = log_event, .listener = arena};
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

const struct event *arena_event(const struct arena *arena, unsigned n, enum event_kind kind)
{
    assert_in_range(n, 0, ARENA_EVENTS - 1);
    assert_in_range(n, 0, arena->event_count - 1);
    assert_string_equal(event_name(arena->events[n].kind), event_name(kind));
    return &arena->events[n];
}

uint32_t arena_map(struct arena *arena, struct addrspace *as, uint32_t linear, uint32_t flags,
                   uint32_t value)
{
    uint32_t frame = frame_alloc(&arena->frames, FRAME_USER);

    assert_int_not_equal(frame, FRAME_NONE);
    memset(physmem_frame(&arena->mem, frame), 0, PAGE_SIZE);
    arena_set_word(arena, frame, value);
    assert_int_equal(addrspace_map(as, linear, frame, flags), 0);
    return frame;
}

uint32_t arena_pte(const struct addrspace *as, uint32_t linear)
{
    const uint32_t *pte = addrspace_entry(as, linear, NULL);

    return pte != NULL ? *pte : 0;
}

uint32_t arena_word(const struct arena *arena, uint32_t frame)
{
    return physmem_read32(&arena->mem, frame << PAGE_SHIFT);
}

void arena_set_word(struct arena *arena, uint32_t frame, uint32_t value)
{
    physmem_write32(&arena->mem, frame << PAGE_SHIFT, value);
}

void arena_audit(const struct arena *arena, const struct addrspace *const *spaces, size_t count)
{
    struct audit_error first = {0};
    int violations = audit_addrspaces(&arena->frames, spaces, count, &first);

    if (violations != 0)
        print_error("audit: %s: space %zu linear %08x entry %08x frame %x recorded %u counted %u\n",
                    audit_name(first.kind), first.space, first.linear, first.entry, first.frame,
                    first.recorded, first.counted);
    assert_int_equal(violations, 0);
}

void arena_expect_empty(const struct arena *arena)
{
    arena_audit(arena, NULL, 0);
    assert_int_equal(arena->frames.free_count, arena->mem.frames - 1);
    for (int kind = FRAME_FREE; kind < FRAME_KINDS; kind++) {
        assert_int_equal(arena->frames.counts[kind].in_use, 0);
        assert_int_equal(arena->frames.counts[kind].allocated, arena->frames.counts[kind].freed);
    }
}

uint32_t arena_random(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % below);
}
