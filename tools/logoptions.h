/* logoptions.h: what the subcommands' command lines have in common. */
#ifndef MMU386_LOGOPTIONS_H
#define MMU386_LOGOPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* Says what is wrong with the option that getopt_long answered '?' or ':' to.
 * `options` are those it was given. */
void complain_of_option(int answer, const struct option *options,
                        char *const argv[]);

/* Notes that option number `which` (0 to 63) of that name was given, a bit in
 * *given. False where it was before, which is told: one of the two would do
 * nothing. */
bool option_is_first(uint64_t *given, unsigned which, const char *name);

/* The same of the option that getopt_long's `answer` stands for, numbered as in
 * `options`. */
bool option_answer_is_first(uint64_t *given, const struct option *options,
                            int answer);

#endif
