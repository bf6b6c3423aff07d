/* logoptions.c: see logoptions.h. */
#include "logoptions.h"

#include <stdio.h>
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

void complain_of_option(int answer, const struct option *options,
                        char *const argv[])
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

bool option_is_first(uint64_t *given, unsigned which, const char *name)
{
    uint64_t bit = 1ull << which;
    char option[64];

    if ((*given & bit) == 0) {
        *given |= bit;
        return true;
    }
    snprintf(option, sizeof(option), "--%s", name);
    complain(option, "given twice");
    return false;
}

bool option_answer_is_first(uint64_t *given, const struct option *options,
                            int answer)
{
    unsigned which = 0;

    while (options[which].name != NULL && options[which].val != answer)
        which++;
    return options[which].name == NULL ||
           option_is_first(given, which, options[which].name);
}
