/* zsh.c: completion for zsh, by its _arguments. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "help/help.h"

#define QUOTE "'\\''"

/* Whether what is listed is what values begin with. */
static bool goes_on(const struct option_row *row)
{
    return strchr(row->value_at(0), '=') != NULL;
}

static const char *action_of(const struct option_row *row)
{
    if (row->listed)
        return "_values -s , value ";
    return goes_on(row) ? "compadd -S \"\" -- " : "(";
}

static void print_action(const struct option_row *row)
{
    switch (help_argument_of(row)) {
    case HELP_NONE:
        return;
    case HELP_ANYTHING:
        printf(":%s: ", row->argument);
        return;
    case HELP_VALUES:
        printf(":%s:%s", row->argument, action_of(row));
        help_print_values(row);
        if (!row->listed && !goes_on(row))
            putchar(')');
        return;
    case HELP_FILE:
        printf(":%s:_files", row->argument);
        return;
    case HELP_DIRECTORY:
        printf(":%s:_files -/", row->argument);
        return;
    }
}

static void print_option(const struct option_row *row, void *arg)
{
    const char *argument = row->argument != NULL ? "=" : "";

    printf("            ");
    if (row->repeatable)
        fputs("'*'", stdout);
    else if (row->letter != 0)
        printf("'(-%c --%s)'", row->letter, row->name);
    if (row->letter != 0)
        printf("{-%c%s,--%s%s}'", row->letter, row->argument != NULL ? "+" : "",
               row->name, argument);
    else
        printf("'--%s%s", row->name, argument);
    putchar('[');
    help_print_brief(option_row_help(arg, row), QUOTE);
    putchar(']');
    print_action(row);
    puts("' \\");
}

static void print_command(const struct command_line *line, void *arg)
{
    const struct subcommand *subcommand = arg;

    printf("    %s)\n        _arguments -s -S%s : \\\n", line->name,
           line->words_last ? " -A '-*'" : "");
    command_line_each(line, print_option, (void *)line);
    if (subcommand->run == help_command) {
        printf("            '1:%s:(", line->word);
        help_print_names();
        puts(")'");
    } else
        printf("            '*:%s:_files'\n", line->word);
    puts("        ;;");
}

void help_completion_zsh(void)
{
    puts("#compdef mmu386\n"
         "# Completion of mmu386's command lines in zsh: mmu386 help "
         "--completion=zsh\n"
         "\n"
         "local -a commands\n"
         "commands=(");
    for (const struct subcommand *at = subcommands; at->name != NULL; at++) {
        printf("    '%s:", at->name);
        help_print_brief(at->help, QUOTE);
        puts("'");
    }
    puts(")\n"
         "if ((CURRENT == 2)); then\n"
         "    _describe command commands\n"
         "else\n"
         "    shift words\n"
         "    ((CURRENT--))\n"
         "    case $words[1] in");
    for (const struct subcommand *at = subcommands; at->name != NULL; at++)
        help_see(at, print_command, (void *)at);
    puts("    esac\n"
         "fi");
}
