/* test_addrspace.c: mapping, protecting and dropping pages. */
#include <errno.h>

#include "arena.h"

#define PAGE        0x08048000u
#define KERNEL_BASE 0xC0000000u

static void a_page_comes_and_goes(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;
    const struct mmu_addrspace *spaces[] = {&as};

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(
        mmu_addrspace_init(&as, &arena.frames, &arena.sink, KERNEL_BASE, NULL),
        0);
    assert_null(mmu_addrspace_entry(&as, PAGE, NULL));
    assert_false(mmu_addrspace_unmap(&as, PAGE));
    assert_false(mmu_addrspace_protect(&as, PAGE, true));

    uint32_t frame =
        arena_map(&arena, &as, PAGE | 0x123, MMU_PTE_US | MMU_PTE_RW, 5);

    assert_int_equal(arena_pte(&as, PAGE),
                     frame << 12 | MMU_PTE_P | MMU_PTE_US | MMU_PTE_RW);
    assert_int_equal(mmu_frame_references(&arena.frames, frame), 1);
    assert_int_equal(arena.frames.counts[MMU_FRAME_TABLE].in_use, 2);
    arena_audit(&arena, spaces, 1);

    uint32_t pde;

    assert_non_null(mmu_addrspace_entry(&as, PAGE + MMU_PAGE_SIZE, &pde));
    assert_int_equal(pde & 0xFFF, MMU_PTE_P | MMU_PTE_RW | MMU_PTE_US);
    assert_int_equal(arena_pte(&as, PAGE + MMU_PAGE_SIZE), 0);

    const struct mmu_event *event = arena_event(&arena, 0, MMU_EVENT_MAP);

    assert_int_equal(event->linear, PAGE);
    assert_int_equal(event->pte_before, 0);
    assert_int_equal(event->pte_after, arena_pte(&as, PAGE));
    assert_int_equal(event->pde_after, pde);
    assert_int_equal(event->frame_before, 0);
    assert_int_equal(event->frame_after, frame);
    assert_int_equal(event->refs_before, 0);
    assert_int_equal(event->refs_after, 1);

    assert_true(mmu_addrspace_unmap(&as, PAGE | 0xFFF));
    assert_false(mmu_addrspace_unmap(&as, PAGE));
    assert_int_equal(arena_pte(&as, PAGE), 0);
    assert_int_equal(arena.frames.counts[MMU_FRAME_USER].in_use, 0);
    event = arena_event(&arena, 1, MMU_EVENT_UNMAP);
    assert_int_equal(event->linear, PAGE);
    assert_int_equal(event->pte_before,
                     frame << 12 | MMU_PTE_P | MMU_PTE_US | MMU_PTE_RW);
    assert_int_equal(event->pte_after, 0);
    assert_int_equal(event->frame_before, frame);
    assert_int_equal(event->frame_after, 0);
    assert_int_equal(event->refs_before, 1);
    assert_int_equal(event->refs_after, 0);
    assert_int_equal(arena.event_count, 2);
    arena_audit(&arena, spaces, 1);
    mmu_addrspace_destroy(&as);
    mmu_addrspace_destroy(&as); /* again does nothing */
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* A frame that held other things becomes a table of nothing. */
static void tables_start_zeroed(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;

    (void)state;
    arena_open(&arena, 8);
    for (uint32_t i = 0; i < 8 * MMU_PAGE_SIZE; i++)
        arena.mem.base[i] = 0xFF;
    assert_int_equal(mmu_addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);
    arena_map(&arena, &as, PAGE, MMU_PTE_US, 5);
    arena_audit(&arena, (const struct mmu_addrspace *[]){&as}, 1);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

static void no_frame_for_a_table(void **state)
{
    struct arena arena;
    struct mmu_addrspace as, other;

    (void)state;
    arena_open(&arena, 4);
    assert_int_equal(mmu_addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);

    uint32_t frame = arena_map(&arena, &as, PAGE, MMU_PTE_US, 5);

    assert_int_equal(arena.frames.free_count, 0);
    assert_int_equal(mmu_addrspace_map(&as, PAGE + 0x400000, frame, MMU_PTE_US),
                     -ENOMEM);
    assert_int_equal(mmu_addrspace_map(&as, PAGE + 0x1000, frame, MMU_PTE_US),
                     0); /* needs no table */
    assert_int_equal(mmu_frame_references(&arena.frames, frame), 2);
    assert_int_equal(mmu_addrspace_init(&other, &arena.frames, NULL, 0, NULL),
                     -ENOMEM);
    mmu_addrspace_destroy(&other);
    arena_audit(&arena, (const struct mmu_addrspace *[]){&as}, 1);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* Whatever a directory entry names, only memory is taken for a table. */
static void a_table_outside_memory(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;
    uint32_t pde;

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(mmu_addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);
    for (uint32_t frame = 8; frame < 1u << 20; frame += 0xFFFF7) {
        uint32_t at = mmu_addrspace_cr3(&as) + 4 * mmu_directory_index(PAGE);

        mmu_physmem_write32(&arena.mem, at,
                            frame << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_US |
                                MMU_PTE_RW);
        assert_null(mmu_addrspace_entry(&as, PAGE, &pde));
        assert_int_equal(pde, frame << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_US |
                                  MMU_PTE_RW);
        assert_false(mmu_addrspace_unmap(&as, PAGE));
        assert_false(mmu_addrspace_protect(&as, PAGE, true));
    }
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* Makes a page of `flags`, protects it, and expects the entry's flags and the
 * frame's references by kind. */
static void protect_case(uint32_t flags, bool writable, bool changes,
                         uint32_t flags_after, uint32_t readonly_after,
                         uint32_t writable_after)
{
    struct arena arena;
    struct mmu_addrspace as;

    arena_open(&arena, 8);
    assert_int_equal(
        mmu_addrspace_init(&as, &arena.frames, &arena.sink, 0, NULL), 0);

    uint32_t frame = arena_map(&arena, &as, PAGE, flags | MMU_PTE_US, 5);

    *mmu_addrspace_entry(&as, PAGE, NULL) |=
        MMU_PTE_A | MMU_PTE_D | MMU_PTE_PCD;
    arena_forget(&arena);
    assert_int_equal(mmu_addrspace_protect(&as, PAGE, writable), changes);
    assert_int_equal(arena_pte(&as, PAGE),
                     frame << 12 | flags_after | MMU_PTE_US | MMU_PTE_P |
                         MMU_PTE_A | MMU_PTE_D | MMU_PTE_PCD);
    assert_int_equal(arena.frames.table[frame].cow_readonly, readonly_after);
    assert_int_equal(arena.frames.table[frame].cow_writable, writable_after);
    assert_int_equal(arena.event_count, changes);
    if (changes) {
        const struct mmu_event *event =
            arena_event(&arena, 0, MMU_EVENT_PROTECT);

        assert_int_equal(event->linear, PAGE);
        assert_int_equal(event->pte_before & 0xE02, flags);
        assert_int_equal(event->pte_after & 0xE02, flags_after);
        assert_int_equal(event->frame_after, frame);
        assert_int_equal(event->refs_before, 1);
        assert_int_equal(event->refs_after, 1);
    }
    arena_audit(&arena, (const struct mmu_addrspace *[]){&as}, 1);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

static void protecting(void **state)
{
    (void)state;
    protect_case(MMU_PTE_RW, false, true, 0, 0, 0);
    protect_case(MMU_PTE_RW, true, false, MMU_PTE_RW, 0, 0);
    protect_case(0, true, true, MMU_PTE_RW, 0, 0);
    protect_case(0, false, false, 0, 0, 0);
    protect_case(MMU_PTE_COW, false, true, MMU_PTE_SHARED, 1, 0);
    protect_case(MMU_PTE_COW, true, false, MMU_PTE_COW, 0, 1);
    protect_case(MMU_PTE_SHARED, true, true, MMU_PTE_COW, 0, 1);
    protect_case(MMU_PTE_SHARED, false, false, MMU_PTE_SHARED, 1, 0);
}

static void shared_for_good_is_left_alone(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(mmu_addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);

    uint32_t frame = arena_map(&arena, &as, PAGE, MMU_PTE_US, 5);

    mmu_frame_share_for_good(&arena.frames, frame);
    assert_false(mmu_addrspace_protect(&as, PAGE, true));
    assert_int_equal(arena_pte(&as, PAGE),
                     frame << 12 | MMU_PTE_US | MMU_PTE_P);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* The kernel's tables are one in all address spaces, and outlive each of them
 * but the last. */
static void the_kernels_part(void **state)
{
    struct arena arena;
    struct mmu_addrspace kernel, a, b;
    const struct mmu_addrspace *spaces[] = {&kernel, &a, &b};

    (void)state;
    arena_open(&arena, 16);
    assert_int_equal(
        mmu_addrspace_init(&kernel, &arena.frames, NULL, KERNEL_BASE, NULL), 0);

    uint32_t page = mmu_frame_alloc(&arena.frames, MMU_FRAME_KERNEL);

    assert_int_equal(
        mmu_addrspace_map(&kernel, KERNEL_BASE + PAGE, page, MMU_PTE_RW), 0);
    /* below the base: its own */
    arena_map(&arena, &kernel, PAGE, MMU_PTE_US, 1);
    assert_int_equal(
        mmu_addrspace_init(&a, &arena.frames, NULL, KERNEL_BASE, &kernel), 0);
    assert_int_equal(
        mmu_addrspace_init(&b, &arena.frames, NULL, KERNEL_BASE, &kernel), 0);
    assert_ptr_equal(mmu_addrspace_entry(&a, KERNEL_BASE + PAGE, NULL),
                     mmu_addrspace_entry(&kernel, KERNEL_BASE + PAGE, NULL));
    assert_null(mmu_addrspace_entry(&a, PAGE, NULL));
    arena_map(&arena, &a, PAGE, MMU_PTE_US, 1);
    arena_map(&arena, &a, KERNEL_BASE - MMU_PAGE_SIZE, MMU_PTE_US, 1);
    assert_int_equal(mmu_frame_references(&arena.frames, page), 1);
    arena_audit(&arena, spaces, 3);
    mmu_addrspace_destroy(&a);
    arena_audit(&arena, (const struct mmu_addrspace *[]){&kernel, &b}, 2);
    assert_int_equal(arena_pte(&b, KERNEL_BASE + PAGE),
                     page << 12 | MMU_PTE_RW | MMU_PTE_P);
    mmu_addrspace_destroy(&kernel);
    arena_audit(&arena, (const struct mmu_addrspace *[]){&b}, 1);
    assert_int_equal(arena_pte(&b, KERNEL_BASE + PAGE),
                     page << 12 | MMU_PTE_RW | MMU_PTE_P);
    mmu_addrspace_destroy(&b);
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

    assert_true(*pte & MMU_PTE_P);
    visits->linear[visits->count++] = linear;
    return visits->count == visits->stop_at ? -7 : 0;
}

static void each_in_order(void **state)
{
    static const uint32_t order[] = {0, PAGE, PAGE + MMU_PAGE_SIZE, 0xBFFFF000};
    struct arena arena;
    struct mmu_addrspace as;
    struct visits visits = {.stop_at = 0};

    (void)state;
    arena_open(&arena, 16);
    assert_int_equal(
        mmu_addrspace_init(&as, &arena.frames, NULL, KERNEL_BASE, NULL), 0);
    for (int i = 3; i >= 0; i--)
        arena_map(&arena, &as, order[i], MMU_PTE_US, 1);
    arena_map(&arena, &as, KERNEL_BASE, 0, 1);
    assert_int_equal(mmu_addrspace_each(&as, note_visit, &visits), 0);
    assert_int_equal(visits.count, 4);
    assert_memory_equal(visits.linear, order, sizeof order);
    visits = (struct visits){.stop_at = 2};
    assert_int_equal(mmu_addrspace_each(&as, note_visit, &visits), -7);
    assert_int_equal(visits.count, 2);
    mmu_addrspace_destroy(&as);
    arena_expect_empty(&arena);
    arena_close(&arena);
}

/* Without a kernel's part the last page of all is a user's. */
static void no_kernels_part(void **state)
{
    struct arena arena;
    struct mmu_addrspace as;
    struct visits visits = {.stop_at = 0};

    (void)state;
    arena_open(&arena, 8);
    assert_int_equal(mmu_addrspace_init(&as, &arena.frames, NULL, 0, NULL), 0);
    arena_map(&arena, &as, 0xFFFFF000, MMU_PTE_US, 1);
    assert_int_equal(mmu_addrspace_each(&as, note_visit, &visits), 0);
    assert_int_equal(visits.count, 1);
    mmu_addrspace_destroy(&as);
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
