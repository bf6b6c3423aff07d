/* The combinations of a sweep, and the words that they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "complaint.h"
#include "shellword.h"
#include "sweep/plan.h"

static const struct sweep_option *option_named(const char *name)
{
    for (size_t i = 0; sweep_option_at(i) != NULL; i++)
        if (strcmp(sweep_option_at(i)->name, name) == 0)
            return sweep_option_at(i);
    fail_msg("no option %s", name);
    return NULL;
}

static void expect_combination(const struct sweep_plan *plan,
                               size_t combination, const char *text)
{
    struct sweep_choices choices;
    char *words;

    sweep_plan_choices(plan, combination, &choices);
    words = sweep_choices_text(&choices);
    assert_non_null(words);
    assert_string_equal(words, text);
    free(words);
}

static void expect_complaint(const char *text)
{
    unsigned count;

    assert_string_equal(complaint_last(&count), text);
    assert_int_equal(count, 1);
}

/* The last axis varies first, and the words are sorted by name. */
static void test_order(void **state)
{
    struct sweep_plan plan = {0};

    (void)state;
    assert_true(sweep_plan_vary(&plan, "tlb=16,4,lru|32,4,pointer|64,4,plru"));
    assert_true(sweep_plan_vary(&plan, "fork=eager|cow"));
    assert_true(sweep_plan_fix(&plan, option_named("cpu"), "i486"));
    assert_true(sweep_plan_settle(&plan, 2));
    assert_int_equal(sweep_plan_combinations(&plan), 6);
    expect_combination(&plan, 0, "--cpu=i486 --fork=eager --tlb=16,4,lru");
    expect_combination(&plan, 1, "--cpu=i486 --fork=cow --tlb=16,4,lru");
    expect_combination(&plan, 2, "--cpu=i486 --fork=eager --tlb=32,4,pointer");
    expect_combination(&plan, 5, "--cpu=i486 --fork=cow --tlb=64,4,plru");
    sweep_plan_free(&plan);
}

static void test_nothing_varies(void **state)
{
    struct sweep_plan plan = {0};

    (void)state;
    assert_true(sweep_plan_settle(&plan, 1));
    assert_int_equal(sweep_plan_combinations(&plan), 1);
    expect_combination(&plan, 0, "");
    sweep_plan_free(&plan);
}

/* The same options are the same text, however they were given. */
static void test_same_text(void **state)
{
    struct sweep_plan varied = {0}, fixed = {0};

    (void)state;
    assert_true(sweep_plan_vary(&varied, "fork=cow"));
    assert_true(sweep_plan_vary(&varied, "cost=trap=7"));
    assert_true(sweep_plan_fix(&varied, option_named("fold64"), NULL));
    expect_combination(&varied, 0, "--cost=trap=7 --fold64 --fork=cow");
    assert_true(sweep_plan_fix(&fixed, option_named("fork"), "eager"));
    assert_true(sweep_plan_fix(&fixed, option_named("cost"), "trap=7"));
    assert_true(sweep_plan_fix(&fixed, option_named("fork"), "cow"));
    assert_true(sweep_plan_fix(&fixed, option_named("fold64"), NULL));
    expect_combination(&fixed, 0, "--cost=trap=7 --fold64 --fork=cow");
    sweep_plan_free(&varied);
    sweep_plan_free(&fixed);
}

/* Each cost is an option of its own. */
static void test_costs(void **state)
{
    struct sweep_plan plan = {0};

    (void)state;
    assert_true(sweep_plan_vary(&plan, "cost=trap=1|2"));
    assert_true(sweep_plan_vary(&plan, "cost=iret=3|4"));
    assert_true(sweep_plan_fix(&plan, option_named("cost"), "fork=5"));
    assert_true(sweep_plan_settle(&plan, 1));
    expect_combination(&plan, 2, "--cost=fork=5 --cost=iret=3 --cost=trap=2");
    sweep_plan_free(&plan);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"",
         "--vary: : no such option of replay (mmu386 sweep --help lists them)"},
        {"=cow",
         "--vary: : no such option of replay (mmu386 sweep --help lists them)"},
        {"forks=cow", "--vary: forks: no such option of replay (mmu386 sweep "
                      "--help lists them)"},
        {"log=a|b", "--vary: log: no such option of replay (mmu386 sweep "
                    "--help lists them)"},
        {"stats=a|b", "--vary: stats: no such option of replay (mmu386 sweep "
                      "--help lists them)"},
        {"fork", "--vary: fork: not of the form NAME=VALUE|VALUE..."},
        {"fork=", "--vary: fork: has an empty value"},
        {"fork=|cow", "--vary: fork: has an empty value"},
        {"fork=cow|", "--vary: fork: has an empty value"},
        {"fork=cow||eager", "--vary: fork: has an empty value"},
        {"fork=cow|cow", "--vary: fork: has the value cow twice"},
        {"fork=lazy", "--fork: lazy: no such policy (there are eager and cow)"},
        {"fold64=1", "--vary: fold64: takes no value that could vary"},
        {"cost=trap",
         "--vary: cost=trap: not of the form NAME=KEY=VALUE|VALUE..."},
        {"cost", "--vary: cost: not of the form NAME=KEY=VALUE|VALUE..."},
        {"cost=trap=x",
         "--cost: trap: x: not a number of clocks, 0 to 1000000000"},
        {"map=maybe", "--map: maybe: no such way (there are touch and strict)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sweep_plan plan = {0};

        assert_false(sweep_plan_vary(&plan, cases[i].text));
        expect_complaint(cases[i].complaint);
        sweep_plan_free(&plan);
    }
}

static void test_twice(void **state)
{
    struct sweep_plan plan = {0};

    (void)state;
    assert_true(sweep_plan_vary(&plan, "fork=cow|eager"));
    assert_false(sweep_plan_vary(&plan, "fork=cow"));
    expect_complaint("--vary: fork: is varied twice");
    sweep_plan_free(&plan);
    assert_true(sweep_plan_vary(&plan, "fork=cow|eager"));
    assert_true(sweep_plan_fix(&plan, option_named("fork"), "cow"));
    assert_false(sweep_plan_settle(&plan, 1));
    expect_complaint("--vary: fork: is given a fixed value, too");
    sweep_plan_free(&plan);
}

static void test_too_many(void **state)
{
    struct sweep_plan plan = {0};
    char text[128];

    (void)state;
    assert_true(sweep_plan_vary(&plan, "wait-states=0|1|2|3|4|5|6|7|8|9"));
    assert_true(sweep_plan_vary(&plan, "fork=cow|eager"));
    assert_true(sweep_plan_settle(&plan, SWEEP_JOBS_MAX / 20));
    assert_false(sweep_plan_settle(&plan, SWEEP_JOBS_MAX / 20 + 1));
    expect_complaint("sweep: more than 1000000 jobs");
    assert_false(sweep_plan_settle(&plan, SIZE_MAX));
    expect_complaint("sweep: more than 1000000 jobs");
    for (const char *names = "trap iret fault call frame pte exec exit signal "
                             "entry fork switch "
                             "page_zero page_copy look_up";
         *names != '\0'; names += strcspn(names, " "), names += *names == ' ') {
        snprintf(text, sizeof(text), "cost=%.*s=1", (int)strcspn(names, " "),
                 names);
        if (!sweep_plan_vary(&plan, text))
            break;
    }
    expect_complaint("--vary: cost=look_up=1: there are too many others");
    assert_int_equal(plan.axis_count, SWEEP_AXES_MAX);
    sweep_plan_free(&plan);
}

static void test_arguments(void **state)
{
    static const char *const leading[] = {"mmu386", "replay", NULL};
    static const char *const expected[] = {
        "mmu386", "replay", "--fork=cow", "--tlb=16,4,lru", "--", "a b.trace"};
    struct sweep_plan plan = {0};
    struct sweep_choices choices;
    char **words;

    (void)state;
    assert_true(sweep_plan_vary(&plan, "tlb=16,4,lru"));
    assert_true(sweep_plan_vary(&plan, "fork=cow"));
    sweep_plan_choices(&plan, 0, &choices);
    words = sweep_choices_arguments(&choices, leading, "a b.trace");
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(words[i], expected[i]);
    assert_null(words[6]);
    free((void *)words);
    sweep_plan_free(&plan);
}

static void expect_word(const char *word, const char *quoted)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);

    assert_non_null(file);
    shellword_write(file, word);
    fclose(file);
    assert_string_equal(text, quoted);
    free(text);
}

static void test_quoting(void **state)
{
    (void)state;
    expect_word("", "''");
    expect_word("plain-1.db", "plain-1.db");
    expect_word("/a/b,c:d@e%f+g_h", "/a/b,c:d@e%f+g_h");
    expect_word("--tlb=16,4,random:7", "--tlb=16,4,random:7");
    expect_word("A=b", "'A=b'");
    expect_word("a b", "'a b'");
    expect_word("it's", "'it'\\''s'");
    expect_word("'", "''\\'''");
    expect_word("$(x)`y`\"z\"\\", "'$(x)`y`\"z\"\\'");
    expect_word("~", "'~'");
    expect_word("#x", "'#x'");
    expect_word("\xC3\xA9", "'\xC3\xA9'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),     cmocka_unit_test(test_nothing_varies),
        cmocka_unit_test(test_same_text), cmocka_unit_test(test_costs),
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_twice),
        cmocka_unit_test(test_too_many),  cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_quoting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
