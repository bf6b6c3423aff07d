/* summary.h: what is in a trace, in numbers. */
#ifndef MMU386_TRACE_SUMMARY_H
#define MMU386_TRACE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "format.h"
#include "keymap.h"
#include "traceevent.h"

#define SUMMARY_STRETCHES 20u

/* A stretch of equally many accesses. */
struct summary_stretch {
    uint64_t accesses;
    uint64_t pages;     /* touched in it; known at the end */
    uint64_t new_pages; /* of them, those that were not touched before */
};

struct trace_summary {
    uint64_t fetches, reads, writes, modifies;
    uint64_t supervisor; /* of the data accesses */
    uint64_t kernel_reads, kernel_writes;
    uint64_t instructions, clocks;
    uint64_t switches, forks, execs, exits;
    uint32_t current; /* process */

    struct keymap processes; /* by pid */
    struct keymap pages;     /* of a process each: pid << 20 | page */
    uint32_t *touched;       /* of each page: in which stretches, a bit each */
    uint32_t touched_room;
    uint64_t recent_key; /* the page that was touched last... */
    uint32_t recent;     /* ...and its number */

    uint64_t stretch_accesses; /* of each stretch */
    uint32_t stretch;          /* the current one */
    struct summary_stretch stretches[SUMMARY_STRETCHES];
};

void trace_summary_init(struct trace_summary *summary);
void trace_summary_free(struct trace_summary *summary);

/* Counts an event. False where memory is short, or the pages are too many to be
 * counted. */
bool trace_summary_add(struct trace_summary *summary,
                       const struct trace_event *event);

/* Writes it: as tables, as CSV or as one JSON object. `format` is the trace's,
 * `whole` whether it came to its end. False where memory is short. */
bool trace_summary_write(struct trace_summary *summary, FILE *file,
                         enum format as, const char *format, bool whole);

#endif
