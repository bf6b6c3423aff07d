/* parts.h: how a sweep leaves one machine: its jobs as commands, and their
 * results joined. */
#ifndef MMU386_SWEEP_PARTS_H
#define MMU386_SWEEP_PARTS_H

#include <stdbool.h>

#include "sweep/arguments.h"

/* Writes the jobs, a shell command a line. False where that fails, having told
 * why. */
bool sweep_write_jobs(const struct sweep_request *request);

/* Joins the results that were asked for, and prints them. False where that
 * fails, or a job of them did, having told. */
bool sweep_merge_parts(const struct sweep_request *request);

#endif
