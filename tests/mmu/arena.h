/* arena.h: what every test of mmu/ starts from: a memory, its frames, and a log
 * of the events. */
#ifndef MMU386_TESTS_ARENA_H
#define MMU386_TESTS_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "addrspace.h"
#include "event.h"
#include "frames.h"
#include "physmem.h"

#define ARENA_EVENTS 64u

struct arena {
    struct mmu_physmem mem;
    struct mmu_frames frames;
    struct mmu_event_sink sink;
    /* the first ones since arena_forget */
    struct mmu_event events[ARENA_EVENTS];
    unsigned event_count; /* all of them */
};

/* Makes a memory of `frames` frames, all zero. */
void arena_open(struct arena *arena, uint32_t frames);
void arena_close(struct arena *arena);

/* Empties the log of events. */
void arena_forget(struct arena *arena);

/* The `n`th event logged, which must be there and of that kind. */
const struct mmu_event *arena_event(const struct arena *arena, unsigned n,
                                    enum mmu_event_kind kind);

/* Maps a new user frame whose first word is `value`; the frame. All must
 * succeed. */
uint32_t arena_map(struct arena *arena, struct mmu_addrspace *as,
                   uint32_t linear, uint32_t flags, uint32_t value);

/* The entry for `linear`, 0 where there is no table. */
uint32_t arena_pte(const struct mmu_addrspace *as, uint32_t linear);

/* First word of a frame. */
uint32_t arena_word(const struct arena *arena, uint32_t frame);
void arena_set_word(struct arena *arena, uint32_t frame, uint32_t value);

/* Fails unless all that the address spaces and the frames say of each other
 * adds up. */
void arena_audit(const struct arena *arena,
                 const struct mmu_addrspace *const *spaces, size_t count);

/* Fails unless every frame is back. */
void arena_expect_empty(const struct arena *arena);

/* A generator of numbers: the same seed gives the same ones (splitmix64). */
uint32_t arena_random(uint64_t *state, uint32_t below);

#endif
