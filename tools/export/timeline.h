/* timeline.h: what a fault log tells, in Perfetto's own format. */
#ifndef MMU386_EXPORT_TIMELINE_H
#define MMU386_EXPORT_TIMELINE_H

#include <stdbool.h>
#include <stdio.h>

#include "faults/faults.h"

/* Writes to `to`, whose errors are for the caller to find, a track a process
 * with its life, its forks and its faults, each as long as its service took
 * (service.h), arrows from forks to what came of them, and counters of the
 * frames in use. A microsecond there is a clock, or a step of the sequence in a
 * log of a run without the clock.
 *
 * inquiry->filter chooses the events. A process of which none is chosen has no
 * track; an arrow has both its ends; the counters are always those of the whole
 * run. Of the inquiry all but the output must be set up. False, having told
 * why, where the log cannot be read to its end or memory is short. */
bool export_timeline(struct inquiry *inquiry, FILE *to);

#endif
