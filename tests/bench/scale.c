/* scale.c: whether time grows in proportion to pages, processes and accesses,
 * measured in one run: `scale GUESTS [ROUNDS]`. Each table has the time of one
 * page, process or access at sizes far apart, the least of ROUNDS (3); that of
 * a run of size 1 is taken off. It is the processor's time, of which other work
 * on the machine takes none; a log's is that of both threads. The last column
 * has the largest of the times before it over the smallest. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paging.h"
#include "program/program.h"
#include "runs.h"

#define SIZES_MAX 6u
/* 2.5 GiB: two processes of 1 GiB, and their tables */
#define LARGEST_RAM_FRAMES 655360u

#define LEAST_SECONDS 0.2
#define RUNS_MAX      20

/* Where the size is larger the work is repeated less: so many pages are forked
 * in all. */
#define FORK_PAGES 1048576u

/* One row of a table: a guest, and how it runs. Of its arguments "N" stands for
 * the size, "M" for FORK_PAGES over the size. */
struct row {
    const char *title;
    const char *guest;
    const char *arguments[4]; /* before a NULL */
    const char *without[4];   /* those of a run of size 1, whose time is taken
                               * off */
    const char *policy;
    bool clocked;
    bool logged;
    double units; /* of work for each one of the size; 0: forks are timed, one
                     after the other */
};

struct table {
    const char *title;
    const char *unit; /* what the size counts */
    uint32_t sizes[SIZES_MAX];
    uint32_t ram_frames;
};

static struct measured run_row(const struct bench *bench,
                               struct program *program, const struct row *row,
                               const char *const pattern[], uint32_t size)
{
    char log_path[] = "/tmp/mmu386-scale-XXXXXX";
    const char *arguments[5] = {NULL};
    char number[16];
    char repeats[16];
    int fd = row->logged ? mkstemp(log_path) : -1;
    (void)snprintf(number, sizeof number, "%u", size);
    (void)snprintf(repeats, sizeof repeats, "%u", FORK_PAGES / size);
    for (int i = 0; i < 4 && pattern[i] != NULL; i++)
        arguments[i] = strcmp(pattern[i], "N") == 0   ? number
                       : strcmp(pattern[i], "M") == 0 ? repeats
                                                      : pattern[i];
    struct measured measured =
        run_logged(bench, program, row->policy, row->clocked, arguments,
                   fd == -1 ? NULL : log_path);
    if (fd != -1) {
        (void)close(fd);
        (void)unlink(log_path);
    }
    return measured;
}

/* The least of many runs where they are short. */
static double least_seconds(const struct bench *bench, struct program *program,
                            const struct row *row, const char *const pattern[],
                            uint32_t size)
{
    double least = 0;
    double sum = 0;
    for (int i = 0; i < bench->rounds || (sum < LEAST_SECONDS && i < RUNS_MAX);
         i++) {
        double seconds =
            run_row(bench, program, row, pattern, size).processor_seconds;
        sum += seconds;
        keep_least(&least, seconds);
    }
    return least;
}

/* From the end of the first child to that of the last: one fork, exit and wait
 * fewer. */
static double least_of_forks(const struct bench *bench, struct program *program,
                             const struct row *row, uint32_t size)
{
    double least = 0;
    for (int i = 0; i < bench->rounds; i++) {
        struct measured m = run_row(bench, program, row, row->arguments, size);
        const uint32_t forks_between = FORK_PAGES / size - 1;
        keep_least(&least, (m.last_exit - m.first_exit) / forks_between / size);
    }
    return least;
}

/* Nanoseconds for each unit of work at each of the sizes. */
static void measure(const struct bench *bench, const struct table *table,
                    const struct row *row, double ns[SIZES_MAX])
{
    struct bench sized = *bench;
    struct program *program = open_guest(bench, row->guest);
    sized.ram_frames = table->ram_frames;
    for (uint32_t i = 0; i < SIZES_MAX && table->sizes[i] != 0; i++) {
        uint32_t size = table->sizes[i];
        if (row->units == 0) {
            ns[i] = least_of_forks(&sized, program, row, size) * 1e9;
            continue;
        }
        double without =
            least_seconds(&sized, program, row, row->without, size);
        double with = least_seconds(&sized, program, row, row->arguments, size);
        ns[i] = (with - without) * 1e9 / ((size - 1) * row->units);
    }
    program_put(program);
}

static void print_head(const struct table *table)
{
    (void)printf("%s\n  %-22s", table->title, table->unit);
    for (uint32_t i = 0; i < SIZES_MAX && table->sizes[i] != 0; i++)
        (void)printf(" %8u", table->sizes[i]);
    (void)printf("\n");
}

static void print_row(const struct table *table, const struct row *row,
                      const double ns[SIZES_MAX])
{
    double least = ns[0];
    double most = ns[0];
    (void)printf("  %-22s", row->title);
    for (uint32_t i = 0; i < SIZES_MAX && table->sizes[i] != 0; i++) {
        (void)printf(" %8.*f", ns[i] < 100 ? 1 : 0, ns[i]);
        least = ns[i] < least ? ns[i] : least;
        most = ns[i] > most ? ns[i] : most;
    }
    (void)printf(" %8.2f\n", most / least);
    (void)fflush(stdout);
}

static void print_table(const struct bench *bench, const struct table *table,
                        const struct row *rows, uint32_t count)
{
    print_head(table);
    for (uint32_t i = 0; i < count; i++) {
        double ns[SIZES_MAX] = {0};
        measure(bench, table, &rows[i], ns);
        print_row(table, &rows[i], ns);
    }
}

#define ROWS(rows) (rows), sizeof(rows) / sizeof(rows)[0]

/* ---- pages ---- */

static void scale_pages(const struct bench *bench)
{
    static const struct table table = {"ns a page",
                                       "pages",
                                       {1024, 4096, 16384, 65536, 262144},
                                       LARGEST_RAM_FRAMES};
    static const struct row rows[] = {
        {"touch", "touch", {"N", "1"}, {"1", "1"}, "cow", false, false, 1},
        {"touch, clocked",
         "touch",
         {"N", "1"},
         {"1", "1"},
         "cow",
         true,
         false,
         1},
        {"touch, log", "touch", {"N", "1"}, {"1", "1"}, "cow", false, true, 1},
        {"cow fork", "forkbench", {"N", "M"}, {NULL}, "cow", false, false, 0},
        {"cow fork, clocked",
         "forkbench",
         {"N", "M"},
         {NULL},
         "cow",
         true,
         false,
         0},
        {"cow fork and copy",
         "forkbench",
         {"N", "M", "write"},
         {NULL},
         "cow",
         false,
         false,
         0},
        {"eager fork",
         "forkbench",
         {"N", "M"},
         {NULL},
         "eager",
         false,
         false,
         0},
    };
    print_table(bench, &table, ROWS(rows));
}

/* ---- processes ---- */

static void scale_processes(const struct bench *bench)
{
    static const struct table table = {"ns a process, all alive at once",
                                       "processes",
                                       {4, 16, 64, 256, 1024},
                                       65536};
    static const struct row rows[] = {
        {"crowd", "crowd", {"N"}, {"1"}, "cow", false, false, 1},
        {"crowd, clocked", "crowd", {"N"}, {"1"}, "cow", true, false, 1},
        {"crowd, log", "crowd", {"N"}, {"1"}, "cow", false, true, 1},
        {"crowd, eager", "crowd", {"N"}, {"1"}, "eager", false, false, 1},
        {"crowd, 100 yields",
         "crowd",
         {"N", "4", "100"},
         {"1", "4", "100"},
         "cow",
         false,
         false,
         1},
    };
    print_table(bench, &table, ROWS(rows));
}

/* ---- accesses ---- */

static void scale_accesses(const struct bench *bench)
{
    static const struct table compute = {
        "ns a step of compute", "thousands of steps", {20, 200, 2000}, 16384};
    static const struct table touch = {"ns a page of touch 64",
                                       "rounds of 64 pages",
                                       {160, 1600, 16000},
                                       16384};
    static const struct row steps[] = {
        {"compute", "compute", {"N"}, {"1"}, "cow", false, false, 1000},
        {"compute, clocked", "compute", {"N"}, {"1"}, "cow", true, false, 1000},
    };
    static const struct row rounds[] = {
        {"touch", "touch", {"64", "N"}, {"64", "1"}, "cow", false, false, 64},
        {"touch, clocked",
         "touch",
         {"64", "N"},
         {"64", "1"},
         "cow",
         true,
         false,
         64},
        {"touch, log",
         "touch",
         {"64", "N"},
         {"64", "1"},
         "cow",
         false,
         true,
         64},
    };
    print_table(bench, &compute, ROWS(steps));
    print_table(bench, &touch, ROWS(rounds));
}

/* Memory that the host has never used may cost it more the first time than ever
 * after. */
static void warm_host(void)
{
    size_t bytes = (size_t)LARGEST_RAM_FRAMES << MMU_PAGE_SHIFT;
    uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return;
    for (size_t at = 0; at < bytes; at += MMU_PAGE_SIZE)
        memory[at] = 1;
    (void)munmap(memory, bytes);
}

int main(int argc, char *argv[])
{
    struct bench bench = bench_of_arguments(argc, argv);
    warm_host();
    scale_pages(&bench);
    scale_processes(&bench);
    scale_accesses(&bench);
    return 0;
}
