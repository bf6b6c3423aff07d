/* colour.c: see colour.h. */
#define _POSIX_C_SOURCE 200809L
#include "colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "values.h"

/* When there are colours: of the whole command, as standard output is. */
static enum {
    WHEN_AUTO,
    WHEN_ALWAYS,
    WHEN_NEVER,
} when;

static const char *when_value(unsigned number)
{
    static const char *const values[] = {
        [WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};

    return number < sizeof(values) / sizeof(values[0]) ? values[number] : NULL;
}

static bool set_colour(void *to, const char *value)
{
    (void)to;
    for (unsigned i = 0; when_value(i) != NULL; i++) {
        if (strcmp(value, when_value(i)) == 0) {
            when = i;
            return true;
        }
    }
    return complain_of_value("--color", value, "time for colours", when_value);
}

static const struct option_row rows[] = {
    {"color", 0, "WHEN",
     "colour tables: always, never, or auto (the default), which is on\n"
     "a terminal unless NO_COLOR is in the environment",
     .set = set_colour, .value_at = when_value},
};

const struct option_group colour_options = {OPTION_GROUP(rows)};

bool colour_welcome(FILE *file)
{
    const char *terminal = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");

    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    return isatty(fileno(file)) &&
           (no_colour == NULL || no_colour[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

bool colour_settle(const struct options_given *given, enum format format)
{
    return !option_given(given, "color") || format == FORMAT_TABLE ||
           option_wrong("color", "is for tables");
}
