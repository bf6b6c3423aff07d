/* test_budget.c: what is taken is given back, and no more can be taken than
 * there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linux/mapping.h"
#include "linux/pipe.h"
#include "machine/budget.h"

#include "linux/descriptors.h"
#include "linux/file.h"
#include "linux/kernel.h"

static void test_take(void **unused)
{
    struct budget budget = {.limit = 100};

    (void)unused;
    assert_true(budget_take(&budget, 60));
    assert_false(budget_take(&budget, 41));
    assert_false(budget_take(&budget, SIZE_MAX));
    assert_int_equal(budget.used, 60);
    assert_true(budget_has(&budget, 40));
    assert_true(budget_take(&budget, 40));
    assert_false(budget_take(&budget, 1));
    budget_give(&budget, 100);
    assert_int_equal(budget.used, 0);
    assert_true(budget_take(NULL, SIZE_MAX));
}

static void test_mappings(void **unused)
{
    struct budget budget = {.limit = 100 * sizeof(struct mapping)};
    struct mappings mappings;
    struct mappings copy;
    uint32_t made = 0;

    (void)unused;
    mappings_init(&mappings, &budget);
    for (;; made++) {
        const struct mapping mapping = {.start = 0x2000 * (made + 1),
                                        .end = 0x2000 * (made + 1) + 0x1000};

        if (mappings_add(&mappings, &mapping) != 0)
            break;
    }
    assert_int_equal(made, 64); /* room is made by doubling it */
    assert_true(mappings_clone(&copy, &mappings) != 0);
    assert_int_equal(budget.used, 64 * sizeof(struct mapping));
    mappings_destroy(&copy);
    mappings_destroy(&mappings);
    assert_int_equal(budget.used, 0);
}

static void test_pipes(void **unused)
{
    struct kernel kernel = {.machine.budget.limit = 3 * PIPE_CAPACITY};
    struct file *end[3][2];

    (void)unused;
    assert_int_equal(pipe_open(&kernel.machine.budget, end[0], 0), 0);
    assert_int_equal(pipe_open(&kernel.machine.budget, end[1], 0), 0);
    assert_true(pipe_open(&kernel.machine.budget, end[2], 0) != 0);
    file_put(end[0][0], &kernel);
    assert_true(pipe_open(&kernel.machine.budget, end[2], 0) != 0);
    file_put(end[0][1], &kernel);
    assert_int_equal(pipe_open(&kernel.machine.budget, end[2], 0), 0);
    for (int i = 1; i < 3; i++) {
        file_put(end[i][0], &kernel);
        file_put(end[i][1], &kernel);
    }
    assert_int_equal(kernel.machine.budget.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_mappings),
        cmocka_unit_test(test_pipes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
