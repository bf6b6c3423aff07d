/* arguments.c: see arguments.h. The options of `replay` that it hands on are
 * plan.c's.
 */
#include "sweep/arguments.h"

#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "colour.h"
#include "command.h"
#include "sweep/run.h"
#include "values.h"

/* ---- what each does: false where the value is no good, having told why
 * ---- */

static bool set_vary(void *to, const char *value)
{
    struct sweep_request *request = to;

    request->option = "vary";
    return sweep_plan_vary(&request->plan, value);
}

static bool set_jobs(void *to, const char *value)
{
    struct sweep_request *request = to;
    uint64_t jobs;

    request->option = "jobs";
    if (!read_limit("--jobs", value, SWEEP_CHILDREN_MAX, &jobs))
        return false;
    request->children = (unsigned)jobs;
    return true;
}

static bool set_task(struct sweep_request *request, enum sweep_task task,
                     const char *option)
{
    if (request->task_option != NULL) {
        complain(option, "does not go with %s", request->task_option);
        return false;
    }
    request->task = task;
    request->task_option = option;
    return true;
}

static bool set_job(void *to, const char *value)
{
    (void)value;
    return set_task(to, SWEEP_ONE, "--job");
}

static bool set_jobs_file(void *to, const char *value)
{
    struct sweep_request *request = to;

    request->jobs_file = value;
    return set_task(request, SWEEP_JOBS_FILE, "--jobs-file");
}

static bool set_merge(void *to, const char *value)
{
    struct sweep_request *request = to;

    request->merge = value;
    return set_task(request, SWEEP_MERGE, "--merge");
}

/* Gives an option of `replay` its value for all jobs: once, but for costs, as
 * in `replay`. */
static bool set_handed(void *to, const char *value)
{
    const struct sweep_handed *handed = to;
    const struct sweep_option *option = handed->option;
    struct sweep_plan *plan = &handed->request->plan;
    size_t before = plan->fixed.count;

    handed->request->option = option->name;
    if (!sweep_plan_fix(plan, option, value))
        return false;
    return plan->fixed.count > before || option->keyed ||
           option_wrong(option->name, "given twice");
}

static const struct option_row own_rows[] = {
    {"vary", 0, "NAME=VALUE|VALUE...",
     "run each job under each of these values of option --NAME; may\n"
     "be repeated: every combination is run, those of the last one\n"
     "next to each other",
     .set = set_vary, .repeatable = true},
    {"output", 'o', "FILE",
     "keep the results in FILE, an SQLite database; a job that is in\n"
     "it already (same trace, options and version) is not run again\n"
     "unless it failed. With --jobs-file: the directory of parts",
     .set = option_text, .at = offsetof(struct sweep_request, output)},
    {"jobs", 'j', "N", "run N jobs at a time (default: a job a processor)",
     .set = set_jobs},
    {"format", 0, "FORMAT",
     "table, json (an object a line) or csv (default table)",
     .set = option_format, .at = offsetof(struct sweep_request, format),
     .value_at = format_value},
    {"quiet", 'q', NULL, "show no progress, also on a terminal",
     .set = option_flag, .at = offsetof(struct sweep_request, quiet)},
    {"jobs-file", 0, "FILE",
     "run nothing, but write the jobs to FILE, a shell command a\n"
     "line, each of which writes its result to a part of its own",
     .set = set_jobs_file},
    {"force", 0, NULL,
     "with --jobs-file: write over FILE, and remove the parts of\n"
     "another sweep",
     .set = option_flag, .at = offsetof(struct sweep_request, force)},
    {"job", 0, NULL, "run one job and print no table: what those commands use",
     .set = set_job},
    {"merge", 0, "PART",
     "run nothing, but join the results in PART, a file or a\n"
     "directory of files *.db, and in the other arguments",
     .set = set_merge},
};

static const struct option_group own_options = {OPTION_GROUP(own_rows)};

/* The options that are handed on, as the plan knows them. */
static struct option_row handed_rows[SWEEP_HANDED_MAX];
static struct option_group handed_options = {
    .title = "\noptions of `replay', to be fixed here or varied:\n",
    .rows = handed_rows,
};

static const struct option_part parts[] = {
    {&own_options, 0},   {&colour_options, 0},
    {&about_options, 0}, {&handed_options, 0},
    {NULL, 0},
};

static const struct command_line line = {
    .name = "sweep",
    .word = "TRACE",
    .usage =
        "usage: mmu386 sweep --vary='NAME=VALUE|VALUE...'... [OPTION...] [--] "
        "TRACE...\n"
        "       mmu386 sweep --merge=PART [-o FILE] [--format=FORMAT] "
        "[PART...]\n"
        "Replays each trace under each combination of options, one job a "
        "processor, and prints\n"
        "what each cost. A sweep that was stopped goes on where it was when "
        "it is run again with\n"
        "the same FILE.\n"
        "\n"
        "options:\n",
    .parts = parts,
    .status =
        "\n"
        "On other machines: GNU parallel runs the lines of a jobs file "
        "(parallel <FILE), a Slurm\n"
        "array job takes line number $SLURM_ARRAY_TASK_ID of it; then --merge "
        "joins the parts.\n"
        "Exit status: 0; 125 where it fails or a job failed, of which the "
        "others are kept.\n",
};

static void make_handed(struct sweep_request *request)
{
    size_t count = 0;
    const struct sweep_option *option;

    for (; (option = sweep_option_at(count)) != NULL; count++) {
        assert(count < SWEEP_HANDED_MAX);
        request->handed[count] = (struct sweep_handed){request, option};
        handed_rows[count] = (struct option_row){
            .name = option->name,
            .argument = option->argument,
            .help = option->help,
            .set = set_handed,
            .at = offsetof(struct sweep_request, handed) +
                  count * sizeof(request->handed[0]),
            .repeatable = true,
            .value_at = option->value_at,
        };
    }
    handed_options.count = count;
}

/* ---- what goes with what ---- */

static bool wrong(const char *what, const char *why)
{
    complain(what, "%s", why);
    return false;
}

static bool settle_merge(const struct sweep_request *request)
{
    if (request->quiet)
        return option_wrong("quiet", "does not go with --merge");
    return colour_settle(&request->given, request->format) &&
           (request->option == NULL ||
            option_wrong(request->option, "does not go with --merge"));
}

/* What is about the jobs that are run here, and about their table. */
static bool settle_other_task(const struct sweep_request *request)
{
    static const char *const here[] = {"format", "jobs", "color", "quiet"};

    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        char option[64];

        if (request->task == SWEEP_HERE ||
            !option_given(&request->given, here[i]))
            continue;
        snprintf(option, sizeof(option), "--%s", here[i]);
        complain(option, "does not go with %s", request->task_option);
        return false;
    }
    return true;
}

static bool settle(const struct sweep_request *request)
{
    if (request->force && request->task != SWEEP_JOBS_FILE)
        return wrong("--force", "goes with --jobs-file only");
    if (request->task == SWEEP_MERGE)
        return settle_merge(request);
    if (!settle_other_task(request))
        return false;
    if (!colour_settle(&request->given, request->format))
        return false;
    if (request->word_count == 0) {
        complain_of_missing_word(&line);
        return false;
    }
    if (request->task == SWEEP_ONE) {
        if (request->plan.axis_count != 0)
            return wrong("--vary", "does not go with --job");
        if (request->word_count != 1)
            return wrong(request->words[1], "a job has one trace");
        if (request->output == NULL)
            return wrong("--job", "needs -o FILE");
    }
    for (size_t i = 0; i < request->word_count; i++)
        if (strcmp(request->words[i], "-") == 0)
            return wrong("-", "every job would have to read it anew");
    return sweep_plan_settle(&request->plan, request->word_count);
}

static unsigned processors(void)
{
    cpu_set_t set;
    int count =
        sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return count < 1 ? 1 : (unsigned)count;
}

enum options_outcome sweep_options_read(struct sweep_request *request, int argc,
                                        char *argv[])
{
    enum options_outcome outcome;

    *request = (struct sweep_request){.format = FORMAT_TABLE,
                                      .children = processors()};
    make_handed(request);
    outcome = command_line_read(&line, argc, argv, request, &request->given,
                                &request->words);
    while (request->words[request->word_count] != NULL)
        request->word_count++;
    if (outcome == OPTIONS_GO && !settle(request))
        outcome = OPTIONS_WRONG;
    return outcome;
}

void sweep_request_free(struct sweep_request *request)
{
    sweep_plan_free(&request->plan);
}
