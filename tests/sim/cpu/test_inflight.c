/* test_inflight.c: the place of the engine's memory of exceptions is the one
 * that behaves so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/inflight.h"

enum { WORDS = 16, CLEAN = 0, DIVIDE, PROTECTION, TWICE };

static uint32_t context[4][WORDS];

static int setup(void **state)
{
    (void)state;
    memset(context, 0, sizeof context);
    return 0;
}

static void remember(uint32_t word)
{
    context[CLEAN][word] = INFLIGHT_NONE;
    context[DIVIDE][word] = 0;
    context[PROTECTION][word] = 13;
    context[TWICE][word] = 8;
}

static size_t find(void)
{
    return inflight_find(context[CLEAN], context[DIVIDE], context[PROTECTION],
                         context[TWICE], sizeof context[0]);
}

static void test_found(void **state)
{
    (void)state;
    assert_int_equal(find(), 0);
    remember(WORDS - 1);
    assert_int_equal(find(), (WORDS - 1) * 4);
    context[TWICE][WORDS - 1] = 13;
    assert_int_equal(find(), 0);
}

static void test_ambiguous(void **state)
{
    (void)state;
    remember(3);
    remember(7);
    assert_int_equal(find(), 0);
}

static void test_cleared(void **state)
{
    (void)state;
    remember(5);
    inflight_clear(context[TWICE], find());
    for (uint32_t word = 0; word < WORDS; word++)
        assert_int_equal(context[TWICE][word], word == 5 ? INFLIGHT_NONE : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_found, setup),
        cmocka_unit_test_setup(test_ambiguous, setup),
        cmocka_unit_test_setup(test_cleared, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
