/* test_tlb_counts.c: the MMU against a naive one, access for access: every
 * generation, every geometry there can be, every policy, over streams of many
 * kinds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mmu.h"
#include "naive_tlb.h"

/* 8 at the bottom of the address space and 8 at the top, on end */
#define TABLES      16u
#define DIRECTORY   1u /* frame; the tables' follow */
#define FRAMES      (DIRECTORY + 1 + TABLES)
#define LARGE       0x40000000u /* the first of the 4 MiB pages */
#define LARGE_PAGES 20u
#define STRETCH     1000u /* accesses of one kind of stream */

enum stream {
    UNIFORM,
    SKEWED,        /* few pages often, many seldom */
    STRIDED,       /* over many sets or few */
    OVER_ALL,      /* round a few pages more than the TLB has entries */
    OVER_SET,      /* round a few pages more than one set has ways */
    CODE_AND_DATA, /* fetches from few pages, data anywhere */
    STREAMS,
};

struct bench {
    struct mmu_physmem mem;
    struct mmu mmu;
    struct naive_mmu *naive;
    struct mmu_generation generation;
    uint64_t random;
    uint32_t pages;  /* that streams go over, about linear address 0 */
    uint32_t rarely; /* one access in so many makes the TLBs forget
                      * everything */
    enum stream stream;
    uint32_t at, stride; /* the stream's own */
};

/* --- the tables ----------------------------------------------------------- */

static uint32_t some(struct bench *bench, uint32_t below)
{
    return arena_random(&bench->random, below);
}

static bool one_in(struct bench *bench, uint32_t n)
{
    return some(bench, n) == 0;
}

static uint32_t pde_address(uint32_t linear)
{
    return (DIRECTORY << MMU_PAGE_SHIFT) + 4 * mmu_directory_index(linear);
}

static uint32_t pte_address(uint32_t pde, uint32_t linear)
{
    return (pde & MMU_PAGE_MASK) + 4 * mmu_table_index(linear);
}

/* Mostly those of a page that any access may use, clean or not. */
static uint32_t some_flags(struct bench *bench)
{
    return (one_in(bench, 60) ? 0 : MMU_PTE_P) |
           (one_in(bench, 12) ? 0 : MMU_PTE_RW) |
           (one_in(bench, 40) ? 0 : MMU_PTE_US) |
           (one_in(bench, 2) ? MMU_PTE_A : 0) |
           (one_in(bench, 4) ? MMU_PTE_D : 0);
}

static void map_all(struct bench *bench)
{
    for (uint32_t table = 0; table < TABLES; table++)
        mmu_physmem_write32(
            &bench->mem,
            pde_address((table - TABLES / 2) << MMU_LARGE_PAGE_SHIFT),
            (DIRECTORY + 1 + table) << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_RW |
                MMU_PTE_US);
    for (uint32_t i = 0; i < TABLES * MMU_PAGE_ENTRIES; i++)
        mmu_physmem_write32(&bench->mem,
                            ((DIRECTORY + 1) << MMU_PAGE_SHIFT) + 4 * i,
                            i << MMU_PAGE_SHIFT | some_flags(bench));
    for (uint32_t i = 0; i < LARGE_PAGES; i++)
        mmu_physmem_write32(
            &bench->mem, pde_address(LARGE + (i << MMU_LARGE_PAGE_SHIFT)),
            i << MMU_LARGE_PAGE_SHIFT | (one_in(bench, 10) ? 1u << 16 : 0) |
                MMU_PDE_PS | some_flags(bench));
}

/* --- both MMUs ------------------------------------------------------------ */

static struct naive_shape shape_of(const struct mmu_tlb_geometry *geometry)
{
    static const enum naive_policy policies[] = {
        [MMU_TLB_POINTER] = NAIVE_POINTER,
        [MMU_TLB_PLRU] = NAIVE_PLRU,
        [MMU_TLB_LRU] = NAIVE_LRU,
        [MMU_TLB_RANDOM] = NAIVE_RANDOM};

    return (struct naive_shape){.entries = geometry->entries,
                                .ways = geometry->ways,
                                .policy = policies[geometry->policy],
                                .seed = geometry->seed ? geometry->seed : 1};
}

static void load_cr0(struct bench *bench, uint32_t value)
{
    mmu_load_cr0(&bench->mmu, value);
    naive_load_cr0(bench->naive, value);
}

static void load_cr3(struct bench *bench)
{
    mmu_load_cr3(&bench->mmu, DIRECTORY << MMU_PAGE_SHIFT);
    naive_load_cr3(bench->naive);
}

static void load_cr4(struct bench *bench, uint32_t value)
{
    mmu_load_cr4(&bench->mmu, value);
    naive_load_cr4(bench->naive, value);
}

static void invalidate(struct bench *bench, uint32_t linear)
{
    mmu_invalidate(&bench->mmu, linear);
    naive_invalidate(bench->naive, linear);
}

static void bench_open(struct bench *bench,
                       const struct mmu_generation *generation)
{
    const struct naive_processor processor = {
        .write_protect = generation->write_protect,
        .invlpg = generation->invlpg,
        .large_pages = generation->large_pages,
        .data = shape_of(&generation->data_tlb),
        .code = shape_of(&generation->code_tlb),
        .large = shape_of(&generation->large_tlb)};
    uint32_t entries = generation->data_tlb.entries;

    bench->generation = *generation;
    bench->pages = entries < 8 ? 24 : 3 * entries;
    bench->rarely = 64 + 4 * entries;
    bench->stream = UNIFORM;
    bench->at = 0;
    bench->stride = 1;
    assert_int_equal(
        mmu_init(&bench->mmu, &bench->generation, &bench->mem, NULL, true), 0);
    bench->naive = naive_new(&processor);
    assert_non_null(bench->naive);
    load_cr3(bench);
    load_cr4(bench, MMU_CR4_PSE);
    load_cr0(bench, MMU_CR0_PE | MMU_CR0_PG);
}

static void bench_close(struct bench *bench)
{
    mmu_destroy(&bench->mmu);
    naive_free(bench->naive);
}

static bool same_counts(const struct mmu_counts *a,
                        const struct naive_counts *b)
{
    return a->lookups == b->lookups && a->misses == b->misses &&
           a->flushes == b->flushes &&
           a->page_invalidations == b->page_invalidations &&
           a->bus_reads == b->bus_reads && a->bus_writes == b->bus_writes;
}

/* One access by both; fails unless all that shows of it is the same. */
static void access_both(struct bench *bench, uint32_t linear,
                        enum mmu_access access, bool user)
{
    static const enum naive_kind kinds[] = {[MMU_ACCESS_READ] = NAIVE_READ,
                                            [MMU_ACCESS_WRITE] = NAIVE_WRITE,
                                            [MMU_ACCESS_FETCH] = NAIVE_FETCH};
    uint32_t pde = mmu_physmem_read32(&bench->mem, pde_address(linear));
    uint32_t pte = mmu_physmem_read32(&bench->mem, pte_address(pde, linear));
    struct naive_outcome expected =
        naive_access(bench->naive, linear, kinds[access], user, pde, pte);
    struct mmu_fault fault = {0};
    uint32_t phys = 0;
    bool granted =
        mmu_translate(&bench->mmu, linear, access, user, &phys, &fault);

    if (granted == expected.granted && phys == expected.phys &&
        fault.error == expected.error &&
        same_counts(&bench->mmu.counts, naive_counts(bench->naive)))
        return;

    const struct mmu_tlb_geometry *geometry = &bench->generation.data_tlb;

    fail_msg("%s, %u entries, %u ways, policy %d: lookup %llu, %08x: granted "
             "%d phys %08x error "
             "%x misses %llu, not %d, %08x, %x, %llu",
             bench->generation.name, geometry->entries, geometry->ways,
             (int)geometry->policy,
             (unsigned long long)bench->mmu.counts.lookups, linear, granted,
             phys, fault.error, (unsigned long long)bench->mmu.counts.misses,
             expected.granted, expected.phys, expected.error,
             (unsigned long long)naive_counts(bench->naive)->misses);
}

/* --- the streams ---------------------------------------------------------- */

/* The stream's next page, of bench->pages, for a fetch or for data. */
static uint32_t next_page(struct bench *bench, bool fetch)
{
    const struct mmu_tlb_geometry *geometry = &bench->generation.data_tlb;
    uint32_t sets = geometry->entries / geometry->ways;
    uint32_t pages = bench->pages;
    uint32_t random = some(bench, pages);

    switch (bench->stream) {
    case UNIFORM:
    case STREAMS:
        return random;
    case SKEWED:
        return some(bench, some(bench, some(bench, random + 1) + 1) + 1) * 7 %
               pages;
    case STRIDED:
        return bench->at = (bench->at + bench->stride) % pages;
    case OVER_ALL:
        return bench->at = (bench->at + 1) %
                           (geometry->entries + 1 + bench->stride % 3);
    case OVER_SET:
        bench->at = (bench->at + 1) % (geometry->ways + 1 + bench->stride % 3);
        return (bench->at * sets + bench->stride) % pages;
    case CODE_AND_DATA:
        break;
    }
    return fetch ? random % (1 + geometry->entries / 2) : random;
}

static void next_stretch(struct bench *bench)
{
    bench->stream = (enum stream)some(bench, STREAMS);
    bench->stride = 1 + some(bench, one_in(bench, 2) ? 4 : bench->pages);
}

/* What a kernel does now and then. A page's new entry is made known to the TLB,
 * or not yet. On a 386 that is a flush. */
static void meddle(struct bench *bench, uint32_t linear)
{
    if (one_in(bench, bench->rarely)) {
        switch (some(bench, 5)) {
        case 0:
            load_cr0(bench, MMU_CR0_PE | (one_in(bench, 9) ? 0 : MMU_CR0_PG));
            break;
        case 1:
            load_cr0(bench, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
            break;
        case 2:
            load_cr4(bench, one_in(bench, 3) ? 0 : MMU_CR4_PSE);
            break;
        default:
            load_cr3(bench);
        }
    }
    if (one_in(bench, 40)) {
        uint32_t pde_at = pde_address(linear);
        uint32_t pde = mmu_physmem_read32(&bench->mem, pde_at);
        uint32_t entry_at = pde & MMU_PDE_PS || one_in(bench, 20)
                                ? pde_at
                                : pte_address(pde, linear);
        uint32_t entry = mmu_physmem_read32(&bench->mem, entry_at);
        uint32_t flags = entry_at == pde_at && !(pde & MMU_PDE_PS)
                             ? some_flags(bench) | MMU_PTE_P /* of 1,024
                                                              * pages */
                             : some_flags(bench);

        mmu_physmem_write32(&bench->mem, entry_at,
                            (entry & ~(MMU_PTE_P | MMU_PTE_RW | MMU_PTE_US |
                                       MMU_PTE_A | MMU_PTE_D)) |
                                flags);
        if (one_in(bench, bench->generation.invlpg ? 2 : bench->rarely))
            invalidate(bench, linear);
    }
}

static void run_stream(struct bench *bench, uint32_t accesses)
{
    for (uint32_t i = 0; i < accesses; i++) {
        enum mmu_access access = (enum mmu_access)some(bench, 3);
        bool user = !one_in(bench, 8);
        uint32_t linear;

        if (i % STRETCH == 0)
            next_stretch(bench);
        linear =
            (next_page(bench, access == MMU_ACCESS_FETCH) - bench->pages / 2)
            << MMU_PAGE_SHIFT;
        if (one_in(bench, 16))
            linear = LARGE + some(bench, LARGE_PAGES << MMU_LARGE_PAGE_SHIFT);
        linear = (linear & MMU_PAGE_MASK) + some(bench, MMU_PAGE_SIZE);
        meddle(bench, linear);
        access_both(bench, linear, access, user);
    }
}

/* --- the tests ------------------------------------------------------------ */

static void give(struct mmu_generation *generation,
                 const struct mmu_tlb_geometry *geometry)
{
    generation->data_tlb = *geometry;
    if (generation->code_tlb.entries != 0)
        generation->code_tlb = *geometry;
}

/* Runs the stream on each kind of processor with those TLBs; the last one has 4
 * MiB pages and one TLB for everything. */
static void on_each_processor(struct bench *bench,
                              const struct mmu_tlb_geometry *geometry,
                              uint32_t accesses)
{
    for (int id = 0; id <= MMU_GENERATIONS; id++) {
        struct mmu_generation generation =
            *mmu_generation_of(id < MMU_GENERATIONS ? (enum mmu_generation_id)id
                                                    : MMU_GENERATION_PENTIUM);

        if (id == MMU_GENERATIONS) {
            generation.code_tlb.entries = 0;
            generation.large_tlb.entries = 0;
        }
        give(&generation, geometry);
        bench_open(bench, &generation);
        run_stream(bench, id < MMU_GENERATIONS ? accesses : accesses / 4);
        bench_close(bench);
    }
}

/* With a seed of its own each. */
static void every_geometry(struct bench *bench, enum mmu_tlb_policy policy)
{
    uint32_t accesses = getenv("MMU386_BRIEF") != NULL ? 1500 : 20000;
    unsigned geometries = 0;

    for (uint32_t entries = 1; entries <= MMU_TLB_MAX_ENTRIES; entries *= 2) {
        for (uint32_t ways = 1; ways <= entries; ways *= 2) {
            struct mmu_tlb_geometry geometry = {
                entries, ways, policy,
                geometries * UINT64_C(0x9E3779B97F4A7C15)};

            if (!mmu_tlb_geometry_valid(geometry))
                continue;
            on_each_processor(bench, &geometry, accesses);
            geometries++;
        }
    }
    print_message("%u geometries, %u accesses of each generation\n", geometries,
                  accesses);
}

/* A test's state is its bench. */
static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    if (bench == NULL)
        return -1;
    bench->random = 386;
    bench->mem.frames = FRAMES;
    bench->mem.base = calloc(FRAMES, MMU_PAGE_SIZE);
    *state = bench;
    if (bench->mem.base == NULL)
        return -1;
    map_all(bench);
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    free(bench->mem.base);
    free(bench);
    return 0;
}

static void pointer(void **state)
{
    every_geometry(*state, MMU_TLB_POINTER);
}

static void pseudo_lru(void **state)
{
    every_geometry(*state, MMU_TLB_PLRU);
}

static void lru(void **state)
{
    every_geometry(*state, MMU_TLB_LRU);
}

static void random_ways(void **state)
{
    every_geometry(*state, MMU_TLB_RANDOM);
}

/* As they are, with the pentium's TLBs of different sizes. */
static void own_geometries(void **state)
{
    struct bench *bench = *state;

    for (int id = 0; id < MMU_GENERATIONS; id++) {
        bench_open(bench, mmu_generation_of((enum mmu_generation_id)id));
        run_stream(bench, 300000);
        assert_in_range(bench->mmu.counts.misses, 30000, 250000);
        assert_in_range(bench->mmu.counts.flushes, 100, 30000);
        bench_close(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pointer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pseudo_lru, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lru, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_geometries, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
