/* test_addrspace.c: mapping, protecting and dropping pages. */
#include <errno.h>

#include "arena.h"

#define PAGE        0x08048000u
#define KERNEL_BASE 0xC0000000u

static void a_page_comes_and_goes(void **state)
{
    struct arena arena;
    struct addrspace as;
    const struct addrspace *spaces[] = {&as};

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(addrspace_init(&as, &arena.frames, &arena.sink, KERNEL_BASE, NULL), 0);
    assert_null(addrspace_entry(&as, PAGE, NULL));
    assert_false(addrspace_unmap(&as, PAGE));
    assert_false(addrspace_protect(&as, PAGE, true));

    uint32_t frame = arena_map(&arena, &as, PAGE | 0x123, PTE_US | PTE_RW, 5);

    assert_int_equal(arena_pte(&as, PAGE), frame << 12 | PTE_P | PTE_US | PTE_RW);
    assert_int_equal(frame_references(&arena.frames, frame), 1);
    assert_int_equal(arena.frames.counts[FRAME_TABLE].in_use, 2);
    arena_audit(&arena, spaces, 1);

    uint32_t pde;

    assert_non_null(addrspace_entry(&as, PAGE + PAGE_SIZE, &pde));
    assert_int_equal(pde & 0xFFF, PTE_P | PTE_RW | PTE_US);
    assert_int_equal(arena_pte(&as, PAGE + PAGE_SIZE), 0);

    const struct event *event = arena_event(&arena, 0, EVENT_MAP);

    assert_int_equal(event->linear, PAGE);
    assert_int_equal(event->pte_before, 0);
    assert_int_equal(event->pte_after, arena_pte(&as, PAGE));
    assert_int_equal(event->pde_after, pde);
    assert_int_equal(event->frame_before, 0);
    assert_int_equal(event->frame_after, frame);
    assert_int_equal(event->refs_before, 0);
    assert_int_equal(event->refs_after, 1);

    assert_true(addrspace_unmap(&as, PAGE | 0xFFF));
    assert_false(addrspace_unmap(&as, PAGE));
    assert_int_equal(arena_pte(&as, PAGE), 0);
    assert_int_equal(arena.frames.counts[FRAME_USER].in_use, 0);
    event = arena_event(&arena, 1, EVENT_UNMAP);
    assert_int_equal(event->linear, PAGE);
    assert_int_equal(event->pte_before, frame << 12 | PTE_P | PTE_US | PTE_RW);
    assert_int_equal(event->pte_after, 0);
    assert_int_equal(event->frame_before, frame);
    assert_int_equal(event->frame_after, 0);
    assert_int_equal(event->refs_before, 1);
    assert_int_equal(event->refs_after, 0);
    assert_int_equal(arena.event_count, 2);
    arena_audit(&arena, spaces, 1);
    addrspace_destroy(&as);
    addrspace_destroy(&as); /* again does nothing */
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* A frame that held other things becomes a table of nothing. */
static void tables_start_zeroed(void **state)
{
    struct arena arena;
    struct addrspace as;

    (void)state;
    arena_open(&arena, 8);
    for (uint32_t i = 0; i < 8 * PAGE_SIZE; i++)
        arena.mem.base[i] = 0xFF;
    assert_int_equal(addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);
    arena_map(&arena, &as, PAGE, PTE_US, 5);
    arena_audit(&arena, (const struct addrspace *[]){&as}, 1);
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

static void no_frame_for_a_table(void **state)
{
    struct arena arena;
    struct addrspace as, other;

    (void)state;
    arena_open(&arena, 4);
    assert_int_equal(addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);

    uint32_t frame = arena_map(&arena, &as, PAGE, PTE_US, 5);

    assert_int_equal(arena.frames.free_count, 0);
    assert_int_equal(addrspace_map(&as, PAGE + 0x400000, frame, PTE_US), -ENOMEM);
    assert_int_equal(addrspace_map(&as, PAGE + 0x1000, frame, PTE_US), 0); /* needs no table */
    assert_int_equal(frame_references(&arena.frames, frame), 2);
    assert_int_equal(addrspace_init(&other, &arena.frames, NULL, 0, NULL), -ENOMEM);
    addrspace_destroy(&other);
    arena_audit(&arena, (const struct addrspace *[]){&as}, 1);
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* Whatever a directory entry names, only memory is taken for a table. */
static void a_table_outside_memory(void **state)
{
    struct arena arena;
    struct addrspace as;
    uint32_t pde;

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);
    for (uint32_t frame = 8; frame < 1u << 20; frame += 0xFFFF7) {
        uint32_t at = addrspace_cr3(&as) + 4 * directory_index(PAGE);

        physmem_write32(&arena.mem, at, frame << PAGE_SHIFT | PTE_P | PTE_US | PTE_RW);
        assert_null(addrspace_entry(&as, PAGE, &pde));
        assert_int_equal(pde, frame << PAGE_SHIFT | PTE_P | PTE_US | PTE_RW);
        assert_false(addrspace_unmap(&as, PAGE));
        assert_false(addrspace_protect(&as, PAGE, true));
    }
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* Makes a page of `flags`, protects it, and expects the entry's flags and the frame's references
 * by kind. */
static void protect_case(uint32_t flags, bool writable, bool changes, uint32_t flags_after,
                         uint32_t readonly_after, uint32_t writable_after)
{
    struct arena arena;
    struct addrspace as;

    arena_open(&arena, 8);
    assert_int_equal(addrspace_init(&as, &arena.frames, &arena.sink, 0, NULL), 0);

    uint32_t frame = arena_map(&arena, &as, PAGE, flags | PTE_US, 5);

    *addrspace_entry(&as, PAGE, NULL) |= PTE_A | PTE_D | PTE_PCD;
    arena_forget(&arena);
    assert_int_equal(addrspace_protect(&as, PAGE, writable), changes);
    assert_int_equal(arena_pte(&as, PAGE),
                     frame << 12 | flags_after | PTE_US | PTE_P | PTE_A | PTE_D | PTE_PCD);
    assert_int_equal(arena.frames.table[frame].cow_readonly, readonly_after);
    assert_int_equal(arena.frames.table[frame].cow_writable, writable_after);
    assert_int_equal(arena.event_count, changes);
    if (changes) {
        const struct event *event = arena_event(&arena, 0, EVENT_PROTECT);

        assert_int_equal(event->linear, PAGE);
        assert_int_equal(event->pte_before & 0xE02, flags);
        assert_int_equal(event->pte_after & 0xE02, flags_after);
        assert_int_equal(event->frame_after, frame);
        assert_int_equal(event->refs_before, 1);
        assert_int_equal(event->refs_after, 1);
    }
    arena_audit(&arena, (const struct addrspace *[]){&as}, 1);
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

static void protecting(void **state)
{
    (void)state;
    protect_case(PTE_RW, false, true, 0, 0, 0);
    protect_case(PTE_RW, true, false, PTE_RW, 0, 0);
    protect_case(0, true, true, PTE_RW, 0, 0);
    protect_case(0, false, false, 0, 0, 0);
    protect_case(PTE_COW, false, true, PTE_SHARED, 1, 0);
    protect_case(PTE_COW, true, false, PTE_COW, 0, 1);
    protect_case(PTE_SHARED, true, true, PTE_COW, 0, 1);
    protect_case(PTE_SHARED, false, false, PTE_SHARED, 1, 0);
}

static void shared_for_good_is_left_alone(void **state)
{
    struct arena arena;
    struct addrspace as;

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);

    uint32_t frame = arena_map(&arena, &as, PAGE, PTE_US, 5);

    frame_share_for_good(&arena.frames, frame);
    assert_false(addrspace_protect(&as, PAGE, true));
    assert_int_equal(arena_pte(&as, PAGE), frame << 12 | PTE_US | PTE_P);
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* The kernel's tables are one in all address spaces, and outlive each of them but the last. */
static void the_kernels_part(void **state)
{
    struct arena arena;
    struct addrspace kernel, a, b;
    const struct addrspace *spaces[] = {&kernel, &a, &b};

    (void)state;
    arena_open(&arena, 16);
    assert_int_equal(addrspace_init(&kernel, &arena.frames, NULL, KERNEL_BASE, NULL), 0);

    uint32_t page = frame_alloc(&arena.frames, FRAME_KERNEL);

    assert_int_equal(addrspace_map(&kernel, KERNEL_BASE + PAGE, page, PTE_RW), 0);
    arena_map(&arena, &kernel, PAGE, PTE_US, 1); /* below the base: its own */
    assert_int_equal(addrspace_init(&a, &arena.frames, NULL, KERNEL_BASE, &kernel), 0);
    assert_int_equal(addrspace_init(&b, &arena.frames, NULL, KERNEL_BASE, &kernel), 0);
    assert_ptr_equal(addrspace_entry(&a, KERNEL_BASE + PAGE, NULL),
                     addrspace_entry(&kernel, KERNEL_BASE + PAGE, NULL));
    assert_null(addrspace_entry(&a, PAGE, NULL));
    arena_map(&arena, &a, PAGE, PTE_US, 1);
    arena_map(&arena, &a, KERNEL_BASE - PAGE_SIZE, PTE_US, 1);
    assert_int_equal(frame_references(&arena.frames, page), 1);
    arena_audit(&arena, spaces, 3);
    addrspace_destroy(&a);
    arena_audit(&arena, (const struct addrspace *[]){&kernel, &b}, 2);
    assert_int_equal(arena_pte(&b, KERNEL_BASE + PAGE), page << 12 | PTE_RW | PTE_P);
    addrspace_destroy(&kernel);
    arena_audit(&arena, (const struct addrspace *[]){&b}, 1);
    assert_int_equal(arena_pte(&b, KERNEL_BASE + PAGE), page << 12 | PTE_RW | PTE_P);
    addrspace_destroy(&b);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

struct visits {
    uint32_t linear[8];
    unsigned count;
    unsigned stop_at;
};

static int note_visit(void *arg, uint32_t linear, uint32_t *pte)
{
    struct visits *visits = arg;

    assert_true(*pte & PTE_P);
    visits->linear[visits->count++] = linear;
    return visits->count == visits->stop_at ? -7 : 0;
}

static void each_in_order(void **state)
{
    static const uint32_t order[] = {0, PAGE, PAGE + PAGE_SIZE, 0xBFFFF000};
    struct arena arena;
    struct addrspace as;
    struct visits visits = {.stop_at = 0};

    (void)state;
    arena_open(&arena, 16);
    assert_int_equal(addrspace_init(&as, &arena.frames, NULL, KERNEL_BASE, NULL), 0);
    for (int i = 3; i >= 0; i--)
        arena_map(&arena, &as, order[i], PTE_US, 1);
    arena_map(&arena, &as, KERNEL_BASE, 0, 1);
    assert_int_equal(addrspace_each(&as, note_visit, &visits), 0);
    assert_int_equal(visits.count, 4);
    assert_memory_equal(visits.linear, order, sizeof order);
    visits = (struct visits){.stop_at = 2};
    assert_int_equal(addrspace_each(&as, note_visit, &visits), -7);
    assert_int_equal(visits.count, 2);
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* Without a kernel's part the last page of all is a user's. */
static void no_kernels_part(void **state)
{
    struct arena arena;
    struct addrspace as;
    struct visits visits = {.stop_at = 0};

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);
    arena_map(&arena, &as, 0xFFFFF000, PTE_US, 1);
    assert_int_equal(addrspace_each(&as, note_visit, &visits), 0);
    assert_int_equal(visits.count, 1);
    addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_comes_and_goes),
        cmocka_unit_test(tables_start_zeroed),
        cmocka_unit_test(no_frame_for_a_table),
        cmocka_unit_test(a_table_outside_memory),
        cmocka_unit_test(protecting),
        cmocka_unit_test(shared_for_good_is_left_alone),
        cmocka_unit_test(the_kernels_part),
        cmocka_unit_test(each_in_order),
        cmocka_unit_test(no_kernels_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
