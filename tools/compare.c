/* compare.c: runs a program under each fork policy. Whatever the policy, it
 * must do the same. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bars.h"
#include "colour.h"
#include "command.h"
#include "expect.h"
#include "guardian.h"
#include "inputcopy.h"
#include "jobs.h"
#include "options/groups.h"
#include "output.h"
#include "report.h"
#include "runfiles.h"
#include "session.h"

/* What a run wrote to its descriptors 1 and 2, in memory. */
struct capture {
    int fd[2];
};

/* What the runs leave: shared with those that are in processes of their own. */
struct results {
    struct stats stats[POLICIES_MAX];
    char traced[TRACE_TEXT_MAX + 1]; /* the program that a trace is of */
};

struct comparison {
    const struct options *options;
    struct program *program;
    int input; /* read-only, at its start for each run; -1: none */
    uint32_t runs;
    struct results *results;
    struct capture captures[POLICIES_MAX];
    bool reported; /* what was opened has been written to its end */
    struct output report;
    struct bars bars;
    struct run_files files;
    struct expectation expectations[EXPECTATIONS_MAX];
};

/* --- the runs ------------------------------------------------------------- */

static bool open_captures(struct comparison *comparison)
{
    for (uint32_t i = 0; i < comparison->runs; i++) {
        for (unsigned n = 0; n < 2; n++) {
            int fd = memfd_create("output", MFD_CLOEXEC);

            comparison->captures[i].fd[n] = fd;
            if (fd == -1) {
                complain("output", "%s", strerror(errno));
                return false;
            }
        }
    }
    return true;
}

static void close_capture(const struct capture *capture)
{
    for (unsigned i = 0; i < 2; i++)
        if (capture->fd[i] != -1)
            close(capture->fd[i]);
}

/* On a terminal with how far it has come. */
static void say_policy(const struct options *options, uint32_t number)
{
    const char *doing = options->replay ? "replaying" : "running";
    const char *policy = options->policies[number]->name;

    if (options->quiet)
        return;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "mmu386: %s under %s (%u of %u)\n", doing, policy,
                number + 1, options->policy_count);
    else if (options->verbose)
        fprintf(stderr, "mmu386: %s under %s\n", doing, policy);
}

/* Replays the trace under a policy. There is no output to compare. */
static int replay_policy(struct comparison *comparison, uint32_t number)
{
    const struct options *options = comparison->options;
    const struct session_listeners listeners = {
        .faults_to = options->verbose ? stderr : NULL,
        .cut_told = number > 0,
    };

    return session_replay(
        options, options->policies[number], options->program[0], &listeners,
        &comparison->results->stats[number], comparison->results->traced);
}

/* Runs the program under a policy: 0, or what to exit with. */
static int run_policy(struct comparison *comparison, uint32_t number)
{
    const struct options *options = comparison->options;
    const struct capture *capture = &comparison->captures[number];
    struct stats *stats = &comparison->results->stats[number];
    const int host_fd[3] = {comparison->input, capture->fd[0], capture->fd[1]};
    const struct session_listeners listeners = {
        .faults_to = options->verbose ? stderr : NULL,
        .profile = options->profile != NULL ? &comparison->files.profile : NULL,
    };
    int failure;

    (void)lseek(comparison->input, 0, SEEK_SET);
    failure = session_run(options, options->policies[number],
                          comparison->program, host_fd, &listeners, stats);
    return failure == 0 && stats->limit != NULL ? EXIT_LIMIT : failure;
}

static int go_under(void *arg, uint32_t number)
{
    struct comparison *comparison = arg;

    say_policy(comparison->options, number);
    return comparison->options->replay ? replay_policy(comparison, number)
                                       : run_policy(comparison, number);
}

/* In a process of its own, where the place in the input has to be its own,
 * too. */
static int go_apart(void *arg, uint32_t number)
{
    struct comparison *comparison = arg;

    if (comparison->input != -1 &&
        (comparison->input = input_copy_again(comparison->input)) == -1)
        return EXIT_SIMULATOR;
    return go_under(arg, number);
}

/* Runs all: 0, or what to exit with. */
static int go(struct comparison *comparison)
{
    uint32_t count = comparison->options->policy_count;
    uint32_t jobs = (uint32_t)comparison->options->jobs;

    comparison->runs = count;
    if (!comparison->options->replay && !open_captures(comparison))
        return EXIT_SIMULATOR;
    if (jobs > 1)
        return jobs_run(count, jobs, go_apart, comparison);
    for (uint32_t i = 0; i < count; i++) {
        int failure = go_under(comparison, i);

        if (failure != 0)
            return failure;
    }
    return 0;
}

/* --- whether they agree --------------------------------------------------- */

static int64_t size_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 ? (int64_t)status.st_size : -1;
}

/* The first byte in which two outputs differ, counted from 1; 0 where they are
 * the same; -1 where they cannot be read. */
static int64_t first_difference(int one, int other)
{
    char of_one[32768];
    char of_other[32768];
    int64_t at = 0;

    for (;;) {
        ssize_t bytes = pread(one, of_one, sizeof(of_one), at);
        ssize_t other_bytes = pread(other, of_other, sizeof(of_other), at);
        ssize_t common = bytes < other_bytes ? bytes : other_bytes;

        if (bytes == -1 || other_bytes == -1)
            return -1;
        for (ssize_t i = 0; i < common; i++)
            if (of_one[i] != of_other[i])
                return at + i + 1;
        at += common;
        if (bytes != other_bytes)
            return at + 1;
        if (common == 0)
            return 0;
    }
}

/* Compares run `i` with the first, and tells how they differ. */
static bool agrees(const struct comparison *comparison, uint32_t i)
{
    static const char *const names[2] = {"standard output", "standard error"};
    const struct stats *first = &comparison->results->stats[0];
    const struct stats *stats = &comparison->results->stats[i];
    bool same = true;

    if (stats->exit_status != first->exit_status) {
        complain(stats->policy, "exit status %d, where %s has %d",
                 stats->exit_status, first->policy, first->exit_status);
        same = false;
    }
    for (unsigned n = 0; n < 2 && !comparison->options->replay; n++) {
        int one = comparison->captures[0].fd[n];
        int other = comparison->captures[i].fd[n];
        int64_t at = first_difference(one, other);

        if (at == 0)
            continue;
        same = false;
        if (at == -1)
            complain(stats->policy, "%s: %s", names[n], strerror(errno));
        else
            complain(stats->policy,
                     "%s (%" PRId64 " bytes) differs from byte %" PRId64
                     " on from %s's (%" PRId64 " bytes)",
                     names[n], size_of(other), at, first->policy, size_of(one));
    }
    return same;
}

static bool all_agree(const struct comparison *comparison)
{
    bool same = true;

    for (uint32_t i = 1; i < comparison->runs; i++)
        if (!agrees(comparison, i))
            same = false;
    return same;
}

/* --- what is expected ----------------------------------------------------- */

static bool no_memory(const char *what)
{
    complain(what, "out of memory");
    return false;
}

/* Before anything runs: what is found out too late is a run's time lost. */
static bool read_expectations(struct comparison *comparison)
{
    const struct options *options = comparison->options;
    const struct stats none = {
        .program = "", .policy = "", .cpu = "", .clocked = options->clocked};
    json_t *sample = options->expectation_count > 0 ? stats_json(&none) : NULL;
    bool good;

    if (options->expectation_count == 0)
        return true;
    (void)json_object_del(sample, "parameters"); /* nothing is counted there */
    good = sample != NULL
               ? expectations_read(comparison->expectations, options, sample)
               : no_memory("--expect");
    json_decref(sample);
    return good;
}

/* 0 where all is as expected, else what to exit with. */
static int check_expectations(const struct comparison *comparison)
{
    uint32_t count = comparison->options->expectation_count;
    json_t *array =
        count > 0 ? report_json(comparison->results->stats, comparison->runs)
                  : NULL;
    int status = 0;

    if (count > 0 && array == NULL) {
        (void)no_memory("expect");
        return EXIT_SIMULATOR;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!expectation_holds(&comparison->expectations[i], array))
            status = EXIT_UNEXPECTED;
    json_decref(array);
    return status;
}

/* --- the whole ------------------------------------------------------------ */

static bool write_to(struct comparison *comparison, enum format format,
                     struct output *output)
{
    if (report_write(format, comparison->results->stats, comparison->runs,
                     output->file))
        return true;
    return no_memory(output->name);
}

static bool write_report(struct comparison *comparison)
{
    if (!write_to(comparison, comparison->options->format, &comparison->report))
        return false;
    if (comparison->bars.columns > 0)
        bars_write(&comparison->bars, comparison->results->stats,
                   comparison->runs, comparison->report.file);
    return comparison->files.stats.file == NULL ||
           write_to(comparison, FORMAT_JSON, &comparison->files.stats);
}

static bool open_outputs(struct comparison *comparison)
{
    const struct options *options = comparison->options;
    const char *name = options->output != NULL ? options->output : "-";

    if (!output_open(&comparison->report, name,
                     options->force ? OUTPUT_FORCE : 0))
        return false;
    if (options->format == FORMAT_TABLE)
        comparison->bars = bars_choose(
            options->bars, output_is_standard(name) && isatty(STDOUT_FILENO));
    else if (option_given(&options->given, "bars"))
        return option_wrong("bars", "is for the table");
    return run_files_open(&comparison->files, options);
}

static bool close_outputs(struct comparison *comparison)
{
    bool written = true;

    if (!comparison->reported)
        output_drop(&comparison->report);
    if (comparison->report.file != NULL && !output_close(&comparison->report))
        written = false;
    return run_files_close(&comparison->files, comparison->options,
                           comparison->reported, false) &&
           written;
}

/* Runs and reports: 0, or what to exit with. */
static int compare_policies(struct comparison *comparison)
{
    const struct options *options = comparison->options;
    int status;

    if (!read_expectations(comparison) || !open_outputs(comparison) ||
        (!options->replay && (comparison->input = input_copy_open()) == -1))
        return EXIT_SIMULATOR;
    status = go(comparison);
    if (status != 0)
        return status;
    if (!write_report(comparison))
        return EXIT_SIMULATOR;
    comparison->reported = true;
    status = check_expectations(comparison);
    return all_agree(comparison) ? status : EXIT_SIMULATOR;
}

/* Compares, and closes all that is open. */
static int compare_opened(struct comparison *comparison)
{
    int status = compare_policies(comparison);

    if (!close_outputs(comparison))
        status = EXIT_SIMULATOR;
    for (uint32_t i = 0; i < comparison->runs; i++)
        close_capture(&comparison->captures[i]);
    if (comparison->input != -1)
        close(comparison->input);
    return status;
}

/* Results are where a run in a process of its own can write them. */
static bool share_results(struct comparison *comparison)
{
    void *shared =
        mmap(NULL, sizeof(*comparison->results), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        complain("simulator", "%s", strerror(errno));
        return false;
    }
    comparison->results = shared;
    return true;
}

static int compare(const struct options *options)
{
    struct comparison comparison = {.options = options, .input = -1};
    int status = 0;

    for (unsigned i = 0; i < POLICIES_MAX; i++)
        comparison.captures[i] = (struct capture){.fd = {-1, -1}};
    if (!share_results(&comparison))
        return EXIT_SIMULATOR;
    if (!options->replay)
        comparison.program = session_program(options->program[0], &status);
    if (status == 0)
        status = compare_opened(&comparison);
    program_put(comparison.program);
    (void)munmap(comparison.results, sizeof(*comparison.results));
    return status;
}

static const struct option_part parts[] = {
    {&policies_options, 0},
    {&compare_options, 0},
    {&report_options, 0},
    {&processor_options, 0},
    {&functional_options, 0},
    {&memory_options, 0},
    {&program_options, 0},
    {&stats_options, 0},
    {&profile_options, 0},
    {&colour_options, 0},
    {&replay_options, 0},
    {&replayed_options, 0},
    {&force_options, 0},
    {&limit_options, 0},
    {&session_options, 0},
    {&about_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "compare",
    .word = "PROGRAM",
    .usage =
        "usage: mmu386 compare [OPTION...] [--] PROGRAM [ARG...]\n"
        "Runs a static i386 Linux program once under each fork policy, checks "
        "that its output and its\n"
        "exit status are the same under each, and prints the costs side by "
        "side. The output itself is\n"
        "not shown. Standard input, where it is no terminal, is read to its "
        "end first and given to\n"
        "each run. `frames saved' is 1 - frames allocated / frames allocated "
        "under eager.\n"
        "\noptions:\n",
    .parts = parts,
    .status = OPTIONS_STATUS("0 where all agree, 1 where an --expect does "
                             "not\nhold",
                             " or they differ"),
    .words_last = true,
};

int compare_command(int argc, char *argv[])
{
    struct options options = {
        .policies = {&mmu_fork_eager, &mmu_fork_cow},
        .policy_count = 2,
    };

    return guardian_command(&options, &line, argc, argv, compare);
}
