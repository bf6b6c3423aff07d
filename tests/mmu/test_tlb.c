/* test_tlb.c: the TLB against its model, over random accesses; and what each
 * policy is known by. */
#include <errno.h>

#include "arena.h"
#include "tlb.h"
#include "tlb_model.h"

#define STEPS 200000u

/* Fails unless both hold the same entries in the same ways. */
static void compare_entries(const struct mmu_tlb *tlb,
                            const struct tlb_model *model)
{
    for (uint32_t i = 0; i < tlb->geometry.entries; i++) {
        if (!model->ways[i].valid) {
            assert_int_equal(tlb->tags[i], 0);
            continue;
        }
        assert_int_equal(tlb->tags[i],
                         model->ways[i].page << model->page_shift |
                             MMU_TLB_VALID);
        assert_int_equal(tlb->entries[i].base, model->ways[i].base);
    }
}

static void fill_both(struct mmu_tlb *tlb, struct tlb_model *model,
                      uint32_t linear, uint32_t base)
{
    const struct mmu_tlb_entry *entry =
        mmu_tlb_fill(tlb, linear, (struct mmu_tlb_entry){.base = base});
    uint32_t ways = tlb->geometry.ways;
    uint32_t way = (uint32_t)(entry - tlb->entries) % ways;

    assert_int_equal(model_fill(model, linear, base, way), way);
}

static void lookup_both(struct mmu_tlb *tlb, struct tlb_model *model,
                        uint32_t linear)
{
    const struct mmu_tlb_entry *entry = mmu_tlb_lookup(tlb, linear);
    int64_t expected = model_lookup(model, linear);

    assert_int_equal(entry != NULL, expected >= 0);
    if (entry != NULL)
        assert_int_equal(entry->base, expected);
}

/* Random accesses to three times as many pages as fit, a miss being filled as
 * an MMU does. */
static void against_model(struct mmu_tlb_geometry geometry, uint32_t page_shift)
{
    struct mmu_tlb tlb;
    struct tlb_model model;
    uint64_t random = geometry.seed;
    uint32_t pages = geometry.entries * 3;

    assert_int_equal(mmu_tlb_init(&tlb, geometry, page_shift), 0);
    model_init(&model, geometry, page_shift);
    for (uint32_t step = 0; step < STEPS; step++) {
        /* Pages at the top of the address space too; the offset must not
         * matter. */
        uint32_t page = arena_random(&random, pages) - pages / 2;
        uint32_t linear =
            (page << page_shift) + arena_random(&random, 1u << page_shift);
        uint32_t what = arena_random(&random, 1000);

        if (what < 5) {
            mmu_tlb_flush(&tlb);
            model_flush(&model);
        } else if (what < 100) {
            assert_int_equal(mmu_tlb_invalidate(&tlb, linear),
                             model_invalidate(&model, linear));
        } else if (what < 200) {
            /* over the page's old one, if it is there */
            fill_both(&tlb, &model, linear, step);
        } else {
            lookup_both(&tlb, &model, linear);
            if (mmu_tlb_lookup(&tlb, linear) == NULL)
                fill_both(&tlb, &model, linear, step);
            else
                lookup_both(&tlb, &model, linear);
        }
        if (step % 64 == 0)
            compare_entries(&tlb, &model);
    }
    compare_entries(&tlb, &model);
    mmu_tlb_destroy(&tlb);
}

static void policies_against_model(void **state)
{
    static const struct {
        uint32_t entries, ways, page_shift;
    } shapes[] = {
        {32, 4, 12}, {64, 4, 12}, {8, 4, 22}, {16, 1, 12},
        {8, 8, 12},  {4, 2, 12},  {1, 1, 12},
    };
    static const enum mmu_tlb_policy policies[] = {
        MMU_TLB_POINTER, MMU_TLB_PLRU, MMU_TLB_LRU, MMU_TLB_RANDOM};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t j = 0; j < sizeof policies / sizeof *policies; j++) {
            struct mmu_tlb_geometry geometry = {shapes[i].entries,
                                                shapes[i].ways, policies[j],
                                                100 * i + j + 1};

            against_model(geometry, shapes[i].page_shift);
        }
    }
}

/* Page `n` of set 0 in a TLB of 8 sets. */
static uint32_t rival(uint32_t n)
{
    return n * 8 * MMU_PAGE_SIZE;
}

static bool holds(const struct mmu_tlb *tlb, uint32_t linear)
{
    for (uint32_t i = 0; i < tlb->geometry.entries; i++) {
        if (tlb->tags[i] == (linear | MMU_TLB_VALID))
            return true;
    }
    return false;
}

/* Fills rivals 0 to 3, uses 0 again, fills 4: which of the four went? */
static uint32_t evicted_after_reuse(enum mmu_tlb_policy policy)
{
    struct mmu_tlb tlb;
    uint32_t gone = 0;

    assert_int_equal(
        mmu_tlb_init(&tlb, (struct mmu_tlb_geometry){32, 4, policy, 1}, 12), 0);
    for (uint32_t n = 0; n < 4; n++)
        mmu_tlb_fill(&tlb, rival(n), (struct mmu_tlb_entry){.base = n});
    assert_non_null(mmu_tlb_lookup(&tlb, rival(0)));
    mmu_tlb_fill(&tlb, rival(4), (struct mmu_tlb_entry){.base = 4});
    while (holds(&tlb, rival(gone)))
        gone++;
    mmu_tlb_destroy(&tlb);
    return gone;
}

/* Worked by hand. Pointer: the first in goes, used or not. LRU: 1. Pseudo-LRU:
 * after 0, 1, 2, 3, 0 the root points right, where 3 was used after 2: so 2
 * goes. */
static void who_goes(void **state)
{
    (void)state;
    assert_int_equal(evicted_after_reuse(MMU_TLB_POINTER), 0);
    assert_int_equal(evicted_after_reuse(MMU_TLB_LRU), 1);
    assert_int_equal(evicted_after_reuse(MMU_TLB_PLRU), 2);
}

static void bits_14_to_12_choose_the_set(void **state)
{
    struct mmu_tlb tlb;

    (void)state;
    assert_int_equal(
        mmu_tlb_init(&tlb, mmu_generation_of(MMU_GENERATION_I386)->data_tlb,
                     12),
        0);
    for (uint32_t page = 0; page < 32; page++) {
        uint32_t linear = 0x80000000 | page << 12 | 0xABC;
        const struct mmu_tlb_entry *entry =
            mmu_tlb_fill(&tlb, linear, (struct mmu_tlb_entry){.base = page});

        assert_int_equal((entry - tlb.entries) / 4, linear >> 12 & 7);
    }
    /* 32 adjoining pages, 128 KiB, fit. */
    for (uint32_t page = 0; page < 32; page++)
        assert_non_null(mmu_tlb_lookup(&tlb, 0x80000000 | page << 12));
    mmu_tlb_destroy(&tlb);
}

/* The same seed evicts the same ways, and in time every way. */
static void random_is_seeded(void **state)
{
    struct mmu_tlb a, b;
    unsigned taken[4] = {0};

    (void)state;
    assert_int_equal(
        mmu_tlb_init(&a, (struct mmu_tlb_geometry){4, 4, MMU_TLB_RANDOM, 7},
                     12),
        0);
    assert_int_equal(
        mmu_tlb_init(&b, (struct mmu_tlb_geometry){4, 4, MMU_TLB_RANDOM, 7},
                     12),
        0);
    for (uint32_t n = 0; n < 4000; n++) {
        long way =
            mmu_tlb_fill(&a, n << 12, (struct mmu_tlb_entry){0}) - a.entries;

        assert_int_equal(mmu_tlb_fill(&b, n << 12, (struct mmu_tlb_entry){0}) -
                             b.entries,
                         way);
        taken[way]++;
    }
    for (int way = 0; way < 4; way++)
        assert_in_range(taken[way], 800, 1200);
    mmu_tlb_destroy(&a);
    mmu_tlb_destroy(&b);
}

static void pieces_go_together(void **state)
{
    struct mmu_tlb tlb;

    (void)state;
    assert_int_equal(
        mmu_tlb_init(&tlb, (struct mmu_tlb_geometry){32, 4, MMU_TLB_LRU, 0},
                     12),
        0);
    mmu_tlb_fill(&tlb, 0x00400000, (struct mmu_tlb_entry){.piece = true});
    mmu_tlb_fill(&tlb, 0x007FF000, (struct mmu_tlb_entry){.piece = true});
    mmu_tlb_fill(&tlb, 0x00401000, (struct mmu_tlb_entry){.piece = false});
    mmu_tlb_fill(&tlb, 0x00802000, (struct mmu_tlb_entry){.piece = true});
    mmu_tlb_invalidate_pieces(&tlb, 0x00456789);
    assert_null(mmu_tlb_lookup(&tlb, 0x00400000));
    assert_null(mmu_tlb_lookup(&tlb, 0x007FF000));
    assert_non_null(mmu_tlb_lookup(&tlb, 0x00401000));
    assert_non_null(mmu_tlb_lookup(&tlb, 0x00802000));
    mmu_tlb_destroy(&tlb);
}

static void bad_geometries(void **state)
{
    static const struct mmu_tlb_geometry bad[] = {
        {0, 0, MMU_TLB_LRU, 0},          {8192, 8192, MMU_TLB_RANDOM, 0},
        {0, 1, MMU_TLB_LRU, 0},          {4, 0, MMU_TLB_LRU, 0},
        {3, 1, MMU_TLB_LRU, 0},          {32, 3, MMU_TLB_LRU, 0},
        {4, 8, MMU_TLB_LRU, 0},          {8192, 4, MMU_TLB_LRU, 0},
        {16, 16, MMU_TLB_PLRU, 0},       {512, 512, MMU_TLB_POINTER, 0},
        {0x80000000, 1, MMU_TLB_LRU, 0},
    };
    struct mmu_tlb tlb;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(mmu_tlb_init(&tlb, bad[i], 12), -EINVAL);
        assert_int_equal(tlb.geometry.entries, 0);
        assert_null(tlb.tags);
    }
    assert_int_equal(
        mmu_tlb_init(
            &tlb, (struct mmu_tlb_geometry){4096, 256, MMU_TLB_POINTER, 0}, 12),
        0);
    mmu_tlb_destroy(&tlb);
    mmu_tlb_destroy(&tlb); /* again does no harm, nor does an empty one */
    mmu_tlb_flush(&tlb);
    assert_false(mmu_tlb_invalidate(&tlb, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_against_model),
        cmocka_unit_test(who_goes),
        cmocka_unit_test(bits_14_to_12_choose_the_set),
        cmocka_unit_test(random_is_seeded),
        cmocka_unit_test(pieces_go_together),
        cmocka_unit_test(bad_geometries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
