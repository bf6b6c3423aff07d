/* fish.c: completion for fish. */
#include <stdio.h>

#include "help/help.h"

#define QUOTE "\\'"

static void print_argument(const struct option_row *row)
{
    switch (help_argument_of(row)) {
    case HELP_NONE:
        return;
    case HELP_ANYTHING:
        printf(" -x");
        return;
    case HELP_VALUES:
        printf(row->listed ? " -x -a '(__fish_append , " : " -x -a '");
        help_print_values(row);
        printf(row->listed ? ")'" : "'");
        return;
    case HELP_FILE:
        printf(" -r -F");
        return;
    case HELP_DIRECTORY:
        printf(" -x -a '(__fish_complete_directories)'");
        return;
    }
}

static void print_option(const struct option_row *row, void *arg)
{
    const struct command_line *line = arg;

    printf("complete -c mmu386 -n '__fish_seen_subcommand_from %s' -l %s",
           line->name, row->name);
    if (row->letter != 0)
        printf(" -s %c", row->letter);
    print_argument(row);
    printf(" -d '");
    help_print_brief(option_row_help(line, row), QUOTE);
    puts("'");
}

static void print_command(const struct command_line *line, void *arg)
{
    (void)arg;
    command_line_each(line, print_option, (void *)line);
}

void help_completion_fish(void)
{
    puts("# Completion of mmu386's command lines in fish: mmu386 help "
         "--completion=fish");
    for (const struct subcommand *at = subcommands; at->name != NULL; at++) {
        printf("complete -c mmu386 -f -n __fish_use_subcommand -a %s -d '",
               at->name);
        help_print_brief(at->help, QUOTE);
        puts("'");
    }
    for (const struct subcommand *at = subcommands; at->name != NULL; at++)
        help_see(at, print_command, NULL);
    printf("complete -c mmu386 -f -n '__fish_seen_subcommand_from help' -a '");
    help_print_names();
    puts("'");
}
