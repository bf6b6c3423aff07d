/* profiletable.h: the rows of profiles, one run's after the other's, in one
 * file. */
#ifndef MMU386_PROFILETABLE_H
#define MMU386_PROFILETABLE_H

#include <stdbool.h>

#include "command.h"
#include "log/profile.h"
#include "output.h"
#include "rows.h"

struct profile_table {
    struct output output;
    struct rows rows;
};

/* Opens the file, over an existing one only with `force`, in that format (NULL:
 * CSV or JSON lines where its name ends in .csv or .json, else a table). False
 * where that fails, having told why. */
bool profile_table_open(struct profile_table *table, const char *name,
                        bool force, const enum format *chosen);

/* Adds the rows of a run under `policy`. */
void profile_table_add(struct profile_table *table, const char *policy,
                       const struct profile *profile);

/* Finishes what was opened; nothing where nothing was. False where not all was
 * written, having told why. */
bool profile_table_close(struct profile_table *table);

/* Leaves nothing of what was opened. */
void profile_table_drop(struct profile_table *table);

#endif
