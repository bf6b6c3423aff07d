/* test_hits.c: hits accounted apart come to what mmu_translate makes of the
 * same accesses. */
#include <string.h>

#include "arena.h"
#include "mmu.h"

#define FRAMES 128u
#define PAGES  48u
#define PAGE   0x08048000u
#define LARGE  0x40000000u /* a 4 MiB page */
#define STEPS  20000u

/* Two MMUs over one set of tables, the second fed by mmu_translate alone. */
struct pair {
    struct arena arena;
    struct mmu_addrspace as;
    struct mmu apart;
    struct mmu plain;
    uint64_t random;
    unsigned hits; /* accounted apart */
    unsigned fetches;
};

static void open_mmu(struct pair *pair, struct mmu *mmu,
                     const struct mmu_generation *generation)
{
    assert_int_equal(mmu_init(mmu, generation, &pair->arena.mem, NULL, true),
                     0);
    mmu_load_cr3(mmu, mmu_addrspace_cr3(&pair->as));
    mmu_load_cr0(mmu, MMU_CR0_PE | MMU_CR0_PG);
    mmu_load_cr4(mmu, MMU_CR4_PSE);
}

static void pair_open(struct pair *pair,
                      const struct mmu_generation *generation, uint64_t seed)
{
    memset(pair, 0, sizeof *pair);
    pair->random = seed;
    arena_open(&pair->arena, FRAMES);
    assert_int_equal(
        mmu_addrspace_init(&pair->as, &pair->arena.frames, NULL, 0, NULL), 0);
    for (uint32_t i = 0; i < PAGES; i++)
        arena_map(&pair->arena, &pair->as, PAGE + i * MMU_PAGE_SIZE,
                  MMU_PTE_US | MMU_PTE_RW, 0);
    if (generation->large_pages)
        mmu_physmem_write32(&pair->arena.mem,
                            mmu_addrspace_cr3(&pair->as) +
                                4 * mmu_directory_index(LARGE),
                            MMU_PDE_PS | MMU_PTE_US | MMU_PTE_RW | MMU_PTE_P);
    open_mmu(pair, &pair->apart, generation);
    open_mmu(pair, &pair->plain, generation);
}

static void pair_close(struct pair *pair)
{
    for (uint32_t i = 0; i < PAGES; i++)
        *mmu_addrspace_entry(&pair->as, PAGE + i * MMU_PAGE_SIZE, NULL) |=
            MMU_PTE_P;
    mmu_physmem_write32(
        &pair->arena.mem,
        mmu_addrspace_cr3(&pair->as) + 4 * mmu_directory_index(LARGE), 0);
    mmu_destroy(&pair->apart);
    mmu_destroy(&pair->plain);
    mmu_addrspace_destroy(&pair->as);
    arena_expect_empty(&pair->arena);
    arena_close(&pair->arena);
}

/* Some of the addresses are in a 4 MiB page, where there is one. */
static uint32_t some_address(struct pair *pair)
{
    if (pair->plain.control.generation->large_pages &&
        arena_random(&pair->random, 4) == 0)
        return LARGE + arena_random(&pair->random, 16 * MMU_PAGE_SIZE);
    return PAGE + arena_random(&pair->random, PAGES * MMU_PAGE_SIZE);
}

/* True where it was granted without a walk. */
static bool translate_by(struct mmu *mmu, uint32_t linear,
                         enum mmu_access access, bool user)
{
    uint64_t misses = mmu->counts.misses;
    struct mmu_fault fault;
    uint32_t phys;

    return mmu_translate(mmu, linear, access, user, &phys, &fault) &&
           mmu->counts.misses == misses;
}

static bool translate(struct mmu *mmu, uint32_t linear, enum mmu_access access)
{
    return translate_by(mmu, linear, access, true);
}

/* Fails unless both TLBs hold the same; when each entry was last used shows in
 * who goes next. */
static void same_tlb(const struct mmu_tlb *a, const struct mmu_tlb *b)
{
    uint32_t entries = a->geometry.entries;

    if (entries == 0)
        return;
    assert_memory_equal(a->tags, b->tags, entries * sizeof *a->tags);
    assert_memory_equal(a->state, b->state, a->set_mask + 1);
    for (uint32_t i = 0; i < entries; i++) {
        assert_int_equal(a->entries[i].base, b->entries[i].base);
        assert_int_equal(a->entries[i].user, b->entries[i].user);
        assert_int_equal(a->entries[i].writable, b->entries[i].writable);
        assert_int_equal(a->entries[i].dirty, b->entries[i].dirty);
        assert_int_equal(a->entries[i].piece, b->entries[i].piece);
    }
}

static void same(const struct mmu *a, const struct mmu *b)
{
    same_tlb(&a->data_tlb, &b->data_tlb);
    same_tlb(&a->code_tlb, &b->code_tlb);
    same_tlb(&a->large_tlb, &b->large_tlb);
    assert_memory_equal(&a->counts, &b->counts, sizeof a->counts);
}

/* The same access by both. What the first walk writes the second would not have
 * to: so each walks over the tables as they were. True where it was granted
 * without a walk. */
static bool translate_both(struct pair *pair, uint32_t linear,
                           enum mmu_access access, bool user)
{
    uint32_t pde_at =
        mmu_addrspace_cr3(&pair->as) + 4 * mmu_directory_index(linear);
    uint32_t pde = mmu_physmem_read32(&pair->arena.mem, pde_at);
    uint32_t *pte =
        pde & MMU_PDE_PS ? NULL : mmu_addrspace_entry(&pair->as, linear, NULL);
    uint32_t pte_before = pte != NULL ? *pte : 0;
    bool hit = translate_by(&pair->apart, linear, access, user);

    mmu_physmem_write32(&pair->arena.mem, pde_at, pde);
    if (pte != NULL)
        *pte = pte_before;
    assert_int_equal(translate_by(&pair->plain, linear, access, user), hit);
    return hit;
}

static void data_access(struct pair *pair, uint32_t linear, bool write)
{
    struct mmu_counts before = pair->apart.counts;
    enum mmu_access access = write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ;

    if (mmu_data_hit(&pair->apart, linear, write)) {
        assert_true(translate(&pair->plain, linear, access));
        pair->hits++;
    } else {
        assert_memory_equal(&pair->apart.counts, &before, sizeof before);
        same(&pair->apart, &pair->plain);
        assert_false(translate_both(pair, linear, access, true));
    }
}

/* A block's fetches and a read after the first one: where the order is said not
 * to matter, the fetches are all made after it. */
static void fetches(struct pair *pair, uint32_t linear)
{
    uint32_t count = 1 + arena_random(&pair->random, 9);
    uint32_t data = some_address(pair);

    if (!mmu_code_held(&pair->apart, linear)) {
        assert_false(translate_both(pair, linear, MMU_ACCESS_FETCH, true));
        return;
    }
    assert_true(translate(&pair->plain, linear, MMU_ACCESS_FETCH));
    if (!mmu_order_matters(&pair->apart, linear, data) &&
        mmu_data_hit(&pair->apart, data, false))
        assert_true(translate(&pair->plain, data, MMU_ACCESS_READ));
    mmu_fetch_again(&pair->apart, linear, count);
    for (uint32_t i = 1; i < count; i++)
        assert_true(translate(&pair->plain, linear, MMU_ACCESS_FETCH));
    pair->fetches += count;
}

/* A change of the tables, made known or not, or a flush. */
static void change(struct pair *pair, uint32_t linear)
{
    uint32_t what = arena_random(&pair->random, 5);
    uint32_t *pte =
        linear < LARGE ? mmu_addrspace_entry(&pair->as, linear, NULL) : NULL;

    if (pte != NULL)
        *pte ^= 1u << arena_random(&pair->random, 3);
    if (what == 0) {
        mmu_load_cr3(&pair->apart, pair->apart.control.cr3);
        mmu_load_cr3(&pair->plain, pair->plain.control.cr3);
    } else if (what < 4) {
        mmu_invalidate(&pair->apart, linear);
        mmu_invalidate(&pair->plain, linear);
    }
}

static void against_translate(const struct mmu_generation *generation,
                              uint64_t seed)
{
    struct pair pair;

    pair_open(&pair, generation, seed);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t linear = some_address(&pair);
        uint32_t what = arena_random(&pair.random, 100);

        if (what < 2)
            change(&pair, linear);
        else if (what < 5)
            (void)translate_both(&pair, linear, MMU_ACCESS_READ, false);
        else if (what < 30)
            fetches(&pair, linear);
        else
            data_access(&pair, linear, what < 60);
        same(&pair.apart, &pair.plain);
    }
    assert_in_range(pair.hits, 1, STEPS);
    assert_in_range(pair.fetches, 1, 10 * STEPS);
    pair_close(&pair);
}

static const struct mmu_tlb_geometry geometries[] = {
    {1, 1, MMU_TLB_LRU, 0},      {4, 4, MMU_TLB_POINTER, 0},
    {32, 4, MMU_TLB_POINTER, 0}, {32, 4, MMU_TLB_PLRU, 0},
    {16, 8, MMU_TLB_PLRU, 0},    {16, 2, MMU_TLB_PLRU, 0},
    {32, 4, MMU_TLB_LRU, 0},     {32, 32, MMU_TLB_LRU, 0},
    {32, 4, MMU_TLB_RANDOM, 0},  {64, 1, MMU_TLB_PLRU, 0},
};

static void every_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
        for (int id = 0; id < MMU_GENERATIONS; id++) {
            struct mmu_generation own =
                *mmu_generation_of((enum mmu_generation_id)id);

            own.data_tlb = geometries[i];
            if (own.code_tlb.entries)
                own.code_tlb = geometries[i];
            against_translate(&own, 100 * i + (uint64_t)id);

            /* 4 MiB pages in a TLB of their own, or by pieces, and code among
             * the data. */
            own.code_tlb.entries = 0;
            against_translate(&own, 100 * i + 10 + (uint64_t)id);
            own.large_tlb.entries = 0;
            against_translate(&own, 100 * i + 20 + (uint64_t)id);
        }
    }
}

/* Where the order is said not to matter nor to, by hand. */
static void what_order_matters_to(void **state)
{
    static const struct {
        struct mmu_tlb_geometry geometry;
        bool same_set, other_set;
    } cases[] = {
        {{32, 4, MMU_TLB_POINTER, 0}, false, false},
        {{32, 4, MMU_TLB_RANDOM, 0}, false, false},
        {{32, 4, MMU_TLB_PLRU, 0}, true, false},
        {{32, 4, MMU_TLB_LRU, 0}, true, false},
        {{32, 32, MMU_TLB_LRU, 0}, true, true},
    };
    struct mmu_physmem mem = {0};
    struct mmu mmu;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mmu_generation own = *mmu_generation_of(MMU_GENERATION_I486);

        own.data_tlb = cases[i].geometry;
        assert_int_equal(mmu_init(&mmu, &own, &mem, NULL, true), 0);
        assert_false(mmu_order_matters(&mmu, 0x1000, 0x1FFF));
        assert_int_equal(mmu_order_matters(&mmu, 0x1000, 0x9000),
                         cases[i].same_set);
        assert_int_equal(mmu_order_matters(&mmu, 0x1000, 0x2000),
                         cases[i].other_set);
        mmu_destroy(&mmu);
    }
    assert_int_equal(mmu_init(&mmu, mmu_generation_of(MMU_GENERATION_PENTIUM),
                              &mem, NULL, true),
                     0);
    assert_false(mmu_order_matters(&mmu, 0x1000, 0x11000));
    mmu_destroy(&mmu);
}

static void nothing_is_held(void **state)
{
    struct mmu_physmem mem = {0};

    (void)state;
    for (int with_tlb = 0; with_tlb < 2; with_tlb++) {
        struct mmu mmu;

        assert_int_equal(mmu_init(&mmu, mmu_generation_of(MMU_GENERATION_I386),
                                  &mem, NULL, with_tlb),
                         0);
        assert_false(mmu_code_held(&mmu, 0));
        assert_false(mmu_data_hit(&mmu, 0, false));
        assert_false(mmu_order_matters(&mmu, 0, MMU_PAGE_SIZE));
        assert_int_equal(mmu.counts.lookups, 0);
        mmu_destroy(&mmu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy),
        cmocka_unit_test(what_order_matters_to),
        cmocka_unit_test(nothing_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
