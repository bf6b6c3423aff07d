/* groups.h: the groups of options of the subcommands that make a machine: what
 * each is about is struct options. */
#ifndef MMU386_OPTIONS_GROUPS_H
#define MMU386_OPTIONS_GROUPS_H

#include "options.h"

/* The machine and its kernel (model.c): a fork policy, or several; the
 * processor and its TLB; a run without the clock; memory and what things cost.
 */
extern const struct option_group fork_options;
extern const struct option_group policies_options;
extern const struct option_group processor_options;
extern const struct option_group functional_options;
extern const struct option_group memory_options;

/* What the program finds (program.c). */
extern const struct option_group program_options;

/* What is written (outputs.c); `force_options` is about all of them. */
extern const struct option_group report_options;
extern const struct option_group stats_options;
extern const struct option_group summary_options;
extern const struct option_group profile_options;
extern const struct option_group profile_format_options; /* `run' has it */
extern const struct option_group log_options;
extern const struct option_group trace_options;
extern const struct option_group force_options;

/* A trace that is replayed (replayed.c): whether one is, and how. */
extern const struct option_group replay_options;
extern const struct option_group replayed_options;

/* How policies are compared (compare.c). */
extern const struct option_group compare_options;

/* How long it may take, and where it runs (session.c). */
extern const struct option_group limit_options;
extern const struct option_group session_options;

#endif
