/* traceblocks.c: see traceblocks.h. */
#include "traceblocks.h"

#include <string.h>

bool trace_block_takes_insn(const struct trace_shape *shape, uint32_t linear, uint32_t bytes,
                            bool has_code)
{
    uint32_t gap = linear - (shape->linear + shape->bytes);

    return shape->insn_count != 0 && shape->insn_count < TRACE_INSNS_MAX && gap <= TRACE_GAP_MAX &&
           shape->bytes + gap + bytes <= TRACE_BLOCK_BYTES_MAX && (shape->code != NULL) == has_code;
}

bool trace_block_takes_access(const struct trace_shape *shape)
{
    return shape->insn_count != 0 && shape->slot_count < TRACE_SLOTS_MAX;
}

void trace_blocks_close(struct trace_blocks *blocks)
{
    blocks->open = false;
}

static void open_block(struct trace_blocks *blocks, uint32_t linear, bool again, bool has_code)
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

void trace_blocks_open(struct trace_blocks *blocks)
{
    open_block(blocks, 0, false, false);
}

bool trace_blocks_insn(struct trace_blocks *blocks, uint32_t linear, uint32_t bytes,
                       const uint8_t *code, bool again)
{
    struct trace_shape *shape = &blocks->shape;
    uint32_t offset;

    if (!blocks->open)
        open_block(blocks, linear, again, code != NULL);
    else if (again || !trace_block_takes_insn(shape, linear, bytes, code != NULL))
        return false;
    offset = linear - shape->linear;
    blocks->insns[shape->insn_count++] =
        (struct trace_insn){.offset = (uint16_t)offset, .bytes = (uint16_t)bytes};
    if (code != NULL) {
        memset(blocks->code + shape->bytes, 0, offset - shape->bytes);
        memcpy(blocks->code + offset, code, bytes);
    }
    shape->bytes = offset + bytes;
    return true;
}

bool trace_blocks_access(struct trace_blocks *blocks, struct trace_slot slot, uint32_t linear)
{
    struct trace_shape *shape = &blocks->shape;

    if (!blocks->open)
        open_block(blocks, 0, false, false);
    else if (!trace_block_takes_access(shape))
        return false;
    slot.insn = (uint16_t)(shape->insn_count == 0 ? 0 : shape->insn_count - 1);
    blocks->slots[shape->slot_count] = slot;
    blocks->addresses[shape->slot_count++] = linear;
    return true;
}

struct trace_block trace_blocks_block(struct trace_blocks *blocks)
{
    return (struct trace_block){
        .shape = &blocks->shape,
        .addresses = blocks->addresses,
        .clocks = blocks->clocks,
    };
}
