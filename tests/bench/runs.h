/* runs.h: guests run in machines of their own, and timed. What goes wrong ends
 * the benchmark. */
#ifndef MMU386_BENCH_RUNS_H
#define MMU386_BENCH_RUNS_H

#include <stdbool.h>
#include <stdint.h>

struct program;

struct bench {
    const char *guests; /* the directory they are in */
    int rounds;         /* how often each time is taken: the least counts */
    int null;           /* /dev/null */
    uint32_t ram_frames;
};

struct measured {
    double seconds;
    double processor_seconds;
    uint64_t instructions;
    uint64_t faults;
    uint64_t exits;
    double first_exit, last_exit; /* processor time when the first ended, and
                                     the last but one */
    double own_exit;              /* and the last */
};

/* From a command line of GUESTS [ROUNDS], which it explains to who gives
 * none. */
struct bench bench_of_arguments(int argc, char *argv[]);

struct program *open_guest(const struct bench *bench, const char *name);

/* One run in a machine of its own, with four arguments at most before a NULL;
 * only the run itself is timed, and the log from its making until it is closed,
 * where `log_path` is not NULL. */
struct measured run_logged(const struct bench *bench, struct program *program,
                           const char *policy, bool clocked,
                           const char *const arguments[], const char *log_path);

/* The same without a log. */
struct measured run_once(const struct bench *bench, struct program *program,
                         const char *policy, bool clocked,
                         const char *const arguments[]);

/* Lowers *least, where 0 is none yet. */
void keep_least(double *least, double seconds);

#endif
