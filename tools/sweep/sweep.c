/* sweep.c: `sweep`: replays traces under every combination of options. Each job
 * is a child process that runs `replay`; what it tells is kept in a database as
 * soon as it has ended, so that whatever happens, only the jobs that were
 * running are lost. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "sweep/arguments.h"
#include "sweep/bar.h"
#include "sweep/parts.h"
#include "sweep/result.h"
#include "sweep/run.h"
#include "sweep/store.h"
#include "sweep/table.h"
#include "sweep/trace.h"

/* Jobs are numbered from 0, all combinations of a trace before the next
 * trace. */
struct sweep {
    const struct sweep_request *request;
    struct sweepdb *db;
    struct trace_identity *traces;
    size_t combinations;
    size_t jobs;
    size_t *due; /* the jobs that are not in the database yet */
    size_t due_count;
    int64_t highest; /* number in the database, before */
    struct sweep_bar bar;
};

static bool no_memory(void)
{
    complain("sweep", "%s", strerror(ENOMEM));
    return false;
}

/* ---- what is to be done ---- */

static bool identify_traces(struct sweep *sweep)
{
    const struct sweep_request *request = sweep->request;

    sweep->traces = calloc(request->word_count, sizeof(*sweep->traces));
    if (sweep->traces == NULL)
        return no_memory();
    for (size_t i = 0; i < request->word_count; i++) {
        if (!trace_identify(request->words[i], &sweep->traces[i]))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (sweep->traces[j].bytes == sweep->traces[i].bytes &&
                sweep->traces[j].hash == sweep->traces[i].hash) {
                complain(request->words[i], "is the same trace as %.200s",
                         request->words[j]);
                return false;
            }
        }
    }
    return true;
}

static const char *trace_of(const struct sweep *sweep, size_t job)
{
    return sweep->request->words[job / sweep->combinations];
}

/* What the database knows a job by. The key's options are to be freed. */
static bool describe(const struct sweep *sweep, size_t job,
                     struct sweep_choices *choices, struct store_key *key,
                     char **options)
{
    sweep_plan_choices(&sweep->request->plan, job % sweep->combinations,
                       choices);
    *options = sweep_choices_text(choices);
    *key = (struct store_key){.trace = sweep->traces[job / sweep->combinations],
                              .options = *options,
                              .version = MMU386_VERSION};
    return *options != NULL || no_memory();
}

/* A job's number in the database; 0 where it is not there; -1 on failure. */
static int64_t find(struct sweep *sweep, size_t job, bool *was_failed)
{
    struct sweep_choices choices;
    struct store_key key;
    char *options;
    int64_t number;

    if (!describe(sweep, job, &choices, &key, &options))
        return -1;
    number = store_find(sweep->db, &key, was_failed);
    free(options);
    return number;
}

static bool find_due(struct sweep *sweep)
{
    sweep->highest = store_highest(sweep->db);
    sweep->due = calloc(sweep->jobs, sizeof(*sweep->due));
    if (sweep->due == NULL)
        return no_memory();
    for (size_t job = 0; sweep->highest >= 0 && job < sweep->jobs; job++) {
        bool was_failed = false;
        int64_t number = find(sweep, job, &was_failed);

        if (number < 0)
            return false;
        if (number == 0 || was_failed)
            sweep->due[sweep->due_count++] = job;
    }
    return sweep->highest >= 0;
}

/* ---- the jobs ---- */

static char **arguments(void *arg, size_t at)
{
    static const char *const leading[] = {"mmu386", "replay", "--stats=-",
                                          NULL};
    const struct sweep *sweep = arg;
    size_t job = sweep->due[at];
    struct sweep_choices choices;

    sweep_plan_choices(&sweep->request->plan, job % sweep->combinations,
                       &choices);
    return sweep_choices_arguments(&choices, leading, trace_of(sweep, job));
}

static bool done(void *arg, size_t at, const struct sweep_outcome *outcome)
{
    struct sweep *sweep = arg;
    size_t job = sweep->due[at];
    struct sweep_choices choices;
    struct store_key key;
    struct sweep_result result;
    char *options;
    bool good;

    sweep_judge(outcome, &result);
    if (!describe(sweep, job, &choices, &key, &options))
        return false;
    good = store_put(sweep->db, &key, &choices, trace_of(sweep, job), &result,
                     sweep->highest + 1 + (int64_t)at);
    free(options);
    sweep->bar.done++;
    sweep->bar.failed += result.failed ? 1 : 0;
    return good;
}

static void tick(void *arg)
{
    const struct sweep *sweep = arg;

    sweep_bar_show(&sweep->bar);
}

static int run_due(struct sweep *sweep)
{
    const struct sweep_crew crew = {
        .program = "/proc/self/exe",
        .children = sweep->request->children,
        .jobs = sweep->due_count,
        .arguments = arguments,
        .done = done,
        .tick = tick,
        .arg = sweep,
    };
    bool shown = sweep->request->task != SWEEP_ONE && !sweep->request->quiet;
    FILE *terminal = shown ? stderr : NULL;
    int result;

    sweep_bar_begin(&sweep->bar, terminal, sweep->jobs,
                    sweep->jobs - sweep->due_count);
    result = sweep_run(&crew);
    sweep_bar_end(&sweep->bar);
    return result;
}

/* ---- what became of them ---- */

static bool report(struct sweep *sweep)
{
    const struct sweep_request *request = sweep->request;
    struct sweep_table table = {.format = request->format};
    bool was_failed;
    bool good = true;

    table.jobs = calloc(sweep->jobs, sizeof(*table.jobs));
    if (table.jobs == NULL)
        return no_memory();
    for (; good && table.job_count < sweep->jobs; table.job_count++) {
        table.jobs[table.job_count] = find(sweep, table.job_count, &was_failed);
        good = table.jobs[table.job_count] > 0;
    }
    for (; table.name_count < request->plan.axis_count; table.name_count++)
        table.names[table.name_count] =
            request->plan.axes[table.name_count].name;
    if (good && request->task == SWEEP_HERE)
        good = sweep_table_write(&table, sweep->db);
    good = good && sweep_table_complain(&table, sweep->db);
    free(table.jobs);
    return good;
}

/* ---- all of it ---- */

/* True where all went well; *stop is the signal that stopped it, or 0. */
static bool run_sweep(struct sweep *sweep, int *stop)
{
    struct output output = {0};
    int result;

    *stop = 0;
    if (sweep->request->task == SWEEP_HERE && !output_open(&output, "-", 0))
        return false;
    output_drop(&output);
    if (!identify_traces(sweep))
        return false;
    sweep->db = sweepdb_open(sweep->request->output, false);
    if (sweep->db == NULL)
        return false;
    if (sweep->request->task == SWEEP_HERE && !sweepdb_claim(sweep->db))
        return false;
    if (!find_due(sweep))
        return false;
    result = run_due(sweep);
    if (result > 0) {
        *stop = result;
        complain("sweep", sweep->request->output != NULL
                              ? "stopped; the same command goes on from here"
                              : "stopped");
    }
    return result == SWEEP_ALL_DONE && report(sweep);
}

static bool sweep_here(const struct sweep_request *request)
{
    size_t combinations = sweep_plan_combinations(&request->plan);
    struct sweep sweep = {.request = request,
                          .combinations = combinations,
                          .jobs = combinations * request->word_count};
    int stop;
    bool good = run_sweep(&sweep, &stop);

    sweepdb_close(sweep.db);
    free(sweep.traces);
    free(sweep.due);
    if (stop != 0) {
        signal(stop, SIG_DFL);
        (void)raise(stop);
    }
    return good;
}

int sweep_command(int argc, char *argv[])
{
    struct sweep_request request;
    enum options_outcome outcome = sweep_options_read(&request, argc, argv);
    bool good = outcome == OPTIONS_DONE;

    if (outcome == OPTIONS_GO) {
        if (request.task == SWEEP_JOBS_FILE)
            good = sweep_write_jobs(&request);
        else if (request.task == SWEEP_MERGE)
            good = sweep_merge_parts(&request);
        else
            good = sweep_here(&request);
    }
    sweep_request_free(&request);
    return good ? 0 : EXIT_SIMULATOR;
}
