/* test_refused.c: an access is granted or refused, and with the same error
 * code, whether its page is in the TLB or has to be walked to. */
#include "arena.h"
#include "mmu.h"

#define PAGE 0x08048000u

struct scene {
    struct arena arena;
    struct mmu_addrspace as;
    struct mmu mmu;
};

/* A page with the rights `pte` of tables with all of them, on a processor with
 * CR0.WP or not. */
static void scene_open(struct scene *scene, enum mmu_generation_id generation,
                       uint32_t pte, bool protect)
{
    arena_open(&scene->arena, 32);
    assert_int_equal(
        mmu_addrspace_init(&scene->as, &scene->arena.frames, NULL, 0, NULL), 0);
    arena_map(&scene->arena, &scene->as, PAGE, MMU_PTE_US | MMU_PTE_RW, 1);
    *mmu_addrspace_entry(&scene->as, PAGE, NULL) &= ~(MMU_PTE_US | MMU_PTE_RW);
    *mmu_addrspace_entry(&scene->as, PAGE, NULL) |= pte;
    assert_int_equal(mmu_init(&scene->mmu, mmu_generation_of(generation),
                              &scene->arena.mem, NULL, true),
                     0);
    mmu_load_cr3(&scene->mmu, mmu_addrspace_cr3(&scene->as));
    mmu_load_cr0(&scene->mmu,
                 MMU_CR0_PE | MMU_CR0_PG | (protect ? MMU_CR0_WP : 0));
}

static void scene_close(struct scene *scene)
{
    mmu_destroy(&scene->mmu);
    arena_close(&scene->arena);
}

/* One access to the page that is in the TLB, and to the tables alone. */
static uint32_t same_answer(struct scene *scene, enum mmu_access access,
                            bool user)
{
    struct mmu_fault hit = {0};
    struct mmu_fault walked = {0};
    uint32_t phys = 0;
    uint32_t probed = 0;
    uint32_t linear = PAGE + 0x123;

    assert_true(
        mmu_translate(&scene->mmu, PAGE, MMU_ACCESS_READ, false, &phys, &hit));

    bool expected =
        mmu_probe(&scene->mmu, linear, access, user, &probed, &walked);

    assert_int_equal(
        mmu_translate(&scene->mmu, linear, access, user, &phys, &hit),
        expected);
    if (expected) {
        assert_int_equal(phys, probed);
        return 0;
    }
    assert_int_equal(hit.linear, linear);
    assert_int_equal(hit.linear, walked.linear);
    assert_int_equal(hit.error, walked.error);
    return hit.error;
}

static void hits_and_walks_agree(void **state)
{
    static const uint32_t rights[] = {0, MMU_PTE_RW, MMU_PTE_US,
                                      MMU_PTE_US | MMU_PTE_RW};
    uint32_t refused = 0;

    (void)state;
    for (int generation = 0; generation < MMU_GENERATIONS; generation++)
        for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
            for (int protect = 0; protect < 2; protect++)
                for (int access = MMU_ACCESS_READ; access <= MMU_ACCESS_FETCH;
                     access++)
                    for (int user = 0; user < 2; user++) {
                        struct scene scene;

                        scene_open(&scene, (enum mmu_generation_id)generation,
                                   rights[i], protect);
                        refused += same_answer(&scene, (enum mmu_access)access,
                                               user) != 0;
                        scene_close(&scene);
                    }
    assert_in_range(refused, 1, UINT32_MAX);
}

/* Of each seed, 0 among them, a random policy replaces one way and another. */
static void every_seed_draws(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct mmu_tlb tlb;
        uint32_t ways = 0;

        assert_int_equal(
            mmu_tlb_init(&tlb,
                         (struct mmu_tlb_geometry){4, 4, MMU_TLB_RANDOM, seed},
                         MMU_PAGE_SHIFT),
            0);
        for (uint32_t page = 0; page < 64; page++)
            ways |= 1u << (mmu_tlb_fill(&tlb, page << MMU_PAGE_SHIFT,
                                        (struct mmu_tlb_entry){0}) -
                           tlb.entries)
                       << (page < 4 ? 8 : 0);
        assert_int_equal(ways & 0xFF, 0xF);
        mmu_tlb_destroy(&tlb);
    }
}

/* SDM volume 3, "Page-Fault Exceptions": by hand. */
static void a_refused_hit_has_its_code(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, MMU_GENERATION_I486, MMU_PTE_US, true);
    assert_int_equal(same_answer(&scene, MMU_ACCESS_WRITE, false),
                     MMU_PF_P | MMU_PF_W);
    assert_int_equal(same_answer(&scene, MMU_ACCESS_WRITE, true),
                     MMU_PF_P | MMU_PF_W | MMU_PF_U);
    scene_close(&scene);
    scene_open(&scene, MMU_GENERATION_I386, MMU_PTE_RW, false);
    assert_int_equal(same_answer(&scene, MMU_ACCESS_READ, true),
                     MMU_PF_P | MMU_PF_U);
    assert_int_equal(same_answer(&scene, MMU_ACCESS_FETCH, true),
                     MMU_PF_P | MMU_PF_U);
    assert_int_equal(same_answer(&scene, MMU_ACCESS_WRITE, false), 0);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_and_walks_agree),
        cmocka_unit_test(a_refused_hit_has_its_code),
        cmocka_unit_test(every_seed_draws),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
