/* What is searched for in pages that the engine is to translate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cpu/barred.h"

static void put(uint8_t *page, uint32_t at, const char *hex)
{
    memset(page, 0x90, MMU_PAGE_SIZE);
    for (unsigned byte; at < MMU_PAGE_SIZE && sscanf(hex, "%2x", &byte) == 1;
         hex += 2)
        page[at++] = (uint8_t)byte;
}

static void test_pages(void **state)
{
    static uint8_t page[MMU_PAGE_SIZE];
    static const char *const harmless[] = {"90",       "f0000b",   "f00fb103",
                                           "f00fab03", "f00fba2b", "f0660fa303",
                                           "f0ff0b",   "0fabc0"};
    static const char *const barred[] = {"f00fa3c0",   "f00fabff", "f0660fb3c1",
                                         "66f00fbbc1", "f00fbae8", "f0f30fabe3",
                                         "f02e0fabe3"};
    (void)state;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        put(page, 17 * (uint32_t)i, harmless[i]);
        assert_true(barred_none_in(page));
    }
    for (size_t i = 0; i < sizeof barred / sizeof barred[0]; i++) {
        put(page, 17 * (uint32_t)i, barred[i]);
        assert_false(barred_none_in(page));
        /* the rest is in the next page */
        for (uint32_t there = 2; there < 5; there++) {
            put(page, MMU_PAGE_SIZE - there, barred[i]);
            assert_false(barred_none_in(page));
        }
    }
}

static void test_set(void **state)
{
    struct barred barred = {0};
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(barred_add(&barred, i * 7919 % 1009));
    assert_false(barred_add(&barred, 7919 % 1009));
    assert_int_equal(barred.count, 1000);
    for (uint32_t i = 1; i < barred.count; i++)
        assert_true(barred.linear[i - 1] < barred.linear[i]);
    for (uint32_t i = 0; i < 1000; i += 2)
        barred_remove(&barred, i * 7919 % 1009);
    barred_remove(&barred, 0xFFFFFFFF);
    assert_int_equal(barred.count, 500);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(barred_has(&barred, i * 7919 % 1009), i % 2 == 1);
    barred_free(&barred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages),
                                       cmocka_unit_test(test_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
