/* replay.c: `replay`: what `run` tells of a program, of a trace. */
#include "command.h"
#include "guardian.h"
#include "options.h"
#include "output.h"
#include "session.h"

/* Returns what to exit with; *good where it is the trace's. */
static int replay_to(const struct options *options, struct output *stats_to,
                     struct log *log, bool *keep, bool *good)
{
    const struct session_listeners listeners = {
        .faults_to = stderr, .log = log, .keep = keep};
    char program[TRACE_TEXT_MAX + 1];
    struct stats stats;
    int failure = session_replay(options, NULL, options->program[0], &listeners,
                                 &stats, program);

    if (failure != 0)
        return failure;
    if (stats_to->file != NULL && !session_write_stats(&stats, stats_to))
        return EXIT_SIMULATOR;
    *good = true;
    return stats.exit_status;
}

/* The same, with the log where one is asked for. */
static int replay_logged(const struct options *options, struct output *stats_to,
                         bool *good)
{
    char why[256];
    struct log *log;
    bool keep = false;
    int status;

    if (options->log == NULL)
        return replay_to(options, stats_to, NULL, &keep, good);
    if (output_is_spared(options->log))
        return EXIT_SIMULATOR;
    log = log_new(options->log, options->force, why, sizeof(why));
    if (log == NULL) {
        complain(options->log, "%s", why);
        return EXIT_SIMULATOR;
    }
    status = replay_to(options, stats_to, log, &keep, good);
    if (!keep) {
        log_drop(log);
        return status;
    }
    if (log_free(log, why, sizeof(why)))
        return status;
    complain(options->log, "%s", why);
    return EXIT_SIMULATOR;
}

static int replay(const struct options *options)
{
    struct output stats_to = {0};
    bool good = false;
    int status;

    if (options->stats != NULL &&
        !output_open(&stats_to, options->stats,
                     options->force ? OUTPUT_FORCE : 0))
        return EXIT_SIMULATOR;
    status = replay_logged(options, &stats_to, &good);
    if (!good)
        output_drop(&stats_to);
    else if (stats_to.file != NULL && !output_close(&stats_to))
        status = EXIT_SIMULATOR;
    return status;
}

int replay_command(int argc, char *argv[])
{
    struct options options;
    enum options_outcome outcome =
        options_read(&options, FOR_REPLAY, argc, argv);

    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;

    int status = guardian_run(&options, replay);

    options_free(&options);
    return status;
}
