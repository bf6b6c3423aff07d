/* guest_run.c: see guest_run.h. */
#include "guest_run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux/answers.h"
#include "linux/layout.h"
#include "log/log.h"
#include "program/program.h"

#define RAM_FRAMES    16384u
#define ARGUMENTS_MAX 8

static void keep(void *arg, const struct mmu_event *event)
{
    struct guest_run *run = arg;
    if (run->count == run->capacity) {
        run->capacity = run->capacity == 0 ? 1024 : run->capacity * 2;
        struct mmu_event *events =
            realloc(run->events, run->capacity * sizeof *events);
        assert_non_null(events);
        run->events = events;
    }
    run->events[run->count++] = *event;
}

static void keep_and_audit(void *arg, const struct mmu_event *event)
{
    struct guest_run *run = arg;
    keep(run, event);
    if (event->kind == MMU_EVENT_FAULT && kernel_audit(run->kernel, NULL) != 0)
        run->violations++;
}

static struct program *open_guest(const char *directory, const char *name)
{
    char path[4096];
    char why[128];
    int error_number = 0;
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s cannot be opened", path);
    struct program *program =
        program_open(fd, name, KERNEL_BASE, &error_number, why, sizeof why);
    (void)close(fd);
    if (program == NULL)
        fail_msg("%s %s", path, why);
    return program;
}

static void read_output(struct guest_run *run, int fd)
{
    ssize_t bytes = pread(fd, run->output, sizeof run->output - 1, 0);
    run->output[bytes < 0 ? 0 : bytes] = '\0';
    (void)close(fd);
}

static void finish(struct guest_run *run, struct kernel *kernel)
{
    run->broken = kernel->machine.broken;
    run->frames = kernel->machine.frames.counts[MMU_FRAME_USER];
    run->tables = kernel->machine.frames.counts[MMU_FRAME_TABLE];
    run->counts = kernel->counts;
    run->instructions = cpu_instructions(kernel->machine.cpu);
    run->mmu = cpu_mmu(kernel->machine.cpu)->counts;
    run->cycles = clock_cycles(&kernel->machine.clock);
    run->clocks = clock_read(&kernel->machine.clock);
    run->fault_clocks = kernel->machine.clock.fault_clocks;
    run->forks_timed = kernel->machine.clock.fork_count;
    for (size_t i = 0; i < run->forks_timed; i++)
        if (kernel->machine.clock.fork_clocks[i] > run->fork_worst)
            run->fork_worst = kernel->machine.clock.fork_clocks[i];
    if (kernel_audit(kernel, NULL) != 0)
        run->violations++;
}

static struct log *open_log(struct kernel *kernel, const char *path,
                            char *const argv[])
{
    char why[256];
    struct log *log = log_new(path, true, why, sizeof why);
    if (log == NULL)
        fail_msg("%s: %s", path, why);
    const struct subjects subjects = kernel_subjects(kernel);
    const struct log_run run = {argv, kernel->options.policy->name, "test"};
    assert_true(log_listen(log, &kernel->machine, &subjects, &run));
    return log;
}

static void close_log(struct log *log)
{
    char why[256];
    if (log != NULL && !log_free(log, why, sizeof why))
        fail_msg("the log: %s", why);
}

void guest_run(struct guest_run *run, const char *directory, const char *name,
               const char *const arguments[],
               const struct guest_options *options)
{
    const char *why = NULL;
    char *argv[ARGUMENTS_MAX + 2] = {(char *)name};
    char *envp[] = {NULL};
    int output = memfd_create("output", MFD_CLOEXEC);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const struct machine_options machine = {
        .generation = options->generation != NULL
                          ? options->generation
                          : mmu_generation_named(
                                options->cpu == NULL ? "i386" : options->cpu),
        .ram_frames =
            options->ram_frames == 0 ? RAM_FRAMES : options->ram_frames,
        .clocked = options->clocked,
        .costs = options->costs,
        .wait_states = options->wait_states,
    };
    const struct kernel_options kernel_options = {
        .policy = mmu_fork_policy_named(
            options->policy == NULL ? "cow" : options->policy),
        .host_fd = {input, output, output},
    };
    for (int i = 0;
         arguments != NULL && i < ARGUMENTS_MAX && arguments[i] != NULL; i++)
        argv[i + 1] = (char *)arguments[i];
    *run = (struct guest_run){0};
    struct program *program = open_guest(directory, name);
    struct kernel *kernel = kernel_new(&machine, &kernel_options, &why);
    if (kernel == NULL)
        fail_msg("no machine: %s", why);
    run->kernel = kernel;
    run->tables_at_boot = kernel->machine.frames.counts[MMU_FRAME_TABLE].in_use;
    machine_listen(
        &kernel->machine,
        (struct mmu_event_sink){options->audit ? keep_and_audit : keep, run});
    struct log *log =
        options->log == NULL ? NULL : open_log(kernel, options->log, argv);
    if (options->prepare != NULL)
        options->prepare(options->arg, kernel);
    assert_int_equal(kernel_start(kernel, program, argv, envp), 0);
    run->status = kernel_run(kernel);
    finish(run, kernel);
    if (options->finish != NULL)
        options->finish(options->arg, kernel);
    if (log != NULL)
        log_complete(log, run->status);
    kernel_free(kernel);
    close_log(log);
    program_put(program);
    (void)close(input);
    read_output(run, output);
}

void guest_run_free(struct guest_run *run)
{
    free(run->events);
}

const struct mmu_event *guest_event(const struct guest_run *run,
                                    enum mmu_event_kind kind, size_t from)
{
    for (size_t i = from; i < run->count; i++)
        if (run->events[i].kind == kind)
            return &run->events[i];
    return NULL;
}

size_t guest_count(const struct guest_run *run, enum mmu_event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++)
        count += run->events[i].kind == kind;
    return count;
}

size_t guest_index(const struct guest_run *run, const struct mmu_event *event)
{
    return (size_t)(event - run->events);
}
