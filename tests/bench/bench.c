/* bench.c: figures, measured in one run: `bench GUESTS [ROUNDS]`. Every time is
 * the least of ROUNDS (3), taken in turns, so that what else the machine does
 * weighs on all alike. It is the processor's time, a native program's in the
 * system too; that with a log, which has a thread of its own, is the time that
 * passes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flat.h"
#include "native.h"
#include "program/program.h"
#include "runs.h"

#define RAM_FRAMES   131072u /* 512 MiB */
#define TOUCH_PAGES  "2048"
#define TOUCH_ROUNDS "50"
#define FORK_PAGES   "4096"
#define FORK_TIMES   "20"
#define LARGE_PAGES  "16384"

/* ---- ways to run a guest ---- */

enum way { FUNCTIONAL, CLOCKED, NATIVE, QEMU, FLAT, HOOKED, WAYS };

static const char *const way_names[WAYS] = {
    [FUNCTIONAL] = "--functional",
    [CLOCKED] = "with the clock",
    [NATIVE] = "this processor and its Linux",
    [QEMU] = "qemu-i386, user mode",
    [FLAT] = "bare Unicorn, no hooks",
    [HOOKED] = "bare Unicorn, empty hooks",
};

/* Those that serve faults. */
#define KERNELS (1u << FUNCTIONAL | 1u << CLOCKED | 1u << NATIVE)

static double run_command(const char *interpreter,
                          const struct program *program,
                          const char *const arguments[])
{
    const char *command[7] = {NULL};
    int count = 0;
    if (interpreter != NULL)
        command[count++] = interpreter;
    command[count++] = program->name;
    for (int i = 0; i < 4 && arguments[i] != NULL; i++)
        command[count++] = arguments[i];
    return native_run(command);
}

/* Outside a machine there is nothing but the processor's seconds, negative
 * where it did not run. */
static struct measured run_way(const struct bench *bench,
                               struct program *program, enum way way,
                               const char *const arguments[])
{
    struct measured measured = {0};
    if (way == FUNCTIONAL || way == CLOCKED)
        return run_once(bench, program, "cow", way == CLOCKED, arguments);
    if (way == FLAT || way == HOOKED)
        measured.processor_seconds =
            flat_run(program, arguments[0], way == HOOKED);
    else
        measured.processor_seconds =
            run_command(way == QEMU ? "qemu-i386" : NULL, program, arguments);
    return measured;
}

/* Runs the guest once in each of the `ways` (bits), and keeps what took less
 * than before. */
static void take_turn(const struct bench *bench, struct program *program,
                      unsigned ways, const char *const arguments[],
                      struct measured least[WAYS])
{
    for (int way = 0; way < WAYS; way++) {
        if ((ways >> way & 1) == 0)
            continue;
        struct measured measured =
            run_way(bench, program, (enum way)way, arguments);
        if (least[way].processor_seconds == 0 ||
            measured.processor_seconds < least[way].processor_seconds)
            least[way] = measured;
    }
}

/* ---- instructions a second ---- */

/* A guest, and its argument: a shorter run is enough for what is slow. */
struct work {
    const char *guest;
    const char *size;
    const char *slow_size;
};

/* Of one way, and how many times the other's that is. */
static void print_speed(enum way way, double speed, enum way other,
                        double others)
{
    if (speed <= 0) {
        (void)printf("  %-28s      (did not run)\n", way_names[way]);
        return;
    }
    (void)printf("  %-28s %8.1f", way_names[way], speed);
    if (other != way && others > 0)
        (void)printf("   %.2f of %s", speed / others, way_names[other]);
    (void)printf("\n");
}

static void bench_instructions(const struct bench *bench,
                               const struct work *work)
{
    const unsigned slow = 1u << CLOCKED | 1u << HOOKED;
    const char *const whole[] = {work->size, NULL};
    const char *const part[] = {work->slow_size, NULL};
    struct program *program = open_guest(bench, work->guest);
    struct measured least[WAYS] = {0};
    double speed[WAYS];
    double instructions =
        (double)run_way(bench, program, CLOCKED, whole).instructions;
    for (int i = 0; i < bench->rounds; i++) {
        take_turn(bench, program, ~slow, whole, least);
        take_turn(bench, program, slow, part, least);
    }
    double fewer = (double)least[CLOCKED].instructions;
    for (int way = 0; way < WAYS; way++)
        speed[way] = ((slow >> way & 1) != 0 ? fewer : instructions) /
                     least[way].processor_seconds / 1e6;
    (void)printf("instructions a second, in millions (%s %s; slower ways %s)\n",
                 work->guest, work->size, work->slow_size);
    print_speed(FLAT, speed[FLAT], FLAT, 0);
    print_speed(QEMU, speed[QEMU], QEMU, 0);
    print_speed(FUNCTIONAL, speed[FUNCTIONAL], FLAT, speed[FLAT]);
    print_speed(FUNCTIONAL, speed[FUNCTIONAL], QEMU, speed[QEMU]);
    print_speed(HOOKED, speed[HOOKED], HOOKED, 0);
    print_speed(CLOCKED, speed[CLOCKED], HOOKED, speed[HOOKED]);
    print_speed(NATIVE, speed[NATIVE], NATIVE, 0);
    program_put(program);
}

/* ---- faults a second ---- */

/* Faults are those of a run `with` them that one `without` has not, if there is
 * one. */
struct faults {
    const char *title;
    const char *guest;
    const char *with[4];
    const char *without[4];
};

static void bench_faults(const struct bench *bench, const struct faults *faults)
{
    struct program *program = open_guest(bench, faults->guest);
    struct measured with[WAYS] = {0};
    struct measured without[WAYS] = {0};
    double speed[WAYS];
    for (int i = 0; i < bench->rounds; i++) {
        take_turn(bench, program, KERNELS, faults->with, with);
        if (faults->without[0] != NULL)
            take_turn(bench, program, KERNELS, faults->without, without);
    }
    double count = (double)(with[CLOCKED].faults - without[CLOCKED].faults);
    for (int way = FUNCTIONAL; way <= NATIVE; way++)
        speed[way] =
            count /
            (with[way].processor_seconds - without[way].processor_seconds) /
            1e3;
    (void)printf("%s serviced a second, in thousands (%s; %.0f faults)\n",
                 faults->title, faults->guest, count);
    print_speed(NATIVE, speed[NATIVE], NATIVE, 0);
    print_speed(FUNCTIONAL, speed[FUNCTIONAL], NATIVE, speed[NATIVE]);
    print_speed(CLOCKED, speed[CLOCKED], NATIVE, speed[NATIVE]);
    program_put(program);
}

/* ---- fork ---- */

static void bench_forks(const struct bench *bench,
                        const char *const arguments[])
{
    struct program *program = open_guest(bench, "forkbench");
    struct measured least[WAYS] = {0};
    for (int i = 0; i < bench->rounds; i++)
        take_turn(bench, program, KERNELS, arguments, least);
    (void)printf("a whole run, in milliseconds (forkbench %s %s%s%s)\n",
                 arguments[0], arguments[1], arguments[2] != NULL ? " " : "",
                 arguments[2] != NULL ? arguments[2] : "");
    const double native = least[NATIVE].processor_seconds * 1e3;
    print_speed(NATIVE, native, NATIVE, 0);
    print_speed(FUNCTIONAL, least[FUNCTIONAL].processor_seconds * 1e3, NATIVE,
                native);
    print_speed(CLOCKED, least[CLOCKED].processor_seconds * 1e3, NATIVE,
                native);
    program_put(program);
}

/* Of one fork, exit and wait, without what comes before the first. */
static double fork_ms(const struct bench *bench, struct program *program,
                      const char *policy)
{
    const char *const arguments[] = {LARGE_PAGES, FORK_TIMES, NULL};
    double least = 0;
    for (int i = 0; i < bench->rounds; i++) {
        struct measured m = run_once(bench, program, policy, false, arguments);
        keep_least(&least,
                   (m.last_exit - m.first_exit) / (double)(m.exits - 2));
    }
    return least * 1e3;
}

static void bench_policies(const struct bench *bench)
{
    struct program *program = open_guest(bench, "forkbench");
    double eager = fork_ms(bench, program, "eager");
    double cow = fork_ms(bench, program, "cow");
    (void)printf(
        "fork, exit and wait of a process of %s pages, in milliseconds\n",
        LARGE_PAGES);
    (void)printf("  eager                        %8.2f\n", eager);
    (void)printf("  cow                          %8.2f   %.1f times faster\n",
                 cow, eager / cow);
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
        keep_least(&without,
                   run_once(bench, program, "cow", false, arguments).seconds);
        struct measured m =
            run_logged(bench, program, "cow", false, arguments, path);
        keep_least(&with, m.seconds);
        faults = (double)m.faults;
    }
    (void)stat(path, &status);
    (void)close(fd);
    (void)unlink(path);
    (void)printf("  %-28s %8.2f   of the time without it; %.0f bytes a fault\n",
                 guest, with / without, (double)status.st_size / faults);
    program_put(program);
}

/* Without the clock, where the machine is fastest and the log costs it most. */
static void bench_log(const struct bench *bench)
{
    (void)printf("recording a fault log (functional)\n");
    bench_log_of(bench, "touch",
                 (const char *[]){TOUCH_PAGES, TOUCH_ROUNDS, NULL});
    bench_log_of(bench, "forkbench",
                 (const char *[]){FORK_PAGES, FORK_TIMES, "write", NULL});
}

static void bench_all(const struct bench *bench)
{
    static const struct work compute = {"compute", "20000", "1000"};
    static const struct work sort = {"sort", "300000", "300000"};
    static const struct faults zeroed = {
        "demand-zero faults", "touch", {TOUCH_PAGES, TOUCH_ROUNDS}, {NULL}};
    static const struct faults copied = {"copy-on-write copies",
                                         "forkbench",
                                         {FORK_PAGES, FORK_TIMES, "write"},
                                         {FORK_PAGES, FORK_TIMES}};
    bench_instructions(bench, &compute);
    bench_instructions(bench, &sort);
    (void)printf("below, the machine's memory is in large pages of the host's "
                 "where it has them, a "
                 "native program's is not\n");
    bench_faults(bench, &zeroed);
    bench_faults(bench, &copied);
    bench_forks(bench, (const char *[]){LARGE_PAGES, FORK_TIMES, NULL});
    bench_forks(bench, (const char *[]){FORK_PAGES, FORK_TIMES, "write", NULL});
    bench_policies(bench);
    bench_log(bench);
}

int main(int argc, char *argv[])
{
    struct bench bench = bench_of_arguments(argc, argv);
    bench.ram_frames = RAM_FRAMES;
    bench_all(&bench);
    return 0;
}
