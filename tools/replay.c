/* replay.c: `replay`: what `run` tells of a program, of a trace. */
#include "command.h"
#include "guardian.h"
#include "options/groups.h"
#include "runfiles.h"
#include "session.h"

struct replaying {
    const struct options *options;
    char program[TRACE_TEXT_MAX + 1];
};

static int go(void *arg, const struct session_listeners *listeners,
              struct stats *stats)
{
    struct replaying *replaying = arg;
    const struct options *options = replaying->options;

    return session_replay(options, NULL, options->program[0], listeners, stats,
                          replaying->program);
}

static int replay(const struct options *options)
{
    struct replaying replaying = {.options = options};

    return run_files_written(options, go, &replaying);
}

static const struct option_part parts[] = {
    {&fork_options, 0},  {&processor_options, 0}, {&memory_options, 0},
    {&stats_options, 0}, {&log_options, 0},       {&replayed_options, 0},
    {&force_options, 0}, {&session_options, 0},   {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "replay",
    .word = "TRACE",
    .usage =
        "usage: mmu386 replay [OPTION...] [--] TRACE\n"
        "Replays a trace that `run --trace' recorded, its text form, or what "
        "valgrind's lackey or "
        "Dinero's\n"
        "din wrote: the machine makes the same accesses again, without the "
        "program. A recording comes "
        "to\n"
        "the same faults, counts and cycles under the options that it was made "
        "with, which are the\n"
        "defaults; other options tell what they would have made of it. TRACE "
        "may "
        "be compressed by "
        "gzip\n"
        "or zstd; - is standard input.\n"
        "\noptions:\n",
    .parts = parts,
    .status = "\nExit status: the recorded one; 125 where the simulator or the "
              "trace fails. Of a "
              "trace that\nwas cut short what is there is replayed, and the "
              "exit status is 0 unless "
              "there is nothing.\n",
    .of_trace = true,
    .words_last = true,
};

int replay_command(int argc, char *argv[])
{
    struct options options = {.replay = true};

    return guardian_command(&options, &line, argc, argv, replay);
}
