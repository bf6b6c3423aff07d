/* test_audit.c: the audit finds what is wrong, and nothing where nothing is. */
#include <string.h>

#include "arena.h"
#include "audit.h"
#include "cow.h"
#include "fork.h"

#define PAGE 0x08048000u

/* Two processes: PAGE is a page of the parent's own, the next is shared
 * copy-on-write, the one after it read-only. */
struct scene {
    struct arena arena;
    struct mmu_addrspace parent, child;
    uint32_t own, shared;
};

static void scene_open(struct scene *scene)
{
    struct mmu_fork_counts counts;

    arena_open(&scene->arena, 32);
    assert_int_equal(
        mmu_addrspace_init(&scene->parent, &scene->arena.frames, NULL, 0, NULL),
        0);
    scene->shared = arena_map(&scene->arena, &scene->parent, PAGE + 0x1000,
                              MMU_PTE_US | MMU_PTE_RW, 1);
    arena_map(&scene->arena, &scene->parent, PAGE + 0x2000, MMU_PTE_US, 1);
    assert_int_equal(mmu_fork_addrspace(&scene->child, &scene->parent,
                                        &mmu_fork_cow, &counts),
                     0);
    scene->own = arena_map(&scene->arena, &scene->parent, PAGE,
                           MMU_PTE_US | MMU_PTE_RW, 1);
}

static void scene_close(struct scene *scene)
{
    arena_close(&scene->arena);
}

static uint32_t *pte_of(const struct scene *scene, uint32_t linear)
{
    return mmu_addrspace_entry(&scene->parent, linear, NULL);
}

/* One way to spoil the scene, and what the audit must say first. */
struct spoil {
    void (*spoil)(struct scene *scene);
    enum mmu_audit_kind kind;
    int violations;
};

static void nothing(struct scene *scene)
{
    (void)scene;
}

static void map_a_free_frame(struct scene *scene)
{
    *pte_of(scene, PAGE + 0x3000) =
        31u << MMU_PAGE_SHIFT | MMU_PTE_P; /* and its references are 0 */
}

static void map_frame_zero(struct scene *scene)
{
    *pte_of(scene, PAGE + 0x3000) = MMU_PTE_P;
}

static void map_a_device(struct scene *scene)
{
    *pte_of(scene, PAGE + 0x3000) =
        0xFFFFFu << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_RW;
}

static void map_what_is_behind_memory(struct scene *scene)
{
    *pte_of(scene, PAGE + 0x3000) =
        scene->arena.mem.frames << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_RW;
}

static void directory_names_a_page(struct scene *scene)
{
    uint32_t directory = scene->parent.directory << MMU_PAGE_SHIFT;

    mmu_physmem_write32(&scene->arena.mem, directory,
                        scene->own << MMU_PAGE_SHIFT | MMU_PTE_P);
}

static void directory_names_a_device(struct scene *scene)
{
    mmu_physmem_write32(&scene->arena.mem,
                        scene->parent.directory << MMU_PAGE_SHIFT, 0xFFFFF001);
}

static void directory_is_none(struct scene *scene)
{
    /* all its pages are then uncounted too */
    scene->parent.directory = scene->own;
}

static void writable_cow(struct scene *scene)
{
    *pte_of(scene, PAGE + 0x1000) |= MMU_PTE_RW;
}

static void alias_of_a_writable_page(struct scene *scene)
{
    mmu_frame_get(&scene->arena.frames, scene->own, MMU_REFERENCE_PLAIN);
    *pte_of(scene, PAGE + 0x3000) =
        scene->own << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_US;
}

static void alias_shared_for_good(struct scene *scene)
{
    alias_of_a_writable_page(scene);
    mmu_frame_share_for_good(&scene->arena.frames, scene->own);
}

static void cow_shared_for_good(struct scene *scene)
{
    scene->arena.frames.table[scene->shared].shared = true; /* both entries */
}

static void lost_reference(struct scene *scene)
{
    scene->arena.frames.table[scene->own].references++;
}

static void entry_dropped_by_hand(struct scene *scene)
{
    *pte_of(scene, PAGE) = 0;
}

static void wrong_kind_of_reference(struct scene *scene)
{
    *pte_of(scene, PAGE + 0x2000) &= ~MMU_PTE_SHARED;
}

static void wrong_kinds_of_reference(struct scene *scene)
{
    mmu_frame_convert(&scene->arena.frames, scene->shared,
                      MMU_REFERENCE_COW_WRITABLE, MMU_REFERENCE_COW_READONLY);
}

static void used_frame_on_the_free_list(struct scene *scene)
{
    scene->arena.frames.table[scene->own].next = scene->arena.frames.free_head;
    scene->arena.frames.free_head = scene->own;
}

static void free_list_is_a_ring(struct scene *scene)
{
    scene->arena.frames.table[31].next = scene->arena.frames.free_head;
}

static void free_list_leaves_memory(struct scene *scene)
{
    scene->arena.frames.table[31].next = 0x12345678;
}

static void free_list_is_cut(struct scene *scene)
{
    scene->arena.frames.table[scene->arena.frames.free_head].next =
        MMU_FRAME_NONE;
}

static void wrong_count_in_use(struct scene *scene)
{
    scene->arena.frames.counts[MMU_FRAME_USER].in_use++;
}

static const struct spoil spoils[] = {
    {nothing, MMU_AUDIT_KINDS, 0},
    {map_a_device, MMU_AUDIT_KINDS, 0},
    {map_what_is_behind_memory, MMU_AUDIT_KINDS, 0},
    {alias_shared_for_good, MMU_AUDIT_KINDS, 0},
    {map_a_free_frame, MMU_AUDIT_MAPS_FREE, 2},
    {map_frame_zero, MMU_AUDIT_MAPS_FREE, 2},
    {directory_names_a_page, MMU_AUDIT_BAD_TABLE, 1},
    {directory_names_a_device, MMU_AUDIT_BAD_TABLE, 1},
    {directory_is_none, MMU_AUDIT_BAD_TABLE, 8},
    {writable_cow, MMU_AUDIT_WRITABLE_COW, 2}, /* and the frame has two
                                                  references */
    {alias_of_a_writable_page, MMU_AUDIT_WRITABLE_MANY, 1},
    {cow_shared_for_good, MMU_AUDIT_SHARED_COW, 2},
    {lost_reference, MMU_AUDIT_WRITABLE_MANY, 2},
    {entry_dropped_by_hand, MMU_AUDIT_REFERENCES, 1},
    {wrong_kind_of_reference, MMU_AUDIT_COW_REFERENCES, 1},
    {wrong_kinds_of_reference, MMU_AUDIT_COW_REFERENCES, 2},
    {used_frame_on_the_free_list, MMU_AUDIT_FREE_LIST, 1},
    {free_list_is_a_ring, MMU_AUDIT_FREE_LIST, 1},
    {free_list_leaves_memory, MMU_AUDIT_FREE_LIST, 1},
    {free_list_is_cut, MMU_AUDIT_FREE_LIST, 1},
    {wrong_count_in_use, MMU_AUDIT_FREE_LIST, 1},
};

static void every_violation_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        struct scene scene;
        struct mmu_audit_error first = {.kind = MMU_AUDIT_KINDS};
        const struct mmu_addrspace *spaces[] = {&scene.parent, &scene.child};

        scene_open(&scene);
        spoils[i].spoil(&scene);

        int violations =
            mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, &first);

        if (violations != spoils[i].violations || first.kind != spoils[i].kind)
            fail_msg("spoil %zu: %d violations, first: %s", i, violations,
                     mmu_audit_name(first.kind));
        assert_int_equal(
            mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, NULL),
            violations);
        scene_close(&scene);
    }
}

static void the_first_is_described(void **state)
{
    struct scene scene;
    struct mmu_audit_error first;
    const struct mmu_addrspace *spaces[] = {&scene.child, &scene.parent};

    (void)state;
    scene_open(&scene);
    writable_cow(&scene);
    assert_int_equal(
        mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, &first), 2);
    assert_int_equal(first.space, 1);
    assert_int_equal(first.linear, PAGE + 0x1000);
    assert_int_equal(first.entry, *pte_of(&scene, PAGE + 0x1000));
    assert_int_equal(first.frame, scene.shared);
    scene_close(&scene);

    scene_open(&scene);
    scene.arena.frames.table[scene.own].references = 0;
    assert_int_equal(
        mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, &first), 1);
    assert_int_equal(first.frame, scene.own);
    assert_int_equal(first.recorded, 0);
    assert_int_equal(first.counted, 1);

    directory_is_none(&scene);
    (void)mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, &first);
    assert_int_equal(first.kind, MMU_AUDIT_BAD_TABLE);
    assert_int_equal(first.space, 1);
    assert_int_equal(first.linear, 0);
    assert_int_equal(first.entry, mmu_addrspace_cr3(&scene.parent));
    assert_int_equal(first.frame, scene.own);
    scene_close(&scene);

    scene_open(&scene);
    mmu_addrspace_frame_entries(&scene.parent, scene.parent.directory)[3] =
        scene.own << MMU_PAGE_SHIFT | MMU_PTE_P;
    (void)mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, &first);
    assert_int_equal(first.kind, MMU_AUDIT_BAD_TABLE);
    assert_int_equal(first.linear, 3u << MMU_LARGE_PAGE_SHIFT);
    scene_close(&scene);

    /* An address space left out is missed. */
    scene_open(&scene);
    assert_int_equal(mmu_audit_addrspaces(&scene.arena.frames, spaces, 2, NULL),
                     0);
    assert_true(mmu_audit_addrspaces(&scene.arena.frames, spaces, 1, NULL) > 0);
    scene_close(&scene);
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (int kind = 0; kind < MMU_AUDIT_KINDS; kind++)
        assert_string_not_equal(mmu_audit_name((enum mmu_audit_kind)kind),
                                "unknown");
    assert_string_equal(mmu_audit_name(MMU_AUDIT_KINDS), "unknown");
    assert_string_equal(mmu_audit_name((enum mmu_audit_kind) - 1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_violation_is_found),
        cmocka_unit_test(the_first_is_described),
        cmocka_unit_test(kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
