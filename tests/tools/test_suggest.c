/* Slips of the hand, and the names that they are taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suggest.h"

static unsigned slips(const char *one, const char *other)
{
    return suggest_slips(one, strlen(one), other, strlen(other));
}

static void counts_slips(void **state)
{
    (void)state;
    assert_int_equal(slips("", ""), 0);
    assert_int_equal(slips("", "cow"), 3);
    assert_int_equal(slips("replay", "replay"), 0);
    assert_int_equal(slips("repay", "replay"), 1);
    assert_int_equal(slips("reeplay", "replay"), 1);
    assert_int_equal(slips("repley", "replay"), 1);
    assert_int_equal(slips("repaly", "replay"), 1);
    assert_int_equal(slips("play", "replay"), 2);
    assert_int_equal(slips("kitten", "sitting"), 3);
    assert_int_equal(slips("abc", "xyz"), 3);
}

/* The same whichever of the two was meant. */
static void counts_both_ways(void **state)
{
    static const char *const names[] = {"run",    "compare", "faults", "report",
                                        "fautls", "",        "rnu"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
            assert_int_equal(slips(names[i], names[j]),
                             slips(names[j], names[i]));
}

static const char *meant(const char *word)
{
    static const char *const names[] = {"run", "compare", "replay", "report"};
    struct suggestion suggestion;

    suggest_begin(&suggestion, word, strlen(word));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        suggest_name(&suggestion, names[i]);
    return suggestion.best;
}

static void suggests_the_nearest(void **state)
{
    (void)state;
    assert_string_equal(meant("rnu"), "run");
    assert_string_equal(meant("comapre"), "compare");
    assert_string_equal(meant("reprot"), "report");
    assert_string_equal(meant("reply"), "replay");
}

static void suggests_nothing_far(void **state)
{
    char longest[200];

    (void)state;
    memset(longest, 'r', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_null(meant(""));
    assert_null(meant("r"));
    assert_null(meant("frobnicate"));
    assert_null(meant("ran out"));
    assert_null(meant(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_slips),
        cmocka_unit_test(counts_both_ways),
        cmocka_unit_test(suggests_the_nearest),
        cmocka_unit_test(suggests_nothing_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
