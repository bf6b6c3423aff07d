/* bench.c: figures, measured in one run: `bench GUESTS [ROUNDS]`. Every time is the least of ROUNDS
 * (3), taken in turns, so that what else the machine does weighs on all alike. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flat.h"
#include "program.h"
#include "runs.h"

#define RAM_FRAMES   131072u /* 512 MiB */
#define THOUSANDS    "20000" /* rounds of compute, in thousands */
#define TOUCH_PAGES  "2048"
#define TOUCH_ROUNDS "50"
#define FORK_PAGES   "16384"
#define FORKS        20

static double run_native(const struct program *program, const char *const arguments[])
{
    char *argv[6] = {program->name};
    for (int i = 0; i < 4 && arguments[i] != NULL; i++)
        argv[i + 1] = (char *)arguments[i];
    double start = seconds_now();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        if (null >= 0 && dup2(null, 1) == 1)
            execv(program->name, argv);
        _exit(127);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    return seconds_now() - start;
}

/* ---- instructions a second ---- */

/* The program's rounds all cost the same: two short clocked runs give the long one's count. */
static double count_instructions(const struct bench *bench, struct program *program)
{
    double at_10 =
        (double)run_once(bench, program, "cow", true, (const char *[]){"10", NULL}).instructions;
    double at_20 =
        (double)run_once(bench, program, "cow", true, (const char *[]){"20", NULL}).instructions;
    return at_10 + (at_20 - at_10) / 10 * (strtod(THOUSANDS, NULL) - 10);
}

static void bench_instructions(const struct bench *bench)
{
    struct program *program = open_guest(bench, "compute");
    const char *const arguments[] = {THOUSANDS, NULL};
    double instructions = count_instructions(bench, program);
    double functional = 0;
    double flat = 0;
    double native = 0;
    double clocked = 0;
    for (int i = 0; i < bench->rounds; i++) {
        keep_least(&functional, run_once(bench, program, "cow", false, arguments).seconds);
        keep_least(&flat, flat_run(program, THOUSANDS));
        keep_least(&native, run_native(program, arguments));
        struct measured m = run_once(bench, program, "cow", true, (const char *[]){"200", NULL});
        keep_least(&clocked, m.seconds / (double)m.instructions);
    }
    (void)printf("instructions a second, in millions (compute %s)\n", THOUSANDS);
    (void)printf("  --functional                 %8.0f\n", instructions / functional / 1e6);
    (void)printf("  bare Unicorn, flat, no hooks %8.0f   functional is %.2f of it\n",
                 instructions / flat / 1e6, flat / functional);
    (void)printf("  with TLB and counts          %8.0f   %.3f of functional\n", 1 / clocked / 1e6,
                 1 / clocked / (instructions / functional));
    if (native > 0)
        (void)printf("  this processor itself        %8.0f\n", instructions / native / 1e6);
    program_put(program);
}

/* ---- faults a second ---- */

static void bench_faults(const struct bench *bench)
{
    struct program *program = open_guest(bench, "touch");
    const char *const arguments[] = {TOUCH_PAGES, TOUCH_ROUNDS, NULL};
    double functional = 0;
    double clocked = 0;
    double native = 0;
    double faults = 0;
    for (int i = 0; i < bench->rounds; i++) {
        struct measured m = run_once(bench, program, "cow", false, arguments);
        faults = (double)m.faults;
        keep_least(&functional, m.seconds);
        keep_least(&clocked, run_once(bench, program, "cow", true, arguments).seconds);
        keep_least(&native, run_native(program, arguments));
    }
    (void)printf("demand-zero faults serviced a second, in thousands (touch %s %s: %.0f faults)\n",
                 TOUCH_PAGES, TOUCH_ROUNDS, faults);
    (void)printf("  --functional                 %8.0f\n", faults / functional / 1e3);
    (void)printf("  with TLB and counts          %8.0f\n", faults / clocked / 1e3);
    if (native > 0)
        (void)printf("  this machine's own kernel    %8.0f\n", faults / native / 1e3);
    program_put(program);
}

static void bench_copies(const struct bench *bench)
{
    struct program *program = open_guest(bench, "forkbench");
    const char *const writes[] = {"4096", "20", "write", NULL};
    const char *const reads[] = {"4096", "20", NULL};
    double seconds = 0;
    double without = 0;
    double faults = 0;
    for (int i = 0; i < bench->rounds; i++) {
        struct measured m = run_once(bench, program, "cow", false, writes);
        struct measured n = run_once(bench, program, "cow", false, reads);
        faults = (double)(m.faults - n.faults);
        keep_least(&seconds, m.seconds);
        keep_least(&without, n.seconds);
    }
    (void)printf(
        "copy-on-write faults serviced a second, in thousands (forkbench 4096 20 write)\n");
    (void)printf("  --functional                 %8.0f\n", faults / (seconds - without) / 1e3);
    program_put(program);
}

/* ---- fork ---- */

static double fork_ms(const struct bench *bench, struct program *program, const char *policy)
{
    char forks[16];
    double with = 0;
    double without = 0;
    (void)snprintf(forks, sizeof forks, "%d", FORKS + 1);
    for (int i = 0; i < bench->rounds; i++) {
        keep_least(&with, run_once(bench, program, policy, false,
                                   (const char *[]){FORK_PAGES, forks, NULL})
                              .seconds);
        keep_least(&without,
                   run_once(bench, program, policy, false, (const char *[]){FORK_PAGES, "1", NULL})
                       .seconds);
    }
    return (with - without) / FORKS * 1e3;
}

static void bench_fork(const struct bench *bench)
{
    struct program *program = open_guest(bench, "forkbench");
    double eager = fork_ms(bench, program, "eager");
    double cow = fork_ms(bench, program, "cow");
    (void)printf("fork, exit and wait of a process of %s pages, in milliseconds\n", FORK_PAGES);
    (void)printf("  eager                        %8.2f\n", eager);
    (void)printf("  cow                          %8.2f   %.1f times faster\n", cow, eager / cow);
    program_put(program);
}

/* ---- the fault log ---- */

static void bench_log_of(const struct bench *bench, const char *guest,
                         const char *const arguments[])
{
    char path[] = "/tmp/mmu386-bench-XXXXXX";
    struct program *program = open_guest(bench, guest);
    struct stat status = {0};
    double with = 0;
    double without = 0;
    double faults = 0;
    int fd = mkstemp(path);
    if (fd == -1) {
        (void)fprintf(stderr, "bench: %s cannot be made\n", path);
        exit(1);
    }
    for (int i = 0; i < bench->rounds; i++) {
        keep_least(&without, run_once(bench, program, "cow", false, arguments).seconds);
        struct measured m = run_logged(bench, program, "cow", false, arguments, path);
        keep_least(&with, m.seconds);
        faults = (double)m.faults;
    }
    (void)stat(path, &status);
    (void)close(fd);
    (void)unlink(path);
    (void)printf("  %-28s %8.2f   of the time without it; %.0f bytes a fault\n", guest,
                 with / without, (double)status.st_size / faults);
    program_put(program);
}

/* Without the clock, where the machine is fastest and the log costs it most. */
static void bench_log(const struct bench *bench)
{
    (void)printf("recording a fault log (functional)\n");
    bench_log_of(bench, "touch", (const char *[]){TOUCH_PAGES, TOUCH_ROUNDS, NULL});
    bench_log_of(bench, "forkbench", (const char *[]){"4096", "20", "write", NULL});
}

int main(int argc, char *argv[])
{
    struct bench bench = {.rounds = 3, .ram_frames = RAM_FRAMES};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench GUESTS [ROUNDS]\n");
        return 2;
    }
    bench.guests = argv[1];
    if (argc > 2)
        bench.rounds = (int)strtol(argv[2], NULL, 10);
    if (bench.rounds < 1)
        bench.rounds = 1;
    bench.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bench_instructions(&bench);
    bench_faults(&bench);
    bench_copies(&bench);
    bench_fork(&bench);
    bench_log(&bench);
    return 0;
}
