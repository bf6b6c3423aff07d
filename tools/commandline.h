/* commandline.h: a subcommand's words, read from tables of its options: what
 * getopt, the reader of --help and the setting of values know of an option is
 * one row. */
#ifndef MMU386_COMMANDLINE_H
#define MMU386_COMMANDLINE_H

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_MAX 64u /* of one subcommand */

struct option_row {
    const char *name;
    char letter;          /* the short form, or 0 */
    const char *argument; /* as --help calls it; NULL: takes none */
    const char *help;     /* may have several lines */
    const char *of_trace; /* the help where what is not given is as the trace
                             has it; NULL: the same */
    /* Reads the value into what is at `at` of the struct that the group is
     * about: false where it is no good, having told why. */
    bool (*set)(void *to, const char *value);
    size_t at;
    bool repeatable;    /* else a second one is refused */
    void (*list)(void); /* prints what values there are, for the value "help";
                           or NULL */
    /* The values that there are, or what they begin with ("trap=" of
     * NAME=CLOCKS): NULL behind the last. NULL: there is no list of them. */
    const char *(*value_at)(unsigned number);
    bool listed; /* several of them, with commas between */
    bool hidden; /* not in the help */
};

/* For option_row.set: the value becomes the text (const char *) there; the flag
 * (bool) there becomes true, or false. */
bool option_text(void *to, const char *value);
bool option_flag(void *to, const char *value);
bool option_unflag(void *to, const char *value);

/* Options that go together, and stand together in the help. */
struct option_group {
    const char *title; /* in the help, before them; or NULL */
    const struct option_row *rows;
    size_t count;
};

#define OPTION_GROUP(rows) NULL, rows, sizeof(rows) / sizeof((rows)[0])

/* --help and --version. */
extern const struct option_group about_options;

/* A group that a subcommand takes, for the struct at `at` in its own. */
struct option_part {
    const struct option_group *group; /* NULL behind the last */
    size_t at;
};

struct command_line {
    const char *name;
    const char *word;  /* what the first of the other words is: "PROGRAM" */
    const char *usage; /* what --help prints before the options */
    const struct option_part *parts;
    const char *status; /* and behind them */
    bool of_trace;      /* what is not given is as the trace has it */
    bool words_last;    /* options end at the first word that is none */
};

/* The names of the options that were given. */
struct options_given {
    const char *names[OPTIONS_MAX];
    unsigned count;
};

bool option_given(const struct options_given *given, const char *name);

enum options_outcome {
    OPTIONS_GO,
    OPTIONS_DONE,  /* help or the version was asked for, and printed */
    OPTIONS_WRONG, /* and it was told what is */
};

/* Reads the options in `argv`, whose first word is the subcommand itself, into
 * its struct `into`, and sets *words to the other words, NULL at the end. */
enum options_outcome command_line_read(const struct command_line *line,
                                       int argc, char *argv[], void *into,
                                       struct options_given *given,
                                       char ***words);

/* Until it is called with NULL, a command line that asks for help is handed to
 * `see`, with `arg`, and nothing is printed: for who makes something else of
 * the tables, which are each subcommand's own. */
void command_line_see(void (*see)(const struct command_line *line, void *arg),
                      void *arg);

/* The help of a row in that command line. */
const char *option_row_help(const struct command_line *line,
                            const struct option_row *row);

/* Calls `each` with the rows of the options that are not hidden, in the help's
 * order. */
void command_line_each(const struct command_line *line,
                       void (*each)(const struct option_row *row, void *arg),
                       void *arg);

/* Whether there is an option of that name. */
bool command_line_takes(const struct command_line *line, const char *name);

/* Says that the word which `line->word` names is missing. */
void complain_of_missing_word(const struct command_line *line);

/* The one word there is to be, of which `many` says that there are more: "one
 * log at a time". NULL having told what is wrong. */
const char *command_line_word(const struct command_line *line, char **words,
                              const char *many);

/* Says that the option of that name is no good, and why; returns false. */
bool option_wrong(const char *name, const char *why);

#endif
