/* session.h: one program, run to its end in a fresh machine. */
#ifndef MMU386_SESSION_H
#define MMU386_SESSION_H

#include <stdio.h>

#include "log/fault_line.h"
#include "log/log.h"
#include "log/profile.h"
#include "log/stats.h"
#include "options.h"
#include "profiletable.h"
#include "program/program.h"
#include "replay/record.h"
#include "traceevent.h"

/* Opens PROGRAM as the command line names it. NULL where it cannot be run: it
 * was told why, and *exit_status is what to exit with. */
struct program *session_program(const char *path, int *exit_status);

/* Who is told of a run; each may be NULL. */
struct session_listeners {
    FILE *faults_to; /* of the faults that processes die of, or of all, as the
                        options say */
    struct log *log; /* to be freed thereafter */
    struct profile_table *profile;
    FILE *trace;  /* takes a recording */
    int trace_fd; /* of that, where it is a regular file of its own, else -1 */
    bool counts_unasked; /* nobody sees why the TLB missed */
    bool *keep;    /* set where the log and the recording are to stay, whatever
                      else fails */
    bool cut_told; /* of a trace that was cut short, the user knows that */
};

/* Runs `program` under `policy`, the guest's descriptors 0 to 2 being
 * `host_fd`. Returns 0 with *stats set, or what to exit with, having told
 * why. */
int session_run(const struct options *options,
                const struct mmu_fork_policy *policy, struct program *program,
                const int host_fd[3], const struct session_listeners *listeners,
                struct stats *stats);

/* Replays the trace `name` under `policy`, or, where that is NULL, under the
 * one it was recorded with. Returns 0 with *stats set, whose name of the
 * program is in `program`, or what to exit with, having told why. */
int session_replay(const struct options *options,
                   const struct mmu_fork_policy *policy, const char *name,
                   const struct session_listeners *listeners,
                   struct stats *stats, char program[TRACE_TEXT_MAX + 1]);

/* Confines what is to come to what `options` have it need. False where that
 * fails, which was told. */
bool session_confine(const struct options *options);

/* Parts of both. */
struct session {
    const struct options *options;
    const struct session_listeners *listeners;
    struct kernel *kernel;
    struct fault_line fault_line;
    struct profile *profile;
    struct record *record;
    struct stats *stats;
};

/* Makes session->kernel, by the options, for a replay where they say so. False
 * where that fails, which was told. */
bool session_boot(struct session *session, const struct mmu_fork_policy *policy,
                  const int host_fd[3]);

/* Has those listen to session->kernel who want to; `argv` is what runs. False
 * where that fails, which was told. */
bool session_listen(struct session *session, char *const argv[]);

/* There is something to be kept of what the log and the recorder heard. */
void session_keep_records(const struct session *session);

/* The machine has come to its end: 0, or what to exit with. */
int session_finish(struct session *session, int wait_status);

/* Writes the counts. False where that fails, which was told. */
bool session_write_stats(const struct stats *stats, struct output *output);

/* Frees what there is; `whole`: the run went to its end. False where the
 * recording failed, which was told. */
bool session_end(struct session *session, bool whole);

#endif
