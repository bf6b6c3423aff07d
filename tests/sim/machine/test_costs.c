/* test_costs.c: what the kernel's work costs: the table, that clocks add up,
 * and that nothing else changes with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "charges.h"

/* ---- the table ---- */

static void test_table(void **state)
{
    (void)state;
    for (int cost = 0; cost < COSTS; cost++) {
        const struct cost_row *row = cost_row_of((enum cost)cost);
        assert_non_null(row->name);
        assert_int_equal(cost_named(row->name), cost);
        for (int generation = 0; generation < MMU_GENERATIONS; generation++)
            assert_true(
                row->clocks[generation] != 0 ||
                (cost == COST_INVLPG && generation == MMU_GENERATION_I386));
    }
    assert_int_equal(cost_named("nothing"), COSTS);
    assert_int_equal(cost_named(""), COSTS);
}

/* Figures of the manuals, written down again. */
static void test_figures(void **state)
{
    (void)state;
    static const struct {
        enum cost cost;
        uint32_t i386, i486, pentium;
    } figures[] = {
        {COST_TRAP, 99, 71, 48},
        {COST_TRAP_SAME, 59, 44, 31},
        {COST_IRET, 82, 36, 27},
        {COST_IRET_SAME, 38, 15, 10},
        {COST_PAGE_COPY, 5 + 4096 + 8, 12 + 3072 + 5, 13 + 1024 + 5},
        {COST_PAGE_ZERO, 5 + 5120 + 8, 7 + 4096 + 5, 9 + 1024 + 5},
        {COST_TABLE_SCAN, 5 + 8192 + 8, 7 + 5120 + 5, 9 + 4096 + 5},
        {COST_COPY_DWORD, 4, 3, 1},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const uint32_t *clocks = cost_row_of(figures[i].cost)->clocks;
        assert_int_equal(clocks[MMU_GENERATION_I386], figures[i].i386);
        assert_int_equal(clocks[MMU_GENERATION_I486], figures[i].i486);
        assert_int_equal(clocks[MMU_GENERATION_PENTIUM], figures[i].pentium);
    }
}

static void test_choose(void **state)
{
    (void)state;
    uint32_t chosen[COSTS];
    uint32_t clocks[COSTS];
    for (int cost = 0; cost < COSTS; cost++)
        chosen[cost] = COST_DEFAULT;
    chosen[COST_PTE] = 0;
    costs_choose(clocks, MMU_GENERATION_I486, chosen);
    assert_int_equal(clocks[COST_PTE], 0);
    assert_int_equal(clocks[COST_TRAP], 71);
    costs_choose(clocks, MMU_GENERATION_PENTIUM, NULL);
    assert_int_equal(clocks[COST_PTE],
                     cost_row_of(COST_PTE)->clocks[MMU_GENERATION_PENTIUM]);
}

/* ---- every guest ---- */

static void check_run(const struct case_row *row, struct guest_options options)
{
    struct guest_run run, again;
    run_with(&run, row, &options);
    assert_true(run.cycles > 0);
    assert_int_equal(run.cycles, sum_of(&run.clocks));
    assert_true(run.fault_clocks > 0);
    assert_true(run.fault_clocks < run.cycles);
    assert_true(run.forks_timed <= run.counts.forks);
    assert_true((run.counts.forks == 0) == (run.clocks.fork == 0));
    for (size_t i = 1; i < run.count; i++)
        assert_true(run.events[i].cycle >= run.events[i - 1].cycle);
    assert_true(run.events[run.count - 1].cycle <= run.cycles);

    run_with(&again, row, &options);
    assert_int_equal(again.cycles, run.cycles);
    assert_int_equal(again.fault_clocks, run.fault_clocks);
    assert_memory_equal(&again.clocks, &run.clocks, sizeof run.clocks);
    guest_run_free(&again);
    guest_run_free(&run);
}

static void test_sums(void **state)
{
    (void)state;
    static const char *const policies[] = {"eager", "cow"};
    static const char *const cpus[] = {"i386", "i486", "pentium"};
    for (size_t i = 0; i < CASES; i++)
        for (size_t policy = 0; policy < 2; policy++)
            for (size_t cpu = 0; cpu < 3; cpu++)
                check_run(&charged_cases[i],
                          (struct guest_options){.policy = policies[policy],
                                                 .cpu = cpus[cpu],
                                                 .ram_frames = 1024,
                                                 .clocked = true});
}

/* Without the clock nothing is charged, and what happens is the same, event by
 * event. */
static void test_functional(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct guest_options options = {.ram_frames = 1024};
        struct guest_run functional, clocked;
        run_with(&functional, &charged_cases[i], &options);
        options.clocked = true;
        run_with(&clocked, &charged_cases[i], &options);
        assert_int_equal(functional.cycles, 0);
        assert_int_equal(sum_of(&functional.clocks), 0);
        assert_int_equal(functional.fault_clocks, 0);
        assert_int_equal(functional.forks_timed, 0);
        assert_int_equal(functional.count, clocked.count);
        for (size_t at = 0; at < clocked.count; at++) {
            struct mmu_event event = clocked.events[at];
            event.cycle = 0;
            event.instructions = 0;
            assert_memory_equal(&event, &functional.events[at], sizeof event);
        }
        assert_string_equal(functional.output, clocked.output);
        guest_run_free(&functional);
        guest_run_free(&clocked);
    }
}

/* Whatever things cost, the guests do the same. */
static void test_costs_change_nothing(void **state)
{
    (void)state;
    uint32_t costs[COSTS];
    for (int cost = 0; cost < COSTS; cost++)
        costs[cost] = COST_HIGHEST;
    for (size_t i = 0; i < CASES; i++) {
        struct guest_options options = {.ram_frames = 1024, .clocked = true};
        struct guest_run cheap, dear;
        run_with(&cheap, &charged_cases[i], &options);
        options.costs = costs;
        options.wait_states = WAIT_STATES_HIGHEST;
        run_with(&dear, &charged_cases[i], &options);
        assert_true(dear.cycles > cheap.cycles);
        assert_int_equal(dear.cycles, sum_of(&dear.clocks));
        assert_int_equal(dear.clocks.execute, cheap.clocks.execute);
        assert_int_equal(dear.count, cheap.count);
        for (size_t at = 0; at < dear.count; at++) {
            struct mmu_event event = dear.events[at];
            event.cycle = cheap.events[at].cycle;
            assert_memory_equal(&event, &cheap.events[at], sizeof event);
        }
        assert_string_equal(dear.output, cheap.output);
        guest_run_free(&cheap);
        guest_run_free(&dear);
    }
}

static void test_log_changes_nothing(void **state)
{
    (void)state;
    char path[] = "/tmp/mmu386-costs-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    for (size_t i = 0; i < CASES; i++) {
        struct guest_options options = {.ram_frames = 1024, .clocked = true};
        struct guest_run run, logged;
        run_with(&run, &charged_cases[i], &options);
        options.log = path;
        run_with(&logged, &charged_cases[i], &options);
        assert_memory_equal(&logged.clocks, &run.clocks, sizeof run.clocks);
        assert_int_equal(logged.fault_clocks, run.fault_clocks);
        guest_run_free(&run);
        guest_run_free(&logged);
    }
    (void)unlink(path);
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    charged_guests = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_functional),
        cmocka_unit_test(test_costs_change_nothing),
        cmocka_unit_test(test_log_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
