/* commandline.c: see commandline.h. */
#include "commandline.h"

#include <assert.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "suggest.h"

/* getopt_long's value for row I is FIRST_ROW + I: above every short option's
 * letter. */
#define FIRST_ROW 256

bool option_text(void *to, const char *value)
{
    *(const char **)to = value;
    return true;
}

bool option_flag(void *to, const char *value)
{
    (void)value;
    *(bool *)to = true;
    return true;
}

bool option_unflag(void *to, const char *value)
{
    (void)value;
    *(bool *)to = false;
    return true;
}

static const struct option_row about_rows[] = {
    {.name = "help", .letter = 'h', .help = "print this help"},
    {.name = "version", .help = "print the version"},
};

const struct option_group about_options = {OPTION_GROUP(about_rows)};

/* ---- complaints ---- */

bool option_wrong(const char *name, const char *why)
{
    char option[64];

    snprintf(option, sizeof(option), "--%s", name);
    complain(option, "%s", why);
    return false;
}

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

static void complain_of_unknown(const char *word, const struct option *options)
{
    struct suggestion meant;

    suggest_begin(&meant, word + 2, strcspn(word + 2, "="));
    for (; options->name != NULL; options++)
        suggest_name(&meant, options->name);
    if (meant.best != NULL)
        complain(word, "unknown option (did you mean --%s?)", meant.best);
    else
        complain(word, "unknown option");
}

/* Says what is wrong with the option that getopt_long answered '?' or ':' to.
 * `options` are those it was given. */
static void complain_of_option(int answer, const struct option *options,
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
        complain_of_unknown(word, options);
}

void complain_of_missing_word(const struct command_line *line)
{
    complain(line->word, "missing (mmu386 %s --help tells more)", line->name);
}

const char *command_line_word(const struct command_line *line, char **words,
                              const char *many)
{
    if (words[0] == NULL)
        complain_of_missing_word(line);
    else if (words[1] != NULL)
        complain(words[1], "%s", many);
    else
        return words[0];
    return NULL;
}

/* ---- help ---- */

#define HELP_COLUMN 24

/* Prints the help's lines, those after the first indented to its column. */
static void print_lines(const char *lines)
{
    for (; *lines != '\0'; lines++) {
        putchar(*lines);
        if (*lines == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

const char *option_row_help(const struct command_line *line,
                            const struct option_row *row)
{
    return line->of_trace && row->of_trace != NULL ? row->of_trace : row->help;
}

static void print_row(const struct option_row *row, const char *help)
{
    char letter[] = "    ";
    char usage[64];

    if (row->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    snprintf(usage, sizeof(usage), "  %s--%s%s%s", letter, row->name,
             row->argument != NULL ? "=" : "",
             row->argument != NULL ? row->argument : "");
    if (strlen(usage) < HELP_COLUMN)
        printf("%-*s", HELP_COLUMN, usage);
    else
        printf("%s\n%*s", usage, HELP_COLUMN, "");
    print_lines(help);
}

static void print_help(const struct command_line *line)
{
    fputs(line->usage, stdout);
    for (const struct option_part *part = line->parts; part->group != NULL;
         part++) {
        if (part->group->title != NULL)
            fputs(part->group->title, stdout);
        for (size_t i = 0; i < part->group->count; i++) {
            const struct option_row *row = &part->group->rows[i];

            if (!row->hidden)
                print_row(row, option_row_help(line, row));
        }
    }
    fputs(line->status, stdout);
}

/* Who sees the tables instead, or NULL. */
static void (*seer)(const struct command_line *line, void *arg);
static void *seer_arg;

void command_line_see(void (*see)(const struct command_line *line, void *arg),
                      void *arg)
{
    seer = see;
    seer_arg = arg;
}

void command_line_each(const struct command_line *line,
                       void (*each)(const struct option_row *row, void *arg),
                       void *arg)
{
    for (const struct option_part *part = line->parts; part->group != NULL;
         part++)
        for (size_t i = 0; i < part->group->count; i++)
            if (!part->group->rows[i].hidden)
                each(&part->group->rows[i], arg);
}

/* Help and the version go to standard output as any output does. */
static enum options_outcome printed(void)
{
    struct output output = {.name = "standard output", .file = stdout};

    return output_close(&output) ? OPTIONS_DONE : OPTIONS_WRONG;
}

/* ---- reading ---- */

/* What getopt is to know, and what it stands for. */
struct grammar {
    struct option long_options[OPTIONS_MAX + 1];
    char short_options[2 + 2 * OPTIONS_MAX + 1];
    const struct option_row *rows[OPTIONS_MAX];
    size_t into[OPTIONS_MAX]; /* where the struct is that the row is about */
    size_t count;
};

static void add_row(struct grammar *grammar, const struct option_row *row,
                    size_t into)
{
    size_t number = grammar->count++;
    char *letter = grammar->short_options + strlen(grammar->short_options);

    assert(number < OPTIONS_MAX);
    grammar->rows[number] = row;
    grammar->into[number] = into;
    grammar->long_options[number] = (struct option){
        .name = row->name,
        .has_arg = row->argument != NULL ? required_argument : no_argument,
        .val = FIRST_ROW + (int)number};
    if (row->letter != 0) {
        *letter++ = row->letter;
        if (row->argument != NULL)
            *letter++ = ':';
    }
}

static void make_grammar(struct grammar *grammar,
                         const struct command_line *line)
{
    /* '+': stop at the first word that is no option; ':': tell a missing
     * argument apart. */
    *grammar =
        (struct grammar){.short_options = {line->words_last ? '+' : ':',
                                           line->words_last ? ':' : '\0'}};
    for (const struct option_part *part = line->parts; part->group != NULL;
         part++)
        for (size_t i = 0; i < part->group->count; i++)
            add_row(grammar, &part->group->rows[i], part->at);
}

/* The number of the row that getopt's answer stands for, or the count. */
static size_t number_of(const struct grammar *grammar, int answer)
{
    size_t number = 0;

    while (number < grammar->count && answer != FIRST_ROW + (int)number &&
           (grammar->rows[number]->letter == 0 ||
            answer != grammar->rows[number]->letter))
        number++;
    return number;
}

bool option_given(const struct options_given *given, const char *name)
{
    for (unsigned i = 0; i < given->count; i++)
        if (strcmp(given->names[i], name) == 0)
            return true;
    return false;
}

bool command_line_takes(const struct command_line *line, const char *name)
{
    for (const struct option_part *part = line->parts; part->group != NULL;
         part++)
        for (size_t i = 0; i < part->group->count; i++)
            if (strcmp(part->group->rows[i].name, name) == 0)
                return true;
    return false;
}

/* Notes that the option was given. False where it was before, which is told:
 * one of the two would do nothing. */
static bool note(struct options_given *given, const struct option_row *row)
{
    bool before = option_given(given, row->name);

    if (before && !row->repeatable)
        return option_wrong(row->name, "given twice");
    if (!before)
        given->names[given->count++] = row->name;
    return true;
}

static enum options_outcome take(const struct command_line *line,
                                 const struct option_row *row, void *into,
                                 const char *value, struct options_given *given)
{
    if (row == &about_rows[0] && seer != NULL) {
        seer(line, seer_arg);
        return OPTIONS_DONE;
    }
    if (row == &about_rows[0]) {
        print_help(line);
        return printed();
    }
    if (row == &about_rows[1]) {
        print_version();
        return printed();
    }
    if (row->list != NULL && strcmp(value, "help") == 0) {
        row->list();
        return printed();
    }
    return note(given, row) && row->set((char *)into + row->at, value)
               ? OPTIONS_GO
               : OPTIONS_WRONG;
}

enum options_outcome command_line_read(const struct command_line *line,
                                       int argc, char *argv[], void *into,
                                       struct options_given *given,
                                       char ***words)
{
    struct grammar grammar;
    enum options_outcome outcome = OPTIONS_GO;
    int answer;

    make_grammar(&grammar, line);
    *given = (struct options_given){0};
    opterr = 0;
    optind = 0;
    while (outcome == OPTIONS_GO &&
           (answer = getopt_long(argc, argv, grammar.short_options,
                                 grammar.long_options, NULL)) != -1) {
        size_t number = number_of(&grammar, answer);

        if (number == grammar.count) {
            complain_of_option(answer, grammar.long_options, argv);
            outcome = OPTIONS_WRONG;
        } else {
            outcome = take(line, grammar.rows[number],
                           (char *)into + grammar.into[number], optarg, given);
        }
    }
    *words = argv + optind;
    return outcome;
}
