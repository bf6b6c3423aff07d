/* report.h: the stats of several runs of one program, side by side. */
#ifndef MMU386_REPORT_H
#define MMU386_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "format.h"
#include "log/stats.h"

/* The array of the objects that stats_json makes, a new reference; NULL where
 * memory is short. */
json_t *report_json(const struct stats *stats, uint32_t count);

/* Writes them to `to`, whose errors are for the caller to find. False where
 * memory is short.
 *
 * table: a line on what ran, then a row a policy. json: report_json. csv: the
 * fields of those, one a column, named as in "frames_peak"; null is empty. */
bool report_write(enum format format, const struct stats *stats, uint32_t count,
                  FILE *to);

#endif
