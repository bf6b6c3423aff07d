/* logoptions.c: see logoptions.h. */
#include "logoptions.h"

#include <stdbool.h>
#include <string.h>

#include "command.h"

/* How many options `word`, "--NAME" or "--NAME=VALUE", may be short for. */
static unsigned options_meant(const char *word, const struct option *options)
{
    const char *name = word + 2;
    size_t name_bytes = strcspn(name, "=");
    unsigned meant = 0;

    for (; options->name != NULL; options++)
        if (strncmp(options->name, name, name_bytes) == 0)
            meant++;
    return meant;
}

void complain_of_option(int answer, const struct option *options, char *const argv[])
{
    const char *word = argv[optind - 1];
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_long = strncmp(word, "--", 2) == 0;

    if (answer == ':')
        complain(is_long ? word : letter, "takes an argument");
    else if (!is_long)
        complain(letter, "unknown option");
    else if (optopt != 0)
        complain(word, "takes no argument");
    else if (options_meant(word, options) > 1)
        complain(word, "may be short for several options");
    else
        complain(word, "unknown option");
}
