/* runhere.c: see runhere.h. */
#include "cpu/runhere.h"

#include "cpu/blame.h"
#include "cpu/blocks.h"
#include "cpu/emulate.h"
#include "cpu/opcodes.h"
#include "cpu/operands.h"
#include "cpu/segments.h"
#include "cpu/state.h"

void runhere_timestamp(struct cpu *cpu, const struct insn *insn)
{
    cpu->timestamp += 1000;
    cpu->registers.general[EAX] = (uint32_t)cpu->timestamp;
    cpu->registers.general[EDX] = (uint32_t)(cpu->timestamp >> 32);
    cpu->registers.eip += insn->length;
}

void runhere_trap(struct cpu *cpu, const struct insn *insn)
{
    cpu->registers.eip += insn->length;
}

void runhere_push_flags(struct cpu *cpu, const struct insn *insn)
{
    struct access_list list;
    blame_list(&cpu->view, insn, &list);
    list.item[0].stored = true;
    list.item[0].value = cpu->registers.eflags & ~(EFLAGS_RF | EFLAGS_VM);
    blame_make(&cpu->view, &list);
    registers_move_stack(&cpu->registers, 0u - insn->implicit_bytes);
    cpu->registers.eip += insn->length;
    cpu->code_stale = true; /* it might have been code */
}

void runhere_load(struct cpu *cpu, const struct insn *insn)
{
    const struct segload *load = &cpu->load;
    (void)insn;
    blame_make(&cpu->view, &load->accesses);
    cpu->registers = load->after;
    cpu->segments_stale = cpu->segments_stale || load->loads;
    if (load->loads)
        cpu->load_failed = !segments_load(
            cpu, (enum segment_register)load->segment, load->selector);
    for (uint32_t i = 0; i < load->accesses.count; i++)
        if (load->accesses.item[i].stored)
            cpu->code_stale = true; /* it might have been code */
}

void runhere_other(struct cpu *cpu, const struct insn *insn)
{
    if (emulate_insn(&cpu->view, insn))
        cpu->code_stale = true; /* it might have been code */
}

void runhere_interrupt(struct cpu *cpu, const struct insn *insn)
{
    cpu->vector = insn->modrm; /* the byte behind the opcode */
    cpu->registers.eip += insn->length;
}

/* MOV to SS and POP of it: single-step traps come behind the next instruction
 * (SDM volume 3, 6.8.3).
 */
static bool holds_traps_off(const struct insn *insn)
{
    return insn->loads && insn->map == MAP_ONE_BYTE &&
           (insn->opcode == 0x17 ||
            (insn->opcode == 0x8E && (insn->modrm >> 3 & 7) == SS));
}

void runhere(struct cpu *cpu, runhere_emulate *emulate)
{
    struct insn insn;
    if (!blocks_stop_at_insn(cpu) || !view_decode(&cpu->view, here(cpu), &insn))
        return;
    cpu->trapped =
        (cpu->registers.eflags & EFLAGS_TF) != 0 && !holds_traps_off(&insn);
    const struct insn_clocks clocks = blocks_count_here(cpu, &insn);
    cpu->ran_here++;
    if (clocks.rule == CLOCKS_GRANULAR)
        operands_add_granular(cpu, &insn, &clocks);
    emulate(cpu, &insn);
    if (clocks.rule == CLOCKS_JUMP && clocks.adds_m)
        meter_add_components(&cpu->meter, blocks_components_at(cpu, here(cpu)));
}
