/* completion.c: what the shells have in common: see help.h. */
#include <stdio.h>
#include <string.h>

#include "help/help.h"

enum help_argument help_argument_of(const struct option_row *row)
{
    if (row->argument == NULL)
        return HELP_NONE;
    if (row->value_at != NULL)
        return HELP_VALUES;
    if (strcmp(row->argument, "FILE") == 0 ||
        strcmp(row->argument, "PART") == 0)
        return HELP_FILE;
    if (strcmp(row->argument, "DIR") == 0)
        return HELP_DIRECTORY;
    return HELP_ANYTHING;
}

void help_print_values(const struct option_row *row)
{
    for (unsigned i = 0; row->value_at(i) != NULL; i++)
        printf("%s%s", i == 0 ? "" : " ", row->value_at(i));
}

void help_print_names(void)
{
    for (const struct subcommand *at = subcommands; at->name != NULL; at++)
        printf("%s%s", at == subcommands ? "" : " ", at->name);
}

/* Whether a clause ends before the text: at a mark and a blank. */
static bool ends_clause(const char *text)
{
    return text[0] == '\0' || strncmp(text, " (", 2) == 0 ||
           strncmp(text, "\n(", 2) == 0 ||
           (strchr(":;.", text[0]) != NULL &&
            (text[1] == ' ' || text[1] == '\n'));
}

void help_print_brief(const char *help, const char *quote)
{
    for (; !ends_clause(help); help++) {
        if (*help == '\'')
            fputs(quote, stdout);
        else
            putchar(*help == '\n' ? ' ' : *help);
    }
}
