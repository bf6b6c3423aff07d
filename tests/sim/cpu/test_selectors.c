/* test_selectors.c: what a load of a segment register checks, against the SDM's
 * text of MOV, POP, JMP, RET, LAR, LSL, VERR and VERW written down as a table;
 * and what an access through a segment may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/access.h"
#include "cpu/decode.h"
#include "cpu/selectors.h"
#include "cpu/trap.h"
#include "linux/ldt.h"

enum {
    GP = VECTOR_PROTECTION,
    NP = VECTOR_NOT_PRESENT,
    SF = VECTOR_STACK,
    OK = NO_EXCEPTION,
};

/* Bits 8 to 15 of the high dword: P, DPL, S, type. */
static const struct {
    uint8_t access;
    uint8_t data, stack, jump, back; /* vectors, with RPL 3 */
    uint8_t lar, lsl, verr, verw;    /* ZF */
} types[] = {
    {0xF0, OK, GP, GP, GP, 1, 1, 1, 0}, /* read-only data */
    {0xF1, OK, GP, GP, GP, 1, 1, 1, 0},
    {0xF2, OK, OK, GP, GP, 1, 1, 1, 1}, /* writable */
    {0xF3, OK, OK, GP, GP, 1, 1, 1, 1},
    {0xF4, OK, GP, GP, GP, 1, 1, 1, 0}, /* expand-down */
    {0xF6, OK, OK, GP, GP, 1, 1, 1, 1},
    {0xF8, GP, GP, OK, OK, 1, 1, 0, 0}, /* code that is executed only */
    {0xFA, OK, GP, OK, OK, 1, 1, 1, 0}, /* and read */
    {0xFC, GP, GP, OK, OK, 1, 1, 0, 0}, /* conforming */
    {0xFE, OK, GP, OK, OK, 1, 1, 1, 0},
    {0x9E, OK, GP, OK, OK, 1, 1, 1, 0}, /* of ring 0, conforming */
    {0x9A, GP, GP, GP, GP, 0, 0, 0, 0}, /* and not */
    {0x92, GP, GP, GP, GP, 0, 0, 0, 0},
    {0xD2, GP, GP, GP, GP, 0, 0, 0, 0}, /* of ring 2 */
    {0x72, NP, SF, GP, GP, 1, 1, 1, 1}, /* absent */
    {0x7A, NP, GP, NP, NP, 1, 1, 1, 0},
    {0x1A, GP, GP, GP, GP, 0, 0, 0, 0},
    {0xE0, GP, GP, GP, GP, 0, 0, 0, 0}, /* system descriptors of ring 3 */
    {0xE1, GP, GP, GP, GP, 1, 1, 0, 0},
    {0xE2, GP, GP, GP, GP, 1, 1, 0, 0},
    {0xE4, GP, GP, GP, GP, 1, 0, 0, 0},
    {0xE5, GP, GP, GP, GP, 1, 0, 0, 0},
    {0xE6, GP, GP, GP, GP, 0, 0, 0, 0},
    {0xE9, GP, GP, GP, GP, 1, 1, 0, 0},
    {0xEB, GP, GP, GP, GP, 1, 1, 0, 0},
    {0xEC, GP, GP, GP, GP, 1, 0, 0, 0},
    {0xEE, GP, GP, GP, GP, 0, 0, 0, 0},
    {0x89, GP, GP, GP, GP, 0, 0, 0, 0}, /* a TSS of ring 0 */
};

static void expect(enum selector_use use, uint16_t selector,
                   const struct segment_descriptor *descriptor, uint8_t vector)
{
    const struct refusal refusal = selector_refusal(use, selector, descriptor);
    if (refusal.vector != vector ||
        (vector != OK && refusal.error != (selector & 0xFFFCu)))
        fail_msg("use %d of %x, %x: vector %u, error %x", use, selector,
                 descriptor == NULL ? 0 : descriptor->high, refusal.vector,
                 refusal.error);
}

static void test_types(void **state)
{
    static const uint16_t selectors[] = {0x73, 0x0F, 0xFFFF};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct segment_descriptor d = {
            0xFFFF, 0xCF0000u | (uint32_t)types[i].access << 8};
        for (size_t j = 0; j < 3; j++) {
            uint16_t s = selectors[j];
            expect(SELECTOR_DATA, s, &d, types[i].data);
            expect(SELECTOR_STACK, s, &d, types[i].stack);
            expect(SELECTOR_JUMP, s, &d, types[i].jump);
            expect(SELECTOR_RETURN, s, &d, types[i].back);
            assert_int_equal(selector_answer(SELECTOR_LAR, s, &d),
                             types[i].lar);
            assert_int_equal(selector_answer(SELECTOR_LSL, s, &d),
                             types[i].lsl);
            assert_int_equal(selector_answer(SELECTOR_VERR, s, &d),
                             types[i].verr);
            assert_int_equal(selector_answer(SELECTOR_VERW, s, &d),
                             types[i].verw);
        }
    }
}

static void test_null_and_beyond(void **state)
{
    (void)state;
    for (uint16_t s = 0; s < 4; s++) {
        assert_int_equal(selector_refusal(SELECTOR_DATA, s, NULL).vector, OK);
        expect(SELECTOR_STACK, s, NULL, GP);
        expect(SELECTOR_JUMP, s, NULL, GP);
        expect(SELECTOR_RETURN, s, NULL, GP);
        assert_false(selector_answer(SELECTOR_LAR, s, NULL));
    }
    expect(SELECTOR_DATA, 4, NULL, GP); /* of an LDT that is not there */
    expect(SELECTOR_STACK, 0x1237, NULL, GP);
    assert_false(selector_answer(SELECTOR_VERR, 0x1237, NULL));
}

/* SS and the CS that RET pops need RPL 3; nothing else asks for it. */
static void test_rpl(void **state)
{
    const struct segment_descriptor data = {0xFFFF, 0xCFF200};
    const struct segment_descriptor code = {0xFFFF, 0xCFFA00};
    (void)state;
    for (uint16_t rpl = 0; rpl < 4; rpl++) {
        uint16_t s = (uint16_t)(0x78 | rpl);
        expect(SELECTOR_DATA, s, &data, OK);
        expect(SELECTOR_STACK, s, &data, rpl == 3 ? OK : GP);
        expect(SELECTOR_JUMP, s, &code, OK);
        expect(SELECTOR_RETURN, s, &code, rpl == 3 ? OK : GP);
    }
}

static void test_fields(void **state)
{
    const struct segment_descriptor d = {0x5678DEAD, 0x12CBF234};
    const struct segment_descriptor bytes = {0x5678DEAD, 0x124BF234};
    (void)state;
    assert_int_equal(selector_base(&d), 0x12345678);
    assert_int_equal(selector_limit(&d), 0xBDEADFFF);
    assert_int_equal(selector_limit(&bytes), 0xBDEAD);
}

/* ---- accesses ---- */

#define BASE 0x10000u

static uint8_t refused(uint32_t high, uint32_t limit, uint8_t segment,
                       uint32_t offset, uint32_t bytes, enum mmu_access access)
{
    struct registers registers = {0};
    registers.base[segment] = BASE;
    registers.limit[segment] = limit;
    registers.rights[segment] = high;
    const struct access_item item = {.linear = BASE + offset,
                                     .bytes = bytes,
                                     .access = access,
                                     .segment = segment};
    const struct refusal refusal = access_refusal(&registers, &item);
    assert_int_equal(refusal.error, 0);
    return refusal.vector;
}

static void test_limits(void **state)
{
    enum { DATA32 = 0x40F200, DOWN32 = 0x40F600, DOWN16 = 0x00F600 };
    (void)state;
    assert_int_equal(refused(DATA32, 0x3F, DS, 0x3C, 4, MMU_ACCESS_READ), OK);
    assert_int_equal(refused(DATA32, 0x3F, DS, 0x3D, 4, MMU_ACCESS_READ), GP);
    assert_int_equal(refused(DATA32, 0x3F, SS, 0x3D, 4, MMU_ACCESS_WRITE), SF);
    assert_int_equal(refused(DATA32, 0x3F, ES, 0x3F, 1, MMU_ACCESS_WRITE), OK);
    assert_int_equal(refused(DATA32, 0x3F, ES, 0xFFFFFFFE, 4, MMU_ACCESS_WRITE),
                     GP);
    assert_int_equal(
        refused(DATA32, 0xFFFFFFFF, ES, 0xFFFFFFFE, 4, MMU_ACCESS_WRITE), OK);
    assert_int_equal(refused(DOWN32, 0x3F, FS, 0x3F, 1, MMU_ACCESS_READ), GP);
    assert_int_equal(refused(DOWN32, 0x3F, FS, 0x40, 1, MMU_ACCESS_READ), OK);
    assert_int_equal(refused(DOWN32, 0x3F, FS, 0xFFFFFFFC, 4, MMU_ACCESS_READ),
                     OK);
    assert_int_equal(refused(DOWN32, 0x3F, FS, 0xFFFFFFFD, 4, MMU_ACCESS_READ),
                     GP);
    assert_int_equal(refused(DOWN16, 0x3F, FS, 0xFFFC, 4, MMU_ACCESS_READ), OK);
    assert_int_equal(refused(DOWN16, 0x3F, FS, 0xFFFD, 4, MMU_ACCESS_READ), GP);
    assert_int_equal(refused(DOWN16, 0x3F, FS, 0x10000, 1, MMU_ACCESS_READ),
                     GP);
}

static void test_rights(void **state)
{
    (void)state;
    assert_int_equal(refused(0, 0, DS, 0, 1, MMU_ACCESS_READ), GP); /* null */
    assert_int_equal(refused(0x40F000, 0xFF, DS, 0, 1, MMU_ACCESS_READ), OK);
    assert_int_equal(refused(0x40F000, 0xFF, DS, 0, 1, MMU_ACCESS_WRITE), GP);
    assert_int_equal(refused(0x40FA00, 0xFF, CS, 0, 1, MMU_ACCESS_READ), OK);
    assert_int_equal(refused(0x40FA00, 0xFF, CS, 0, 1, MMU_ACCESS_WRITE), GP);
    assert_int_equal(refused(0x40F800, 0xFF, CS, 0, 1, MMU_ACCESS_READ), GP);
}

/* ---- user_desc ---- */

static void test_entries_there_and_back(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags < 0x80; flags++) {
        const struct user_desc desc = {0, 0x89ABCDEF, 0xFEDCB, flags};
        const struct segment_entry entry = segment_entry_encode(&desc);
        const struct user_desc back = segment_entry_decode(&entry);
        const struct segment_descriptor descriptor = {entry.low, entry.high};
        assert_memory_equal(&back, &desc, sizeof desc);
        assert_int_equal(selector_base(&descriptor), desc.base);
        assert_int_equal(selector_limit(&descriptor),
                         (flags & DESC_LIMIT_IN_PAGES) != 0 ? 0xFEDCBFFF
                                                            : 0xFEDCB);
        /* ring 3, a segment, accessed */
        assert_int_equal(entry.high & 0x7100, 0x7100);
    }
}

static void test_empty(void **state)
{
    struct user_desc desc = {7, 0, 0, DESC_NOT_PRESENT | DESC_READ_EXEC_ONLY};
    (void)state;
    assert_true(user_desc_is_empty(&desc));
    desc.flags |= DESC_USEABLE;
    assert_false(user_desc_is_empty(&desc));
    desc.flags = 0;
    assert_false(user_desc_is_empty(&desc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_null_and_beyond),
        cmocka_unit_test(test_rpl),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_entries_there_and_back),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
