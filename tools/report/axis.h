/* axis.h: what the charts of `report` have in common: their width, the axis of
 * time, and the fills. */
#ifndef MMU386_REPORT_AXIS_H
#define MMU386_REPORT_AXIS_H

#include <stdint.h>
#include <stdio.h>

#include "report/log.h"

#define CHART_WIDTH 960u /* pixels */
#define CHART_FILLS 6u

/* Light to dark, of clearly different lightness: where a chart tells kinds
 * apart, colour only helps. */
extern const char *const chart_fills[CHART_FILLS];

/* A time of the log as the axis has it, where numbers stay short: it is marked
 * in ones, thousands, millions or more. */
double axis_time(const struct picture_log *log, uint64_t time);

/* Where part `part`, from 0, of `parts` equal ones of the span begins, as the
 * axis has it. */
double axis_part(const struct picture_log *log, uint32_t part, uint32_t parts);

/* Writes the axis to the chart's script. */
void axis_write(const struct picture_log *log, FILE *script);

#endif
