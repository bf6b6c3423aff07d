/* traceblocks.h: blocks out of single fetches and data accesses, as the text
 * form and the traces of other programs have them. */
#ifndef MMU386_TRACEBLOCKS_H
#define MMU386_TRACEBLOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "traceevent.h"

/* A block that grows. */
struct trace_blocks {
    struct trace_shape shape; /* its parts are below */
    bool open; /* there is one: else the next access begins one */
    uint32_t clocks;
    struct trace_insn insns[TRACE_INSNS_MAX];
    struct trace_slot slots[TRACE_SLOTS_MAX];
    uint32_t addresses[TRACE_SLOTS_MAX];
    uint8_t code[TRACE_BLOCK_BYTES_MAX];
};

/* True where an instruction may become the next one of a block, or a data
 * access one of its last instruction's. */
static inline bool trace_block_takes_insn(const struct trace_shape *shape,
                                          uint32_t linear, uint32_t bytes,
                                          bool has_code)
{
    uint32_t gap = linear - (shape->linear + shape->bytes);

    return shape->insn_count != 0 && shape->insn_count < TRACE_INSNS_MAX &&
           gap <= TRACE_GAP_MAX &&
           shape->bytes + gap + bytes <= TRACE_BLOCK_BYTES_MAX &&
           (shape->code != NULL) == has_code;
}

static inline bool trace_block_takes_access(const struct trace_shape *shape)
{
    return shape->insn_count != 0 && shape->slot_count < TRACE_SLOTS_MAX;
}

/* No block is open any more. */
void trace_blocks_close(struct trace_blocks *blocks);

/* Opens one of nothing but clocks. */
void trace_blocks_open(struct trace_blocks *blocks);

static inline void trace_blocks_open_at(struct trace_blocks *blocks,
                                        uint32_t linear, bool again,
                                        bool has_code)
{
    blocks->open = true;
    blocks->clocks = 0;
    blocks->shape = (struct trace_shape){
        .linear = linear,
        .again = again,
        .insns = blocks->insns,
        .slots = blocks->slots,
        .code = has_code ? blocks->code : NULL,
    };
}

/* Adds an instruction of 1 to TRACE_INSN_BYTES_MAX bytes, of which `code` may
 * be NULL. With `again` it is not fetched, and begins a block. False where the
 * open block does not take it: to be tried again when that was closed. */
static inline bool trace_blocks_insn(struct trace_blocks *blocks,
                                     uint32_t linear, uint32_t bytes,
                                     const uint8_t *code, bool again)
{
    struct trace_shape *shape = &blocks->shape;
    uint32_t offset;

    if (!blocks->open)
        trace_blocks_open_at(blocks, linear, again, code != NULL);
    else if (again ||
             !trace_block_takes_insn(shape, linear, bytes, code != NULL))
        return false;
    offset = linear - shape->linear;
    blocks->insns[shape->insn_count++] = (struct trace_insn){
        .offset = (uint16_t)offset, .bytes = (uint16_t)bytes};
    if (code != NULL) {
        memset(blocks->code + shape->bytes, 0, offset - shape->bytes);
        memcpy(blocks->code + offset, code, bytes);
    }
    shape->bytes = offset + bytes;
    return true;
}

/* Adds a data access; only `access` of the slot matters. False as above. */
static inline bool trace_blocks_access(struct trace_blocks *blocks,
                                       struct trace_slot slot, uint32_t linear)
{
    struct trace_shape *shape = &blocks->shape;

    if (!blocks->open)
        trace_blocks_open_at(blocks, 0, false, false);
    else if (!trace_block_takes_access(shape))
        return false;
    slot.insn = (uint16_t)(shape->insn_count == 0 ? 0 : shape->insn_count - 1);
    blocks->slots[shape->slot_count] = slot;
    blocks->addresses[shape->slot_count++] = linear;
    return true;
}

/* The open block; valid until anything is done to it. */
struct trace_block trace_blocks_block(struct trace_blocks *blocks);

#endif
