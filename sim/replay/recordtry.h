/* recordtry.h: instructions that were begun and did not complete, as the
 * recorder tells of them. */
#ifndef MMU386_RECORDTRY_H
#define MMU386_RECORDTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "traceevent.h"

struct cpu;
struct record_out;

/* What comes of it is not yet known. */
struct record_try {
    uint64_t lookups; /* that were made; 0: there is none */
    uint32_t linear;
    bool again;    /* not fetched */
    bool followed; /* a whole block, so that it has to be a fault of the
                    * fetch */
    uint32_t slot_count;
    struct trace_slot slots[TRACE_TRY_SLOTS_MAX];
    uint32_t addresses[TRACE_TRY_SLOTS_MAX];
};

/* Adds a data access of the instruction. */
void record_try_access(struct record_try *begun, struct trace_slot slot,
                       uint32_t linear);

/* What was begun came to nothing, or is taken up again. */
void record_try_flush(struct record_try *begun, struct record_out *out,
                      const struct cpu *cpu);

/* It led to a page fault: `fault` has the access that faulted. */
void record_try_fault(struct record_try *begun, struct record_out *out,
                      const struct cpu *cpu, const struct trace_try *fault);

#endif
