/* test_walk_rights.c: the walker against the oracle, for every combination of
 * what decides. */
#include <string.h>

#include "arena.h"
#include "walk.h"
#include "walk_oracle.h"

/* The table's frame is a multiple of 1024, so that bits 12..21 of its directory
 * entry are clear, or that with one of the bits set. */
#define TABLE_FRAME 1024u
#define FRAMES      (TABLE_FRAME + 512 + 1)
#define PAGE_FRAME  0x345u
#define LINEAR      0x9A7D6543u
/* they decide nothing */
#define OTHER_BITS (MMU_PTE_PWT | MMU_PTE_PCD | 0x100u | MMU_PTE_AVL)

struct setting {
    struct mmu_walk_control control;
    enum mmu_access access;
    bool user;
};

struct bed {
    struct arena arena;
    uint64_t random;
    unsigned long walks;
};

/* The six bits that matter, from the number of a combination. */
static uint32_t entry_bits(unsigned combination)
{
    static const uint32_t bits[6] = {MMU_PTE_P, MMU_PTE_RW, MMU_PTE_US,
                                     MMU_PTE_A, MMU_PTE_D,  MMU_PDE_PS};
    uint32_t entry = 0;

    for (int i = 0; i < 6; i++) {
        if (combination >> i & 1)
            entry |= bits[i];
    }
    return entry;
}

static unsigned facts_of(const struct setting *setting, uint32_t pde,
                         uint32_t pte)
{
    enum mmu_generation_id id = setting->control.generation->id;

    return (pde & 1 ? PDE_PRESENT : 0) | (pde & 2 ? PDE_WRITABLE : 0) |
           (pde & 4 ? PDE_USER : 0) | (pde & 0x3FF000 ? PDE_RESERVED : 0) |
           (pde & 0x80 ? PDE_SIZE : 0) | (pte & 1 ? PTE_PRESENT : 0) |
           (pte & 2 ? PTE_WRITABLE : 0) | (pte & 4 ? PTE_USER : 0) |
           (setting->user ? RING3 : 0) |
           (setting->access == MMU_ACCESS_WRITE ? STORE : 0) |
           (setting->control.cr0 & 0x10000 ? WP_SET : 0) |
           (setting->control.cr4 & 0x10 ? PSE_SET : 0) |
           (id != MMU_GENERATION_I386 ? CPU_HAS_WP : 0) |
           (id == MMU_GENERATION_PENTIUM ? CPU_HAS_PSE : 0);
}

#define EXPECT(condition)                                                     \
    do {                                                                      \
        if (!(condition))                                                     \
            fail_msg("%s: %s CR0 %08x CR4 %02x PDE %08x PTE %08x access %d "  \
                     "user %d",                                               \
                     #condition, s->control.generation->name, s->control.cr0, \
                     s->control.cr4, pde, pte, s->access, s->user);           \
    } while (0)

static void check(struct bed *bed, const struct setting *s, uint32_t pde,
                  uint32_t pte)
{
    const struct mmu_physmem *mem = &bed->arena.mem;
    uint32_t pde_at = MMU_PAGE_SIZE + 4 * 0x269; /* LINEAR's bits 31..22 */
    uint32_t pte_at = (pde & 0xFFFFF000) + 4 * 0x3D6;
    struct ruling ruling = oracle(facts_of(s, pde, pte));
    uint32_t pde_after = pde, pte_after = pte;
    struct mmu_walk walk, probe;

    if (ruling.verdict == GRANTED) {
        uint32_t used = s->access == MMU_ACCESS_WRITE ? 0x60 : 0x20;

        pde_after |= ruling.page_is_large ? used : 0x20;
        pte_after |= ruling.page_is_large ? 0 : used;
    }
    mmu_physmem_write32(mem, pde_at, pde);
    mmu_physmem_write32(mem, pte_at, pte);

    bool probed =
        mmu_walk_probe(mem, &s->control, LINEAR, s->access, s->user, &probe);

    EXPECT(probed == (ruling.verdict == GRANTED));
    EXPECT(mmu_physmem_read32(mem, pde_at) == pde);
    EXPECT(mmu_physmem_read32(mem, pte_at) == pte);
    EXPECT(probe.bus_writes == 0);

    bool granted =
        mmu_walk_access(mem, &s->control, LINEAR, s->access, s->user, &walk);

    EXPECT(granted == probed);
    EXPECT(mmu_physmem_read32(mem, pde_at) == pde_after);
    EXPECT(mmu_physmem_read32(mem, pte_at) == pte_after);
    EXPECT(walk.pde == pde_after);
    EXPECT(walk.bus_writes ==
           (pde != pde_after) + (uint32_t)(pte != pte_after));
    EXPECT(walk.bus_reads == (ruling.page_is_large || !(pde & 1) ? 1 : 2));
    EXPECT(walk.pte == (walk.bus_reads == 2 ? pte_after : 0));
    if (granted) {
        uint32_t phys = ruling.page_is_large ? (pde & 0xFFC00000) + 0x3D6543
                                             : PAGE_FRAME * 0x1000 + 0x543;

        EXPECT(walk.phys == phys && probe.phys == phys);
        EXPECT(walk.user == ruling.page_user);
        EXPECT(walk.writable == ruling.page_writable);
        EXPECT(walk.large == ruling.page_is_large);
        EXPECT(walk.dirty ==
               !!((ruling.page_is_large ? pde_after : pte_after) & 0x40));
        EXPECT(probe.dirty == !!((ruling.page_is_large ? pde : pte) & 0x40));
    } else {
        EXPECT(walk.error == ruling.error && probe.error == ruling.error);
    }
    if (ruling.verdict == GRANTED || ruling.verdict == PROTECTION)
        EXPECT(mmu_walk_allows(&s->control, ruling.page_user,
                               ruling.page_writable, s->access,
                               s->user) == granted);
    mmu_physmem_write32(mem, pde_at, 0);
    mmu_physmem_write32(mem, pte_at, 0);
    bed->walks++;
}

static void check_entries(struct bed *bed, const struct setting *setting)
{
    for (unsigned reserved = 0; reserved < 11; reserved++) {
        uint32_t table = TABLE_FRAME | (reserved ? 1u << (reserved - 1) : 0);

        for (unsigned i = 0; i < 64 * 64; i++) {
            uint32_t other = arena_random(&bed->random, 0x10000);
            uint32_t pde = table << MMU_PAGE_SHIFT | entry_bits(i / 64) |
                           (other & OTHER_BITS);
            uint32_t pte = PAGE_FRAME << MMU_PAGE_SHIFT | entry_bits(i % 64) |
                           (other >> 4 & OTHER_BITS);

            check(bed, setting, pde, pte);
        }
    }
}

static void every_combination(void **state)
{
    struct bed bed = {.random = 1};

    (void)state;
    arena_open(&bed.arena, FRAMES);
    for (unsigned i = 0; i < MMU_GENERATIONS * 24; i++) {
        struct setting setting = {
            .control = {.generation =
                            mmu_generation_of((enum mmu_generation_id)(i / 24)),
                        .cr0 =
                            MMU_CR0_PE | MMU_CR0_PG | (i & 1 ? MMU_CR0_WP : 0),
                        .cr3 =
                            MMU_PAGE_SIZE | MMU_PTE_PWT | MMU_PTE_PCD, /* they
                                                                          are
                                                                          no
                                                                          part
                                                                          of
                                                                          the
                                                                          base
                                                                        */
                        .cr4 = i & 2 ? MMU_CR4_PSE : 0},
            .access = (enum mmu_access)(i / 8 % 3),
            .user = i & 4,
        };

        check_entries(&bed, &setting);
    }
    assert_int_equal(bed.walks, 3ul * 24 * 11 * 64 * 64);
    /* What was tried was cleared again: nothing else was written. */
    for (size_t at = 0; at < (size_t)FRAMES * MMU_PAGE_SIZE; at++) {
        if (bed.arena.mem.base[at] != 0)
            fail_msg("stray write at %zx", at);
    }
    arena_close(&bed.arena);
}

static void walk_at(const struct arena *arena, uint32_t cr3,
                    struct mmu_walk *walk)
{
    struct mmu_walk_control control = {
        .generation = mmu_generation_of(MMU_GENERATION_PENTIUM),
        .cr0 = MMU_CR0_PE | MMU_CR0_PG,
        .cr3 = cr3};

    assert_true(mmu_walk_access(&arena->mem, &control, LINEAR, MMU_ACCESS_WRITE,
                                true, walk));
}

/* An open bus reads as all ones: present entries that name the last frame. */
static void tables_outside_memory(void **state)
{
    struct arena arena;
    struct mmu_walk walk;
    struct mmu_walk_control pse = {
        .generation = mmu_generation_of(MMU_GENERATION_PENTIUM),
        .cr3 = 0x00400000,
        .cr4 = MMU_CR4_PSE};

    (void)state;
    arena_open(&arena, 4);
    walk_at(&arena, 0x00400000, &walk);
    assert_int_equal(walk.phys, 0xFFFFF543);
    assert_int_equal(walk.bus_writes, 0);
    assert_false(mmu_walk_access(&arena.mem, &pse, LINEAR, MMU_ACCESS_READ,
                                 true, &walk));
    assert_int_equal(walk.error, MMU_PF_P | MMU_PF_U | MMU_PF_RSVD);

    /* A table outside memory, then a page outside memory. */
    mmu_physmem_write32(&arena.mem, 0x1000 + 4 * 0x269, 0x80000007);
    walk_at(&arena, 0x1000, &walk);
    assert_int_equal(walk.phys, 0xFFFFF543);
    assert_int_equal(walk.bus_writes, 1);
    mmu_physmem_write32(&arena.mem, 0x1000 + 4 * 0x269, 0x2007);
    mmu_physmem_write32(&arena.mem, 0x2000 + 4 * 0x3D6, 0xFFFFE007);
    walk_at(&arena, 0x1000, &walk);
    assert_int_equal(walk.phys, 0xFFFFE543);
    assert_int_equal(walk.bus_writes, 2);
    arena_close(&arena);
}

/* A directory that names itself as a table: the entry is PDE and PTE at
 * once. */
static void directory_maps_itself(void **state)
{
    struct arena arena;
    struct mmu_walk walk;
    struct mmu_walk_control control = {
        .generation = mmu_generation_of(MMU_GENERATION_I386), .cr3 = 0x1000};

    (void)state;
    arena_open(&arena, 4);
    mmu_physmem_write32(&arena.mem, 0x1FFC, 0x1007);
    assert_true(mmu_walk_access(&arena.mem, &control, 0xFFFFFABC,
                                MMU_ACCESS_WRITE, true, &walk));
    assert_int_equal(walk.phys, 0x1ABC);
    assert_int_equal(mmu_physmem_read32(&arena.mem, 0x1FFC), 0x1067);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination),
        cmocka_unit_test(tables_outside_memory),
        cmocka_unit_test(directory_maps_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
