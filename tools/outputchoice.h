/* outputchoice.h: the one output of a subcommand that writes what it read:
 * --output and --force, and how that is written. */
#ifndef MMU386_OUTPUTCHOICE_H
#define MMU386_OUTPUTCHOICE_H

#include <stdbool.h>

#include "commandline.h"
#include "output.h"

struct output_choice {
    const char *name; /* a file's, or "-", as is NULL */
    bool force;
};

/* --output, which is standard output by default, and --force. */
extern const struct option_group output_options;
extern const struct option_group overwrite_options;

/* Says that --force does nothing; returns false. */
bool force_is_idle(void);

/* Whether each of the two does something; tells which does not. */
bool output_choice_settle(const struct output_choice *choice);

/* What became of an output. */
enum output_made {
    OUTPUT_NONE, /* nothing that is to stay */
    OUTPUT_PART, /* what there is of it is to stay, but it failed */
    OUTPUT_WHOLE,
};

/* Opens the output, has `make` write it, and puts it in place or removes it, by
 * what `make` returns. True where it is whole and in place; else it was told
 * why not. */
bool output_choice_write(const struct output_choice *choice,
                         enum output_made (*make)(void *arg,
                                                  struct output *output),
                         void *arg);

#endif
