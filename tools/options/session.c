/* session.c: the options that say how long a session may take, where it runs,
 * and how much it tells. */
#include "options/groups.h"
#include "values.h"

static bool set_max_instructions(void *to, const char *value)
{
    return read_limit("--max-instructions", value, INT64_MAX, to);
}

/* A limit of 32 bits. */
static bool set_small_limit(const char *option, const char *value,
                            uint32_t most, uint32_t *to)
{
    uint64_t limit;

    if (!read_limit(option, value, most, &limit))
        return false;
    *to = (uint32_t)limit;
    return true;
}

static bool set_max_seconds(void *to, const char *value)
{
    return set_small_limit("--max-seconds", value, 100000000, to);
}

static bool set_max_processes(void *to, const char *value)
{
    return set_small_limit("--max-processes", value, INT32_MAX, to);
}

static const struct option_row limit_rows[] = {
    {"max-instructions", 0, "N",
     "end the run after N instructions of all processes together",
     .set = set_max_instructions,
     .at = offsetof(struct options, max_instructions)},
    {"max-seconds", 0, "N", "end the run after N seconds of the host's time",
     .set = set_max_seconds, .at = offsetof(struct options, max_seconds)},
    {"max-processes", 0, "N",
     "let there be N processes at a time, those that were not waited\n"
     "for included; a fork more fails with EAGAIN",
     .set = set_max_processes, .at = offsetof(struct options, max_processes)},
};

static const struct option_row session_rows[] = {
    {"no-sandbox", 0, NULL,
     "run in this process itself, and let it make any system call:\n"
     "for debuggers",
     .set = option_unflag, .at = offsetof(struct options, sandbox)},
    {"verbose", 'v', NULL, "tell of each page fault on standard error",
     .set = option_flag, .at = offsetof(struct options, verbose)},
    {"quiet", 'q', NULL,
     "tell nothing of what goes on: no progress, no processes that a\n"
     "signal kills; what goes wrong is told all the same",
     .set = option_flag, .at = offsetof(struct options, quiet)},
};

const struct option_group limit_options = {OPTION_GROUP(limit_rows)};
const struct option_group session_options = {OPTION_GROUP(session_rows)};
