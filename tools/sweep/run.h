/* run.h: runs many jobs, each a child process, so many of them at a time. */
#ifndef MMU386_SWEEP_RUN_H
#define MMU386_SWEEP_RUN_H

#include <stdbool.h>
#include <stddef.h>

#define SWEEP_OUTPUT_MAX   (4u << 20)
#define SWEEP_CHILDREN_MAX 1024u
#define SWEEP_SAID_BYTES   400u

/* How a child ended. */
struct sweep_outcome {
    int wait_status;
    bool too_much;       /* it was killed: it wrote more than SWEEP_OUTPUT_MAX
                          * bytes */
    const char *output;  /* its standard output, with a NUL behind it */
    size_t output_bytes; /* without that */
    char said[SWEEP_SAID_BYTES]; /* the last line of its standard error, or
                                  * "" */
};

/* What is to be run. The functions are given `arg`. */
struct sweep_crew {
    const char *program; /* a path */
    unsigned children;   /* at a time, 1 to SWEEP_CHILDREN_MAX */
    size_t jobs;
    /* The arguments of a job, one block that is freed; NULL where memory is
     * short. */
    char **(*arguments)(void *arg, size_t job);
    /* Takes what became of a job. Jobs begin in their order, and end in any.
     * False stops all. */
    bool (*done)(void *arg, size_t job, const struct sweep_outcome *outcome);
    /* Called once a second or more often; may be NULL. */
    void (*tick)(void *arg);
    void *arg;
};

#define SWEEP_ALL_DONE 0
#define SWEEP_FAILED   (-1)

/* Runs all. A child has nothing to read, and dies with its parent.
 * SWEEP_ALL_DONE; SWEEP_FAILED, which was told of unless it was `done` that
 * stopped; or the number of the signal (SIGINT, SIGTERM, SIGHUP) that came. No
 * child is left in any case. */
int sweep_run(const struct sweep_crew *crew);

#endif
