/* session.h: one program, run to its end in a fresh machine. */
#ifndef MMU386_SESSION_H
#define MMU386_SESSION_H

#include <stdio.h>

#include "log.h"
#include "options.h"
#include "profiletable.h"
#include "program.h"
#include "stats.h"

/* Opens PROGRAM as the command line names it. NULL where it cannot be run: it was told why, and
 * *exit_status is what to exit with. */
struct program *session_program(const char *path, int *exit_status);

/* Who is told of a run; each may be NULL. */
struct session_listeners {
    FILE *faults_to; /* of the faults that processes die of, or of all, as the options say */
    struct log *log; /* to be freed thereafter */
    struct profile_table *profile;
};

/* Runs `program` under `policy`, the guest's descriptors 0 to 2 being `host_fd`. Returns 0 with
 * *stats set, or what to exit with, having told why. */
int session_run(const struct options *options, const struct fork_policy *policy,
                struct program *program, const int host_fd[3],
                const struct session_listeners *listeners, struct stats *stats);

#endif
