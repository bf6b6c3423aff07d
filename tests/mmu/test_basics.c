/* test_basics.c: generations, events' names, the edges of physical memory. */
#include <string.h>

#include "arena.h"

static void generations_by_name(void **state)
{
    static const char *const names[MMU_GENERATIONS] = {"i386", "i486",
                                                       "pentium"};

    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        assert_ptr_equal(mmu_generation_named(names[id]),
                         mmu_generation_of((enum mmu_generation_id)id));
        assert_int_equal(mmu_generation_of((enum mmu_generation_id)id)->id, id);
    }
    assert_null(mmu_generation_named("i586"));
    assert_null(mmu_generation_named(""));
}

static void event_names_are_distinct(void **state)
{
    (void)state;
    for (int i = 0; i < MMU_EVENT_KINDS; i++) {
        assert_non_null(mmu_event_name((enum mmu_event_kind)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(mmu_event_name((enum mmu_event_kind)i),
                                    mmu_event_name((enum mmu_event_kind)j));
    }
    assert_string_equal(mmu_event_name(MMU_EVENT_ZERO_FILL), "zero-fill");
    assert_string_equal(mmu_event_name(MMU_EVENT_KINDS), "unknown");
}

static void nobody_listens(void **state)
{
    struct mmu_event_sink deaf = {0};

    (void)state;
    mmu_event_emit(NULL, &(struct mmu_event){0});
    mmu_event_emit(&deaf, &(struct mmu_event){0});
}

static void edges_of_memory(void **state)
{
    struct arena arena;

    (void)state;
    arena_open(&arena, 2);
    assert_true(mmu_physmem_has(&arena.mem, 0, 0x2000));
    assert_false(mmu_physmem_has(&arena.mem, 0, 0x2001));
    assert_true(mmu_physmem_has(&arena.mem, 0x1FFF, 1));
    assert_false(mmu_physmem_has(&arena.mem, 0x1FFF, 2));
    assert_false(mmu_physmem_has(&arena.mem, 0x2000, 1));
    assert_false(mmu_physmem_has(&arena.mem, 0xFFFFFFFF, 1));
    assert_false(mmu_physmem_has(&arena.mem, 0xFFFFFFFF, 0xFFFFFFFF));
    mmu_physmem_write32(&arena.mem, 0x1FFC, 0x12345678);
    assert_int_equal(mmu_physmem_read32(&arena.mem, 0x1FFC), 0x12345678);
    assert_int_equal(arena.mem.base[0x1FFC], 0x78);
    mmu_physmem_write32(&arena.mem, 0x2000, 1);
    mmu_physmem_write32(&arena.mem, 0xFFFFFFFC, 1);
    assert_int_equal(mmu_physmem_read32(&arena.mem, 0x2000), 0xFFFFFFFF);
    assert_int_equal(mmu_physmem_read32(&arena.mem, 0xFFFFFFFC), 0xFFFFFFFF);
    assert_ptr_equal(mmu_physmem_frame(&arena.mem, 1), arena.mem.base + 0x1000);
    arena_close(&arena);
}

/* All of 4 GiB: nothing may be computed in 32 bits. The memory itself is never
 * touched. */
static void the_largest_memory(void **state)
{
    struct mmu_physmem mem = {.base = NULL, .frames = 1u << 20};

    (void)state;
    assert_true(mmu_physmem_has(&mem, 0, 0xFFFFFFFF));
    assert_true(mmu_physmem_has(&mem, 0xFFFFFFFF, 1));
    assert_false(mmu_physmem_has(&mem, 0xFFFFFFFF, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generations_by_name),
        cmocka_unit_test(event_names_are_distinct),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(edges_of_memory),
        cmocka_unit_test(the_largest_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
