/* test_meter.c: a processor that is given instructions by the handful stops at
 * the same instruction with the same registers as one that executes them one at
 * a time. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/entry.h"
#include "linux/gate.h"
#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/process.h"
#include "linux/sigdeliver.h"
#include "program/program.h"

#define STEPS_MAX 1000

static const char *guests;

struct side {
    struct kernel *kernel;
    struct program *program;
    struct cpu_exit exit;
    uint64_t executed; /* instructions, by what the budgets say */
};

static struct program *open_guest(const char *name)
{
    char path[4096];
    char why[128];
    int error_number = 0;
    (void)snprintf(path, sizeof path, "%s/%s", guests, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct program *program =
        program_open(fd, name, KERNEL_BASE, &error_number, why, sizeof why);
    (void)close(fd);
    assert_non_null(program);
    return program;
}

static void start(struct side *side, const char *name, const char *argument,
                  bool clocked, int null)
{
    const char *why = NULL;
    char *argv[] = {(char *)name, (char *)argument, NULL};
    char *envp[] = {NULL};
    const struct machine_options machine = {
        .generation = mmu_generation_named("i386"),
        .ram_frames = 4096,
        .clocked = clocked,
    };
    const struct kernel_options options = {
        .policy = mmu_fork_policy_named("cow"),
        .host_fd = {null, null, null},
    };
    *side = (struct side){.kernel = kernel_new(&machine, &options, &why),
                          .program = open_guest(name)};
    assert_non_null(side->kernel);
    assert_int_equal(kernel_start(side->kernel, side->program, argv, envp), 0);
    process_switch_to(side->kernel, side->kernel->init);
    assert_true(entry_return(side->kernel, side->kernel->init));
}

static void finish(struct side *side)
{
    kernel_free(side->kernel);
    program_put(side->program);
}

/* Runs at most `budget` instructions, and serves what stops it before. False
 * when it has ended. */
static bool step(struct side *side, uint64_t budget)
{
    struct kernel *kernel = side->kernel;
    struct process *process = kernel->init;
    cpu_run(kernel->machine.cpu, budget, &side->exit);
    side->executed += budget - cpu_budget_left(kernel->machine.cpu);
    assert_int_not_equal(side->exit.stop, CPU_STOP_BROKEN);
    if (side->exit.stop == CPU_STOP_BUDGET)
        return true;
    gate_trap(kernel, process, &side->exit);
    if (process->state != PROCESS_RUNNABLE)
        return false;
    signals_deliver(kernel, process, -1);
    return process->state == PROCESS_RUNNABLE && entry_return(kernel, process);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Executes one instruction at a time until as many are done as `other` did.
 * False when it ended. */
static bool catch_up(struct side *single, const struct side *other)
{
    while (single->executed < other->executed)
        if (!step(single, 1))
            return false;
    return true;
}

static void in_step(const char *name, const char *argument, uint32_t seed)
{
    struct side clocked;
    struct side single;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int compared = 0;
    start(&clocked, name, argument, true, null);
    start(&single, name, argument, false, null);
    for (int i = 0; i < STEPS_MAX; i++) {
        uint64_t budget = 1 + next_random(&seed) % (i % 3 == 0 ? 7 : 400);
        bool goes_on = step(&clocked, budget);
        assert_int_equal(clocked.executed,
                         cpu_instructions(clocked.kernel->machine.cpu));
        if (!goes_on) { /* by the fault or call that comes after what was
                           executed */
            assert_false(catch_up(&single, &clocked) && step(&single, 1));
            break;
        }
        assert_true(catch_up(&single, &clocked));
        if (clocked.exit.stop != CPU_STOP_BUDGET)
            continue;
        compared++;
        assert_memory_equal(cpu_registers(clocked.kernel->machine.cpu)->general,
                            cpu_registers(single.kernel->machine.cpu)->general,
                            sizeof(uint32_t) * GENERAL_REGISTERS);
        assert_int_equal(cpu_registers(clocked.kernel->machine.cpu)->eip,
                         cpu_registers(single.kernel->machine.cpu)->eip);
        assert_int_equal(cpu_registers(clocked.kernel->machine.cpu)->eflags,
                         cpu_registers(single.kernel->machine.cpu)->eflags);
    }
    assert_true(compared > 0);
    assert_int_equal(clocked.executed, single.executed);
    finish(&clocked);
    finish(&single);
    (void)close(null);
}

static void test_loops_and_calls(void **state)
{
    (void)state;
    in_step("compute", "1", 1);
    in_step("compute", "1", 2);
}

static void test_faults_between(void **state)
{
    (void)state;
    in_step("touch", "200", 3);
    in_step("overflow", "self", 4);
}

static void test_ends(void **state)
{
    (void)state;
    in_step("null", "read", 5);
    in_step("null", "jump", 6);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops_and_calls),
        cmocka_unit_test(test_faults_between),
        cmocka_unit_test(test_ends),
    };
    if (argc < 2) {
        (void)fprintf(stderr, "usage: test_meter GUESTS\n");
        return 2;
    }
    guests = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
