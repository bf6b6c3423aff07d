/* replay.h: drives a machine that executes nothing (machine_options.replays)
 * from a trace: the same kernel, tables and TLB, so that a recording comes to
 * the same events, counts and clocks under the parameters that it was made
 * with, and under others to what these make of the same accesses.
 *
 * What memory held is not known. A process that a replay has to end where the
 * recording did not (its memory was shorter) is left out from there
 * on. */
#ifndef MMU386_REPLAY_H
#define MMU386_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/tracein.h"

struct kernel;
struct replay;

/* Is told now and then, while a replay goes on, how many instructions were
 * replayed. */
struct replay_progress {
    void (*tell)(void *arg, uint64_t instructions); /* NULL: nobody is */
    void *arg;
};

struct replay_options {
    struct replay_progress progress;
    bool touch;  /* accesses outside any mapping are mapped when they come... */
    bool strict; /* ...or are faults; neither: as the trace tells of mappings or
                    not */
    bool files;  /* read the programs, where their files are as they were: what
                  * is at EIP and which  symbols is then known */
};

/* What is to be known of a trace before there is a machine to replay it. A text
 * stays until the replay is freed; NULL: the trace does not say. */
const char *replay_parameter(const struct replay *replay, const char *name);

/* Reads the trace's parameters. `input` stays the caller's. NULL where memory
 * is short. */
struct replay *replay_new(struct trace_input *input,
                          const struct replay_options *options);
void replay_free(struct replay *replay);

enum replay_end {
    REPLAY_ENDED,
    REPLAY_CUT,   /* the trace was cut short: all that is there was replayed */
    REPLAY_WRONG, /* the input is no trace, has no whole event, or what it says
                   * cannot have been: replay_why */
};

/* Replays on a machine that has booted and started nothing yet, until the trace
 * ends; then whatever process is left is ended. *wait_status is that of the
 * first process. */
enum replay_end replay_run(struct replay *replay, struct kernel *kernel,
                           int *wait_status);

/* Why a trace was cut or is wrong: "NAME:LINE: why". */
const char *replay_why(const struct replay *replay);

/* The first program that was not read as options.files asked, or NULL. */
const char *replay_missing_file(const struct replay *replay);

#endif
