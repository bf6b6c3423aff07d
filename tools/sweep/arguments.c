/* arguments.c: see arguments.h. The options of `replay` that it hands on are
 * plan.c's.
 */
#include "sweep/arguments.h"

#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "logoptions.h"
#include "output.h"
#include "sweep/run.h"

struct row {
    const char *name;
    char letter;          /* the short form, or 0 */
    const char *argument; /* as --help calls it; NULL: takes none */
    bool (*set)(struct sweep_request *request, const char *value);
    const char *help; /* may have several lines */
};

/* ---- what each does: false where the value is no good, having told why
 * ---- */

static bool set_vary(struct sweep_request *request, const char *value)
{
    request->option = "vary";
    return sweep_plan_vary(&request->plan, value);
}

static bool set_output(struct sweep_request *request, const char *value)
{
    request->output = value;
    return true;
}

static bool set_jobs(struct sweep_request *request, const char *value)
{
    char *end;
    unsigned long jobs = strtoul(value, &end, 10);

    request->option = "jobs";
    request->has_jobs = true;
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || jobs < 1 ||
        jobs > SWEEP_CHILDREN_MAX) {
        complain("--jobs", "%.64s: not a number, 1 to %u", value,
                 SWEEP_CHILDREN_MAX);
        return false;
    }
    request->children = (unsigned)jobs;
    return true;
}

static bool set_format(struct sweep_request *request, const char *value)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

    request->format_option = "--format";
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            request->format = (enum format)i;
            return true;
        }
    }
    complain("--format",
             "%.64s: no such format (there are table, json and csv)", value);
    return false;
}

static bool set_task(struct sweep_request *request, enum sweep_task task,
                     const char *option)
{
    if (request->task_option != NULL) {
        complain(option,
                 strcmp(option, request->task_option) == 0
                     ? "given twice"
                     : "does not go with %s",
                 request->task_option);
        return false;
    }
    request->task = task;
    request->task_option = option;
    return true;
}

static bool set_job(struct sweep_request *request, const char *value)
{
    (void)value;
    return set_task(request, SWEEP_ONE, "--job");
}

static bool set_jobs_file(struct sweep_request *request, const char *value)
{
    request->jobs_file = value;
    return set_task(request, SWEEP_JOBS_FILE, "--jobs-file");
}

static bool set_merge(struct sweep_request *request, const char *value)
{
    request->merge = value;
    return set_task(request, SWEEP_MERGE, "--merge");
}

static bool set_force(struct sweep_request *request, const char *value)
{
    (void)value;
    request->force = true;
    return true;
}

static const struct row rows[] = {
    {"vary", 0, "NAME=VALUE|VALUE...", set_vary,
     "run each job under each of these values of option --NAME; may\n"
     "be repeated: every combination is run, those of the last one\n"
     "next to each other"},
    {"output", 'o', "FILE", set_output,
     "keep the results in FILE, an SQLite database; a job that is in\n"
     "it already (same trace, options and version) is not run again\n"
     "unless it failed. With --jobs-file: the directory of parts"},
    {"jobs", 'j', "N", set_jobs,
     "run N jobs at a time (default: a job a processor)"},
    {"format", 0, "FORMAT", set_format,
     "table, json (an object a line) or csv (default table)"},
    {"jobs-file", 0, "FILE", set_jobs_file,
     "run nothing, but write the jobs to FILE, a shell command a\n"
     "line, each of which writes its result to a part of its own"},
    {"force", 0, NULL, set_force,
     "with --jobs-file: write over FILE, and remove the parts of\n"
     "another sweep"},
    {"job", 0, NULL, set_job,
     "run one job and print no table: what those commands use"},
    {"merge", 0, "PART", set_merge,
     "run nothing, but join the results in PART, a file or a\n"
     "directory of files *.db, and in the other arguments"},
    {"help", 0, NULL, NULL, "print this help"},
    {"version", 0, NULL, NULL, "print the version"},
};

#define ROWS      (sizeof(rows) / sizeof(rows[0]))
#define HAND_MAX  32u /* of the options that are handed on, at most */
#define FIRST_ROW 256
#define FIRST_OWN (FIRST_ROW + HAND_MAX)

/* ---- help ---- */

#define HELP_COLUMN 24

static void print_option(const char *name, char letter, const char *argument,
                         const char *help)
{
    char usage[64];

    snprintf(usage, sizeof(usage), "  %c%c%s --%s%s%s", letter ? '-' : ' ',
             letter ? letter : ' ', letter ? "," : " ", name,
             argument ? "=" : "", argument ? argument : "");
    if (strlen(usage) < HELP_COLUMN)
        printf("%-*s", HELP_COLUMN, usage);
    else
        printf("%s\n%*s", usage, HELP_COLUMN, "");
    for (; *help != '\0'; help++) {
        putchar(*help);
        if (*help == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

static void print_help(void)
{
    puts("usage: mmu386 sweep --vary='NAME=VALUE|VALUE...'... [OPTION...] [--] "
         "TRACE...\n"
         "       mmu386 sweep --merge=PART [-o FILE] [--format=FORMAT] "
         "[PART...]\n"
         "Replays each trace under each combination of options, one job a "
         "processor, and prints\n"
         "what each cost. A sweep that was stopped goes on where it was when "
         "it is run again with\n"
         "the same FILE.\n"
         "\n"
         "options:");
    for (size_t i = 0; i < ROWS; i++)
        print_option(rows[i].name, rows[i].letter, rows[i].argument,
                     rows[i].help);
    puts("\n"
         "options of `replay', to be fixed here or varied:");
    for (size_t i = 0; sweep_option_at(i) != NULL; i++) {
        const struct sweep_option *option = sweep_option_at(i);

        print_option(option->name, 0, option->argument, option->help);
    }
    puts("\n"
         "On other machines: GNU parallel runs the lines of a jobs file "
         "(parallel <FILE), a Slurm\n"
         "array job takes line number $SLURM_ARRAY_TASK_ID of it; then --merge "
         "joins the parts.\n"
         "Exit status: 0; 125 where it fails or a job failed, of which the "
         "others are kept.");
}

/* ---- reading the command line ---- */

struct grammar {
    struct option long_options[ROWS + HAND_MAX + 1];
    char short_options[2 + 2 * ROWS];
};

static struct option getopt_option(const char *name, const char *argument,
                                   int value)
{
    return (struct option){.name = name,
                           .has_arg = argument != NULL ? required_argument
                                                       : no_argument,
                           .val = value};
}

static struct grammar make_grammar(void)
{
    struct grammar grammar = {.short_options = ":"};
    char *letter = grammar.short_options + 1;
    size_t count = 0;

    for (size_t i = 0; i < HAND_MAX && sweep_option_at(i) != NULL; i++)
        grammar.long_options[count++] =
            getopt_option(sweep_option_at(i)->name,
                          sweep_option_at(i)->argument, FIRST_ROW + (int)i);
    for (size_t i = 0; i < ROWS; i++) {
        grammar.long_options[count++] = getopt_option(
            rows[i].name, rows[i].argument, (int)FIRST_OWN + (int)i);
        if (rows[i].letter) {
            *letter++ = rows[i].letter;
            *letter++ = ':';
        }
    }
    return grammar;
}

/* The row of the sweep's own that getopt's answer stands for, or NULL. */
static const struct row *row_of(int answer)
{
    for (size_t i = 0; i < ROWS; i++)
        if (answer == (int)FIRST_OWN + (int)i ||
            (rows[i].letter && answer == rows[i].letter))
            return &rows[i];
    return NULL;
}

static enum options_outcome printed(void)
{
    struct output output = {.name = "standard output", .file = stdout};

    return output_close(&output) ? OPTIONS_DONE : OPTIONS_WRONG;
}

static enum options_outcome take_own(struct sweep_request *request,
                                     const struct row *row, uint64_t *given)
{
    if (strcmp(row->name, "help") == 0) {
        print_help();
        return printed();
    }
    if (strcmp(row->name, "version") == 0) {
        print_version();
        return printed();
    }
    if (row->set != set_vary &&
        !option_is_first(given, (unsigned)(row - rows), row->name))
        return OPTIONS_WRONG;
    return row->set(request, optarg) ? OPTIONS_GO : OPTIONS_WRONG;
}

/* Gives an option of `replay` its value for all jobs: once, but for costs, as
 * in `replay`. */
static bool fix(struct sweep_plan *plan, const struct sweep_option *option,
                const char *value)
{
    size_t before = plan->fixed.count;
    char name[64];

    if (!sweep_plan_fix(plan, option, value))
        return false;
    if (plan->fixed.count > before || option->keyed)
        return true;
    snprintf(name, sizeof(name), "--%s", option->name);
    complain(name, "given twice");
    return false;
}

static enum options_outcome read_options(struct sweep_request *request,
                                         int argc, char *argv[])
{
    struct grammar grammar = make_grammar();
    enum options_outcome outcome = OPTIONS_GO;
    uint64_t given = 0;
    int answer;

    opterr = 0;
    optind = 0;
    while (outcome == OPTIONS_GO &&
           (answer = getopt_long(argc, argv, grammar.short_options,
                                 grammar.long_options, NULL)) != -1) {
        const struct row *row = row_of(answer);

        if (row != NULL) {
            outcome = take_own(request, row, &given);
        } else if (answer < FIRST_ROW) {
            complain_of_option(answer, grammar.long_options, argv);
            outcome = OPTIONS_WRONG;
        } else {
            const struct sweep_option *option =
                sweep_option_at((size_t)(answer - FIRST_ROW));

            request->option = option->name;
            if (!fix(&request->plan, option, optarg))
                outcome = OPTIONS_WRONG;
        }
    }
    request->words = argv + optind;
    request->word_count = (size_t)(argc - optind);
    return outcome;
}

/* ---- what goes with what ---- */

static bool wrong(const char *what, const char *why)
{
    complain(what, "%s", why);
    return false;
}

static bool settle_merge(const struct sweep_request *request)
{
    char option[64];

    if (request->option == NULL)
        return true;
    snprintf(option, sizeof(option), "--%s", request->option);
    return wrong(option, "does not go with --merge");
}

static bool settle(const struct sweep_request *request)
{
    if (request->force && request->task != SWEEP_JOBS_FILE)
        return wrong("--force", "goes with --jobs-file only");
    if (request->task == SWEEP_MERGE)
        return settle_merge(request);
    if (request->format_option != NULL && request->task != SWEEP_HERE) {
        complain(request->format_option, "does not go with %s",
                 request->task_option);
        return false;
    }
    if (request->has_jobs && request->task != SWEEP_HERE) {
        complain("--jobs", "does not go with %s", request->task_option);
        return false;
    }
    if (request->word_count == 0)
        return wrong("TRACE", "missing (mmu386 sweep --help tells more)");
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
    outcome = read_options(request, argc, argv);
    if (outcome == OPTIONS_GO && !settle(request))
        outcome = OPTIONS_WRONG;
    return outcome;
}

void sweep_request_free(struct sweep_request *request)
{
    sweep_plan_free(&request->plan);
}
