/* runfiles.c: see runfiles.h. */
#define _POSIX_C_SOURCE 200809L
#include "runfiles.h"

#include "command.h"
#include "summary.h"

/* Makes the log; NULL where that fails, which was told. */
static struct log *open_log(const struct options *options)
{
    char why[256];
    struct log *log;

    if (output_is_spared(options->log))
        return NULL;
    log = log_new(options->log, options->force, why, sizeof(why));
    if (log == NULL)
        complain(options->log, "%s", why);
    return log;
}

/* False where not all of it could be written, and that was told. */
static bool close_log(const struct options *options, struct log *log)
{
    char why[256];
    bool written = log_free(log, why, sizeof(why));

    if (!written)
        complain(options->log, "%s", why);
    return written;
}

bool run_files_open(struct run_files *files, const struct options *options)
{
    unsigned how = options->force ? OUTPUT_FORCE : 0;

    if (options->stats != NULL &&
        !output_open(&files->stats, options->stats, how))
        return false;
    if (options->profile != NULL &&
        !profile_table_open(&files->profile, options->profile, options->force,
                            options->formats_profile ? &options->profile_format
                                                     : NULL))
        return false;
    if (options->trace != NULL &&
        !output_open(&files->trace, options->trace, how | OUTPUT_GROWS))
        return false;
    return options->log == NULL || (files->log = open_log(options)) != NULL;
}

bool run_files_close(struct run_files *files, const struct options *options,
                     bool good, bool keep)
{
    bool written = true;

    if (files->log != NULL && !keep)
        log_drop(files->log);
    else if (files->log != NULL)
        written = close_log(options, files->log);
    if (!good) {
        output_drop(&files->stats);
        output_drop(&files->summary);
        profile_table_drop(&files->profile);
    }
    if (!keep)
        output_drop(&files->trace);
    if (files->stats.file != NULL && !output_close(&files->stats))
        written = false;
    if (files->summary.file != NULL && !output_close(&files->summary))
        written = false;
    /* What the recorder could not write, the session has told of. */
    files->trace.told = files->trace.file != NULL && ferror(files->trace.file);
    if (files->trace.file != NULL && !output_close(&files->trace))
        written = false;
    return profile_table_close(&files->profile) && written;
}

/* *good where there is an exit status that is the program's. */
static int go_and_tell(const struct options *options, struct run_files *files,
                       int (*go)(void *arg,
                                 const struct session_listeners *listeners,
                                 struct stats *stats),
                       void *arg, bool *good, bool *keep)
{
    const struct session_listeners listeners = {
        .faults_to = options->quiet ? NULL : stderr,
        .log = files->log,
        .profile = options->profile != NULL ? &files->profile : NULL,
        .trace = files->trace.file,
        .trace_fd = output_seekable(&files->trace),
        .keep = keep,
    };
    struct stats stats;
    int failure = go(arg, &listeners, &stats);

    if (failure != 0)
        return failure;
    if (files->stats.file != NULL &&
        !session_write_stats(&stats, &files->stats))
        return EXIT_SIMULATOR;
    if (files->summary.file != NULL)
        summary_write(&stats, files->summary.file);
    if (options->summary)
        summary_write(&stats, stderr);
    *good = true;
    return stats.limit != NULL ? EXIT_LIMIT : stats.exit_status;
}

/* A replay has nothing else to print: its summary. */
static bool open_summary(struct run_files *files, const struct options *options)
{
    bool idle = options->replay &&
                (options->stats == NULL || !output_is_standard(options->stats));

    return !idle || output_open(&files->summary, "-", 0);
}

int run_files_written(const struct options *options,
                      int (*go)(void *arg,
                                const struct session_listeners *listeners,
                                struct stats *stats),
                      void *arg)
{
    struct run_files files = {0};
    bool good = false;
    bool keep = false;
    int status = EXIT_SIMULATOR;

    if (run_files_open(&files, options) && open_summary(&files, options))
        status = go_and_tell(options, &files, go, arg, &good, &keep);
    if (!run_files_close(&files, options, good, keep))
        status = EXIT_SIMULATOR;
    return status;
}
