/* runs.c: see runs.h. */
#include "runs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "linux/answers.h"
#include "linux/kernel.h"
#include "linux/layout.h"
#include "log/log.h"
#include "program/program.h"
#include "timing.h"

struct bench bench_of_arguments(int argc, char *argv[])
{
    struct bench bench = {.rounds = 3};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s GUESTS [ROUNDS]\n", argv[0]);
        exit(2);
    }
    bench.guests = argv[1];
    if (argc > 2)
        bench.rounds = (int)strtol(argv[2], NULL, 10);
    if (bench.rounds < 1)
        bench.rounds = 1;
    bench.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    return bench;
}

struct program *open_guest(const struct bench *bench, const char *name)
{
    char path[4096];
    char why[128];
    int error_number = 0;
    (void)snprintf(path, sizeof path, "%s/%s", bench->guests, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct program *program =
        fd < 0 ? NULL
               : program_open(fd, path, KERNEL_BASE, &error_number, why,
                              sizeof why);
    if (program == NULL) {
        (void)fprintf(stderr, "bench: %s cannot be opened\n", path);
        exit(1);
    }
    (void)close(fd);
    return program;
}

static void count_faults(void *arg, const struct mmu_event *event)
{
    struct measured *measured = arg;
    measured->faults += event->kind == MMU_EVENT_FAULT;
    if (event->kind != MMU_EVENT_EXIT)
        return;
    measured->exits++;
    measured->last_exit = measured->own_exit;
    measured->own_exit = processor_seconds_now();
    if (measured->exits == 1)
        measured->first_exit = measured->own_exit;
}

static void check_log(bool good, const char *path, const char *why)
{
    if (good)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", path, why);
    exit(1);
}

/* A machine whose first process is about to run the program. */
static struct kernel *start_machine(const struct bench *bench,
                                    struct program *program, const char *policy,
                                    bool clocked, char *const argv[])
{
    const char *why = NULL;
    char *envp[] = {NULL};
    const struct machine_options machine = {
        .generation = mmu_generation_named("i386"),
        .ram_frames = bench->ram_frames,
        .clocked = clocked,
    };
    const struct kernel_options options = {
        .policy = mmu_fork_policy_named(policy),
        .host_fd = {bench->null, bench->null, bench->null},
    };
    struct kernel *kernel = kernel_new(&machine, &options, &why);
    if (kernel == NULL || kernel_start(kernel, program, argv, envp) != 0) {
        (void)fprintf(stderr, "bench: %s\n", why == NULL ? "no memory" : why);
        exit(1);
    }
    return kernel;
}

static bool listen_log(struct log *log, struct kernel *kernel,
                       char *const argv[])
{
    const struct subjects subjects = kernel_subjects(kernel);
    const struct log_run run = {argv, kernel->options.policy->name, "bench"};
    return log_listen(log, &kernel->machine, &subjects, &run);
}

struct measured run_logged(const struct bench *bench, struct program *program,
                           const char *policy, bool clocked,
                           const char *const arguments[], const char *log_path)
{
    struct measured measured = {0};
    char reason[256] = "";
    char *argv[6] = {program->name};
    for (int i = 0; i < 4 && arguments[i] != NULL; i++)
        argv[i + 1] = (char *)arguments[i];
    struct kernel *kernel =
        start_machine(bench, program, policy, clocked, argv);
    machine_listen_to(&kernel->machine,
                      (struct mmu_event_sink){count_faults, &measured},
                      1u << MMU_EVENT_FAULT | 1u << MMU_EVENT_EXIT);
    double start = seconds_now();
    double processor_start = processor_seconds_now();
    struct log *log = log_path == NULL
                          ? NULL
                          : log_new(log_path, true, reason, sizeof reason);
    check_log(log != NULL || log_path == NULL, log_path, reason);
    if (log != NULL)
        check_log(listen_log(log, kernel, argv), log_path, "no memory");
    int status = kernel_run(kernel);
    if (log != NULL) {
        log_complete(log, status);
        check_log(log_free(log, reason, sizeof reason), log_path, reason);
    }
    measured.seconds = seconds_now() - start;
    measured.processor_seconds = processor_seconds_now() - processor_start;
    kernel->machine.listener_count = 1; /* the log is gone */
    if (status != 0) {
        (void)fprintf(stderr, "bench: %s ended with status %d\n", program->name,
                      status);
        exit(1);
    }
    measured.instructions = cpu_instructions(kernel->machine.cpu);
    kernel_free(kernel);
    return measured;
}

struct measured run_once(const struct bench *bench, struct program *program,
                         const char *policy, bool clocked,
                         const char *const arguments[])
{
    return run_logged(bench, program, policy, clocked, arguments, NULL);
}

void keep_least(double *least, double seconds)
{
    if (*least == 0 || seconds < *least)
        *least = seconds;
}
