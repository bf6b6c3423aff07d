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

static _Alignas(PAGE_SIZE) uint8_t memory[FRAMES * PAGE_SIZE];

/* The directory's entry after a read by ring 3 of a page whose table entry is `pte`. */
static uint32_t pde_after(bool refused_marks, uint32_t pde, uint32_t pte)
{
    const struct physmem mem = {memory, FRAMES};
    struct generation generation = *generation_of(GENERATION_PENTIUM);
    generation.refused_marks = refused_marks;
    const struct walk_control control = {&generation, CR0_PE | CR0_PG | CR0_WP, DIRECTORY, 0};
    struct walk walk;
    memset(memory, 0, sizeof memory);
    physmem_write32(&mem, DIRECTORY + 4, pde);
    physmem_write32(&mem, TABLE + 4, pte);
    assert_false(walk_access(&mem, &control, LINEAR, ACCESS_READ, true, &walk));
    assert_int_equal(physmem_read32(&mem, TABLE + 4), pte);
    assert_int_equal(walk.bus_writes, refused_marks && (pde & PTE_P) != 0 ? 1 : 0);
    return physmem_read32(&mem, DIRECTORY + 4);
}

static void test_refused_marks(void **state)
{
    const uint32_t pde = TABLE | PTE_P | PTE_RW | PTE_US;
    const uint32_t supervisors = 0x2000 | PTE_P | PTE_RW;
    (void)state;
    assert_int_equal(pde_after(false, pde, 0), pde);
    assert_int_equal(pde_after(false, pde, supervisors), pde);
    assert_int_equal(pde_after(true, pde, 0), pde | PTE_A);
    assert_int_equal(pde_after(true, pde, supervisors), pde | PTE_A);
    assert_int_equal(pde_after(true, pde & ~PTE_P, 0), pde & ~PTE_P);
}

static void test_rows(void **state)
{
    (void)state;
    assert_int_equal(generation_of(GENERATION_I386)->eflags, 0);
    assert_int_equal(generation_of(GENERATION_I486)->eflags, GENERATION_AC);
    assert_int_equal(generation_of(GENERATION_PENTIUM)->eflags, GENERATION_AC | GENERATION_ID);
    assert_int_equal(generation_of(GENERATION_I486)->selector_bytes, 2);
    assert_int_equal(generation_of(GENERATION_PENTIUM)->selector_bytes, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused_marks),
                                       cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
