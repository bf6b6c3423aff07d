/* cut.c: see cut.h. */
#include "trace/cut.h"

void trace_cut_init(struct trace_cut *cut)
{
    cut->from = 0;
    cut->to = UINT64_MAX;
    cut->pid = 0;
    cut->accesses = 0;
    cut->current = TRACE_FIRST_PID;
    trace_blocks_close(&cut->blocks);
}

bool trace_cut_done(const struct trace_cut *cut)
{
    return cut->accesses >= cut->to;
}

static bool in_part(const struct trace_cut *cut, uint64_t number)
{
    return number >= cut->from && number < cut->to;
}

/* Hands on the block that was put together, if any. */
static bool add_block(struct trace_cut *cut, uint32_t clocks)
{
    struct trace_event event = {.kind = TRACE_BLOCK};

    if (!cut->blocks.open)
        return true;
    event.block = trace_blocks_block(&cut->blocks);
    event.block.clocks = clocks;
    trace_blocks_close(&cut->blocks);
    return cut->add(cut->arg, &event);
}

static bool add_insn(struct trace_cut *cut, const struct trace_shape *shape,
                     uint32_t index)
{
    const struct trace_insn *insn = &shape->insns[index];
    const uint8_t *code =
        shape->code != NULL ? shape->code + insn->offset : NULL;
    bool again = index == 0 && shape->again;

    if (trace_blocks_insn(&cut->blocks, shape->linear + insn->offset,
                          insn->bytes, code, again))
        return true;
    return add_block(cut, 0) &&
           trace_blocks_insn(&cut->blocks, shape->linear + insn->offset,
                             insn->bytes, code, again);
}

static bool add_access(struct trace_cut *cut, struct trace_slot slot,
                       uint32_t linear)
{
    if (trace_blocks_access(&cut->blocks, slot, linear))
        return true;
    return add_block(cut, 0) && trace_blocks_access(&cut->blocks, slot, linear);
}

/* A block that is not whole in the part: what of it is. Its clocks go with its
 * last access. */
static bool cut_block(struct trace_cut *cut, const struct trace_block *block)
{
    const struct trace_shape *shape = block->shape;
    uint64_t number = cut->accesses;
    uint32_t slot = 0;

    for (uint32_t i = 0; i < shape->insn_count || slot < shape->slot_count;
         i++) {
        if (i < shape->insn_count) {
            if (in_part(cut, number) && !add_insn(cut, shape, i))
                return false;
            number += i != 0 || !shape->again;
        }
        for (; slot < shape->slot_count && shape->slots[slot].insn <= i;
             slot++, number++)
            if (in_part(cut, number) &&
                !add_access(cut, shape->slots[slot], block->addresses[slot]))
                return false;
    }
    return add_block(cut, number <= cut->to ? block->clocks : 0);
}

static bool handle_block(struct trace_cut *cut, const struct trace_event *event)
{
    const struct trace_block *block = &event->block;
    uint64_t count = trace_shape_accesses(block->shape);
    bool good = true;

    if ((cut->pid != 0 && cut->current != cut->pid) ||
        (count != 0 && cut->accesses + count <= cut->from))
        good = true;
    else if (in_part(cut, cut->accesses) && count <= cut->to - cut->accesses)
        good = cut->add(cut->arg, event);
    else
        good = cut_block(cut, block);
    cut->accesses += count;
    return good;
}

bool trace_cut_event(struct trace_cut *cut, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BLOCK:
        return handle_block(cut, event);
    case TRACE_KERNEL:
    case TRACE_TRAP:
    case TRACE_RETURN:
    case TRACE_CHARGE:
    case TRACE_CONTENT:
    case TRACE_TRY:
    case TRACE_MARK:
    case TRACE_UNCITED:
    case TRACE_CODE:
        if (!in_part(cut, cut->accesses) ||
            (cut->pid != 0 && cut->current != cut->pid))
            return true;
        break;
    case TRACE_SWITCH:
        cut->current = event->pid;
        break;
    default:
        break;
    }
    return cut->add(cut->arg, event);
}
