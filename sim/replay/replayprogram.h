/* replayprogram.h: the programs that a trace tells of. */
#ifndef MMU386_REPLAYPROGRAM_H
#define MMU386_REPLAYPROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "traceevent.h"

struct program;

/* All zeros is none. */
struct replay_programs {
    struct program **programs;
    uint32_t count;
    char *missing_file; /* the first one that was not as it was recorded; or
                           NULL */
};

void replay_programs_free(struct replay_programs *programs);

/* The program of that id, or NULL. */
struct program *replay_programs_find(const struct replay_programs *programs,
                                     uint32_t id);

/* Takes what an event of TRACE_PROGRAM tells, in place of an older program of
 * the same id. NULL, or what is wrong with it. */
const char *replay_programs_add(struct replay_programs *programs,
                                const struct trace_event *event);

/* Reads the file that an event of TRACE_FILE names into its program, if it is
 * there as it was. */
void replay_programs_read(struct replay_programs *programs,
                          const struct trace_event *event);

#endif
