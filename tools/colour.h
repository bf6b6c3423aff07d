/* colour.h: whether what is written may be coloured or bold: --color, and what
 * the environment says. */
#ifndef MMU386_COLOUR_H
#define MMU386_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

#include "commandline.h"
#include "format.h"

/* --color. */
extern const struct option_group colour_options;

/* True where --color=always was given; else, unless it was --color=never, on a
 * terminal that is not TERM=dumb, where the environment has no NO_COLOR. */
bool colour_welcome(FILE *file);

/* Whether --color, if it was given, does something: there is a table of that
 * format. Tells where it does not. */
bool colour_settle(const struct options_given *given, enum format format);

#endif
