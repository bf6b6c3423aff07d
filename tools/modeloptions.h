/* modeloptions.h: options that change the model: another TLB, other costs. */
#ifndef MMU386_MODELOPTIONS_H
#define MMU386_MODELOPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/costs.h"
#include "paging.h"

/* Each reads an option's value. False where it is no good, having told why. */

/* --tlb: ENTRIES,WAYS,POLICY. */
bool read_tlb(const char *value, struct mmu_tlb_geometry *chosen);

/* --cost: NAME=CLOCKS, into the cost of that name. */
bool read_cost(const char *value, uint32_t costs[COSTS]);

/* --wait-states: of each bus cycle of a page walk. */
bool read_wait_states(const char *value, uint32_t *wait_states);

/* --max-...: a whole number from 1 to `most`. */
bool read_limit(const char *option, const char *value, uint64_t most,
                uint64_t *limit);

/* Prints the costs and what they are by default. */
void print_costs(void);

#endif
