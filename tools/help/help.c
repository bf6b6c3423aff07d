/* help.c: `help`: the manual page of a subcommand or its options, and what else
 * is made of the tables of options. */
#include "help/help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "values.h"

struct request {
    void (*completion)(void); /* or NULL */
    bool mdoc;
};

void help_see(const struct subcommand *subcommand,
              void (*see)(const struct command_line *line, void *arg),
              void *arg)
{
    char option[] = "--help";
    char *argv[] = {(char *)subcommand->name, option, NULL};

    command_line_see(see, arg);
    (void)subcommand->run(2, argv);
    command_line_see(NULL, NULL);
}

/* ---- the command line ---- */

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {
    {"bash", help_completion_bash},
    {"zsh", help_completion_zsh},
    {"fish", help_completion_fish},
};

static const char *shell_value(unsigned number)
{
    return number < sizeof(shells) / sizeof(shells[0]) ? shells[number].name
                                                       : NULL;
}

static bool set_completion(void *to, const char *value)
{
    struct request *request = to;

    for (unsigned i = 0; shell_value(i) != NULL; i++) {
        if (strcmp(value, shell_value(i)) == 0) {
            request->completion = shells[i].print;
            return true;
        }
    }
    return complain_of_value("--completion", value, "shell", shell_value);
}

static const struct option_row rows[] = {
    {"completion", 0, "SHELL",
     "print what the shell reads to complete command lines of this\n"
     "command: bash, zsh or fish",
     .set = set_completion, .value_at = shell_value},
    {"mdoc", 0, NULL, "print the options for a manual page", .set = option_flag,
     .at = offsetof(struct request, mdoc), .hidden = true},
};

static const struct option_group help_options = {OPTION_GROUP(rows)};

static const struct option_part parts[] = {
    {&help_options, 0}, {&about_options, 0}, {NULL, 0}};

static const struct command_line line = {
    .name = "help",
    .word = "COMMAND",
    .usage = "usage: mmu386 help [COMMAND]\n"
             "       mmu386 help --completion=SHELL\n"
             "Shows the manual page of COMMAND, or of mmu386 itself, where "
             "standard output is a terminal and\n"
             "the page and man(1) or mandoc(1) are there; else prints what "
             "its --help does.\n"
             "\n"
             "options:\n",
    .parts = parts,
    .status = "\nExit status: 0, or 125 where it fails.\n",
};

/* ---- what is asked ---- */

/* Shows the subcommand's page or its options; NULL: those of all. */
static int show(const struct subcommand *subcommand)
{
    char option[] = "--help";

    if (isatty(STDOUT_FILENO))
        help_show_page(subcommand);
    if (subcommand != NULL)
        return subcommand->run(
            2, (char *[]){(char *)subcommand->name, option, NULL});
    subcommands_print();
    return 0;
}

/* Prints it all before it writes, so that what fails is told with its reason.
 */
static int answer(const struct request *request,
                  const struct subcommand *subcommand)
{
    static char buffer[1u << 17];

    (void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    if (request->completion != NULL)
        request->completion();
    else if (request->mdoc && subcommand != NULL)
        help_mdoc_options(subcommand);
    else if (request->mdoc)
        help_mdoc_subcommands();
    else
        return show(subcommand);
    return 0;
}

static int finish(int status)
{
    struct output output = {.name = "standard output", .file = stdout};

    return output_close(&output) ? status : EXIT_SIMULATOR;
}

int help_command(int argc, char *argv[])
{
    struct request request = {0};
    struct options_given given;
    char **words;
    const char *name = NULL;
    const struct subcommand *subcommand = NULL;
    enum options_outcome outcome =
        command_line_read(&line, argc, argv, &request, &given, &words);

    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? 0 : EXIT_SIMULATOR;
    if (words[0] != NULL)
        name = command_line_word(&line, words, "one command at a time");
    if (request.completion != NULL && (request.mdoc || words[0] != NULL)) {
        complain("--completion", "is of all commands");
        return EXIT_SIMULATOR;
    }
    if (name != NULL)
        subcommand = subcommand_named(name);
    if (words[0] != NULL && subcommand == NULL)
        return EXIT_SIMULATOR;
    if (subcommand != NULL && !request.mdoc)
        return show(subcommand);
    return finish(answer(&request, subcommand));
}
