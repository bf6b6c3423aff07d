/* test_frames.c: the allocator and the reference counts. */
#include "arena.h"

static void order_of_frames(void **state)
{
    struct arena arena;
    struct mmu_frames *frames = &arena.frames;

    (void)state;
    arena_open(&arena, 5);
    for (uint32_t i = 1; i < 5; i++)
        assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_USER), i);
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_USER), MMU_FRAME_NONE);
    assert_int_equal(frames->counts[MMU_FRAME_USER].allocated, 4);

    /* Last in, first out. */
    mmu_frame_free(frames, 2);
    mmu_frame_free(frames, 4);
    assert_int_equal(frames->free_count, 2);
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_TABLE), 4);
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_KERNEL), 2);
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_KERNEL), MMU_FRAME_NONE);

    assert_int_equal(frames->counts[MMU_FRAME_USER].in_use, 2);
    assert_int_equal(frames->counts[MMU_FRAME_USER].peak, 4);
    assert_int_equal(frames->counts[MMU_FRAME_USER].freed, 2);
    assert_int_equal(frames->counts[MMU_FRAME_TABLE].in_use, 1);
    assert_int_equal(frames->counts[MMU_FRAME_KERNEL].peak, 1);

    /* The peak is of all times. */
    mmu_frame_free(frames, 1);
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_USER), 1);
    assert_int_equal(frames->counts[MMU_FRAME_USER].peak, 4);
    for (uint32_t i = 1; i < 5; i++)
        mmu_frame_free(frames, i);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

static void a_new_frame_is_new(void **state)
{
    struct arena arena;
    struct mmu_frames *frames = &arena.frames;

    (void)state;
    arena_open(&arena, 2);
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_USER), 1);
    frames->table[1].tag = 42;
    arena_set_word(&arena, 1, 7);
    mmu_frame_share_for_good(frames, 1);
    mmu_frame_get(frames, 1, MMU_REFERENCE_PLAIN);
    assert_true(mmu_frame_is_shared_for_good(frames, 1));
    assert_true(mmu_frame_put(frames, 1, MMU_REFERENCE_PLAIN));
    assert_int_equal(mmu_frame_alloc(frames, MMU_FRAME_USER), 1);
    assert_int_equal(frames->table[1].tag, 0);
    assert_int_equal(mmu_frame_references(frames, 1), 0);
    assert_false(mmu_frame_is_shared_for_good(frames, 1));
    assert_int_equal(arena_word(&arena, 1), 7); /* contents as they were */
    arena_close(&arena);
}

static void references_by_kind(void **state)
{
    struct arena arena;
    struct mmu_frames *frames = &arena.frames;
    const struct mmu_frame *frame;

    (void)state;
    arena_open(&arena, 2);
    frame = &frames->table[mmu_frame_alloc(frames, MMU_FRAME_USER)];
    mmu_frame_get(frames, 1, MMU_REFERENCE_PLAIN);
    mmu_frame_get(frames, 1, MMU_REFERENCE_COW_READONLY);
    mmu_frame_get(frames, 1, MMU_REFERENCE_COW_WRITABLE);
    mmu_frame_get(frames, 1, MMU_REFERENCE_COW_WRITABLE);
    assert_int_equal(frame->references, 4);
    assert_int_equal(frame->cow_readonly, 1);
    assert_int_equal(frame->cow_writable, 2);
    mmu_frame_convert(frames, 1, MMU_REFERENCE_PLAIN,
                      MMU_REFERENCE_COW_READONLY);
    mmu_frame_convert(frames, 1, MMU_REFERENCE_COW_WRITABLE,
                      MMU_REFERENCE_PLAIN);
    assert_int_equal(frame->references, 4);
    assert_int_equal(frame->cow_readonly, 2);
    assert_int_equal(frame->cow_writable, 1);
    assert_false(mmu_frame_put(frames, 1, MMU_REFERENCE_COW_READONLY));
    assert_false(mmu_frame_put(frames, 1, MMU_REFERENCE_COW_WRITABLE));
    assert_false(mmu_frame_put(frames, 1, MMU_REFERENCE_PLAIN));
    assert_int_equal(frame->cow_readonly, 1);
    assert_int_equal(frame->cow_writable, 0);
    assert_true(mmu_frame_put(frames, 1, MMU_REFERENCE_COW_READONLY));
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* A device's frames are nobody's to count or free. */
static void frames_outside_memory(void **state)
{
    struct arena arena;
    struct mmu_frames *frames = &arena.frames;

    (void)state;
    arena_open(&arena, 4);
    for (uint32_t frame = 4; frame < 1u << 20; frame += 0xFFFFB) {
        mmu_frame_get(frames, frame, MMU_REFERENCE_COW_WRITABLE);
        mmu_frame_convert(frames, frame, MMU_REFERENCE_COW_WRITABLE,
                          MMU_REFERENCE_PLAIN);
        mmu_frame_share_for_good(frames, frame);
        assert_false(mmu_frame_put(frames, frame, MMU_REFERENCE_PLAIN));
        assert_int_equal(mmu_frame_references(frames, frame), 0);
        assert_true(mmu_frame_is_shared_for_good(frames, frame));
    }
    arena_expect_empty(&arena);
    arena_close(&arena);
}

static void the_smallest_memory(void **state)
{
    struct arena arena;

    (void)state;
    arena_open(&arena, 1);
    assert_int_equal(mmu_frame_alloc(&arena.frames, MMU_FRAME_USER),
                     MMU_FRAME_NONE);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_frames),
        cmocka_unit_test(a_new_frame_is_new),
        cmocka_unit_test(references_by_kind),
        cmocka_unit_test(frames_outside_memory),
        cmocka_unit_test(the_smallest_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
