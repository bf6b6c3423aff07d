/* help.h: what is made of the subcommands' tables of options. Each writes to
 * standard output, whose errors are for the caller to find. */
#ifndef MMU386_HELP_HELP_H
#define MMU386_HELP_HELP_H

#include "commandline.h"
#include "subcommands.h"

/* Hands the command line of the subcommand to `see`. */
void help_see(const struct subcommand *subcommand,
              void (*see)(const struct command_line *line, void *arg),
              void *arg);

/* The list of subcommands, or of a subcommand's options, in the language of
 * manual pages, mdoc(7). */
void help_mdoc_subcommands(void);
void help_mdoc_options(const struct subcommand *subcommand);

/* What a shell reads to complete command lines. */
void help_completion_bash(void);
void help_completion_zsh(void);
void help_completion_fish(void);

/* Becomes a program that shows the subcommand's manual page (NULL: that of the
 * command), where there are both; else returns. */
void help_show_page(const struct subcommand *subcommand);

/* ---- what the shells have in common ---- */

/* What a value is, by the name of the argument. */
enum help_argument {
    HELP_NONE,     /* there is no argument */
    HELP_ANYTHING, /* nobody can tell */
    HELP_VALUES,   /* option_row.value_at has them */
    HELP_FILE,
    HELP_DIRECTORY,
};

enum help_argument help_argument_of(const struct option_row *row);

/* Prints the values of the row, with blanks between. */
void help_print_values(const struct option_row *row);

/* Prints the names of the subcommands so. */
void help_print_names(void);

/* Prints the first clause of a help text in one line, for within single quotes:
 * `quote` is what the shell has there for one. */
void help_print_brief(const char *help, const char *quote);

#endif
