/* operands.c: see operands.h. */
#include "cpu/operands.h"

#include "cpu/blame.h"
#include "cpu/condition.h"
#include "cpu/engine.h"
#include "cpu/segments.h"
#include "cpu/state.h"

/* The value in memory or in a register that the clocks of `insn` depend on;
 * false where it cannot be read, so that the instruction will fault. */
static bool read_operand(struct cpu *cpu, const struct insn *insn,
                         uint32_t bytes, uint32_t *operand)
{
    uint32_t number = insn->modrm & 7;
    *operand = 0;
    if (insn->has_memory) {
        cpu_fetch_registers(cpu);
        cpu_load_segments(cpu);
        return blame_read(&cpu->view, insn, operand, bytes);
    }
    bool high = bytes == 1 && number >= 4; /* AH, CH, DH, BH */
    *operand = (uint32_t)engine_get(
        cpu->engine, ENGINE_GENERAL + (high ? number - 4 : number));
    if (high)
        *operand >>= 8;
    return true;
}

void operands_add_clocks(struct cpu *cpu, const struct guard *guard)
{
    uint32_t operand = 0;
    const struct insn_clocks *clocks = &guard->clocks;
    if (clocks->rule == CLOCKS_CONDITIONAL) {
        cpu_fetch_registers(cpu);
        cpu->meter.taken = condition_holds(&guard->insn, &cpu->registers);
        return;
    }
    if (clocks->rule == CLOCKS_COUNT)
        operand = (uint32_t)engine_get(cpu->engine, ENGINE_GENERAL + ECX);
    else if (!read_operand(cpu, &guard->insn, clocks->operand_bytes, &operand))
        return;
    if (clocks->rule == CLOCKS_GRANULAR)
        operand = (segments_descriptor(cpu, (uint16_t)operand).high &
                   DESCRIPTOR_IN_PAGES) != 0;
    meter_add_operand(&cpu->meter, guard->linear,
                      insn_operand_clocks(cpu->mmu.control.generation->id,
                                          &guard->insn, clocks, operand));
}

void operands_add_granular(struct cpu *cpu, const struct insn *insn,
                           const struct insn_clocks *clocks)
{
    uint32_t operand;
    if (!read_operand(cpu, insn, 2, &operand))
        return;
    operand = (segments_descriptor(cpu, (uint16_t)operand).high &
               DESCRIPTOR_IN_PAGES) != 0;
    cpu->meter.clocks += insn_operand_clocks(cpu->mmu.control.generation->id,
                                             insn, clocks, operand);
}
