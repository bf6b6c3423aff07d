/* result.h: whether a job did what it was to do. */
#ifndef MMU386_SWEEP_RESULT_H
#define MMU386_SWEEP_RESULT_H

#include <stdbool.h>

#include "sweep/run.h"

struct sweep_result {
    bool failed;
    int exit_status;   /* 128 + signal where it was killed */
    const char *stats; /* JSON, the outcome's; NULL where it failed */
    /* why it failed; else its last complaint, or "" */
    char message[SWEEP_SAID_BYTES + 128];
};

/* Judges a job by its end: it is good where it wrote its statistics, a JSON
 * object, to standard output, and exited with the `exit_status` that they tell
 * (the traced program's), or 0 where they tell none. */
void sweep_judge(const struct sweep_outcome *outcome,
                 struct sweep_result *result);

#endif
