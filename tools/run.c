/* run.c: runs a program; what it writes is what this writes. */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "colour.h"
#include "command.h"
#include "guardian.h"
#include "options/groups.h"
#include "runfiles.h"
#include "session.h"

struct run {
    const struct options *options;
    struct program *program;
};

static int go(void *arg, const struct session_listeners *listeners,
              struct stats *stats)
{
    const struct run *run = arg;
    struct session_listeners all = *listeners;
    const int host_fd[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

    all.counts_unasked = run->options->stats == NULL && !run->options->summary;
    return session_run(run->options, run->options->policies[0], run->program,
                       host_fd, &all, stats);
}

static int run(const struct options *options)
{
    int status;
    struct run run = {
        .options = options,
        .program = session_program(options->program[0], &status),
    };

    if (run.program == NULL)
        return status;
    status = run_files_written(options, go, &run);
    program_put(run.program);
    return status;
}

static const struct option_part parts[] = {
    {&fork_options, 0},
    {&processor_options, 0},
    {&functional_options, 0},
    {&memory_options, 0},
    {&program_options, 0},
    {&stats_options, 0},
    {&summary_options, 0},
    {&profile_options, 0},
    {&profile_format_options, 0},
    {&colour_options, 0},
    {&log_options, 0},
    {&trace_options, 0},
    {&force_options, 0},
    {&limit_options, 0},
    {&session_options, 0},
    {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "run",
    .word = "PROGRAM",
    .usage = "usage: mmu386 run [OPTION...] [--] PROGRAM [ARG...]\n"
             "Runs a static i386 Linux program, whose input and output are "
             "this command's, and exits with\n"
             "its exit status, or with 128 and the signal's number where a "
             "signal killed it. A fault that\n"
             "a process dies of is told of on standard error.\n"
             "\noptions:\n",
    .parts = parts,
    .status = OPTIONS_STATUS("the program's", ""),
    .words_last = true,
};

int run_command(int argc, char *argv[])
{
    struct options options = {0};

    return guardian_command(&options, &line, argc, argv, run);
}
