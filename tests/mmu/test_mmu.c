/* test_mmu.c: one processor's MMU: what the TLB remembers, and what makes it
 * forget. */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "mmu.h"

#define FRAMES 64u
#define PAGE   0x08048000u /* the page that most tests are about */
#define USER   true
#define KERNEL false

struct bed {
    struct arena arena;
    struct mmu_addrspace as;
    struct mmu mmu;
};

static void bed_open(struct bed *bed, enum mmu_generation_id id, bool with_tlb)
{
    arena_open(&bed->arena, FRAMES);
    assert_int_equal(
        mmu_addrspace_init(&bed->as, &bed->arena.frames, NULL, 0, NULL), 0);
    assert_int_equal(mmu_init(&bed->mmu, mmu_generation_of(id), &bed->arena.mem,
                              &bed->arena.sink, with_tlb),
                     0);
    mmu_load_cr3(&bed->mmu, mmu_addrspace_cr3(&bed->as));
    mmu_load_cr0(&bed->mmu, MMU_CR0_PE | MMU_CR0_PG);
    mmu_load_cr4(&bed->mmu, MMU_CR4_PSE);
    memset(&bed->mmu.counts, 0, sizeof bed->mmu.counts);
    arena_forget(&bed->arena);
}

static void bed_close(struct bed *bed)
{
    mmu_destroy(&bed->mmu);
    mmu_addrspace_destroy(&bed->as);
    arena_expect_empty(&bed->arena);
    arena_close(&bed->arena);
}

static uint32_t *pte_of(const struct bed *bed, uint32_t linear)
{
    return mmu_addrspace_entry(&bed->as, linear, NULL);
}

/* Maps a new page; its physical address. */
static uint32_t map(struct bed *bed, uint32_t linear, uint32_t flags)
{
    return arena_map(&bed->arena, &bed->as, linear, flags, 0) << MMU_PAGE_SHIFT;
}

/* Fails unless the access is granted, at `phys`, after `walks` walks. */
static void granted(struct bed *bed, uint32_t linear, enum mmu_access access,
                    bool user, uint32_t phys, unsigned walks)
{
    uint64_t misses = bed->mmu.counts.misses;
    struct mmu_fault fault;
    uint32_t at;

    assert_true(mmu_translate(&bed->mmu, linear, access, user, &at, &fault));
    assert_int_equal(at, phys);
    assert_int_equal(bed->mmu.counts.misses - misses, walks);
}

static void refused(struct bed *bed, uint32_t linear, enum mmu_access access,
                    bool user, uint32_t error, unsigned walks)
{
    uint64_t misses = bed->mmu.counts.misses;
    struct mmu_fault fault;
    uint32_t at;

    assert_false(mmu_translate(&bed->mmu, linear, access, user, &at, &fault));
    assert_int_equal(fault.linear, linear);
    assert_int_equal(fault.error, error);
    assert_int_equal(bed->mmu.counts.misses - misses, walks);
    assert_int_equal(bed->mmu.cr2, 0);
}

static void paging_off(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE);
    granted(&bed, 0xDEADBEEF, MMU_ACCESS_WRITE, USER, 0xDEADBEEF, 0);

    struct mmu_fault fault;
    uint32_t phys;

    assert_true(
        mmu_probe(&bed.mmu, 0xDEADBEEF, MMU_ACCESS_WRITE, USER, &phys, &fault));
    assert_int_equal(phys, 0xDEADBEEF);
    assert_int_equal(bed.mmu.counts.lookups, 0);
    bed_close(&bed);
}

static void a_miss_then_hits(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);

    uint32_t phys = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

    granted(&bed, PAGE + 1, MMU_ACCESS_READ, USER, phys + 1, 1);
    granted(&bed, PAGE + 2, MMU_ACCESS_READ, KERNEL, phys + 2, 0);
    granted(&bed, PAGE + 0xFFF, MMU_ACCESS_FETCH, USER, phys + 0xFFF, 0);
    assert_int_equal(bed.mmu.counts.lookups, 3);
    assert_int_equal(bed.mmu.counts.misses, 1);
    assert_int_equal(bed.mmu.counts.bus_reads, 2);
    assert_int_equal(bed.mmu.counts.bus_writes, 2); /* A in both entries */
    bed_close(&bed);
}

/* The first write to a page that was only read walks once more, to set D. */
static void dirty_takes_a_second_walk(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I486, true);

    uint32_t phys = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

    granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 1);
    assert_int_equal(*pte_of(&bed, PAGE) & (MMU_PTE_A | MMU_PTE_D), MMU_PTE_A);
    granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 1);
    assert_int_equal(*pte_of(&bed, PAGE) & (MMU_PTE_A | MMU_PTE_D),
                     MMU_PTE_A | MMU_PTE_D);
    granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 0);
    assert_int_equal(bed.mmu.counts.bus_reads, 4);
    assert_int_equal(bed.mmu.counts.bus_writes, 3); /* A, A; D */

    /* D cleared behind the TLB's back is not set again before the entry
     * goes. */
    *pte_of(&bed, PAGE) &= ~MMU_PTE_D;
    granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 0);
    assert_false(*pte_of(&bed, PAGE) & MMU_PTE_D);
    mmu_invalidate(&bed.mmu, PAGE);
    granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 1);
    assert_true(*pte_of(&bed, PAGE) & MMU_PTE_D);
    bed_close(&bed);
}

/* That walk sees the tables as they are by now. */
static void the_walk_for_dirty_may_fault(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I486, true);

    uint32_t phys = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

    granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 1);
    *pte_of(&bed, PAGE) &= ~MMU_PTE_P;
    granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 0);
    refused(&bed, PAGE, MMU_ACCESS_WRITE, USER, MMU_PF_W | MMU_PF_U, 1);
    /* the entry went with the fault */
    refused(&bed, PAGE, MMU_ACCESS_READ, USER, MMU_PF_U, 1);
    *pte_of(&bed, PAGE) |= MMU_PTE_P;
    bed_close(&bed);
}

static void a_stale_entry_grants_until_flushed(void **state)
{
    struct bed bed;

    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        bed_open(&bed, (enum mmu_generation_id)id, true);

        uint32_t phys = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

        granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 1);
        *pte_of(&bed, PAGE) &= ~MMU_PTE_RW;
        granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 0);
        mmu_invalidate(&bed.mmu, PAGE);
        refused(&bed, PAGE, MMU_ACCESS_WRITE, USER,
                MMU_PF_P | MMU_PF_W | MMU_PF_U, 1);
        bed_close(&bed);
    }
}

/* An entry that refuses costs one fault, without a walk, and is gone. */
static void a_stale_entry_refuses_once(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);

    uint32_t phys = map(&bed, PAGE, MMU_PTE_US);

    granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 1);
    *pte_of(&bed, PAGE) |= MMU_PTE_RW;
    refused(&bed, PAGE, MMU_ACCESS_WRITE, USER, MMU_PF_P | MMU_PF_W | MMU_PF_U,
            0);
    granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 1);

    /* So with a supervisor's page. */
    phys = map(&bed, PAGE + MMU_PAGE_SIZE, 0);
    granted(&bed, PAGE + MMU_PAGE_SIZE, MMU_ACCESS_READ, KERNEL, phys, 1);
    refused(&bed, PAGE + MMU_PAGE_SIZE, MMU_ACCESS_FETCH, USER,
            MMU_PF_P | MMU_PF_U, 0);
    granted(&bed, PAGE + MMU_PAGE_SIZE, MMU_ACCESS_READ, KERNEL, phys, 1);
    bed_close(&bed);
}

static void write_protect(void **state)
{
    struct bed bed;
    uint32_t phys;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);
    phys = map(&bed, PAGE, MMU_PTE_US);
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    /* a 386 has no WP */
    assert_int_equal(bed.mmu.control.cr0, MMU_CR0_PE | MMU_CR0_PG);
    assert_int_equal(bed.mmu.counts.flushes, 0);
    granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 1);
    granted(&bed, PAGE, MMU_ACCESS_WRITE, KERNEL, phys, 1); /* for D */
    granted(&bed, PAGE, MMU_ACCESS_WRITE, KERNEL, phys, 0);
    refused(&bed, PAGE, MMU_ACCESS_WRITE, USER, MMU_PF_P | MMU_PF_W | MMU_PF_U,
            0);
    bed_close(&bed);

    bed_open(&bed, MMU_GENERATION_I486, true);
    phys = map(&bed, PAGE, MMU_PTE_US);
    granted(&bed, PAGE, MMU_ACCESS_WRITE, KERNEL, phys, 1);
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    assert_int_equal(bed.mmu.counts.flushes, 1);
    refused(&bed, PAGE, MMU_ACCESS_WRITE, KERNEL, MMU_PF_P | MMU_PF_W, 1);
    granted(&bed, PAGE, MMU_ACCESS_READ, KERNEL, phys, 1);
    refused(&bed, PAGE, MMU_ACCESS_WRITE, KERNEL, MMU_PF_P | MMU_PF_W, 0);
    bed_close(&bed);
}

static void invlpg_or_cr3(void **state)
{
    struct bed bed;
    uint32_t phys[2];

    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        bool invlpg = id != MMU_GENERATION_I386;

        bed_open(&bed, (enum mmu_generation_id)id, true);
        for (uint32_t i = 0; i < 2; i++) {
            phys[i] = map(&bed, PAGE + i * MMU_PAGE_SIZE, MMU_PTE_US);
            granted(&bed, PAGE + i * MMU_PAGE_SIZE, MMU_ACCESS_READ, USER,
                    phys[i], 1);
        }
        mmu_invalidate(&bed.mmu, PAGE + 0x123);
        granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys[0], 1);
        granted(&bed, PAGE + MMU_PAGE_SIZE, MMU_ACCESS_READ, USER, phys[1],
                invlpg ? 0 : 1);
        assert_int_equal(bed.mmu.counts.page_invalidations, invlpg);
        assert_int_equal(bed.mmu.counts.flushes, !invlpg);
        assert_int_equal(bed.arena.event_count, 1);
        if (invlpg)
            assert_int_equal(
                arena_event(&bed.arena, 0, MMU_EVENT_INVALIDATE)->linear, PAGE);
        else
            assert_int_equal(arena_event(&bed.arena, 0, MMU_EVENT_FLUSH)->value,
                             mmu_addrspace_cr3(&bed.as));
        bed_close(&bed);
    }
}

/* Without a TLB: the same events, every access walks, and nothing is
 * counted. */
static void functional(void **state)
{
    static const struct mmu_counts none;
    struct bed bed;

    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        bed_open(&bed, (enum mmu_generation_id)id, false);

        uint32_t phys = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

        granted(&bed, PAGE, MMU_ACCESS_WRITE, USER, phys, 0);
        *pte_of(&bed, PAGE) &= ~(MMU_PTE_RW | MMU_PTE_A | MMU_PTE_D);
        refused(&bed, PAGE, MMU_ACCESS_WRITE, USER,
                MMU_PF_P | MMU_PF_W | MMU_PF_U, 0);
        granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 0);
        assert_int_equal(*pte_of(&bed, PAGE) & (MMU_PTE_A | MMU_PTE_D),
                         MMU_PTE_A);
        mmu_invalidate(&bed.mmu, PAGE);
        mmu_load_cr3(&bed.mmu, bed.mmu.control.cr3);
        assert_int_equal(bed.arena.event_count, 2);
        arena_event(&bed.arena, 0,
                    id == MMU_GENERATION_I386 ? MMU_EVENT_FLUSH
                                              : MMU_EVENT_INVALIDATE);
        arena_event(&bed.arena, 1, MMU_EVENT_FLUSH);
        assert_memory_equal(&bed.mmu.counts, &none, sizeof none);
        bed_close(&bed);
    }
}

static void probe_changes_nothing(void **state)
{
    struct bed bed;
    struct mmu_fault fault;
    uint32_t phys;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I486, true);

    uint32_t page = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

    assert_true(
        mmu_probe(&bed.mmu, PAGE + 5, MMU_ACCESS_WRITE, USER, &phys, &fault));
    assert_int_equal(phys, page + 5);
    assert_false(*pte_of(&bed, PAGE) & (MMU_PTE_A | MMU_PTE_D));
    assert_int_equal(bed.mmu.counts.lookups, 0);
    granted(&bed, PAGE, MMU_ACCESS_READ, USER, page, 1);

    /* It answers by the tables, whatever the TLB holds. */
    *pte_of(&bed, PAGE) &= ~MMU_PTE_US;
    assert_false(
        mmu_probe(&bed.mmu, PAGE + 5, MMU_ACCESS_READ, USER, &phys, &fault));
    assert_int_equal(fault.linear, PAGE + 5);
    assert_int_equal(fault.error, MMU_PF_P | MMU_PF_U);
    granted(&bed, PAGE, MMU_ACCESS_READ, USER, page, 0);
    bed_close(&bed);
}

static void registers_have_their_generations_bits(void **state)
{
    static const uint32_t cr0[] = {0x8000001F, 0xE005003F, 0xE005003F};
    static const uint32_t cr3[] = {0xFFFFF000, 0xFFFFF018, 0xFFFFF018};
    static const uint32_t cr4[] = {0, 0, 0x5F};
    struct bed bed;

    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        bed_open(&bed, (enum mmu_generation_id)id, true);
        mmu_load_cr0(&bed.mmu, UINT32_MAX);
        mmu_load_cr3(&bed.mmu, UINT32_MAX);
        mmu_load_cr4(&bed.mmu, UINT32_MAX);
        assert_int_equal(bed.mmu.control.cr0, cr0[id]);
        assert_int_equal(bed.mmu.control.cr3, cr3[id]);
        assert_int_equal(bed.mmu.control.cr4, cr4[id]);
        bed_close(&bed);
    }
}

/* Which loads flush: all of CR3, and those of CR0 and CR4 that change PG, WP or
 * PSE. */
static void loads_that_flush(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, MMU_GENERATION_PENTIUM, true);
    mmu_load_cr3(&bed.mmu, bed.mmu.control.cr3);
    assert_int_equal(bed.mmu.counts.flushes, 1);
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE | MMU_CR0_PG | 0x8); /* TS */
    mmu_load_cr4(&bed.mmu, MMU_CR4_PSE | 0x4);             /* TSD */
    assert_int_equal(bed.mmu.counts.flushes, 1);
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE | MMU_CR0_WP);
    mmu_load_cr4(&bed.mmu, 0);
    assert_int_equal(bed.mmu.counts.flushes, 4);
    assert_int_equal(bed.arena.event_count, 4);
    bed_close(&bed);
}

/* A flush empties every TLB there is. */
static void a_flush_reaches_every_tlb(void **state)
{
    struct bed bed;
    uint32_t at = 0x40000000;
    uint32_t directory_entry;

    (void)state;
    bed_open(&bed, MMU_GENERATION_PENTIUM, true);
    directory_entry = mmu_addrspace_cr3(&bed.as) + 4 * mmu_directory_index(at);
    mmu_physmem_write32(&bed.arena.mem, directory_entry,
                        0x00C00000 | MMU_PDE_PS | MMU_PTE_US | MMU_PTE_P);

    uint32_t phys = map(&bed, PAGE, MMU_PTE_US);

    for (int i = 0; i < 2; i++) {
        granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 1);
        granted(&bed, PAGE, MMU_ACCESS_FETCH, USER, phys, 1);
        granted(&bed, at, MMU_ACCESS_READ, USER, 0x00C00000, 1);
        granted(&bed, at, MMU_ACCESS_READ, USER, 0x00C00000, 0);
        mmu_load_cr3(&bed.mmu, bed.mmu.control.cr3);
    }
    mmu_physmem_write32(&bed.arena.mem, directory_entry, 0);
    bed_close(&bed);
}

/* Writes the directory entry of a 4 MiB page. */
static void map_large(struct bed *bed, uint32_t linear, uint32_t pde)
{
    mmu_physmem_write32(&bed->arena.mem,
                        mmu_addrspace_cr3(&bed->as) +
                            4 * mmu_directory_index(linear),
                        pde | MMU_PDE_PS | MMU_PTE_P);
}

static void large_pages(void **state)
{
    struct bed bed;
    uint32_t at = 0x40000000;

    (void)state;
    bed_open(&bed, MMU_GENERATION_PENTIUM, true);
    map_large(&bed, at, 0x00C00000 | MMU_PTE_US | MMU_PTE_RW);

    /* One entry serves all data accesses to the 4 MiB. */
    granted(&bed, at + 0x123456, MMU_ACCESS_WRITE, USER, 0x00D23456, 1);
    granted(&bed, at + 0x3FFFFF, MMU_ACCESS_WRITE, USER, 0x00FFFFFF, 0);
    assert_int_equal(bed.mmu.counts.bus_reads, 1);
    assert_int_equal(bed.mmu.counts.bus_writes, 1);

    /* Code takes it by pieces, which INVLPG forgets all. */
    granted(&bed, at + 0x1000, MMU_ACCESS_FETCH, USER, 0x00C01000, 1);
    granted(&bed, at + 0x2000, MMU_ACCESS_FETCH, USER, 0x00C02000, 1);
    granted(&bed, at + 0x2FFF, MMU_ACCESS_FETCH, USER, 0x00C02FFF, 0);
    map_large(&bed, at, 0x00800000 | MMU_PTE_US);
    granted(&bed, at + 0x1000, MMU_ACCESS_FETCH, USER, 0x00C01000, 0);
    granted(&bed, at + 0x3000, MMU_ACCESS_WRITE, USER, 0x00C03000, 0);
    mmu_invalidate(&bed.mmu, at + 0x5000);
    granted(&bed, at + 0x1000, MMU_ACCESS_FETCH, USER, 0x00801000, 1);
    granted(&bed, at + 0x2000, MMU_ACCESS_FETCH, USER, 0x00802000, 1);
    refused(&bed, at + 0x3000, MMU_ACCESS_WRITE, USER,
            MMU_PF_P | MMU_PF_W | MMU_PF_U, 1);

    /* A reserved bit; and without PSE it is a table's frame, PS meaning
     * nothing. */
    map_large(&bed, at, 0x00801000 | MMU_PTE_US);
    mmu_invalidate(&bed.mmu, at);
    refused(&bed, at, MMU_ACCESS_READ, KERNEL, MMU_PF_P | MMU_PF_RSVD, 1);
    mmu_load_cr4(&bed.mmu, 0);
    /* by an open bus */
    granted(&bed, at, MMU_ACCESS_READ, KERNEL, 0xFFFFF000, 1);
    map_large(&bed, at, 0);
    mmu_physmem_write32(
        &bed.arena.mem,
        mmu_addrspace_cr3(&bed.as) + 4 * mmu_directory_index(at), 0);
    bed_close(&bed);
}

/* A processor with 4 MiB pages and one TLB for all: data by pieces too, each
 * with its own D. */
static void large_pages_in_a_small_tlb(void **state)
{
    struct mmu_generation own = *mmu_generation_of(MMU_GENERATION_PENTIUM);
    struct bed bed;
    uint32_t at = 0x40000000;

    (void)state;
    bed_open(&bed, MMU_GENERATION_PENTIUM, true);
    mmu_destroy(&bed.mmu);
    own.large_tlb.entries = 0;
    own.code_tlb.entries = 0;
    assert_int_equal(mmu_init(&bed.mmu, &own, &bed.arena.mem, NULL, true), 0);
    mmu_load_cr3(&bed.mmu, mmu_addrspace_cr3(&bed.as));
    mmu_load_cr0(&bed.mmu, MMU_CR0_PE | MMU_CR0_PG);
    mmu_load_cr4(&bed.mmu, MMU_CR4_PSE);
    map_large(&bed, at, 0x00C00000 | MMU_PTE_US | MMU_PTE_RW);
    granted(&bed, at + 0x1FFF, MMU_ACCESS_READ, USER, 0x00C01FFF, 1);
    granted(&bed, at + 0x2000, MMU_ACCESS_FETCH, USER, 0x00C02000, 1);
    granted(&bed, at + 0x2000, MMU_ACCESS_WRITE, USER, 0x00C02000, 1);
    granted(&bed, at + 0x1000, MMU_ACCESS_WRITE, USER, 0x00C01000, 1);
    granted(&bed, at + 0x1000, MMU_ACCESS_WRITE, USER, 0x00C01000, 0);
    map_large(&bed, at, 0x00800000 | MMU_PTE_US);
    mmu_invalidate(&bed.mmu, at);
    granted(&bed, at + 0x1000, MMU_ACCESS_READ, USER, 0x00801000, 1);
    mmu_physmem_write32(
        &bed.arena.mem,
        mmu_addrspace_cr3(&bed.as) + 4 * mmu_directory_index(at), 0);
    bed_close(&bed);
}

static void a_tlb_is_needed_for_data(void **state)
{
    struct mmu_generation own = *mmu_generation_of(MMU_GENERATION_I386);
    struct mmu mmu;
    struct mmu_physmem mem = {0};

    (void)state;
    own.data_tlb.entries = 0;
    assert_int_equal(mmu_init(&mmu, &own, &mem, NULL, true), -EINVAL);
    assert_int_equal(mmu_init(&mmu, &own, &mem, NULL, false), 0);
    mmu_destroy(&mmu);
}

static void code_has_its_own_tlb_on_the_pentium(void **state)
{
    struct bed bed;

    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        bed_open(&bed, (enum mmu_generation_id)id, true);

        uint32_t phys = map(&bed, PAGE, MMU_PTE_US);

        granted(&bed, PAGE, MMU_ACCESS_READ, USER, phys, 1);
        granted(&bed, PAGE, MMU_ACCESS_FETCH, USER, phys,
                id == MMU_GENERATION_PENTIUM);
        *pte_of(&bed, PAGE) &= ~MMU_PTE_US;
        mmu_invalidate(&bed.mmu, PAGE);
        refused(&bed, PAGE, MMU_ACCESS_FETCH, USER, MMU_PF_P | MMU_PF_U, 1);
        bed_close(&bed);
    }
}

/* Two pages of a pattern, written and read across their border. */
static void across_pages(void **state)
{
    struct bed bed;
    struct mmu_fault fault;
    uint8_t out[0x1800], in[0x1800];

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);

    uint32_t second =
        /* the frames are not in order */
        map(&bed, PAGE + MMU_PAGE_SIZE, MMU_PTE_US | MMU_PTE_RW);
    uint32_t first = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);

    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (uint8_t)(i * 7 + i / 256);
    assert_true(
        mmu_write(&bed.mmu, PAGE + 0x400, out, sizeof out, USER, &fault));
    assert_memory_equal(bed.arena.mem.base + first + 0x400, out, 0xC00);
    assert_memory_equal(bed.arena.mem.base + second, out + 0xC00, 0xC00);
    assert_int_equal(bed.arena.mem.base[first + 0x3FF], 0);
    assert_int_equal(bed.arena.mem.base[second + 0xC00], 0);
    assert_true(mmu_read(&bed.mmu, PAGE + 0x400, in, sizeof in, USER, &fault));
    assert_memory_equal(in, out, sizeof in);
    assert_true(mmu_read(&bed.mmu, PAGE + 0xFFF, in, 2, USER, &fault));
    assert_memory_equal(in, out + 0xBFF, 2);
    assert_true(mmu_write(&bed.mmu, PAGE + 0xFFF, out + 1, 2, USER, &fault));
    assert_int_equal(bed.arena.mem.base[first + 0xFFF], out[1]);
    assert_int_equal(bed.arena.mem.base[second], out[2]);

    /* No bytes: no access. */
    assert_true(mmu_read(&bed.mmu, 0, in, 0, USER, &fault));
    assert_true(mmu_write(&bed.mmu, 0, in, 0, USER, &fault));
    bed_close(&bed);
}

/* What comes before the byte refused is done, what comes after is not. */
static void partly_refused(void **state)
{
    struct bed bed;
    struct mmu_fault fault;
    uint8_t bytes[0x2000];

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);

    uint32_t first = map(&bed, PAGE, MMU_PTE_US | MMU_PTE_RW);
    uint32_t second = map(&bed, PAGE + MMU_PAGE_SIZE, MMU_PTE_US);

    memset(bytes, 0xAA, sizeof bytes);
    assert_false(mmu_write(&bed.mmu, PAGE + 0xFFC, bytes, 8, USER, &fault));
    assert_int_equal(fault.linear, PAGE + MMU_PAGE_SIZE);
    assert_int_equal(fault.error, MMU_PF_P | MMU_PF_W | MMU_PF_U);
    assert_int_equal(mmu_physmem_read32(&bed.arena.mem, first + 0xFFC),
                     0xAAAAAAAA);
    assert_int_equal(mmu_physmem_read32(&bed.arena.mem, second), 0);
    assert_int_equal(bed.mmu.cr2, 0);

    memset(bytes, 0xBB, sizeof bytes);
    assert_false(
        mmu_read(&bed.mmu, PAGE + 0x1800, bytes, 0x1000, USER, &fault));
    assert_int_equal(fault.linear, PAGE + 2 * MMU_PAGE_SIZE);
    assert_int_equal(fault.error, MMU_PF_U);
    assert_int_equal(bytes[0x7FF], 0);
    assert_int_equal(bytes[0x800], 0xBB);

    /* On a 386 the supervisor is not refused. */
    assert_true(
        mmu_write(&bed.mmu, PAGE + 0xFFC, bytes + 0x800, 8, KERNEL, &fault));
    assert_int_equal(mmu_physmem_read32(&bed.arena.mem, second), 0xBBBBBBBB);
    bed_close(&bed);
}

/* Addresses wrap round at 4 GiB, and an open bus swallows writes and reads as
 * ones. */
static void edges(void **state)
{
    struct bed bed;
    struct mmu_fault fault;
    uint32_t value = 0x11223344;

    (void)state;
    bed_open(&bed, MMU_GENERATION_I386, true);

    uint32_t top = map(&bed, 0xFFFFF000, MMU_PTE_US | MMU_PTE_RW);
    uint32_t bottom = map(&bed, 0, MMU_PTE_US | MMU_PTE_RW);

    assert_true(mmu_write(&bed.mmu, 0xFFFFFFFE, &value, 4, USER, &fault));
    assert_int_equal(bed.arena.mem.base[top + 0xFFF], 0x33);
    assert_int_equal(bed.arena.mem.base[bottom], 0x22);
    assert_int_equal(bed.arena.mem.base[bottom + 1], 0x11);

    assert_int_equal(
        mmu_addrspace_map(&bed.as, PAGE, 0xFFFFF, MMU_PTE_US | MMU_PTE_RW), 0);
    assert_true(mmu_write(&bed.mmu, PAGE, &value, 4, USER, &fault));
    assert_true(mmu_read(&bed.mmu, PAGE, &value, 4, USER, &fault));
    assert_int_equal(value, 0xFFFFFFFF);
    bed_close(&bed);
}

/* A random life under a kernel that flushes as it should: with and without a
 * TLB every answer and every bit in memory is the same. */
static void the_tlb_changes_no_answer(void **state)
{
    (void)state;
    for (int id = 0; id < MMU_GENERATIONS; id++) {
        struct bed with, without;
        uint64_t random = 99 + (uint64_t)id;

        bed_open(&with, (enum mmu_generation_id)id, true);
        bed_open(&without, (enum mmu_generation_id)id, false);
        for (uint32_t i = 0; i < 50; i++) {
            map(&with, PAGE + i * MMU_PAGE_SIZE, MMU_PTE_US | MMU_PTE_RW);
            map(&without, PAGE + i * MMU_PAGE_SIZE, MMU_PTE_US | MMU_PTE_RW);
        }
        for (int step = 0; step < 100000; step++) {
            uint32_t linear = PAGE + arena_random(&random, 51 * MMU_PAGE_SIZE);
            enum mmu_access access = (enum mmu_access)arena_random(&random, 3);
            bool user = arena_random(&random, 2);
            uint32_t what = arena_random(&random, 100);
            uint32_t phys[2] = {0, 0};
            struct mmu_fault fault[2] = {{0}, {0}};

            if (what == 0) {
                uint32_t cr0 = MMU_CR0_PE | MMU_CR0_PG |
                               (arena_random(&random, 2) ? MMU_CR0_WP : 0);

                mmu_load_cr0(&with.mmu, cr0);
                mmu_load_cr0(&without.mmu, cr0);
            } else if (what < 10 && linear < PAGE + 50 * MMU_PAGE_SIZE) {
                /* P, R/W or U/S */
                uint32_t flip = 1u << arena_random(&random, 3);

                flip |= arena_random(&random, 2)
                            ? *pte_of(&with, linear) & (MMU_PTE_A | MMU_PTE_D)
                            : 0;
                *pte_of(&with, linear) ^= flip;
                *pte_of(&without, linear) ^= flip;
                mmu_invalidate(&with.mmu, linear);
                mmu_invalidate(&without.mmu, linear);
            }
            bool granted_with = mmu_translate(&with.mmu, linear, access, user,
                                              &phys[0], &fault[0]);
            bool granted_without = mmu_translate(&without.mmu, linear, access,
                                                 user, &phys[1], &fault[1]);

            assert_int_equal(granted_with, granted_without);
            assert_int_equal(phys[0], phys[1]);
            assert_int_equal(fault[0].linear, fault[1].linear);
            assert_int_equal(fault[0].error, fault[1].error);
        }
        assert_memory_equal(with.arena.mem.base, without.arena.mem.base,
                            FRAMES * MMU_PAGE_SIZE);
        assert_in_range(with.mmu.counts.misses, 1, with.mmu.counts.lookups - 1);
        for (uint32_t i = 0; i < 50; i++) {
            *pte_of(&with, PAGE + i * MMU_PAGE_SIZE) |= MMU_PTE_P;
            *pte_of(&without, PAGE + i * MMU_PAGE_SIZE) |= MMU_PTE_P;
        }
        bed_close(&with);
        bed_close(&without);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paging_off),
        cmocka_unit_test(a_miss_then_hits),
        cmocka_unit_test(dirty_takes_a_second_walk),
        cmocka_unit_test(the_walk_for_dirty_may_fault),
        cmocka_unit_test(a_stale_entry_grants_until_flushed),
        cmocka_unit_test(a_stale_entry_refuses_once),
        cmocka_unit_test(write_protect),
        cmocka_unit_test(invlpg_or_cr3),
        cmocka_unit_test(functional),
        cmocka_unit_test(probe_changes_nothing),
        cmocka_unit_test(registers_have_their_generations_bits),
        cmocka_unit_test(loads_that_flush),
        cmocka_unit_test(a_flush_reaches_every_tlb),
        cmocka_unit_test(large_pages),
        cmocka_unit_test(large_pages_in_a_small_tlb),
        cmocka_unit_test(a_tlb_is_needed_for_data),
        cmocka_unit_test(code_has_its_own_tlb_on_the_pentium),
        cmocka_unit_test(across_pages),
        cmocka_unit_test(partly_refused),
        cmocka_unit_test(edges),
        cmocka_unit_test(the_tlb_changes_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
