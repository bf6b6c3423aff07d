/* bars.h: counts of several runs as bars, for a terminal. */
#ifndef MMU386_BARS_H
#define MMU386_BARS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "log/stats.h"

/* --bars. */
enum bars_when {
    BARS_AUTO, /* on a terminal that is wide enough */
    BARS_ALWAYS,
    BARS_NEVER,
};

struct bars {
    unsigned columns; /* of a line; 0: there are to be none */
    bool blocks;      /* Unicode's; else of # */
};

/* What they are to be on standard output, which is a terminal or not. To be
 * asked for before the sandbox is closed: it reads the locale. */
struct bars bars_choose(enum bars_when when, bool terminal);

/* Writes the counts that tell policies apart, and beside each its bar; the
 * largest of a kind is as long as there is room. */
void bars_write(const struct bars *bars, const struct stats *stats,
                uint32_t count, FILE *to);

#endif
