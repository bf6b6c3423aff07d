/* test_costs.c: the kernel's clocks: sums, costs, wait states, and that nothing
 * else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest_run.h"
#include "linux/layout.h"
#include "machine/costs.h"

static const char *guests; /* the directory they are in */

struct case_row {
    const char *name;
    const char *arguments[4];
};

static const struct case_row cases[] = {
    {"stackfork", {NULL}},    {"value", {NULL}},
    {"file", {NULL}},         {"three", {"8", NULL}},
    {"tree", {"3", NULL}},    {"null", {"write", NULL}},
    {"signals", {NULL}},      {"handlers", {NULL}},
    {"touch", {"40", "2"}},   {"codewrite", {"self", NULL}},
    {"simple", {NULL}},       {"forkbench", {"60", "3", "write", NULL}},
    {"overflow", {NULL}},     {"oom", {"fork", "40", NULL}},
    {"compute", {"1", NULL}},
};

#define CASES (sizeof cases / sizeof cases[0])

static void run_with(struct guest_run *run, const struct case_row *row,
                     const struct guest_options *options)
{
    guest_run(run, guests, row->name, row->arguments, options);
}

static uint64_t sum_of(const struct clocks *clocks)
{
    return clocks->execute + clocks->walk + clocks->trap + clocks->fork +
           clocks->service;
}

/* All costs 0 but one. */
static void only(uint32_t costs[COSTS], enum cost cost, uint32_t clocks)
{
    memset(costs, 0, COSTS * sizeof *costs);
    costs[cost] = clocks;
}

static uint64_t kernel_clocks(const struct guest_run *run)
{
    return run->clocks.trap + run->clocks.fork + run->clocks.service;
}

/* How often the run did what `cost` is of. */
static uint64_t times(const struct case_row *row, struct guest_options options,
                      enum cost cost)
{
    uint32_t costs[COSTS];
    struct guest_run run;
    only(costs, cost, 1);
    options.costs = costs;
    run_with(&run, row, &options);
    uint64_t count = kernel_clocks(&run);
    guest_run_free(&run);
    return count;
}

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
                check_run(&cases[i],
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
        run_with(&functional, &cases[i], &options);
        options.clocked = true;
        run_with(&clocked, &cases[i], &options);
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
        run_with(&cheap, &cases[i], &options);
        options.costs = costs;
        options.wait_states = WAIT_STATES_HIGHEST;
        run_with(&dear, &cases[i], &options);
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
        run_with(&run, &cases[i], &options);
        options.log = path;
        run_with(&logged, &cases[i], &options);
        assert_memory_equal(&logged.clocks, &run.clocks, sizeof run.clocks);
        assert_int_equal(logged.fault_clocks, run.fault_clocks);
        guest_run_free(&run);
        guest_run_free(&logged);
    }
    (void)unlink(path);
}

/* ---- what is charged ---- */

/* Each wait state is one clock more of each bus cycle, which takes two. */
static void test_wait_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct guest_options options = {.ram_frames = 1024, .clocked = true};
        struct guest_run none, three;
        run_with(&none, &cases[i], &options);
        options.wait_states = 3;
        run_with(&three, &cases[i], &options);
        assert_true(none.clocks.walk > 0);
        assert_int_equal(none.clocks.walk % 2, 0);
        assert_int_equal(three.cycles - none.cycles,
                         3 * (none.clocks.walk / 2));
        assert_int_equal(kernel_clocks(&three), kernel_clocks(&none));
        guest_run_free(&none);
        guest_run_free(&three);
    }
}

/* The kernel's clocks are the sum of each cost by how often it is charged, and
 * a cost's part grows with it. */
static void test_each_cost(void **state)
{
    (void)state;
    static const struct case_row row = {"forkbench",
                                        {"30", "2", "write", NULL}};
    const struct guest_options options = {.clocked = true};
    struct guest_run run;
    uint64_t sum = 0;
    run_with(&run, &row, &options);
    for (int cost = 0; cost < COSTS; cost++)
        sum += times(&row, options, (enum cost)cost) *
               cost_row_of((enum cost)cost)->clocks[MMU_GENERATION_I386];
    assert_int_equal(sum, kernel_clocks(&run));
    guest_run_free(&run);
}

static uint64_t times_of_events(const struct guest_run *run, enum cost cost)
{
    uint64_t count = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct mmu_event *event = &run->events[i];
        enum mmu_event_kind kind = event->kind;
        bool copies = kind == MMU_EVENT_COPY || kind == MMU_EVENT_FORK_COPY;
        if (cost == COST_PAGE_COPY)
            count += copies;
        if (cost == COST_PAGE_ZERO)
            count += kind == MMU_EVENT_ZERO_FILL;
        if (cost == COST_FORK_PAGE)
            count +=
                kind == MMU_EVENT_FORK_COPY || kind == MMU_EVENT_FORK_SHARE;
        if (cost == COST_CR3_LOAD)
            count += kind == MMU_EVENT_FLUSH;
        if (cost == COST_INVLPG)
            count += kind == MMU_EVENT_INVALIDATE;
        if (cost == COST_FRAME)
            count += copies ||
                     (kind == MMU_EVENT_MAP && event->refs_before == 0) ||
                     (kind == MMU_EVENT_UNMAP && event->refs_after == 0);
        if (cost == COST_PTE)
            count += kind == MMU_EVENT_MAP || kind == MMU_EVENT_UNMAP ||
                     kind == MMU_EVENT_COPY || kind == MMU_EVENT_TAKEOVER ||
                     kind == MMU_EVENT_PROTECT;
        if (cost == COST_FAULT)
            count += kind == MMU_EVENT_FAULT;
        if (cost == COST_FORK)
            count += kind == MMU_EVENT_FORK;
        if (cost == COST_EXEC)
            count += kind == MMU_EVENT_EXEC;
        if (cost == COST_EXIT)
            count += kind == MMU_EVENT_EXIT;
        if (cost == COST_TRAP_SAME || cost == COST_IRET_SAME) /* faults of the
                                                                 kernel
                                                                 itself */
            count += kind == MMU_EVENT_FAULT && (event->error & MMU_PF_U) == 0;
    }
    return count;
}

/* What events tell of is charged once for each of them, under every policy and
 * generation. */
static void test_events(void **state)
{
    (void)state;
    static const enum cost costs[] = {
        COST_PAGE_COPY, COST_PAGE_ZERO, COST_FORK_PAGE, COST_CR3_LOAD,
        COST_INVLPG,    COST_FRAME,     COST_PTE,       COST_FAULT,
        COST_FORK,      COST_EXEC,      COST_EXIT,      COST_TRAP_SAME,
        COST_IRET_SAME,
    };
    static const struct case_row rows[] = {
        {"forkbench", {"40", "3", "write", NULL}},
        {"file", {NULL}},
        {"tree", {"3", NULL}}};
    static const char *const policies[] = {"eager", "cow"};
    static const char *const cpus[] = {"i386", "i486"};
    for (size_t row = 0; row < 3; row++)
        for (size_t policy = 0; policy < 2; policy++)
            for (size_t cpu = 0; cpu < 2; cpu++)
                for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
                    const struct guest_options options = {.policy =
                                                              policies[policy],
                                                          .cpu = cpus[cpu],
                                                          .clocked = true};
                    struct guest_run run;
                    run_with(&run, &rows[row], &options);
                    assert_int_equal(times(&rows[row], options, costs[i]),
                                     times_of_events(&run, costs[i]));
                    guest_run_free(&run);
                }
}

/* A dearer copy is paid for as often as pages are copied. */
static void test_copies(void **state)
{
    (void)state;
    static const struct case_row row = {"forkbench",
                                        {"100", "3", "write", NULL}};
    static const char *const policies[] = {"eager", "cow"};
    uint32_t costs[COSTS];
    for (int cost = 0; cost < COSTS; cost++)
        costs[cost] = COST_DEFAULT;
    costs[COST_PAGE_COPY] =
        cost_row_of(COST_PAGE_COPY)->clocks[MMU_GENERATION_I386] + 1000;
    for (size_t policy = 0; policy < 2; policy++) {
        struct guest_options options = {.policy = policies[policy],
                                        .clocked = true};
        struct guest_run run, dearer;
        run_with(&run, &row, &options);
        options.costs = costs;
        run_with(&dearer, &row, &options);
        uint64_t copies = guest_count(&run, MMU_EVENT_COPY) +
                          guest_count(&run, MMU_EVENT_FORK_COPY);
        assert_true(copies >= 300);
        assert_int_equal(dearer.cycles - run.cycles, 1000 * copies);
        guest_run_free(&run);
        guest_run_free(&dearer);
    }
}

/* Each trap from ring 3 is a fault, another exception, a system call or the
 * timer's, and ends in an IRET unless its process does; a new process has one
 * more. */
static void test_traps(void **state)
{
    (void)state;
    static const struct case_row row = {"forkbench",
                                        {"40", "3", "write", NULL}};
    const struct guest_options options = {.cpu = "i486", .clocked = true};
    struct guest_run run;
    run_with(&run, &row, &options);
    uint64_t traps = times(&row, options, COST_TRAP);
    uint64_t calls = times(&row, options, COST_CALL);
    uint64_t by_user = guest_count(&run, MMU_EVENT_FAULT) -
                       times_of_events(&run, COST_TRAP_SAME);
    assert_int_equal(calls, run.counts.system_calls);
    assert_int_equal(traps, by_user + calls);
    assert_int_equal(times(&row, options, COST_IRET),
                     traps - guest_count(&run, MMU_EVENT_EXIT) +
                         run.counts.processes);
    assert_int_equal(times(&row, options, COST_ENTRY),
                     traps + times_of_events(&run, COST_TRAP_SAME));
    guest_run_free(&run);
}

/* ---- forks ---- */

/* An eager fork's copies are all inside the call; a fork by sharing has
 * none. */
static void test_fork_category(void **state)
{
    (void)state;
    static const struct case_row row = {"forkbench", {"50", "2", NULL}};
    static const char *const policies[] = {"eager", "cow"};
    uint32_t costs[COSTS];
    only(costs, COST_PAGE_COPY, 1);
    for (size_t policy = 0; policy < 2; policy++) {
        const struct guest_options options = {
            .policy = policies[policy], .clocked = true, .costs = costs};
        struct guest_run run;
        run_with(&run, &row, &options);
        assert_int_equal(run.clocks.fork,
                         guest_count(&run, MMU_EVENT_FORK_COPY));
        assert_int_equal(run.clocks.service, guest_count(&run, MMU_EVENT_COPY));
        assert_int_equal(run.forks_timed, 2);
        /* and the walks on the way, 2 clocks each bus cycle */
        uint64_t walks =
            run.fork_worst - guest_count(&run, MMU_EVENT_FORK_COPY) / 2;
        assert_true(walks <= 2 * 2 * 12);
        guest_run_free(&run);
    }
}

/* Worked out by hand: the parent of forkbench's fork under cow on an i486. */
static void test_fork_latency(void **state)
{
    (void)state;
    static const struct case_row row = {"forkbench", {"50", "1", NULL}};
    const struct guest_options options = {.cpu = "i486", .clocked = true};
    struct guest_run run;
    run_with(&run, &row, &options);
    const struct mmu_event *forked = guest_event(&run, MMU_EVENT_FORK, 0);
    assert_non_null(forked);
    size_t end = guest_index(&run, forked);
    uint64_t shared = 0, tables = 1, walked_for = UINT64_MAX;
    for (size_t i = 0; i < end; i++)
        if (run.events[i].kind == MMU_EVENT_FORK_SHARE) {
            shared++;
            tables +=
                run.events[i].linear >> MMU_LARGE_PAGE_SHIFT != walked_for;
            walked_for = run.events[i].linear >> MMU_LARGE_PAGE_SHIFT;
        }
    assert_true(shared >= 50);
    /* INT 71, IRET 36; registers 147, dispatch 48; the child's stack: a frame
     * 36 and an entry 61; each table searched 5132 and made 4149, each entry
     * 46, CR3 loaded 5, the record 809. */
    uint64_t clocks = 71 + 36 + 147 + 48 + 36 + 61 + tables * (5132 + 4149) +
                      shared * 46 + 5 + 809;
    /* The rest are walks: of the gate, the TSS, the kernel's stack. 2 clocks a
     * bus cycle. */
    assert_true(run.fork_worst >= clocks);
    assert_true(run.fork_worst - clocks <= 2 * 2 * 12);
    assert_int_equal((run.fork_worst - clocks) % 2, 0);
    assert_int_equal(run.clocks.fork, clocks - 71 - 36);
    guest_run_free(&run);
}

/* Copies are counted in pages and in dwords begun: null writes 11 bytes or 12,
 * or 28. What exec puts on the stack is the same in all. */
static void test_user_copies(void **state)
{
    (void)state;
    static const struct case_row of_11 = {"null", {"read", NULL}};
    static const struct case_row of_12 = {"null", {"write", NULL}};
    static const struct case_row of_28 = {"null", {NULL}};
    const struct guest_options options = {.cpu = "i486", .clocked = true};
    uint64_t dwords = times(&of_11, options, COST_COPY_DWORD);
    assert_true(dwords > 3);
    assert_int_equal(times(&of_12, options, COST_COPY_DWORD), dwords);
    assert_int_equal(times(&of_28, options, COST_COPY_DWORD), dwords + 7 - 3);
    assert_int_equal(times(&of_11, options, COST_COPY_USER), 1);
    assert_int_equal(times(&of_28, options, COST_COPY_USER), 1);
    assert_int_equal(times(&of_28, options, COST_LOOK_UP),
                     times(&of_28, options, COST_FAULT));
}

/* ---- page faults ---- */

/* How much of what `cost` is of is done for page faults. */
static uint64_t times_for_faults(const struct case_row *row,
                                 struct guest_options options, enum cost cost)
{
    uint32_t costs[COSTS];
    struct guest_run without, with;
    options.costs = costs;
    only(costs, cost, 0);
    run_with(&without, row, &options);
    costs[cost] = 1;
    run_with(&with, row, &options);
    uint64_t count = with.fault_clocks - without.fault_clocks;
    guest_run_free(&without);
    guest_run_free(&with);
    return count;
}

static void check_faults(const struct case_row *row,
                         const struct guest_options options, uint64_t deaths)
{
    struct guest_run run;
    run_with(&run, row, &options);
    uint64_t all = guest_count(&run, MMU_EVENT_FAULT);
    uint64_t in_kernel = times_of_events(&run, COST_TRAP_SAME);
    uint64_t copies = 0, zeroed = 0;
    for (size_t i = 0; i < run.count; i++) {
        copies += run.events[i].kind == MMU_EVENT_COPY &&
                  run.events[i].in_kernel == 0;
        zeroed += run.events[i].kind == MMU_EVENT_ZERO_FILL &&
                  run.events[i].in_kernel == 0;
    }
    assert_int_equal(times_for_faults(row, options, COST_TRAP),
                     all - in_kernel);
    assert_int_equal(times_for_faults(row, options, COST_TRAP_SAME), in_kernel);
    assert_int_equal(times_for_faults(row, options, COST_IRET),
                     all - in_kernel - deaths);
    assert_int_equal(times_for_faults(row, options, COST_IRET_SAME), in_kernel);
    assert_int_equal(times_for_faults(row, options, COST_ENTRY), all);
    assert_int_equal(times_for_faults(row, options, COST_FAULT), all);
    assert_int_equal(times_for_faults(row, options, COST_PAGE_COPY), copies);
    assert_int_equal(times_for_faults(row, options, COST_PAGE_ZERO), zeroed);
    assert_int_equal(times_for_faults(row, options, COST_CALL), 0);
    assert_int_equal(times_for_faults(row, options, COST_FORK_PAGE), 0);
    assert_int_equal(times_for_faults(row, options, COST_EXIT), 0);
    assert_int_equal(times_for_faults(row, options, COST_SIGNAL), 0);
    guest_run_free(&run);
}

static void test_fault_clocks(void **state)
{
    (void)state;
    static const struct case_row file = {"file", {NULL}};
    static const struct case_row death = {"null", {"read", NULL}};
    static const struct case_row bench = {"forkbench",
                                          {"20", "2", "write", NULL}};
    static const char *const cpus[] = {"i386", "i486"};
    for (size_t cpu = 0; cpu < 2; cpu++) {
        const struct guest_options options = {.cpu = cpus[cpu],
                                              .clocked = true};
        check_faults(&file, options, 0);
        check_faults(&death, options, 1);
        check_faults(&bench, options, 0);
    }
}

/* ---- by hand ---- */

/* All that the kernel does for `null write` on an i486, from its events:
 * nothing else is charged. The program prints a line and dies of a store to
 * address 0. */
static void test_by_hand(void **state)
{
    (void)state;
    static const struct case_row row = {"null", {"write", NULL}};
    const struct guest_options options = {.cpu = "i486", .clocked = true};
    struct guest_run run;
    run_with(&run, &row, &options);
    uint64_t clocks = 0, tables = 1, last_table = UINT64_MAX;
    for (size_t i = 0; i < run.count; i++) {
        const struct mmu_event *event = &run.events[i];
        switch (event->kind) {
        case MMU_EVENT_FAULT: /* INT, registers, decision, mapping */
            clocks += 71 + 147 + 47 + 154;
            break;
        case MMU_EVENT_MAP:
            clocks += 61 + (event->refs_before == 0 ? 36 : 0);
            if (event->linear < KERNEL_BASE) {
                tables += event->linear >> MMU_LARGE_PAGE_SHIFT != last_table;
                last_table = event->linear >> MMU_LARGE_PAGE_SHIFT;
            }
            break;
        case MMU_EVENT_UNMAP:
            clocks += 61 + (event->refs_after == 0 ? 36 : 0);
            break;
        case MMU_EVENT_ZERO_FILL:
            clocks += 4108;
            break;
        case MMU_EVENT_FILE:
            clocks += 3089;
            break;
        case MMU_EVENT_FLUSH:
            clocks += 5;
            break;
        case MMU_EVENT_INVALIDATE:
            clocks += 12;
            break;
        case MMU_EVENT_EXEC:
            clocks += 708;
            break;
        case MMU_EVENT_EXIT:
            clocks += 1012;
            break;
        default:
            break;
        }
    }
    /* Tables made, and searched when the process ends; the IRET of each trap
     * but the last, and of the first entry; system calls. */
    uint64_t traps =
        guest_count(&run, MMU_EVENT_FAULT) + run.counts.system_calls;
    clocks += tables * (4149 + 5132);
    clocks += 36 * traps;
    clocks += run.counts.system_calls * (71 + 147 + 48);
    uint64_t copies = 45 + 3 * times(&row, options, COST_COPY_DWORD);
    assert_int_equal(kernel_clocks(&run), clocks + copies);
    guest_run_free(&run);
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    guests = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_functional),
        cmocka_unit_test(test_costs_change_nothing),
        cmocka_unit_test(test_log_changes_nothing),
        cmocka_unit_test(test_wait_states),
        cmocka_unit_test(test_each_cost),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_traps),
        cmocka_unit_test(test_fork_category),
        cmocka_unit_test(test_fork_latency),
        cmocka_unit_test(test_user_copies),
        cmocka_unit_test(test_fault_clocks),
        cmocka_unit_test(test_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
