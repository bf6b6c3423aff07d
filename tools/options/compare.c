/* compare.c: the options that say how policies are compared. */
#include "command.h"
#include "options/groups.h"

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

static const struct option_row rows[] = {
    {"expect", 0, "EXPRESSION",
     "exit with 1 where a count is not as it says, as in\n"
     "'cow.frames.copied_on_fault<=20': [POLICY.]FIELD as in the JSON,\n"
     "<= >= < > == or !=, a number or another field; without POLICY\n"
     "each has to hold it; may be repeated",
     .set = add_expectation, .repeatable = true},
};

const struct option_group compare_options = {OPTION_GROUP(rows)};
