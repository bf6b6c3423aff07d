/* test_withheld.c: pages that nobody has a right to (PROT_NONE): not present,
 * with their frames. */
#include "arena.h"
#include "cow.h"
#include "fork.h"
#include "mmu.h"

#define PAGE        0x08048000u
#define OTHER       0x08049000u
#define KERNEL_BASE 0xC0000000u
#define FRAMES      32u

struct family {
    struct arena arena;
    struct mmu_addrspace parent, child;
};

static void open_family(struct family *f)
{
    arena_open(&f->arena, FRAMES);
    assert_int_equal(mmu_addrspace_init(&f->parent, &f->arena.frames,
                                        &f->arena.sink, 0, NULL),
                     0);
}

static void audit(const struct family *f, bool child)
{
    const struct mmu_addrspace *spaces[] = {&f->parent, &f->child};
    arena_audit(&f->arena, spaces, child ? 2 : 1);
}

static void close_family(struct family *f, bool child)
{
    audit(f, child);
    if (child)
        mmu_addrspace_destroy(&f->child);
    mmu_addrspace_destroy(&f->parent);
    arena_expect_empty(&f->arena);
    arena_close(&f->arena);
}

static void it_is_not_present_and_keeps_its_frame(void **state)
{
    static const uint32_t kinds[] = {
        MMU_PTE_US, MMU_PTE_US | MMU_PTE_RW, MMU_PTE_US | MMU_PTE_COW,
        MMU_PTE_US | MMU_PTE_SHARED,
        MMU_PTE_US | MMU_PTE_RW | MMU_PTE_A | MMU_PTE_D};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct family f;
        open_family(&f);
        uint32_t frame = arena_map(&f.arena, &f.parent, PAGE, kinds[i], 5);
        uint32_t before = arena_pte(&f.parent, PAGE);
        arena_forget(&f.arena);
        assert_true(mmu_addrspace_withhold(&f.parent, PAGE | 0xFFF));
        assert_false(mmu_addrspace_withhold(&f.parent, PAGE));
        uint32_t after = arena_pte(&f.parent, PAGE);
        assert_int_equal(after & MMU_PTE_P, 0);
        assert_true(mmu_entry_holds(after));
        assert_int_equal(after >> MMU_PAGE_SHIFT, frame);
        assert_int_equal(mmu_frame_references(&f.arena.frames, frame), 1);
        const struct mmu_event *event =
            arena_event(&f.arena, 0, MMU_EVENT_PROTECT);
        assert_int_equal(event->linear, PAGE);
        assert_int_equal(event->pte_before, before);
        assert_int_equal(event->pte_after, after);
        assert_int_equal(event->frame_after, frame);
        assert_int_equal(f.arena.event_count, 1);
        audit(&f, false);

        bool writable = (before & (MMU_PTE_RW | MMU_PTE_COW)) != 0;
        assert_true(mmu_addrspace_protect(&f.parent, PAGE, writable));
        assert_int_equal(arena_pte(&f.parent, PAGE), before);
        assert_int_equal(arena_word(&f.arena, frame), 5);
        close_family(&f, false);
    }
}

/* The rights that it gets back may be others; of each way back there is one
 * event. */
static void it_comes_back_with_other_rights(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 5);
    mmu_addrspace_withhold(&f.parent, PAGE);
    arena_forget(&f.arena);
    assert_true(mmu_addrspace_protect(&f.parent, PAGE, false));
    assert_int_equal(f.arena.event_count, 1);
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF,
                     MMU_PTE_P | MMU_PTE_US);
    mmu_addrspace_withhold(&f.parent, PAGE);
    assert_true(mmu_addrspace_protect(&f.parent, PAGE, true));
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF,
                     MMU_PTE_P | MMU_PTE_US | MMU_PTE_RW);
    close_family(&f, false);
}

static void one_shared_for_good_comes_back_as_it_was(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    uint32_t frame =
        arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 5);
    mmu_frame_share_for_good(&f.arena.frames, frame);
    mmu_addrspace_withhold(&f.parent, PAGE);
    assert_true(mmu_addrspace_protect(&f.parent, PAGE, false));
    assert_int_equal(arena_pte(&f.parent, PAGE), frame << MMU_PAGE_SHIFT |
                                                     MMU_PTE_P | MMU_PTE_US |
                                                     MMU_PTE_RW);
    close_family(&f, false);
}

static void what_is_not_there_is_not_withheld(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    assert_false(mmu_addrspace_withhold(&f.parent, PAGE));
    arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US, 5);
    assert_false(mmu_addrspace_withhold(&f.parent, OTHER));
    assert_int_equal(arena_pte(&f.parent, OTHER), 0);
    close_family(&f, false);
}

static void its_frame_goes_with_it(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 5);
    arena_map(&f.arena, &f.parent, OTHER, MMU_PTE_US | MMU_PTE_RW, 6);
    mmu_addrspace_withhold(&f.parent, PAGE);
    mmu_addrspace_withhold(&f.parent, OTHER);
    assert_true(mmu_addrspace_unmap(&f.parent, PAGE));
    assert_int_equal(f.arena.frames.counts[MMU_FRAME_USER].in_use, 1);
    close_family(&f, false); /* OTHER goes with the address space */
}

/* The processor finds it not present, whoever asks. */
static void it_faults_as_not_present(void **state)
{
    static const struct {
        enum mmu_access access;
        bool user;
        uint32_t error;
    } cases[] = {
        {MMU_ACCESS_READ, true, MMU_PF_U},
        {MMU_ACCESS_WRITE, true, MMU_PF_U | MMU_PF_W},
        {MMU_ACCESS_FETCH, true, MMU_PF_U},
        {MMU_ACCESS_READ, false, 0},
        {MMU_ACCESS_WRITE, false, MMU_PF_W},
    };
    struct family f;
    struct mmu mmu;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 5);
    mmu_addrspace_withhold(&f.parent, PAGE);
    assert_int_equal(mmu_init(&mmu, mmu_generation_of(MMU_GENERATION_I486),
                              &f.arena.mem, NULL, true),
                     0);
    mmu_load_cr3(&mmu, mmu_addrspace_cr3(&f.parent));
    mmu_load_cr0(&mmu, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mmu_fault fault;
        uint32_t phys;
        assert_false(mmu_translate(&mmu, PAGE | 8, cases[i].access,
                                   cases[i].user, &phys, &fault));
        assert_int_equal(fault.error, cases[i].error);
        assert_int_equal(fault.linear, PAGE | 8);
    }
    mmu_destroy(&mmu);
    close_family(&f, false);
}

static void fork(struct family *f, const struct mmu_fork_policy *policy)
{
    struct mmu_fork_counts counts;
    assert_int_equal(mmu_fork_addrspace(&f->child, &f->parent, policy, &counts),
                     0);
    assert_int_equal(counts.copied + counts.shared, 1);
    audit(f, true);
}

/* The child has the page and no right to it, either; with rights again each has
 * its own. */
static void a_child_has_it_too(void **state)
{
    const struct mmu_fork_policy *const policies[] = {&mmu_fork_eager,
                                                      &mmu_fork_cow};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct family f;
        open_family(&f);
        arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 5);
        mmu_addrspace_withhold(&f.parent, PAGE);
        fork(&f, policies[i]);
        assert_int_equal(arena_pte(&f.child, PAGE) &
                             (MMU_PTE_P | MMU_PTE_WITHHELD),
                         MMU_PTE_WITHHELD);
        assert_int_equal(mmu_cow_break(&f.child, PAGE, false), MMU_COW_NOT_COW);
        assert_true(mmu_addrspace_protect(&f.child, PAGE, true));
        assert_true(mmu_addrspace_protect(&f.parent, PAGE, true));
        audit(&f, true);
        (void)mmu_cow_break(&f.child, PAGE, false);
        (void)mmu_cow_break(&f.parent, PAGE, false);
        uint32_t child = arena_pte(&f.child, PAGE);
        assert_int_equal(child & 0xFFF, MMU_PTE_P | MMU_PTE_US | MMU_PTE_RW);
        assert_int_equal(arena_word(&f.arena, child >> MMU_PAGE_SHIFT), 5);
        assert_int_not_equal(child >> MMU_PAGE_SHIFT,
                             arena_pte(&f.parent, PAGE) >> MMU_PAGE_SHIFT);
        close_family(&f, true);
    }
}

/* It moves as it is. */
static void it_may_be_mapped_as_such(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE,
              MMU_PTE_US | MMU_PTE_RW | MMU_PTE_WITHHELD, 5);
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF,
                     MMU_PTE_US | MMU_PTE_RW | MMU_PTE_WITHHELD);
    assert_true(mmu_addrspace_protect(&f.parent, PAGE, true));
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF,
                     MMU_PTE_P | MMU_PTE_US | MMU_PTE_RW);
    close_family(&f, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_not_present_and_keeps_its_frame),
        cmocka_unit_test(it_comes_back_with_other_rights),
        cmocka_unit_test(one_shared_for_good_comes_back_as_it_was),
        cmocka_unit_test(what_is_not_there_is_not_withheld),
        cmocka_unit_test(its_frame_goes_with_it),
        cmocka_unit_test(it_faults_as_not_present),
        cmocka_unit_test(a_child_has_it_too),
        cmocka_unit_test(it_may_be_mapped_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
