/* test_tlb_counts.c: the MMU against a naive one, access for access: every generation, every
 * geometry there can be, every policy, over streams of many kinds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mmu.h"
#include "naive_tlb.h"

#define TABLES      16u /* 8 at the bottom of the address space and 8 at the top, on end */
#define DIRECTORY   1u  /* frame; the tables' follow */
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
    struct physmem mem;
    struct mmu mmu;
    struct naive_mmu *naive;
    struct generation generation;
    uint64_t random;
    uint32_t pages;  /* that streams go over, about linear address 0 */
    uint32_t rarely; /* one access in so many makes the TLBs forget everything */
    enum stream stream;
    uint32_t at, stride; /* the stream's own */
};

/* --- the tables ------------------------------------------------------------------------------- */

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
    return (DIRECTORY << PAGE_SHIFT) + 4 * directory_index(linear);
}

static uint32_t pte_address(uint32_t pde, uint32_t linear)
{
    return (pde & PAGE_MASK) + 4 * table_index(linear);
}

/* Mostly those of a page that any access may use, clean or not. */
static uint32_t some_flags(struct bench *bench)
{
    return (one_in(bench, 60) ? 0 : PTE_P) | (one_in(bench, 12) ? 0 : PTE_RW) |
           (one_in(bench, 40) ? 0 : PTE_US) | (one_in(bench, 2) ? PTE_A : 0) |
           (one_in(bench, 4) ? PTE_D : 0);
}

static void map_all(struct bench *bench)
{
    for (uint32_t table = 0; table < TABLES; table++)
        physmem_write32(&bench->mem, pde_address((table - TABLES / 2) << LARGE_PAGE_SHIFT),
                        (DIRECTORY + 1 + table) << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US);
    for (uint32_t i = 0; i < TABLES * PAGE_ENTRIES; i++)
        physmem_write32(&bench->mem, ((DIRECTORY + 1) << PAGE_SHIFT) + 4 * i,
                        i << PAGE_SHIFT | some_flags(bench));
    for (uint32_t i = 0; i < LARGE_PAGES; i++)
        physmem_write32(&bench->mem, pde_address(LARGE + (i << LARGE_PAGE_SHIFT)),
                        i << LARGE_PAGE_SHIFT | (one_in(bench, 10) ? 1u << 16 : 0) | PDE_PS |
                            some_flags(bench));
}

/* --- both MMUs -------------------------------------------------------------------------------- */

static struct naive_shape shape_of(const struct tlb_geometry *geometry)
{
    static const enum naive_policy policies[] = {[TLB_POINTER] = NAIVE_POINTER,
                                                 [TLB_PLRU] = NAIVE_PLRU,
                                                 [TLB_LRU] = NAIVE_LRU,
                                                 [TLB_RANDOM] = NAIVE_RANDOM};

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
    mmu_load_cr3(&bench->mmu, DIRECTORY << PAGE_SHIFT);
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

static void bench_open(struct bench *bench, const struct generation *generation)
{
    const struct naive_processor processor = {.write_protect = generation->write_protect,
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
    assert_int_equal(mmu_init(&bench->mmu, &bench->generation, &bench->mem, NULL, true), 0);
    bench->naive = naive_new(&processor);
    assert_non_null(bench->naive);
    load_cr3(bench);
    load_cr4(bench, CR4_PSE);
    load_cr0(bench, CR0_PE | CR0_PG);
}

static void bench_close(struct bench *bench)
{
    mmu_destroy(&bench->mmu);
    naive_free(bench->naive);
}

static bool same_counts(const struct mmu_counts *a, const struct naive_counts *b)
{
    return a->lookups == b->lookups && a->misses == b->misses && a->flushes == b->flushes &&
           a->page_invalidations == b->page_invalidations && a->bus_reads == b->bus_reads &&
           a->bus_writes == b->bus_writes;
}

/* One access by both; fails unless all that shows of it is the same. */
static void access_both(struct bench *bench, uint32_t linear, enum access access, bool user)
{
    static const enum naive_kind kinds[] = {
        [ACCESS_READ] = NAIVE_READ, [ACCESS_WRITE] = NAIVE_WRITE, [ACCESS_FETCH] = NAIVE_FETCH};
    uint32_t pde = physmem_read32(&bench->mem, pde_address(linear));
    uint32_t pte = physmem_read32(&bench->mem, pte_address(pde, linear));
    struct naive_outcome expected =
        naive_access(bench->naive, linear, kinds[access], user, pde, pte);
    struct fault fault = {0};
    uint32_t phys = 0;
    bool granted = mmu_translate(&bench->mmu, linear, access, user, &phys, &fault);

    if (granted == expected.granted && phys == expected.phys && fault.error == expected.error &&
        same_counts(&bench->mmu.counts, naive_counts(bench->naive)))
        return;

    const struct tlb_geometry *geometry = &bench->generation.data_tlb;

    fail_msg("%s, %u entries, %u ways, policy %d: lookup %llu, %08x: granted %d phys %08x error "
             "%x misses %llu, not %d, %08x, %x, %llu",
             bench->generation.name, geometry->entries, geometry->ways, (int)geometry->policy,
             (unsigned long long)bench->mmu.counts.lookups, linear, granted, phys, fault.error,
             (unsigned long long)bench->mmu.counts.misses, expected.granted, expected.phys,
             expected.error, (unsigned long long)naive_counts(bench->naive)->misses);
}

/* --- the streams ------------------------------------------------------------------------------ */

/* The stream's next page, of bench->pages, for a fetch or for data. */
static uint32_t next_page(struct bench *bench, bool fetch)
{
    const struct tlb_geometry *geometry = &bench->generation.data_tlb;
    uint32_t sets = geometry->entries / geometry->ways;
    uint32_t pages = bench->pages;
    uint32_t random = some(bench, pages);

    switch (bench->stream) {
    case UNIFORM:
    case STREAMS:
        return random;
    case SKEWED:
        return some(bench, some(bench, some(bench, random + 1) + 1) + 1) * 7 % pages;
    case STRIDED:
        return bench->at = (bench->at + bench->stride) % pages;
    case OVER_ALL:
        return bench->at = (bench->at + 1) % (geometry->entries + 1 + bench->stride % 3);
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

/* What a kernel does now and then. A page's new entry is made known to the TLB, or not yet. On a
 * 386 that is a flush. */
static void meddle(struct bench *bench, uint32_t linear)
{
    if (one_in(bench, bench->rarely)) {
        switch (some(bench, 5)) {
        case 0:
            load_cr0(bench, CR0_PE | (one_in(bench, 9) ? 0 : CR0_PG));
            break;
        case 1:
            load_cr0(bench, CR0_PE | CR0_PG | CR0_WP);
            break;
        case 2:
            load_cr4(bench, one_in(bench, 3) ? 0 : CR4_PSE);
            break;
        default:
            load_cr3(bench);
        }
    }
    if (one_in(bench, 40)) {
        uint32_t pde_at = pde_address(linear);
        uint32_t pde = physmem_read32(&bench->mem, pde_at);
        uint32_t entry_at = pde & PDE_PS || one_in(bench, 20) ? pde_at : pte_address(pde, linear);
        uint32_t entry = physmem_read32(&bench->mem, entry_at);
        uint32_t flags = entry_at == pde_at && !(pde & PDE_PS)
                             ? some_flags(bench) | PTE_P /* of 1,024 pages */
                             : some_flags(bench);

        physmem_write32(&bench->mem, entry_at,
                        (entry & ~(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)) | flags);
        if (one_in(bench, bench->generation.invlpg ? 2 : bench->rarely))
            invalidate(bench, linear);
    }
}

static void run_stream(struct bench *bench, uint32_t accesses)
{
    for (uint32_t i = 0; i < accesses; i++) {
        enum access access = (enum access)some(bench, 3);
        bool user = !one_in(bench, 8);
        uint32_t linear;

        if (i % STRETCH == 0)
            next_stretch(bench);
        linear = (next_page(bench, access == ACCESS_FETCH) - bench->pages / 2) << PAGE_SHIFT;
        if (one_in(bench, 16))
            linear = LARGE + some(bench, LARGE_PAGES << LARGE_PAGE_SHIFT);
        linear = (linear & PAGE_MASK) + some(bench, PAGE_SIZE);
        meddle(bench, linear);
        access_both(bench, linear, access, user);
    }
}

/* --- the tests -------------------------------------------------------------------------------- */

static void give(struct generation *generation, const struct tlb_geometry *geometry)
{
    generation->data_tlb = *geometry;
    if (generation->code_tlb.entries != 0)
        generation->code_tlb = *geometry;
}

/* Runs the stream on each kind of processor with those TLBs; the last one has 4 MiB pages and one
 * TLB for everything. */
static void on_each_processor(struct bench *bench, const struct tlb_geometry *geometry,
                              uint32_t accesses)
{
    for (int id = 0; id <= GENERATIONS; id++) {
        struct generation generation =
            *generation_of(id < GENERATIONS ? (enum generation_id)id : GENERATION_PENTIUM);

        if (id == GENERATIONS) {
            generation.code_tlb.entries = 0;
            generation.large_tlb.entries = 0;
        }
        give(&generation, geometry);
        bench_open(bench, &generation);
        run_stream(bench, id < GENERATIONS ? accesses : accesses / 4);
        bench_close(bench);
    }
}

/* With a seed of its own each. */
static void every_geometry(struct bench *bench, enum tlb_policy policy)
{
    uint32_t accesses = getenv("MMU386_BRIEF") != NULL ? 1500 : 20000;
    unsigned geometries = 0;

    for (uint32_t entries = 1; entries <= TLB_MAX_ENTRIES; entries *= 2) {
        for (uint32_t ways = 1; ways <= entries; ways *= 2) {
            struct tlb_geometry geometry = {entries, ways, policy,
                                            geometries * UINT64_C(0x9E3779B97F4A7C15)};

            if (!tlb_geometry_valid(geometry))
                continue;
            on_each_processor(bench, &geometry, accesses);
            geometries++;
        }
    }
    print_message("%u geometries, %u accesses of each generation\n", geometries, accesses);
}

/* A test's state is its bench. */
static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    if (bench == NULL)
        return -1;
    bench->random = 386;
    bench->mem.frames = FRAMES;
    bench->mem.base = calloc(FRAMES, PAGE_SIZE);
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
    every_geometry(*state, TLB_POINTER);
}

static void pseudo_lru(void **state)
{
    every_geometry(*state, TLB_PLRU);
}

static void lru(void **state)
{
    every_geometry(*state, TLB_LRU);
}

static void random_ways(void **state)
{
    every_geometry(*state, TLB_RANDOM);
}

/* As they are, with the pentium's TLBs of different sizes. */
static void own_geometries(void **state)
{
    struct bench *bench = *state;

    for (int id = 0; id < GENERATIONS; id++) {
        bench_open(bench, generation_of((enum generation_id)id));
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
