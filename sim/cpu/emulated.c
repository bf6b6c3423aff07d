/* emulated.c: see emulated.h. */
#include "cpu/emulated.h"

#include "cpu/opcodes.h"

static unsigned reg_field(const struct insn *insn)
{
    return (insn->modrm >> 3) & 7;
}

static bool pushes_selector(const struct insn *insn)
{
    if (insn->map == MAP_0F)
        return insn->opcode == 0xA0 || insn->opcode == 0xA8;
    return insn->opcode < 0x20 && (insn->opcode & 7) == 6;
}

uint32_t emulated_immediate(const struct insn *insn)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < insn->immediate_bytes; i++)
        value |= (uint32_t)insn->bytes[insn->length - insn->immediate_bytes + i]
                 << 8 * i;
    return value;
}

static enum emulated form_of(const struct insn *insn)
{
    if (insn->map == MAP_0F)
        return pushes_selector(insn) ? EMULATED_PUSH_SELECTOR : EMULATED_NOT;
    if (insn->map != MAP_ONE_BYTE)
        return EMULATED_NOT;
    switch (insn->opcode) {
    case 0x63:
        return insn->has_memory ? EMULATED_ARPL : EMULATED_NOT;
    case 0x9D:
        return EMULATED_POPF;
    case 0xC2:
        return (emulated_immediate(insn) & 0x8000) != 0 ? EMULATED_RET
                                                        : EMULATED_NOT;
    case 0xC8:
        return insn->operand16 ? EMULATED_ENTER : EMULATED_NOT;
    case 0xF6:
    case 0xF7:
        return reg_field(insn) == 1                 ? EMULATED_TEST
               : reg_field(insn) == 3 && insn->lock ? EMULATED_NEG
                                                    : EMULATED_NOT;
    default:
        return pushes_selector(insn) ? EMULATED_PUSH_SELECTOR : EMULATED_NOT;
    }
}

enum emulated emulated_kind(const struct insn *insn)
{
    enum emulated kind = form_of(insn);
    if (kind == EMULATED_PUSH_SELECTOR &&
        insn->implicit_bytes == insn->accessed_bytes)
        return EMULATED_NOT;
    return kind;
}
