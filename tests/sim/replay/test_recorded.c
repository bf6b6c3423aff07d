/* test_recorded.c: real programs. Each of their accesses goes to a naive MMU as
 * well, which must count and decide the same; and they take the same cycles
 * however they are looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest_run.h"
#include "recorder.h"

static const char *guests; /* the directory that they are in */
static const char *own;    /* that of the test's own */

static const struct {
    const char *name;
    const char *arguments[4];
    bool long_one;
    bool is_own;
} programs[] = {
    {"compute", {"1", NULL}, true, false},
    {"sort", {"1500", NULL}, true, false},
    {"spin", {"12", NULL}, true, false},
    {"callfuzz", {"1", "4", NULL}, true, false},
    {"sort", {"200", NULL}, false, false},
    {"three", {"48", NULL}, false, false},
    {"tree", {"4", NULL}, false, false},
    {"forkbench", {"48", "2", "write", NULL}, false, false},
    {"codewrite", {NULL}, false, false},
    {"handlers", {NULL}, false, false},
    {"signals", {NULL}, false, false},
    {"value", {NULL}, false, false},
    {"file", {NULL}, false, false},
    {"crowd", {"6", "4", "3", NULL}, false, false},
    {"null", {"jump", NULL}, false, false},
    {"cpu/straddle/straddle", {NULL}, true, true},
    {"cpu/rewrite/rewrite", {"21", "12", NULL}, true, true},
};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

/* The first is as the generation has it. */
static const struct mmu_tlb_geometry geometries[] = {
    {0, 0, MMU_TLB_POINTER, 0},  {1, 1, MMU_TLB_POINTER, 0},
    {32, 1, MMU_TLB_LRU, 0},     {2, 2, MMU_TLB_LRU, 0},
    {64, 64, MMU_TLB_LRU, 0},    {32, 8, MMU_TLB_PLRU, 0},
    {8, 4, MMU_TLB_RANDOM, 386}, {16, 16, MMU_TLB_RANDOM, 80386},
    {4096, 4, MMU_TLB_PLRU, 0},  {16, 2, MMU_TLB_POINTER, 0},
};
enum { GEOMETRIES = sizeof geometries / sizeof geometries[0] };

/* With all of them the test takes twice as long: by default a long program has
 * each geometry on one processor. */
static bool wanted(size_t program, size_t geometry, int processor)
{
    if (getenv("MMU386_BRIEF") != NULL)
        return !programs[program].long_one &&
               (program + geometry) % 5 == (size_t)processor;
    return !programs[program].long_one ||
           (program + geometry) % 3 == (size_t)processor ||
           getenv("MMU386_THOROUGH") != NULL;
}

static void give(struct mmu_generation *generation,
                 const struct mmu_tlb_geometry *geometry)
{
    if (geometry->entries == 0)
        return;
    generation->data_tlb = *geometry;
    if (generation->code_tlb.entries != 0)
        generation->code_tlb = *geometry;
}

static void follow(void *arg, struct kernel *kernel)
{
    recorder_follow(arg, kernel, false);
}

static void follow_blocks(void *arg, struct kernel *kernel)
{
    recorder_follow(arg, kernel, true);
}

static void finish(void *arg, struct kernel *kernel)
{
    (void)kernel;
    recorder_finish(arg);
}

/* What a recorder does to a machine before it follows it. */
static void flush(void *arg, struct kernel *kernel)
{
    (void)arg;
    cpu_load_cr3(kernel->machine.cpu,
                 cpu_mmu(kernel->machine.cpu)->control.cr3);
}

static uint64_t walk_clocks(const struct guest_run *r,
                            const struct recorder *recorder)
{
    const struct mmu_counts *boot = &recorder->mmu_before;

    return (r->mmu.bus_reads + r->mmu.bus_writes - boot->bus_reads -
            boot->bus_writes) *
           BUS_CLOCKS;
}

static void assert_same_run(const char *what, const struct guest_run *a,
                            const struct guest_run *b)
{
    if (memcmp(&a->mmu, &b->mmu, sizeof a->mmu) != 0)
        fail_msg("%s: lookups %llu misses %llu bus %llu+%llu, not %llu, %llu, "
                 "%llu+%llu",
                 what, (unsigned long long)b->mmu.lookups,
                 (unsigned long long)b->mmu.misses,
                 (unsigned long long)b->mmu.bus_reads,
                 (unsigned long long)b->mmu.bus_writes,
                 (unsigned long long)a->mmu.lookups,
                 (unsigned long long)a->mmu.misses,
                 (unsigned long long)a->mmu.bus_reads,
                 (unsigned long long)a->mmu.bus_writes);
    if (a->cycles != b->cycles || a->instructions != b->instructions)
        fail_msg(
            "%s: %llu cycles, %llu instructions, not %llu and %llu", what,
            (unsigned long long)b->cycles, (unsigned long long)b->instructions,
            (unsigned long long)a->cycles, (unsigned long long)a->instructions);
    assert_memory_equal(&a->clocks, &b->clocks, sizeof a->clocks);
    assert_int_equal(a->count, b->count);
    if (memcmp(a->events, b->events, a->count * sizeof *a->events) != 0)
        fail_msg("%s: the events, or when they were, differ", what);
    assert_string_equal(a->output, b->output);
    assert_int_equal(a->status, b->status);
}

static void assert_sums(const struct guest_run *r)
{
    const struct clocks *c = &r->clocks;

    assert_null(r->broken);
    assert_int_equal(r->cycles,
                     c->execute + c->walk + c->trap + c->fork + c->service);
    assert_in_range(r->cycles, 1, UINT64_MAX);
}

static void run(struct guest_run *r, size_t program,
                const struct guest_options *options)
{
    guest_run(r, programs[program].is_own ? own : guests,
              programs[program].name, programs[program].arguments, options);
    assert_sums(r);
}

/* One program with a recorder, and without one. Returns how many accesses it
 * made. */
static uint64_t record(size_t program, const struct mmu_generation *generation,
                       const struct mmu_tlb_geometry *geometry, bool watch)
{
    struct recorder recorder;
    struct guest_run with;
    struct guest_run without;
    char what[128];
    struct guest_options options = {.clocked = true,
                                    .generation = generation,
                                    .prepare = watch ? follow_blocks : follow,
                                    .finish = finish,
                                    .arg = &recorder,
                                    .ram_frames = 4096};

    (void)snprintf(what, sizeof what, "%s on %s with %u,%u,%d",
                   programs[program].name, generation->name, geometry->entries,
                   geometry->ways, (int)geometry->policy);
    recorder_init(&recorder);
    run(&with, program, &options);
    if (recorder.wrong[0] != '\0')
        fail_msg("%s: %s", what, recorder.wrong);
    assert_int_equal(with.clocks.walk, walk_clocks(&with, &recorder));
    if (watch)
        assert_in_range(recorder.blocks, 1, UINT64_MAX);
    uint64_t accesses = recorder.accesses;

    recorder_free(&recorder);
    options.prepare = flush;
    options.finish = NULL;
    run(&without, program, &options);
    assert_same_run(what, &with, &without);
    guest_run_free(&with);
    guest_run_free(&without);
    return accesses;
}

static void every_geometry(bool watch)
{
    uint64_t accesses = 0;
    unsigned runs = 0;

    for (size_t geometry = 0; geometry < GEOMETRIES; geometry++) {
        for (int id = 0; id < MMU_GENERATIONS; id++) {
            struct mmu_generation generation =
                *mmu_generation_of((enum mmu_generation_id)id);

            give(&generation, &geometries[geometry]);
            for (size_t program = 0; program < PROGRAMS; program++) {
                if (!wanted(program, geometry + watch, id) ||
                    (watch && geometry % 3 != 0))
                    continue;
                accesses +=
                    record(program, &generation, &geometries[geometry], watch);
                runs++;
            }
        }
    }
    print_message("%u runs, %llu accesses\n", runs,
                  (unsigned long long)accesses);
}

static void test_a_naive_mmu_counts_the_same(void **state)
{
    (void)state;
    every_geometry(false);
}

static void test_blocks_add_up(void **state)
{
    (void)state;
    every_geometry(true);
}

/* ---- who looks does not matter ---- */

static void count_block(void *arg, const struct watched_block *block)
{
    uint64_t *clocks = arg;

    *clocks += block->clocks;
}

static void watch_clocks(void *arg, struct kernel *kernel)
{
    const struct watcher watcher = {count_block, arg, false};

    assert_true(cpu_watch(kernel->machine.cpu, &watcher));
}

static void test_the_same_cycles_however_looked_at(void **state)
{
    char log[] = "/tmp/recorded-XXXXXX";
    int fd = mkstemp(log);

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    for (size_t program = 0; program < PROGRAMS; program++) {
        for (int id = 0; id < MMU_GENERATIONS; id++) {
            uint64_t clocks = 0;
            struct guest_run runs[4];
            const struct mmu_generation *generation =
                mmu_generation_of((enum mmu_generation_id)id);
            const struct guest_options options[4] = {
                {.clocked = true, .generation = generation},
                {.clocked = true, .generation = generation},
                {.clocked = true, .generation = generation, .log = log},
                {.clocked = true,
                 .generation = generation,
                 .prepare = watch_clocks,
                 .arg = &clocks},
            };

            if (programs[program].long_one && program % 3 != (size_t)id)
                continue;
            for (int i = 0; i < 4; i++)
                run(&runs[i], program, &options[i]);
            for (int i = 1; i < 4; i++)
                assert_same_run(programs[program].name, &runs[0], &runs[i]);
            assert_int_equal(clocks, runs[3].clocks.execute);
            for (int i = 0; i < 4; i++)
                guest_run_free(&runs[i]);
        }
    }
    (void)unlink(log);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_naive_mmu_counts_the_same),
        cmocka_unit_test(test_blocks_add_up),
        cmocka_unit_test(test_the_same_cycles_however_looked_at),
    };
    if (argc < 3) {
        (void)fprintf(stderr, "usage: test_recorded GUESTS OWN\n");
        return 2;
    }
    guests = argv[1];
    own = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
