/* traceblocks.h: blocks out of single fetches and data accesses, as the text form and the traces of
 * other programs have them. */
#ifndef MMU386_TRACEBLOCKS_H
#define MMU386_TRACEBLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

/* A block that grows. */
struct trace_blocks {
    struct trace_shape shape; /* its parts are below */
    bool open;                /* there is one: else the next access begins one */
    uint32_t clocks;
    struct trace_insn insns[TRACE_INSNS_MAX];
    struct trace_slot slots[TRACE_SLOTS_MAX];
    uint32_t addresses[TRACE_SLOTS_MAX];
    uint8_t code[TRACE_BLOCK_BYTES_MAX];
};

/* True where an instruction may become the next one of a block, or a data access one of its last
 * instruction's. */
bool trace_block_takes_insn(const struct trace_shape *shape, uint32_t linear, uint32_t bytes,
                            bool has_code);
bool trace_block_takes_access(const struct trace_shape *shape);

/* No block is open any more. */
void trace_blocks_close(struct trace_blocks *blocks);

/* Opens one of nothing but clocks. */
void trace_blocks_open(struct trace_blocks *blocks);

/* Adds an instruction of 1 to TRACE_INSN_BYTES_MAX bytes, of which `code` may be NULL. With `again`
 * it is not fetched, and begins a block. False where the open block does not take it: to be tried
 * again when that was closed. */
bool trace_blocks_insn(struct trace_blocks *blocks, uint32_t linear, uint32_t bytes,
                       const uint8_t *code, bool again);

/* Adds a data access; only `access` of the slot matters. False as above. */
bool trace_blocks_access(struct trace_blocks *blocks, struct trace_slot slot, uint32_t linear);

/* The open block; valid until anything is done to it. */
struct trace_block trace_blocks_block(struct trace_blocks *blocks);

#endif
