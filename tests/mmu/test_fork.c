/* test_fork.c: what fork makes of each kind of page, and what the first writes
 * then do. */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "cow.h"
#include "fork.h"

#define PAGE 0x08048000u

struct family {
    struct arena arena;
    struct mmu_addrspace parent, child;
    struct mmu_fork_counts counts;
};

static void family_open(struct family *family, uint32_t frames)
{
    memset(family, 0, sizeof *family);
    arena_open(&family->arena, frames);
    assert_int_equal(mmu_addrspace_init(&family->parent, &family->arena.frames,
                                        &family->arena.sink, 0, NULL),
                     0);
}

static void family_fork(struct family *family,
                        const struct mmu_fork_policy *policy)
{
    arena_forget(&family->arena);
    assert_int_equal(mmu_fork_addrspace(&family->child, &family->parent, policy,
                                        &family->counts),
                     0);
    arena_audit(
        &family->arena,
        (const struct mmu_addrspace *[]){&family->parent, &family->child}, 2);
}

static void family_close(struct family *family)
{
    mmu_addrspace_destroy(&family->child);
    if (family->parent.directory != MMU_FRAME_NONE)
        arena_audit(&family->arena,
                    (const struct mmu_addrspace *[]){&family->parent}, 1);
    mmu_addrspace_destroy(&family->parent);
    arena_expect_empty(&family->arena);
    arena_close(&family->arena);
}

struct fork_case {
    uint32_t before; /* flags of the parent's page, less P and U/S */
    bool shared_for_good;
    uint32_t eager_child; /* flags of the child's page after an eager fork */
    uint32_t cow_parent, cow_child;
    uint32_t readonly, writable; /* copy-on-write references after a cow fork */
};

static const struct fork_case fork_cases[] = {
    {MMU_PTE_RW | MMU_PTE_A | MMU_PTE_D, false, MMU_PTE_RW | MMU_PTE_D,
     MMU_PTE_COW | MMU_PTE_D, MMU_PTE_COW | MMU_PTE_D, 0, 2},
    {MMU_PTE_A, false, 0, MMU_PTE_SHARED, MMU_PTE_SHARED, 2, 0},
    {MMU_PTE_COW | MMU_PTE_A, false, MMU_PTE_RW, MMU_PTE_COW, MMU_PTE_COW, 0,
     2},
    {MMU_PTE_SHARED | MMU_PTE_D, false, MMU_PTE_D, MMU_PTE_SHARED | MMU_PTE_D,
     MMU_PTE_SHARED | MMU_PTE_D, 2, 0},
    {MMU_PTE_RW | MMU_PTE_A | MMU_PTE_D, true, MMU_PTE_RW,
     MMU_PTE_RW | MMU_PTE_A | MMU_PTE_D, MMU_PTE_RW, 0, 0},
    {MMU_PTE_PCD | 0x800, true, MMU_PTE_PCD | 0x800, MMU_PTE_PCD | 0x800,
     MMU_PTE_PCD | 0x800, 0, 0},
};

static void fork_one(const struct fork_case *c,
                     const struct mmu_fork_policy *policy)
{
    struct family f;
    bool copies = policy == &mmu_fork_eager && !c->shared_for_good;

    family_open(&f, 16);

    uint32_t frame =
        arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | c->before, 0x1234);

    if (c->shared_for_good)
        mmu_frame_share_for_good(&f.arena.frames, frame);
    family_fork(&f, policy);

    uint32_t parent = arena_pte(&f.parent, PAGE),
             child = arena_pte(&f.child, PAGE);
    uint32_t flags = MMU_PTE_P | MMU_PTE_US;
    uint32_t pde;

    assert_int_equal(parent, frame << 12 | flags |
                                 (copies ? c->before : c->cow_parent));
    assert_int_equal(
        child & 0xFFF,
        flags | (policy == &mmu_fork_eager ? c->eager_child : c->cow_child));
    assert_int_equal(child >> 12 != frame, copies);
    assert_int_equal(arena_word(&f.arena, child >> 12), 0x1234);
    assert_int_equal(f.counts.copied, copies);
    assert_int_equal(f.counts.shared, !copies);
    assert_int_equal(mmu_frame_references(&f.arena.frames, frame),
                     copies ? 1 : 2);
    if (policy == &mmu_fork_cow) {
        assert_int_equal(f.arena.frames.table[frame].cow_readonly, c->readonly);
        assert_int_equal(f.arena.frames.table[frame].cow_writable, c->writable);
    }

    const struct mmu_event *event = arena_event(
        &f.arena, 0, copies ? MMU_EVENT_FORK_COPY : MMU_EVENT_FORK_SHARE);

    assert_int_equal(f.arena.event_count, 1);
    assert_int_equal(event->linear, PAGE);
    assert_int_equal(event->pte_before, frame << 12 | flags | c->before);
    assert_int_equal(event->pte_after, child);
    assert_int_equal(event->frame_before, frame);
    assert_int_equal(event->frame_after, child >> 12);
    assert_int_equal(event->refs_before, 1);
    assert_int_equal(event->refs_after, copies ? 1 : 2);
    mmu_addrspace_entry(&f.parent, PAGE, &pde);
    assert_int_equal(event->pde_before, pde);
    mmu_addrspace_entry(&f.child, PAGE, &pde);
    assert_int_equal(event->pde_after, pde);
    family_close(&f);
}

static void every_kind_of_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fork_cases / sizeof *fork_cases; i++) {
        fork_one(&fork_cases[i], &mmu_fork_eager);
        fork_one(&fork_cases[i], &mmu_fork_cow);
    }
}

static void policies_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(mmu_fork_policy_named("eager"), &mmu_fork_eager);
    assert_ptr_equal(mmu_fork_policy_named("cow"), &mmu_fork_cow);
    assert_null(mmu_fork_policy_named("COW"));
}

static void expect_break(struct mmu_addrspace *as,
                         const struct mmu_event *event, uint32_t refs_before,
                         uint32_t refs_after, uint32_t frame_before)
{
    assert_int_equal(event->linear, PAGE);
    assert_int_equal(event->pte_after, arena_pte(as, PAGE));
    assert_int_equal(event->frame_before, frame_before);
    assert_int_equal(event->frame_after, arena_pte(as, PAGE) >> 12);
    assert_int_equal(event->refs_before, refs_before);
    assert_int_equal(event->refs_after, refs_after);
}

/* The teaching OS's experiment: the first to write copies, the second takes the
 * page over; who reads keeps what it had. */
static void the_first_copies_the_second_takes_over(void **state)
{
    struct family f;

    (void)state;
    family_open(&f, 16);

    uint32_t frame =
        arena_map(&f.arena, &f.parent, PAGE,
                  MMU_PTE_US | MMU_PTE_RW | MMU_PTE_A | MMU_PTE_D, 114514);

    family_fork(&f, &mmu_fork_cow);
    *mmu_addrspace_entry(&f.child, PAGE, NULL) |= MMU_PTE_A | MMU_PTE_PCD;

    uint32_t before = arena_pte(&f.child, PAGE);

    arena_forget(&f.arena);
    assert_int_equal(mmu_cow_break(&f.child, PAGE | 0x123, false),
                     MMU_COW_COPIED);
    expect_break(&f.child, arena_event(&f.arena, 0, MMU_EVENT_COPY), 2, 1,
                 frame);
    assert_int_equal(f.arena.events[0].pte_before, before);
    assert_int_equal(f.arena.events[0].in_kernel, 0);

    uint32_t own = arena_pte(&f.child, PAGE) >> 12;

    assert_int_not_equal(own, frame);
    /* A and the other flags stay, D is for the write to set. */
    assert_int_equal(arena_pte(&f.child, PAGE) & 0xFFF,
                     MMU_PTE_P | MMU_PTE_US | MMU_PTE_RW | MMU_PTE_A |
                         MMU_PTE_PCD);
    assert_int_equal(arena_word(&f.arena, own), 114514);
    arena_set_word(&f.arena, own, 1919810);
    assert_int_equal(arena_word(&f.arena, frame), 114514);
    assert_int_equal(mmu_cow_break(&f.child, PAGE, false), MMU_COW_NOT_COW);

    assert_int_equal(mmu_cow_break(&f.parent, PAGE, true), MMU_COW_TAKEN_OVER);
    expect_break(&f.parent, arena_event(&f.arena, 1, MMU_EVENT_TAKEOVER), 1, 1,
                 frame);
    assert_int_equal(f.arena.events[1].in_kernel, 1);
    assert_int_equal(arena_pte(&f.parent, PAGE), frame << 12 | MMU_PTE_P |
                                                     MMU_PTE_US | MMU_PTE_RW |
                                                     MMU_PTE_D);
    assert_int_equal(f.arena.event_count, 2);
    assert_int_equal(f.arena.frames.table[frame].cow_writable, 0);
    arena_audit(&f.arena, (const struct mmu_addrspace *[]){&f.parent, &f.child},
                2);
    family_close(&f);
}

static void not_copy_on_writes_business(void **state)
{
    struct family f;

    (void)state;
    family_open(&f, 16);
    /* no table */
    assert_int_equal(mmu_cow_break(&f.parent, PAGE, false), MMU_COW_NOT_COW);
    arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US, 1);
    assert_int_equal(mmu_cow_break(&f.parent, PAGE + MMU_PAGE_SIZE, false),
                     MMU_COW_NOT_COW); /* no page */
    assert_int_equal(mmu_cow_break(&f.parent, PAGE, false),
                     MMU_COW_NOT_COW); /* private, read-only */
    arena_map(&f.arena, &f.parent, PAGE + MMU_PAGE_SIZE,
              MMU_PTE_US | MMU_PTE_RW, 1);
    assert_int_equal(mmu_cow_break(&f.parent, PAGE + MMU_PAGE_SIZE, false),
                     MMU_COW_NOT_COW); /* writable */
    family_fork(&f, &mmu_fork_cow);
    /* read-only, shared */
    assert_int_equal(mmu_cow_break(&f.child, PAGE, false), MMU_COW_NOT_COW);
    assert_int_equal(arena_pte(&f.child, PAGE) & MMU_PTE_RW, 0);

    /* Not present: the other bits mean nothing. */
    *mmu_addrspace_entry(&f.child, PAGE + 2 * MMU_PAGE_SIZE, NULL) =
        (arena_pte(&f.child, PAGE + MMU_PAGE_SIZE) & ~MMU_PTE_P) | MMU_PTE_COW;
    assert_int_equal(mmu_cow_break(&f.child, PAGE + 2 * MMU_PAGE_SIZE, false),
                     MMU_COW_NOT_COW);
    *mmu_addrspace_entry(&f.child, PAGE + 2 * MMU_PAGE_SIZE, NULL) = 0;

    /* A device's frame cannot be copied. */
    assert_int_equal(mmu_addrspace_map(&f.child, PAGE + 2 * MMU_PAGE_SIZE,
                                       0xFFFFF, MMU_PTE_US | MMU_PTE_COW),
                     0);
    assert_int_equal(mmu_cow_break(&f.child, PAGE + 2 * MMU_PAGE_SIZE, false),
                     MMU_COW_NOT_COW);
    family_close(&f);
}

static void no_frame_to_copy_to(void **state)
{
    struct family f;

    (void)state;
    family_open(&f, 6); /* frame 0, two directories, two tables, the page */

    uint32_t frame =
        arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 1);

    family_fork(&f, &mmu_fork_cow);
    assert_int_equal(f.arena.frames.free_count, 0);
    arena_forget(&f.arena);

    uint32_t before = arena_pte(&f.child, PAGE);

    assert_int_equal(mmu_cow_break(&f.child, PAGE, false), MMU_COW_NO_FRAME);
    assert_int_equal(arena_pte(&f.child, PAGE), before);
    assert_int_equal(mmu_frame_references(&f.arena.frames, frame), 2);
    assert_int_equal(f.arena.event_count, 0);

    /* When the other goes nothing need be copied. */
    mmu_addrspace_destroy(&f.parent);
    assert_int_equal(mmu_cow_break(&f.child, PAGE, false), MMU_COW_TAKEN_OVER);
    family_close(&f);
}

/* A fork that fails part way leaves nothing of the child, and the parent as
 * good as before. */
static void fork_without_memory(void **state)
{
    (void)state;
    for (uint32_t frames = 7; frames < 14; frames++) {
        for (int eager = 0; eager < 2; eager++) {
            const struct mmu_fork_policy *policy =
                eager ? &mmu_fork_eager : &mmu_fork_cow;
            /* Directory, two tables; three pages. */
            uint32_t needed = 7 + 3 + (eager ? 3 : 0);
            struct family f;

            family_open(&f, frames);
            arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 1);
            arena_map(&f.arena, &f.parent, PAGE + MMU_PAGE_SIZE, MMU_PTE_US, 2);
            arena_map(&f.arena, &f.parent, PAGE + 0x400000,
                      MMU_PTE_US | MMU_PTE_RW, 3);

            int error =
                mmu_fork_addrspace(&f.child, &f.parent, policy, &f.counts);

            assert_int_equal(error, frames < needed ? -ENOMEM : 0);
            if (error != 0) {
                assert_int_equal(f.arena.frames.free_count, frames - 7);
                arena_audit(&f.arena,
                            (const struct mmu_addrspace *[]){&f.parent}, 1);
                if (!(arena_pte(&f.parent, PAGE) & MMU_PTE_RW))
                    assert_int_equal(mmu_cow_break(&f.parent, PAGE, false),
                                     MMU_COW_TAKEN_OVER);
                assert_false(mmu_addrspace_protect(&f.parent, PAGE, true));
            }
            family_close(&f);
        }
    }
}

/* One who makes its last reference writable again takes it over; grandchildren
 * share on. */
static void generations_of_forks(void **state)
{
    struct family f;
    struct mmu_addrspace grandchild;

    (void)state;
    family_open(&f, 16);

    uint32_t frame =
        arena_map(&f.arena, &f.parent, PAGE, MMU_PTE_US | MMU_PTE_RW, 1);

    family_fork(&f, &mmu_fork_cow);
    assert_int_equal(
        mmu_fork_addrspace(&grandchild, &f.child, &mmu_fork_cow, &f.counts), 0);
    assert_int_equal(f.arena.frames.table[frame].cow_writable, 3);
    assert_true(mmu_addrspace_protect(&grandchild, PAGE, false));
    assert_int_equal(f.arena.frames.table[frame].cow_readonly, 1);
    assert_int_equal(mmu_cow_break(&grandchild, PAGE, false), MMU_COW_NOT_COW);
    assert_int_equal(mmu_cow_break(&f.parent, PAGE, false), MMU_COW_COPIED);
    assert_int_equal(mmu_cow_break(&f.child, PAGE, false), MMU_COW_COPIED);
    assert_int_equal(f.arena.frames.table[frame].references, 1);
    assert_true(mmu_addrspace_protect(&grandchild, PAGE, true));
    assert_int_equal(mmu_cow_break(&grandchild, PAGE, false),
                     MMU_COW_TAKEN_OVER);
    assert_int_equal(arena_pte(&grandchild, PAGE) >> 12, frame);
    arena_audit(
        &f.arena,
        (const struct mmu_addrspace *[]){&f.parent, &f.child, &grandchild}, 3);
    mmu_addrspace_destroy(&grandchild);
    family_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_page),
        cmocka_unit_test(policies_by_name),
        cmocka_unit_test(the_first_copies_the_second_takes_over),
        cmocka_unit_test(not_copy_on_writes_business),
        cmocka_unit_test(no_frame_to_copy_to),
        cmocka_unit_test(fork_without_memory),
        cmocka_unit_test(generations_of_forks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
