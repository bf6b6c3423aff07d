/* test_rcore.c: one frame shared three times, as the test of rCore's CowExt has
 * it. */
#include "arena.h"
#include "cow.h"
#include "mmu.h"

#define FIRST    0x10000000u
#define SECOND   0x20000000u
#define READONLY 0x30000000u

static void expect_counts(const struct arena *arena, uint32_t frame,
                          uint32_t readonly, uint32_t writable)
{
    assert_int_equal(arena->frames.table[frame].cow_readonly, readonly);
    assert_int_equal(arena->frames.table[frame].cow_writable, writable);
}

/* A user's store: it faults on the page, which is then broken as `outcome`
 * says, and succeeds. */
static void store(struct mmu *mmu, struct mmu_addrspace *as, uint32_t linear,
                  uint32_t value, enum mmu_cow_outcome outcome)
{
    struct mmu_fault fault;

    assert_false(mmu_write(mmu, linear, &value, sizeof value, true, &fault));
    assert_int_equal(fault.linear, linear);
    assert_int_equal(fault.error, MMU_PF_P | MMU_PF_W | MMU_PF_U);
    assert_int_equal(mmu_cow_break(as, linear, false), outcome);
    mmu_invalidate(mmu, linear);
    assert_true(mmu_write(mmu, linear, &value, sizeof value, true, &fault));
}

static uint32_t load(struct mmu *mmu, uint32_t linear)
{
    struct mmu_fault fault;
    uint32_t value = 0;

    assert_true(mmu_read(mmu, linear, &value, sizeof value, true, &fault));
    return value;
}

static uint32_t frame_at(const struct mmu_addrspace *as, uint32_t linear)
{
    return arena_pte(as, linear) >> MMU_PAGE_SHIFT;
}

static void the_sequence(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;
    struct mmu mmu;

    (void)state;
    arena_open(&arena, 16);
    assert_int_equal(
        mmu_addrspace_init(&as, &arena.frames, &arena.sink, 0, NULL), 0);
    assert_int_equal(mmu_init(&mmu, mmu_generation_of(MMU_GENERATION_I386),
                              &arena.mem, NULL, true),
                     0);
    mmu_load_cr3(&mmu, mmu_addrspace_cr3(&as));
    mmu_load_cr0(&mmu, MMU_CR0_PE | MMU_CR0_PG);

    uint32_t frame = mmu_frame_alloc(&arena.frames, MMU_FRAME_USER);

    arena_set_word(&arena, frame, 1);
    assert_int_equal(mmu_cow_map_shared(&as, FIRST, frame, true), 0);
    assert_int_equal(mmu_cow_map_shared(&as, SECOND, frame, true), 0);
    assert_int_equal(mmu_cow_map_shared(&as, READONLY, frame, false), 0);
    expect_counts(&arena, frame, 1, 2);
    assert_int_equal(load(&mmu, FIRST), 1);
    assert_int_equal(load(&mmu, SECOND), 1);
    assert_int_equal(load(&mmu, READONLY), 1);

    /* A fault on the read-only page is not copy-on-write's business. */
    assert_int_equal(mmu_cow_break(&as, READONLY, false), MMU_COW_NOT_COW);
    expect_counts(&arena, frame, 1, 2);

    store(&mmu, &as, FIRST, 2, MMU_COW_COPIED);
    assert_int_not_equal(frame_at(&as, FIRST), frame);
    expect_counts(&arena, frame, 1, 1);
    assert_int_equal(load(&mmu, FIRST), 2);
    assert_int_equal(load(&mmu, SECOND), 1);
    assert_int_equal(load(&mmu, READONLY), 1);

    assert_true(mmu_addrspace_unmap(&as, READONLY));
    mmu_invalidate(&mmu, READONLY);
    expect_counts(&arena, frame, 0, 1);

    store(&mmu, &as, SECOND, 3, MMU_COW_TAKEN_OVER);
    assert_int_equal(frame_at(&as, SECOND), frame);
    expect_counts(&arena, frame, 0, 0);
    assert_int_equal(arena.frames.table[frame].references, 1);
    assert_int_equal(load(&mmu, FIRST), 2);
    assert_int_equal(load(&mmu, SECOND), 3);

    arena_audit(&arena, (const struct mmu_addrspace *[]){&as}, 1);
    mmu_destroy(&mmu);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* While a read-only reference is left the last writable one is copied all the
 * same. */
static void a_readonly_reference_forces_the_copy(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;

    (void)state;
    arena_open(&arena, 16);
    assert_int_equal(mmu_addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);

    uint32_t frame = mmu_frame_alloc(&arena.frames, MMU_FRAME_USER);

    assert_int_equal(mmu_cow_map_shared(&as, FIRST, frame, true), 0);
    assert_int_equal(mmu_cow_map_shared(&as, READONLY, frame, false), 0);
    assert_int_equal(mmu_cow_break(&as, FIRST, false), MMU_COW_COPIED);
    expect_counts(&arena, frame, 1, 0);
    assert_int_equal(frame_at(&as, READONLY), frame);
    arena_audit(&arena, (const struct mmu_addrspace *[]){&as}, 1);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence),
        cmocka_unit_test(a_readonly_reference_forces_the_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
