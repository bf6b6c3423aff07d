/* Which code the engine's translator has room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cpu/crowded.h"
#include "mmu.h"

static uint8_t page[MMU_PAGE_SIZE];

/* Writes `count` times the instruction at `at`; returns where the next one
 * goes. */
static uint32_t put(uint32_t at, uint32_t count, const char *insn,
                    uint32_t bytes)
{
    for (uint32_t i = 0; i < count && at + bytes <= MMU_PAGE_SIZE;
         i++, at += bytes)
        memcpy(page + at, insn, bytes);
    return at;
}

/* Whether so many of them in a row, somewhere in a page of NOPs, are too
 * many. */
static bool are_too_many(uint32_t count, const char *insn, uint32_t bytes)
{
    memset(page, 0x90, sizeof page);
    (void)put(37, count, insn, bytes);
    return crowded_page(page);
}

static void test_kinds(void **state)
{
    static const struct {
        const char *insn;
        uint32_t bytes, room;
    } kinds[] = {
        {"\xD9\xC9", 2, 100},         /* FXCH */
        {"\x66\xDE\xC1", 3, 100},     /* FADDP */
        {"\xD8\x00", 2, 200},         /* FADD dword ptr [eax] */
        {"\xDF\xE0", 2, 100},         /* FNSTSW AX */
        {"\xCE", 1, 200},             /* INTO */
        {"\xD4\x0A", 2, 200},         /* AAM */
        {"\x0F\x70\xC1\x02", 4, 200}, /* PSHUFW */
        {"\x66\x0F\x70\x41\x10\x02", 6, 200},
        {"\x0F\xC6\xC1\x02", 4, 200}, /* SHUFPS */
        {"\x64\xD8\x00", 3, 200},
        {"\x8E\xE0", 2, 200}, /* MOV FS, AX */
    };
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_false(
            are_too_many(kinds[i].room, kinds[i].insn, kinds[i].bytes));
        assert_true(
            are_too_many(kinds[i].room + 1, kinds[i].insn, kinds[i].bytes));
    }
    assert_false(are_too_many(4000, "\x90", 1));
    assert_false(are_too_many(1500, "\x89\xC8", 2));
}

/* A branch ends a block; another instruction between two does not. */
static void test_branches(void **state)
{
    static const struct {
        const char *insn;
        uint32_t bytes;
        bool ends;
    } between[] = {
        {"\xC3", 1, true},          {"\xEB\x00", 2, true},
        {"\x75\x00", 2, true},      {"\x0F\x84\0\0\0\0", 6, true},
        {"\xE8\0\0\0\0", 5, true},  {"\xFF\xE0", 2, true},
        {"\xCD\x80", 2, true},      {"\xE2\x00", 2, true},
        {"\xFF\x00", 2, false},     {"\xE4\x00", 2, false},
        {"\x0F\x90\xC0", 3, false}, {"\x50", 1, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        memset(page, 0x90, sizeof page);
        uint32_t at = put(1000, 60, "\xD9\xC9", 2);
        at = put(at, 1, between[i].insn, between[i].bytes);
        (void)put(at, 60, "\xD9\xC9", 2);
        assert_int_equal(crowded_page(page), !between[i].ends);
    }
}

/* What runs out of the page or into it is that page's; two together have
 * room. */
static void test_ends_of_pages(void **state)
{
    (void)state;
    memset(page, 0x90, sizeof page);
    (void)put(MMU_PAGE_SIZE - 200, 100, "\xD9\xC9", 2);
    assert_false(crowded_page(page));
    memset(page, 0x90, sizeof page);
    (void)put(MMU_PAGE_SIZE - 202, 101, "\xD9\xC9", 2);
    assert_true(crowded_page(page));
    memset(page, 0x90, sizeof page);
    (void)put(0, 101, "\xD9\xC9", 2);
    assert_true(crowded_page(page));
    memset(page, 0xD9, sizeof page); /* D9 D9: FSTP1 */
    assert_true(crowded_page(page));
    memset(page, 0x66, sizeof page); /* longer than an instruction may be */
    assert_false(crowded_page(page));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_ends_of_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
