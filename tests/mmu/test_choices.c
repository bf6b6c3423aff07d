/* Where processors differ: the choices of a generation's row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "physmem.h"
#include "walk.h"

enum { FRAMES = 3 };
#define DIRECTORY 0u
#define TABLE     0x1000u
#define LINEAR    0x00401000u /* entry 1 of both */

static _Alignas(MMU_PAGE_SIZE) uint8_t memory[FRAMES * MMU_PAGE_SIZE];

/* The directory's entry after a read by ring 3 of a page whose table entry is
 * `pte`. */
static uint32_t pde_after(bool refused_marks, uint32_t pde, uint32_t pte)
{
    const struct mmu_physmem mem = {memory, FRAMES};
    struct mmu_generation generation =
        *mmu_generation_of(MMU_GENERATION_PENTIUM);
    generation.refused_marks = refused_marks;
    const struct mmu_walk_control control = {
        &generation, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP, DIRECTORY, 0};
    struct mmu_walk walk;
    memset(memory, 0, sizeof memory);
    mmu_physmem_write32(&mem, DIRECTORY + 4, pde);
    mmu_physmem_write32(&mem, TABLE + 4, pte);
    assert_false(
        mmu_walk_access(&mem, &control, LINEAR, MMU_ACCESS_READ, true, &walk));
    assert_int_equal(mmu_physmem_read32(&mem, TABLE + 4), pte);
    assert_int_equal(walk.bus_writes,
                     refused_marks && (pde & MMU_PTE_P) != 0 ? 1 : 0);
    return mmu_physmem_read32(&mem, DIRECTORY + 4);
}

static void test_refused_marks(void **state)
{
    const uint32_t pde = TABLE | MMU_PTE_P | MMU_PTE_RW | MMU_PTE_US;
    const uint32_t supervisors = 0x2000 | MMU_PTE_P | MMU_PTE_RW;
    (void)state;
    assert_int_equal(pde_after(false, pde, 0), pde);
    assert_int_equal(pde_after(false, pde, supervisors), pde);
    assert_int_equal(pde_after(true, pde, 0), pde | MMU_PTE_A);
    assert_int_equal(pde_after(true, pde, supervisors), pde | MMU_PTE_A);
    assert_int_equal(pde_after(true, pde & ~MMU_PTE_P, 0), pde & ~MMU_PTE_P);
}

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(mmu_generation_of(MMU_GENERATION_I386)->eflags, 0);
    assert_int_equal(mmu_generation_of(MMU_GENERATION_I486)->eflags,
                     MMU_GENERATION_AC);
    assert_int_equal(mmu_generation_of(MMU_GENERATION_PENTIUM)->eflags,
                     MMU_GENERATION_AC | MMU_GENERATION_ID);
    assert_int_equal(mmu_generation_of(MMU_GENERATION_I486)->selector_bytes, 2);
    assert_int_equal(mmu_generation_of(MMU_GENERATION_PENTIUM)->selector_bytes,
                     4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused_marks),
                                       cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
