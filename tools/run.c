/* run.c: runs a program; what it writes is what this writes. */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "command.h"
#include "guardian.h"
#include "options.h"
#include "output.h"
#include "session.h"

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

/* What is written when the program has ended. */
struct outputs {
    struct output stats;
    struct profile_table profile;
    struct output trace;
};

/* What is found out too late is a run's time lost: outputs are opened first. */
static bool open_outputs(struct outputs *outputs, const struct options *options)
{
    unsigned how = options->force ? OUTPUT_FORCE : 0;

    if (options->stats != NULL &&
        !output_open(&outputs->stats, options->stats, how))
        return false;
    if (options->profile != NULL &&
        !profile_table_open(&outputs->profile, options->profile,
                            options->force))
        return false;
    return options->trace == NULL ||
           output_open(&outputs->trace, options->trace, how | OUTPUT_GROWS);
}

/* Of a run that failed there are no statistics and no profile; what it recorded
 * stays, unless nothing ran. */
static bool close_outputs(struct outputs *outputs, bool failed, bool keep)
{
    bool written = true;

    if (failed) {
        output_drop(&outputs->stats);
        profile_table_drop(&outputs->profile);
    }
    if (!keep)
        output_drop(&outputs->trace);
    if (outputs->stats.file != NULL && !output_close(&outputs->stats))
        written = false;
    /* What the recorder could not write, the session has told of. */
    outputs->trace.told =
        outputs->trace.file != NULL && ferror(outputs->trace.file);
    if (outputs->trace.file != NULL && !output_close(&outputs->trace))
        written = false;
    return profile_table_close(&outputs->profile) && written;
}

/* Returns what to exit with; *good where it is the program's. */
static int run_program(const struct options *options, struct program *program,
                       struct outputs *outputs, struct log *log, bool *keep,
                       bool *good)
{
    const struct session_listeners listeners = {
        .faults_to = stderr,
        .log = log,
        .profile = options->profile != NULL ? &outputs->profile : NULL,
        .trace = options->trace != NULL ? outputs->trace.file : NULL,
        .trace_fd = output_seekable(&outputs->trace),
        .keep = keep,
    };
    const int host_fd[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    struct stats stats;
    int failure = session_run(options, options->policies[0], program, host_fd,
                              &listeners, &stats);

    if (failure != 0)
        return failure;
    if (outputs->stats.file != NULL &&
        !session_write_stats(&stats, &outputs->stats))
        return EXIT_SIMULATOR;
    *good = true;
    return stats.limit != NULL ? EXIT_LIMIT : stats.exit_status;
}

/* The same, with the log. */
static int run_logged(const struct options *options, struct program *program,
                      struct outputs *outputs, bool *keep, bool *good)
{
    struct log *log;
    int status;

    if (options->log == NULL)
        return run_program(options, program, outputs, NULL, keep, good);
    log = open_log(options);
    if (log == NULL)
        return EXIT_SIMULATOR;
    status = run_program(options, program, outputs, log, keep, good);
    if (!*keep) {
        log_drop(log);
        return status;
    }
    return close_log(options, log) ? status : EXIT_SIMULATOR;
}

static int run(const struct options *options)
{
    struct outputs outputs = {0};
    bool keep = false;
    bool good = false;
    int status;
    struct program *program = session_program(options->program[0], &status);

    if (program == NULL)
        return status;
    status = EXIT_SIMULATOR;
    if (open_outputs(&outputs, options))
        status = run_logged(options, program, &outputs, &keep, &good);
    if (!close_outputs(&outputs, !good, keep))
        status = EXIT_SIMULATOR;
    program_put(program);
    return status;
}

int run_command(int argc, char *argv[])
{
    struct options options;
    enum options_outcome outcome = options_read(&options, FOR_RUN, argc, argv);

    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;

    int status = guardian_run(&options, run);

    options_free(&options);
    return status;
}
