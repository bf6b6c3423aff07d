/* test_withheld.c: pages that nobody has a right to (PROT_NONE): not present, with their frames. */
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
    struct addrspace parent, child;
};

static void open_family(struct family *f)
{
    arena_open(&f->arena, FRAMES);
    assert_int_equal(addrspace_init(&f->parent, &f->arena.frames, &f->arena.sink, 0, NULL), 0);
}

static void audit(const struct family *f, bool child)
{
    const struct addrspace *spaces[] = {&f->parent, &f->child};
    arena_audit(&f->arena, spaces, child ? 2 : 1);
}

static void close_family(struct family *f, bool child)
{
    audit(f, child);
    if (child)
        addrspace_destroy(&f->child);
    addrspace_destroy(&f->parent);
    arena_expect_empty(&f->arena);
    arena_close(&f->arena);
}

static void it_is_not_present_and_keeps_its_frame(void **state)
{
    static const uint32_t kinds[] = {PTE_US, PTE_US | PTE_RW, PTE_US | PTE_COW, PTE_US | PTE_SHARED,
                                     PTE_US | PTE_RW | PTE_A | PTE_D};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct family f;
        open_family(&f);
        uint32_t frame = arena_map(&f.arena, &f.parent, PAGE, kinds[i], 5);
        uint32_t before = arena_pte(&f.parent, PAGE);
        arena_forget(&f.arena);
        assert_true(addrspace_withhold(&f.parent, PAGE | 0xFFF));
        assert_false(addrspace_withhold(&f.parent, PAGE));
        uint32_t after = arena_pte(&f.parent, PAGE);
        assert_int_equal(after & PTE_P, 0);
        assert_true(entry_holds(after));
        assert_int_equal(after >> PAGE_SHIFT, frame);
        assert_int_equal(frame_references(&f.arena.frames, frame), 1);
        const struct event *event = arena_event(&f.arena, 0, EVENT_PROTECT);
        assert_int_equal(event->linear, PAGE);
        assert_int_equal(event->pte_before, before);
        assert_int_equal(event->pte_after, after);
        assert_int_equal(event->frame_after, frame);
        assert_int_equal(f.arena.event_count, 1);
        audit(&f, false);

        bool writable = (before & (PTE_RW | PTE_COW)) != 0;
        assert_true(addrspace_protect(&f.parent, PAGE, writable));
        assert_int_equal(arena_pte(&f.parent, PAGE), before);
        assert_int_equal(arena_word(&f.arena, frame), 5);
        close_family(&f, false);
    }
}

/* The rights that it gets back may be others; of each way back there is one event. */
static void it_comes_back_with_other_rights(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, PTE_US | PTE_RW, 5);
    addrspace_withhold(&f.parent, PAGE);
    arena_forget(&f.arena);
    assert_true(addrspace_protect(&f.parent, PAGE, false));
    assert_int_equal(f.arena.event_count, 1);
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF, PTE_P | PTE_US);
    addrspace_withhold(&f.parent, PAGE);
    assert_true(addrspace_protect(&f.parent, PAGE, true));
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF, PTE_P | PTE_US | PTE_RW);
    close_family(&f, false);
}

static void one_shared_for_good_comes_back_as_it_was(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    uint32_t frame = arena_map(&f.arena, &f.parent, PAGE, PTE_US | PTE_RW, 5);
    frame_share_for_good(&f.arena.frames, frame);
    addrspace_withhold(&f.parent, PAGE);
    assert_true(addrspace_protect(&f.parent, PAGE, false));
    assert_int_equal(arena_pte(&f.parent, PAGE), frame << PAGE_SHIFT | PTE_P | PTE_US | PTE_RW);
    close_family(&f, false);
}

static void what_is_not_there_is_not_withheld(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    assert_false(addrspace_withhold(&f.parent, PAGE));
    arena_map(&f.arena, &f.parent, PAGE, PTE_US, 5);
    assert_false(addrspace_withhold(&f.parent, OTHER));
    assert_int_equal(arena_pte(&f.parent, OTHER), 0);
    close_family(&f, false);
}

static void its_frame_goes_with_it(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, PTE_US | PTE_RW, 5);
    arena_map(&f.arena, &f.parent, OTHER, PTE_US | PTE_RW, 6);
    addrspace_withhold(&f.parent, PAGE);
    addrspace_withhold(&f.parent, OTHER);
    assert_true(addrspace_unmap(&f.parent, PAGE));
    assert_int_equal(f.arena.frames.counts[FRAME_USER].in_use, 1);
    close_family(&f, false); /* OTHER goes with the address space */
}

/* The processor finds it not present, whoever asks. */
static void it_faults_as_not_present(void **state)
{
    static const struct {
        enum access access;
        bool user;
        uint32_t error;
    } cases[] = {
        {ACCESS_READ, true, PF_U}, {ACCESS_WRITE, true, PF_U | PF_W}, {ACCESS_FETCH, true, PF_U},
        {ACCESS_READ, false, 0},   {ACCESS_WRITE, false, PF_W},
    };
    struct family f;
    struct mmu mmu;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, PTE_US | PTE_RW, 5);
    addrspace_withhold(&f.parent, PAGE);
    assert_int_equal(mmu_init(&mmu, generation_of(GENERATION_I486), &f.arena.mem, NULL, true), 0);
    mmu_load_cr3(&mmu, addrspace_cr3(&f.parent));
    mmu_load_cr0(&mmu, CR0_PE | CR0_PG | CR0_WP);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault fault;
        uint32_t phys;
        assert_false(mmu_translate(&mmu, PAGE | 8, cases[i].access, cases[i].user, &phys, &fault));
        assert_int_equal(fault.error, cases[i].error);
        assert_int_equal(fault.linear, PAGE | 8);
    }
    mmu_destroy(&mmu);
    close_family(&f, false);
}

static void fork(struct family *f, const struct fork_policy *policy)
{
    struct fork_counts counts;
    assert_int_equal(fork_addrspace(&f->child, &f->parent, policy, &counts), 0);
    assert_int_equal(counts.copied + counts.shared, 1);
    audit(f, true);
}

/* The child has the page and no right to it, either; with rights again each has its own. */
static void a_child_has_it_too(void **state)
{
    const struct fork_policy *const policies[] = {&fork_eager, &fork_cow};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct family f;
        open_family(&f);
        arena_map(&f.arena, &f.parent, PAGE, PTE_US | PTE_RW, 5);
        addrspace_withhold(&f.parent, PAGE);
        fork(&f, policies[i]);
        assert_int_equal(arena_pte(&f.child, PAGE) & (PTE_P | PTE_WITHHELD), PTE_WITHHELD);
        assert_int_equal(cow_break(&f.child, PAGE, false), COW_NOT_COW);
        assert_true(addrspace_protect(&f.child, PAGE, true));
        assert_true(addrspace_protect(&f.parent, PAGE, true));
        audit(&f, true);
        (void)cow_break(&f.child, PAGE, false);
        (void)cow_break(&f.parent, PAGE, false);
        uint32_t child = arena_pte(&f.child, PAGE);
        assert_int_equal(child & 0xFFF, PTE_P | PTE_US | PTE_RW);
        assert_int_equal(arena_word(&f.arena, child >> PAGE_SHIFT), 5);
        assert_int_not_equal(child >> PAGE_SHIFT, arena_pte(&f.parent, PAGE) >> PAGE_SHIFT);
        close_family(&f, true);
    }
}

/* It moves as it is. */
static void it_may_be_mapped_as_such(void **state)
{
    struct family f;
    (void)state;
    open_family(&f);
    arena_map(&f.arena, &f.parent, PAGE, PTE_US | PTE_RW | PTE_WITHHELD, 5);
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF, PTE_US | PTE_RW | PTE_WITHHELD);
    assert_true(addrspace_protect(&f.parent, PAGE, true));
    assert_int_equal(arena_pte(&f.parent, PAGE) & 0xFFF, PTE_P | PTE_US | PTE_RW);
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
