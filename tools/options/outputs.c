/* outputs.c: the options that say what is written, and where. */
#include "options/groups.h"
#include "values.h"

static const struct option_row report_rows[] = {
    {"format", 0, "FORMAT", "table, json or csv (default table)",
     .set = option_format, .at = offsetof(struct options, format),
     .value_at = format_value},
    {"output", 'o', "FILE", "write to FILE; - is standard output, the default",
     .set = option_text, .at = offsetof(struct options, output)},
};

static const struct option_row stats_rows[] = {
    {"stats", 0, "FILE",
     "write what it cost to FILE as JSON when the program has ended;\n"
     "- is standard output",
     .set = option_text, .at = offsetof(struct options, stats)},
};

static const struct option_row summary_rows[] = {
    {"summary", 0, NULL,
     "print what it cost on standard error when the program has ended",
     .set = option_flag, .at = offsetof(struct options, summary)},
};

static const struct option_row profile_rows[] = {
    {"profile", 0, "FILE",
     "write to FILE where the cycles went, by symbol: a table, or CSV\n"
     "or JSON lines where FILE ends in .csv or .json; - is standard\n"
     "output",
     .set = option_text, .at = offsetof(struct options, profile)},
};

static bool set_profile_format(void *to, const char *value)
{
    struct options *options = to;

    options->formats_profile = true;
    return read_format(value, &options->profile_format);
}

static const struct option_row profile_format_rows[] = {
    {"format", 0, "FORMAT",
     "of the profile: table, json or csv (default: as FILE's name has\n"
     "it)",
     .set = set_profile_format, .value_at = format_value},
};

static const struct option_row log_rows[] = {
    {"log", 0, "FILE", "record every memory event in FILE, an SQLite database",
     .set = option_text, .at = offsetof(struct options, log)},
};

static const struct option_row trace_rows[] = {
    {"trace", 0, "FILE",
     "record every access in FILE, a trace that `replay' takes",
     .set = option_text, .at = offsetof(struct options, trace)},
};

static const struct option_row force_rows[] = {
    {"force", 0, NULL, "write over files that are there", .set = option_flag,
     .at = offsetof(struct options, force)},
};

const struct option_group report_options = {OPTION_GROUP(report_rows)};
const struct option_group stats_options = {OPTION_GROUP(stats_rows)};
const struct option_group summary_options = {OPTION_GROUP(summary_rows)};
const struct option_group profile_options = {OPTION_GROUP(profile_rows)};
const struct option_group profile_format_options = {
    OPTION_GROUP(profile_format_rows)};
const struct option_group log_options = {OPTION_GROUP(log_rows)};
const struct option_group trace_options = {OPTION_GROUP(trace_rows)};
const struct option_group force_options = {OPTION_GROUP(force_rows)};
