/* table.h: a sweep's results as a table, JSON lines or CSV. */
#ifndef MMU386_SWEEP_TABLE_H
#define MMU386_SWEEP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "format.h"
#include "sweep/store.h"

#define SWEEP_TABLE_NAMES_MAX SWEEP_AXES_MAX

/* Which rows, and which options have a column. */
struct sweep_table {
    int64_t *jobs; /* their numbers */
    uint32_t job_count, job_capacity;
    const char *names[SWEEP_TABLE_NAMES_MAX];
    size_t name_count;
    enum format format;
};

/* Writes it to standard output. False where that fails, having told why. */
bool sweep_table_write(const struct sweep_table *table, struct sweepdb *db);

/* Tells of each job that failed, on standard error. False where there is
 * one. */
bool sweep_table_complain(const struct sweep_table *table, struct sweepdb *db);

#endif
