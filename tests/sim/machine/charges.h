/* charges.h: guests whose clocks are looked at, and how often a run did what is
 * charged. */
#ifndef MMU386_TEST_CHARGES_H
#define MMU386_TEST_CHARGES_H

#include <stdint.h>

#include "guest_run.h"
#include "machine/costs.h"

extern const char *charged_guests; /* the directory they are in: set first */

struct case_row {
    const char *name;
    const char *arguments[4];
};

#define CASES 15u
extern const struct case_row charged_cases[CASES];

void run_with(struct guest_run *run, const struct case_row *row,
              const struct guest_options *options);

uint64_t sum_of(const struct clocks *clocks);

/* The clocks that were charged. */
uint64_t kernel_clocks(const struct guest_run *run);

/* All costs 0 but one. */
void only(uint32_t costs[COSTS], enum cost cost, uint32_t clocks);

/* How often the run did what `cost` is of: by its clocks, */
uint64_t times_done(const struct case_row *row, struct guest_options options,
                    enum cost cost);

/* and by its events, as far as these tell. */
uint64_t times_of_events(const struct guest_run *run, enum cost cost);

#endif
