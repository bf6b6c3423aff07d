/* options.h: what the subcommands that run a program can be asked for. */
#ifndef MMU386_OPTIONS_H
#define MMU386_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "fork.h"
#include "machine/costs.h"
#include "paging.h"
#include "trace/tracein.h"

#define POLICIES_MAX 8u

enum format {
    FORMAT_TABLE,
    FORMAT_JSON,
    FORMAT_CSV,
};

/* The subcommands, as bits: an option may belong to several. */
enum {
    FOR_RUN = 1,
    FOR_COMPARE = 2,
    FOR_REPLAY = 4,
};

/* What was given on the command line, and is not to be taken from a trace. */
enum {
    GIVEN_POLICY = 1,
    GIVEN_CPU = 2,
    GIVEN_RAM = 4,
    GIVEN_WAIT_STATES = 8,
};

struct options {
    unsigned given;
    /* own_generation where --tlb is given */
    const struct mmu_generation *generation;
    struct mmu_generation own_generation;
    struct mmu_tlb_geometry tlb; /* entries 0: the generation's own */
    const struct mmu_fork_policy *policies[POLICIES_MAX]; /* run has one */
    uint32_t policy_count;
    enum format format;
    bool clocked;
    bool verbose;
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
    const char *trace;                /* a file's name, "-", or NULL */
    bool sandbox;                     /* in a child that is confined */
    bool force;                       /* what is written may overwrite a file */
    bool replay;                      /* compare: PROGRAM is a trace */
    bool touch, strict;               /* --map; neither: as the trace is */
    struct trace_input_options input; /* of a trace to be replayed */
    const char *argv0;  /* the program's argument 0, or NULL: its file's name */
    char **environment; /* NULL at its end; the texts are the command line's
                         * own */
    char **program; /* PROGRAM (or TRACE) and its arguments; NULL at the end */
};

enum options_outcome {
    OPTIONS_GO,
    OPTIONS_DONE,  /* help or the version was asked for, and printed */
    OPTIONS_WRONG, /* and it was told what is */
};

/* Reads the command line of the subcommand `argv[0]`, which is the one of bit
 * `subcommand`, over the defaults. Options end at the first word that is none,
 * or after "--"; there PROGRAM is. Where the outcome is OPTIONS_GO options_free
 * is due. */
enum options_outcome options_read(struct options *options, int subcommand,
                                  int argc, char *argv[]);

/* Gives the generation the TLBs that --tlb asked for: what options_read does,
 * but for a replay, where it is due when the generation is known. */
void options_apply_tlb(struct options *options);
void options_free(struct options *options);

#endif
