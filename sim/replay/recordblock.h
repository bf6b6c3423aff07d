/* recordblock.h: a block that ran, written as a trace has blocks. */
#ifndef MMU386_RECORDBLOCK_H
#define MMU386_RECORDBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/watch.h"
#include "traceevent.h"

struct record_block;
struct record_out;

/* The data accesses of what is told of. */
struct record_accesses {
    struct trace_slot slots[WATCH_ACCESSES_MAX];
    uint32_t addresses[WATCH_ACCESSES_MAX];
    uint32_t count;
};

/* Writes the first `count` instructions, of which there is one at least; where
 * there are more accesses than a trace's block has room for, in pieces, whose
 * accesses are numbered anew. `again`: the first is not fetched again. */
void record_block_tell(struct record_out *out, const struct record_block *block,
                       uint32_t count, bool again,
                       struct record_accesses *accesses, uint64_t clocks);

/* Clocks of no instruction. */
void record_clocks_tell(struct record_out *out, uint64_t clocks);

#endif
