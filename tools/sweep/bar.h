/* bar.h: how far a sweep has come, on one line of a terminal. */
#ifndef MMU386_SWEEP_BAR_H
#define MMU386_SWEEP_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

struct sweep_bar {
    FILE *terminal; /* NULL: there is none, and nothing is shown */
    size_t total;
    size_t done;
    size_t failed; /* of them */
    size_t had;    /* that were done before it began */
    struct timespec began;
};

/* Begins, where `file`, which may be NULL, is a terminal, with `had` of the
 * jobs done. */
void sweep_bar_begin(struct sweep_bar *bar, FILE *file, size_t total,
                     size_t had);
/* Shows the line anew. */
void sweep_bar_show(const struct sweep_bar *bar);
/* Leaves an empty line to what comes next. */
void sweep_bar_end(const struct sweep_bar *bar);

#endif
