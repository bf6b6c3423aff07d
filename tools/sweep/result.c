/* result.c: see result.h. */
#include "sweep/result.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Says what is wrong, in the job's own words where it had any. */
static void fail(struct sweep_result *result, const char *said, const char *why)
{
    result->failed = true;
    result->stats = NULL;
    snprintf(result->message, sizeof(result->message), "%s",
             said[0] != '\0' ? said : why);
}

static void judge_killed(const struct sweep_outcome *outcome,
                         struct sweep_result *result)
{
    int signal_number = WTERMSIG(outcome->wait_status);
    char why[128];

    result->exit_status = 128 + signal_number;
    if (outcome->too_much)
        snprintf(why, sizeof(why), "wrote more than %u MiB",
                 SWEEP_OUTPUT_MAX >> 20);
    else
        snprintf(why, sizeof(why), "was killed by signal %d (%s)",
                 signal_number, strsignal(signal_number));
    fail(result, "", why);
    if (outcome->said[0] != '\0') {
        size_t bytes = strlen(result->message);

        snprintf(result->message + bytes, sizeof(result->message) - bytes,
                 ": %s", outcome->said);
    }
}

/* The object that the output is, or NULL. */
static json_t *read_stats(const struct sweep_outcome *outcome)
{
    json_t *stats = json_loadb(outcome->output, outcome->output_bytes,
                               JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(stats) &&
        strlen(outcome->output) == outcome->output_bytes)
        return stats;
    json_decref(stats);
    return NULL;
}

void sweep_judge(const struct sweep_outcome *outcome,
                 struct sweep_result *result)
{
    json_t *stats;
    char why[64];

    *result = (struct sweep_result){.stats = outcome->output};
    if (!WIFEXITED(outcome->wait_status)) {
        judge_killed(outcome, result);
        return;
    }
    result->exit_status = WEXITSTATUS(outcome->wait_status);
    if (outcome->too_much) {
        snprintf(why, sizeof(why), "wrote more than %u MiB",
                 SWEEP_OUTPUT_MAX >> 20);
        fail(result, "", why);
        return;
    }
    stats = read_stats(outcome);
    if (stats == NULL && result->exit_status == 0) {
        fail(result, "", "wrote no statistics");
    } else if (stats == NULL ||
               result->exit_status != (int)json_integer_value(json_object_get(
                                          stats, "exit_status"))) {
        snprintf(why, sizeof(why), "exit status %d", result->exit_status);
        fail(result, outcome->said, why);
    } else {
        snprintf(result->message, sizeof(result->message), "%s", outcome->said);
    }
    json_decref(stats);
}
