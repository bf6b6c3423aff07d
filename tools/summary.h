/* summary.h: what a run cost, on a page: counts, and beside each what part it
 * is of what, as perf stat has it. */
#ifndef MMU386_SUMMARY_H
#define MMU386_SUMMARY_H

#include <stdio.h>

#include "log/stats.h"

/* Writes it to `to`, whose errors are for the caller to find. */
void summary_write(const struct stats *stats, FILE *to);

#endif
