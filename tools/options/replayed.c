/* replayed.c: the options that are about a trace which is replayed. */
#include <string.h>

#include "command.h"
#include "options/groups.h"
#include "values.h"

static bool set_map(void *to, const char *value)
{
    struct options *options = to;

    options->touch = strcmp(value, "touch") == 0;
    options->strict = strcmp(value, "strict") == 0;
    if (!options->touch && !options->strict)
        complain("--map", "%.64s: neither touch nor strict", value);
    return options->touch || options->strict;
}

static const struct option_row replay_rows[] = {
    {"replay", 0, NULL,
     "PROGRAM is a trace, to be replayed under each policy; what is\n"
     "not asked for is then as it was recorded",
     .set = option_flag, .at = offsetof(struct options, replay)},
};

static const struct option_row replayed_rows[] = {
    {"map", 0, "HOW",
     "what an access outside any mapping is: `touch' maps the page,\n"
     "`strict' is a fault (default: touch for traces of lackey and\n"
     "din, which tell of no mappings, else strict)",
     .set = set_map, .value_at = map_value},
    {"input", 0, "FORMAT",
     "what the trace is: native, text, lackey or din (default auto:\n"
     "look)",
     .set = option_input, .at = offsetof(struct options, input.format),
     .value_at = input_value},
    {"fold64", 0, NULL, "rename 64-bit addresses of the trace into 32 bits",
     .set = option_flag, .at = offsetof(struct options, input.fold64)},
};

const struct option_group replay_options = {OPTION_GROUP(replay_rows)};
const struct option_group replayed_options = {OPTION_GROUP(replayed_rows)};
