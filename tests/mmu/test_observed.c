/* test_observed.c: who observes an MMU is told of each access once, as it was
 * made, whichever way it was accounted for; and not of those that only ask. */
#include <string.h>

#include "arena.h"
#include "mmu.h"

#define PAGE 0x08048000u

struct told {
    uint32_t accesses; /* calls */
    uint32_t linear;
    enum mmu_access access;
    bool user;
    uint32_t times;
};

struct scene {
    struct arena arena;
    struct mmu_addrspace as;
    struct mmu mmu;
    struct told told;
    struct mmu_observer observer;
};

static void on_access(void *arg, uint32_t linear, enum mmu_access access,
                      bool user, uint32_t times)
{
    struct told *told = arg;

    *told = (struct told){told->accesses + 1, linear, access, user, times};
}

static void scene_open(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    arena_open(&scene->arena, 32);
    assert_int_equal(
        mmu_addrspace_init(&scene->as, &scene->arena.frames, NULL, 0, NULL), 0);
    arena_map(&scene->arena, &scene->as, PAGE, MMU_PTE_US | MMU_PTE_RW, 1);
    assert_int_equal(mmu_init(&scene->mmu,
                              mmu_generation_of(MMU_GENERATION_I486),
                              &scene->arena.mem, NULL, true),
                     0);
    scene->observer = (struct mmu_observer){on_access, &scene->told};
    scene->mmu.observer = &scene->observer;
    mmu_load_cr3(&scene->mmu, mmu_addrspace_cr3(&scene->as));
}

static void scene_close(struct scene *scene)
{
    mmu_destroy(&scene->mmu);
    arena_close(&scene->arena);
}

static void expect_told(struct scene *scene, uint32_t accesses, uint32_t linear,
                        enum mmu_access access, bool user, uint32_t times)
{
    assert_int_equal(scene->told.accesses, accesses);
    assert_int_equal(scene->told.linear, linear);
    assert_int_equal(scene->told.access, access);
    assert_int_equal(scene->told.user, user);
    assert_int_equal(scene->told.times, times);
}

static void each_access_once(void **state)
{
    struct scene scene;
    struct mmu_fault fault;
    uint32_t phys;
    uint32_t word = 0;

    (void)state;
    scene_open(&scene);
    assert_true(
        mmu_translate(&scene.mmu, PAGE, MMU_ACCESS_READ, true, &phys, &fault));
    /* without paging there is nothing to see */
    assert_int_equal(scene.told.accesses, 0);

    mmu_load_cr0(&scene.mmu, MMU_CR0_PE | MMU_CR0_PG);
    for (uint32_t i = 0; i < 2; i++) { /* a miss, a hit */
        assert_true(mmu_translate(&scene.mmu, PAGE + 5, MMU_ACCESS_READ, true,
                                  &phys, &fault));
        expect_told(&scene, i + 1, PAGE + 5, MMU_ACCESS_READ, true, 1);
    }
    assert_true(mmu_translate(&scene.mmu, PAGE + 6, MMU_ACCESS_WRITE, false,
                              &phys, &fault));
    expect_told(&scene, 3, PAGE + 6, MMU_ACCESS_WRITE, false, 1);
    assert_false(mmu_translate(&scene.mmu, PAGE + MMU_PAGE_SIZE,
                               MMU_ACCESS_FETCH, true, &phys, &fault));
    expect_told(&scene, 4, PAGE + MMU_PAGE_SIZE, MMU_ACCESS_FETCH, true, 1);

    assert_true(
        mmu_translate(&scene.mmu, PAGE, MMU_ACCESS_FETCH, true, &phys, &fault));
    mmu_fetch_again(&scene.mmu, PAGE, 7);
    expect_told(&scene, 6, PAGE, MMU_ACCESS_FETCH, true, 7);

    assert_true(
        mmu_probe(&scene.mmu, PAGE, MMU_ACCESS_READ, true, &phys, &fault));
    assert_int_equal(scene.told.accesses, 6);

    assert_true(
        mmu_write(&scene.mmu, PAGE + 8, &word, sizeof word, true, &fault));
    expect_told(&scene, 7, PAGE + 8, MMU_ACCESS_WRITE, true, 1);
    assert_true(
        mmu_read(&scene.mmu, PAGE + 12, &word, sizeof word, false, &fault));
    expect_told(&scene, 8, PAGE + 12, MMU_ACCESS_READ, false, 1);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_access_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
