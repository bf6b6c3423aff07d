/* outputchoice.c: see outputchoice.h. */
#include "outputchoice.h"

static const struct option_row output_rows[] = {
    {"output", 'o', "FILE", "write to FILE; - is standard output, the default",
     .set = option_text, .at = offsetof(struct output_choice, name)},
};

static const struct option_row overwrite_rows[] = {
    {"force", 0, NULL, "write over an existing FILE", .set = option_flag,
     .at = offsetof(struct output_choice, force)},
};

const struct option_group output_options = {OPTION_GROUP(output_rows)};
const struct option_group overwrite_options = {OPTION_GROUP(overwrite_rows)};

bool force_is_idle(void)
{
    return option_wrong("force", "nothing is written that it could be about");
}

bool output_choice_settle(const struct output_choice *choice)
{
    return !choice->force || choice->name != NULL || force_is_idle();
}

bool output_choice_write(const struct output_choice *choice,
                         enum output_made (*make)(void *arg,
                                                  struct output *output),
                         void *arg)
{
    struct output output;
    enum output_made made;

    if (!output_open(&output, choice->name != NULL ? choice->name : "-",
                     choice->force ? OUTPUT_FORCE : 0))
        return false;
    made = make(arg, &output);
    if (made == OUTPUT_NONE)
        output_drop(&output);
    else if (!output_close(&output))
        made = OUTPUT_PART;
    return made == OUTPUT_WHOLE;
}
