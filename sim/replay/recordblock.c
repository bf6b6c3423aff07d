/* recordblock.c: see recordblock.h. */
#include "replay/recordblock.h"

#include <inttypes.h>

#include "replay/recordcode.h"
#include "replay/recordout.h"

/* Writes the first `count` instructions of a block in pieces: it has more data
 * accesses than a trace's block has room for. */
static void tell_pieces(struct record_out *out,
                        const struct record_block *block, uint32_t count,
                        bool again, struct record_accesses *accesses,
                        uint64_t clocks)
{
    struct trace_insn insns[TRACE_INSNS_MAX];
    uint32_t first = 0;
    uint32_t slot = 0;

    while (first < count) {
        uint32_t end = count;
        uint32_t slot_end = accesses->count;
        uint32_t start = block->insns[first].offset;

        if (accesses->count - slot > TRACE_SLOTS_MAX) {
            end = accesses->slots[slot + TRACE_SLOTS_MAX].insn;
            for (slot_end = slot; accesses->slots[slot_end].insn < end;)
                slot_end++;
        }
        if (end == first) { /* one instruction of more accesses than a block may
                               have */
            record_flaw(out,
                        "an instruction of too many accesses at %08" PRIx32,
                        block->linear + start);
            return;
        }
        for (uint32_t i = first; i < end; i++)
            insns[i - first] = (struct trace_insn){
                .offset = (uint16_t)(block->insns[i].offset - start),
                .bytes = block->insns[i].bytes};
        for (uint32_t i = slot; i < slot_end; i++)
            accesses->slots[i].insn =
                (uint16_t)(accesses->slots[i].insn - first);

        const struct trace_shape shape = {
            .linear = block->linear + start,
            .bytes = (uint32_t)block->insns[end - 1].offset +
                     block->insns[end - 1].bytes - start,
            .insn_count = (uint16_t)(end - first),
            .slot_count = (uint16_t)(slot_end - slot),
            .again = again && first == 0,
            .code_hash = (block->hash ^ (uint64_t)end << 32 ^ first) | 1,
            .insns = insns,
            .slots = accesses->slots + slot,
            .code = block->code + start,
        };

        record_add_block(out, &shape, accesses->addresses + slot,
                         end == count ? (uint32_t)clocks : 0);
        first = end;
        slot = slot_end;
    }
}

void record_block_tell(struct record_out *out, const struct record_block *block,
                       uint32_t count, bool again,
                       struct record_accesses *accesses, uint64_t clocks)
{
    const struct trace_insn *last = &block->insns[count - 1];
    const struct trace_shape shape = {
        .linear = block->linear,
        .bytes = (uint32_t)last->offset + last->bytes,
        .insn_count = (uint16_t)count,
        .slot_count = (uint16_t)accesses->count,
        .again = again,
        .code_hash = (block->hash ^ count) | 1,
        .insns = block->insns,
        .slots = accesses->slots,
        .code = block->code,
    };

    if (accesses->count > TRACE_SLOTS_MAX)
        tell_pieces(out, block, count, again, accesses, clocks);
    else
        record_add_block(out, &shape, accesses->addresses, (uint32_t)clocks);
}

void record_clocks_tell(struct record_out *out, uint64_t clocks)
{
    const struct trace_shape nothing = {.code_hash = 1};

    if (clocks != 0)
        record_add_block(out, &nothing, NULL, (uint32_t)clocks);
}
