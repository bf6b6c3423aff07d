/* options.h: what the subcommands that run a program can be asked for. */
#ifndef MMU386_OPTIONS_H
#define MMU386_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bars.h"
#include "commandline.h"
#include "fork.h"
#include "format.h"
#include "machine/costs.h"
#include "paging.h"
#include "trace/tracein.h"

#define POLICIES_MAX     8u
#define EXPECTATIONS_MAX 64u

/* What their help says last of the exit status: what it is where all went well,
 * and when else it is 125. */
#define OPTIONS_STATUS(good, otherwise)                                       \
    "\nExit status: " good "; 124 where a limit was reached; 125 where the\n" \
    "simulator fails" otherwise                                               \
    ", 126 where PROGRAM cannot be run, 127 where "                           \
    "it is not found.\n"

struct options {
    struct options_given given;
    /* own_generation where --tlb is given */
    const struct mmu_generation *generation;
    struct mmu_generation own_generation;
    struct mmu_tlb_geometry tlb; /* entries 0: the generation's own */
    const struct mmu_fork_policy *policies[POLICIES_MAX]; /* run has one */
    uint32_t policy_count;
    enum bars_when bars;
    const char *expectations[EXPECTATIONS_MAX]; /* --expect: see expect.h */
    uint32_t expectation_count;
    uint64_t jobs; /* policies run at a time; 0: one after the other, here */
    enum format format;
    bool clocked;
    bool verbose;
    bool quiet;                /* nothing is told of what goes on */
    uint64_t max_instructions; /* 0: no limit, as of the next two */
    uint32_t max_seconds;      /* of the host's time */
    uint32_t max_processes;
    uint32_t ram_frames;
    uint32_t costs[COSTS]; /* clocks, or COST_DEFAULT */
    uint32_t wait_states;
    const char *root;                 /* or NULL */
    bool root_as_self;                /* root reads it as root, not as nobody */
    const char *stats;                /* a file's name, "-", or NULL */
    const char *output;               /* the same */
    const char *log;                  /* a file's name, or NULL */
    const char *profile;              /* a file's name, "-", or NULL */
    bool formats_profile;             /* profile_format was asked for */
    enum format profile_format;       /* else by the file's name */
    const char *trace;                /* a file's name, "-", or NULL */
    bool sandbox;                     /* in a child that is confined */
    bool summary;                     /* of a run, on standard error */
    bool force;                       /* what is written may overwrite a file */
    bool replay;                      /* `program` is a trace */
    bool touch, strict;               /* --map; neither: as the trace is */
    struct trace_input_options input; /* of a trace to be replayed */
    const char *argv0;  /* the program's argument 0, or NULL: its file's name */
    char **environment; /* NULL at its end; the texts are the command line's
                         * own */
    char **program; /* PROGRAM (or TRACE) and its arguments; NULL at the end */
};

/* Reads the command line. *options has what the subcommand begins with, which
 * is zeros but for its fork policies (none: cow) and whether what it takes is a
 * trace; the rest becomes the defaults. Where the outcome is OPTIONS_GO
 * options_free is due. */
enum options_outcome options_read(struct options *options,
                                  const struct command_line *line, int argc,
                                  char *argv[]);

/* Gives the generation the TLBs that --tlb asked for: what options_read does,
 * but for a replay, where it is due when the generation is known. */
void options_apply_tlb(struct options *options);
void options_free(struct options *options);

/* For option_row.set: sets a variable, "NAME=VALUE", of options->environment,
 * over an older value of the same name, as env(1) does. False where it is not
 * of that form, which is told. */
bool options_set_variable(void *options, const char *variable);

#endif
