/* test_rewrite.c: a program that rewrites itself counts the same whole and a
 * few instructions at a time: a block that stores to itself is cut where the
 * budget cuts it already, or elsewhere. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/entry.h"
#include "linux/gate.h"
#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/process.h"
#include "program/program.h"

static const char *program_path;

struct counts {
    uint64_t instructions, clocks, lookups;
    char output[256];
};

static struct program *open_program(void)
{
    char why[128];
    int error_number = 0;
    int fd = open(program_path, O_RDONLY | O_CLOEXEC);
    struct program *program = program_open(fd, "rewrite", KERNEL_BASE,
                                           &error_number, why, sizeof why);
    (void)close(fd);
    assert_non_null(program);
    return program;
}

/* Runs the only process to its end, by `step` instructions at a time. */
static void run_in_steps(struct kernel *kernel, uint64_t step)
{
    struct process *process = kernel->init;
    struct cpu_exit exit;
    process_switch_to(kernel, process);
    while (process->state == PROCESS_RUNNABLE &&
           entry_return(kernel, process)) {
        do
            cpu_run(kernel->machine.cpu, step, &exit);
        while (exit.stop == CPU_STOP_BUDGET);
        assert_int_not_equal(exit.stop, CPU_STOP_BROKEN);
        gate_trap(kernel, process, &exit);
    }
    assert_int_not_equal(process->state, PROCESS_RUNNABLE);
}

static struct counts run(const char *seed, const char *cpu, bool clocked,
                         uint64_t step)
{
    const char *why = NULL;
    char *argv[] = {"rewrite", (char *)seed, "1", "once", NULL};
    char *envp[] = {NULL};
    int output = memfd_create("output", MFD_CLOEXEC);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct counts counts = {0};
    struct program *program = open_program();
    const struct machine_options machine = {
        .generation = mmu_generation_named(cpu),
        .ram_frames = 4096,
        .clocked = clocked,
    };
    const struct kernel_options options = {
        .policy = mmu_fork_policy_named("cow"),
        .host_fd = {null, output, null},
    };
    struct kernel *kernel = kernel_new(&machine, &options, &why);
    assert_non_null(kernel);
    assert_int_equal(kernel_start(kernel, program, argv, envp), 0);
    run_in_steps(kernel, step);
    counts.instructions = cpu_instructions(kernel->machine.cpu);
    counts.clocks = cpu_clocks(kernel->machine.cpu);
    counts.lookups = cpu_mmu(kernel->machine.cpu)->counts.lookups;
    assert_in_range(pread(output, counts.output, sizeof counts.output - 1, 0),
                    1, sizeof counts.output);
    kernel_free(kernel);
    program_put(program);
    (void)close(output);
    (void)close(null);
    return counts;
}

static void compare(const char *seed, const char *cpu, const uint64_t *steps)
{
    const struct counts whole = run(seed, cpu, true, CPU_NO_BUDGET);
    const struct counts functional = run(seed, cpu, false, 5);
    assert_string_equal(functional.output, whole.output);
    for (; *steps != 0; steps++) {
        const struct counts part = run(seed, cpu, true, *steps);
        assert_string_equal(part.output, whole.output);
        assert_int_equal(part.instructions, whole.instructions);
        assert_int_equal(part.clocks, whole.clocks);
        assert_int_equal(part.lookups, whole.lookups);
    }
}

static void test_in_steps(void **state)
{
    (void)state;
    compare("31", "i386", (const uint64_t[]){1, 7, 0});
    compare("32", "i486", (const uint64_t[]){3, 0});
    compare("33", "pentium", (const uint64_t[]){2, 0});
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_steps)};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: test_rewrite PROGRAM\n");
        return 2;
    }
    program_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
