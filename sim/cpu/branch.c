/* branch.c: see branch.h. */
#include "cpu/branch.h"

#include "cpu/blame.h"
#include "cpu/condition.h"
#include "cpu/opcodes.h"

static uint32_t displacement(const struct insn *insn)
{
    const uint8_t *from = insn->bytes + insn->length - insn->displacement_bytes;
    switch (insn->displacement_bytes) {
    case 1:
        return (uint32_t)(int32_t)(int8_t)from[0];
    case 2:
        return from[0] | (uint32_t)from[1] << 8;
    default:
        return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
               (uint32_t)from[3] << 24;
    }
}

static bool is_conditional(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    return insn->map == MAP_0F
               ? (opcode & 0xF0) == 0x80
               : (opcode & 0xF0) == 0x70 || (opcode & 0xFC) == 0xE0;
}

static bool is_direct(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    return is_conditional(insn) ||
           (insn->map == MAP_ONE_BYTE &&
            (opcode == 0xE8 || opcode == 0xE9 || opcode == 0xEB));
}

/* JMP and CALL of r/m, and RET: the first access reads the target, if there is
 * one. */
static bool is_indirect(const struct insn *insn)
{
    uint8_t reg = (insn->modrm >> 3) & 7;
    return insn->map == MAP_ONE_BYTE &&
           ((insn->opcode == 0xFF && (reg == 2 || reg == 4)) ||
            (insn->opcode & 0xFE) == 0xC2);
}

bool branch_target(const struct view *view, const struct insn *insn,
                   uint32_t *eip)
{
    const struct registers *registers = view->registers;
    uint32_t bytes = insn->operand16 ? 2 : 4;
    uint32_t target = 0;
    if (insn->map != MAP_ONE_BYTE && insn->map != MAP_0F)
        return false;
    if (is_direct(insn)) {
        if (is_conditional(insn) && !condition_holds(insn, registers))
            return false;
        target = registers->eip + insn->length + displacement(insn);
    } else if (is_indirect(insn)) {
        if (insn->opcode == 0xFF && !insn->has_memory)
            target = registers->general[insn->modrm & 7];
        else if (!blame_read(view, insn, &target, bytes))
            return false;
    } else {
        return false;
    }
    *eip = insn->operand16 ? target & 0xFFFF : target;
    return true;
}
