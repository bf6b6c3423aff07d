/* compare.c: the options that say how policies are compared. */
#include <string.h>

#include "bars.h"
#include "command.h"
#include "jobs.h"
#include "options/groups.h"
#include "values.h"

static bool add_expectation(void *to, const char *value)
{
    struct options *options = to;

    if (options->expectation_count == EXPECTATIONS_MAX) {
        complain("--expect", "given more than %u times", EXPECTATIONS_MAX);
        return false;
    }
    options->expectations[options->expectation_count++] = value;
    return true;
}

static bool set_jobs(void *to, const char *value)
{
    return read_limit("--jobs", value, JOBS_MAX, to);
}

static bool set_bars(void *to, const char *value)
{
    static const char *const names[] = {
        [BARS_AUTO] = "auto", [BARS_ALWAYS] = "always", [BARS_NEVER] = "never"};
    enum bars_when *when = to;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i]) == 0) {
            *when = (enum bars_when)i;
            return true;
        }
    }
    complain("--bars", "%.64s: none of auto, always and never", value);
    return false;
}

static const struct option_row rows[] = {
    {"expect", 0, "EXPRESSION",
     "exit with 1 where a count is not as it says, as in\n"
     "'cow.frames.copied_on_fault<=20': [POLICY.]FIELD as in the JSON,\n"
     "<= >= < > == or !=, a number or another field; without POLICY\n"
     "each has to hold it; may be repeated",
     .set = add_expectation, .repeatable = true},
    {"jobs", 0, "N",
     "run N policies at a time, each in a process of its own: 1 to 64\n"
     "(default 1)",
     .set = set_jobs, .at = offsetof(struct options, jobs)},
    {"bars", 0, "WHEN",
     "draw the counts as bars below the table: auto, where standard\n"
     "output is a terminal of 60 columns or more, always or never\n"
     "(default auto)",
     .set = set_bars, .at = offsetof(struct options, bars)},
};

const struct option_group compare_options = {OPTION_GROUP(rows)};
