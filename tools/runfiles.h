/* runfiles.h: what is written of a run or of a replay: its statistics, its
 * summary, its profile, its log and its recording. */
#ifndef MMU386_RUNFILES_H
#define MMU386_RUNFILES_H

#include <stdbool.h>

#include "options.h"
#include "output.h"
#include "profiletable.h"
#include "session.h"

struct run_files {
    struct output stats; /* each: where it is asked for */
    struct output summary;
    struct profile_table profile;
    struct output trace;
    struct log *log;
};

/* Opens those that are asked for: what is found out too late is a run's time
 * lost. False having told why; run_files_close is due either way. */
bool run_files_open(struct run_files *files, const struct options *options);

/* Closes them. Of a run that is not `good` there are no statistics and no
 * profile; the log and the recording stay where `keep` says so, which is unless
 * nothing ran. False where not all could be written, having told why. */
bool run_files_close(struct run_files *files, const struct options *options,
                     bool good, bool keep);

/* Opens them, has `go` run or replay with these listeners, and writes the
 * statistics and closes them all; the summary of a replay goes to standard
 * output, unless the statistics do, that of a run, where it is asked for, to
 * standard error. `go` returns 0 with *stats set, or what to
 * exit with, having told why. Returns what to exit with. */
int run_files_written(const struct options *options,
                      int (*go)(void *arg,
                                const struct session_listeners *listeners,
                                struct stats *stats),
                      void *arg);

#endif
