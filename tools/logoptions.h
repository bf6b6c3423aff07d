/* logoptions.h: the command lines of the subcommands that only read logs. */
#ifndef MMU386_LOGOPTIONS_H
#define MMU386_LOGOPTIONS_H

#include <getopt.h>

/* Says what is wrong with the option that getopt_long answered '?' or ':' to. `options` are those
 * it was given. */
void complain_of_option(int answer, const struct option *options, char *const argv[]);

#endif
