/* values.h: the values of options that several subcommands take. */
#ifndef MMU386_VALUES_H
#define MMU386_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "fork.h"
#include "format.h"
#include "machine/costs.h"
#include "paging.h"
#include "trace/tracein.h"

/* A whole number, decimal and at most `most`, and nothing else. False where the
 * text is none. */
bool read_count(const char *text, uint64_t most, uint64_t *number);

/* Says that the option, "--cpu", does not take the value, and what values there
 * are: "no such processor (there are i386 and i486)". Returns false. */
bool complain_of_value(const char *option, const char *value, const char *what,
                       const char *(*value_at)(unsigned number));

/* Each of these reads an option's value. False where it is no good, having told
 * why. */

/* --fork: the policy of that name, which is `option`'s value; or NULL. */
const struct mmu_fork_policy *read_policy(const char *option, const char *name);

/* --cpu: the processor of that name, or NULL. */
const struct mmu_generation *read_cpu(const char *name);

/* --tlb: ENTRIES,WAYS,POLICY. */
bool read_tlb(const char *value, struct mmu_tlb_geometry *chosen);

/* --cost: NAME=CLOCKS, into the cost of that name. */
bool read_cost(const char *value, uint32_t costs[COSTS]);

/* --wait-states: of each bus cycle of a page walk. */
bool read_wait_states(const char *value, uint32_t *wait_states);

/* --max-...: a whole number from 1 to `most`. */
bool read_limit(const char *option, const char *value, uint64_t most,
                uint64_t *limit);

/* --format: table, json or csv. */
bool read_format(const char *value, enum format *format);

/* --input: the form of a trace. */
bool read_input(const char *value, enum trace_format *format);

/* The same two, for option_row.set. */
bool option_format(void *to, const char *value);
bool option_input(void *to, const char *value);

/* For option_row.value_at: the values of --fork, --cpu, --format, --input and
 * --map, and what those of --cost begin with (valid until the next call). */
const char *policy_value(unsigned number);
const char *cpu_value(unsigned number);
const char *format_value(unsigned number);
const char *input_value(unsigned number);
const char *map_value(unsigned number);
const char *cost_value(unsigned number);

/* The form of that name, which is one of --input's; false where there is
 * none. */
bool trace_format_named(const char *name, enum trace_format *format);
const char *trace_format_name(enum trace_format format);

/* Prints the costs and what they are by default. */
void print_costs(void);

#endif
