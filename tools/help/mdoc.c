/* mdoc.c: the tables as lists of a manual page. */
#include <stdio.h>

#include "help/help.h"

/* Prints a text, which may have several lines, as lines that are no macros. */
static void print_text(const char *text)
{
    bool begins = true;

    for (; *text != '\0'; text++) {
        if (begins && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '`')
            fputs("\\(oq", stdout);
        else if (*text == ' ' && !begins && text[-1] == '.')
            putchar('\n'); /* a sentence, a line */
        else
            putchar(*text);
        begins = *text == '\n';
    }
    putchar('\n');
}

static void print_option(const struct option_row *row, void *arg)
{
    fputs(".It ", stdout);
    if (row->letter != 0)
        printf("Fl %c%s%s , ", row->letter, row->argument != NULL ? " Ar " : "",
               row->argument != NULL ? row->argument : "");
    printf("Fl Fl %s", row->name);
    if (row->argument != NULL)
        printf(" Ns = Ns Ar %s", row->argument);
    putchar('\n');
    print_text(option_row_help(arg, row));
}

static void print_options(const struct command_line *line, void *arg)
{
    (void)arg;
    puts(".Bl -tag -width Ds");
    command_line_each(line, print_option, (void *)line);
    puts(".El");
}

void help_mdoc_options(const struct subcommand *subcommand)
{
    help_see(subcommand, print_options, NULL);
}

void help_mdoc_subcommands(void)
{
    puts(".Bl -tag -width Ds");
    for (const struct subcommand *at = subcommands; at->name != NULL; at++) {
        printf(".It Cm %s\n", at->name);
        print_text(at->help);
    }
    puts(".El");
}
