/* condition.c: see condition.h. */
#include "cpu/condition.h"

#include "cpu/opcodes.h"

enum { CF = 1, PF = 1 << 2, ZF = 1 << 6, SF = 1 << 7, OF = 1 << 11 };
enum { LOOPNE = 0xE0, LOOPE, LOOP, JCXZ };

static bool is_jcc(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE
               ? (insn->opcode & 0xF0) == 0x70
               : insn->map == MAP_0F && (insn->opcode & 0xF0) == 0x80;
}

bool condition_leads_to_next(const struct insn *insn)
{
    bool by_count = insn->map == MAP_ONE_BYTE && insn->opcode >= LOOPNE &&
                    insn->opcode <= JCXZ;
    if (!by_count && !is_jcc(insn))
        return false;
    for (uint32_t i = 1; i <= insn->displacement_bytes; i++)
        if (insn->bytes[insn->length - i] != 0)
            return false;
    return true;
}

/* The condition of an opcode's low four bits. */
static bool flags_hold(uint8_t condition, uint32_t eflags)
{
    bool less = ((eflags & SF) != 0) != ((eflags & OF) != 0);
    const bool holds[] = {
        (eflags & OF) != 0,
        (eflags & CF) != 0,
        (eflags & ZF) != 0,
        (eflags & (CF | ZF)) != 0,
        (eflags & SF) != 0,
        (eflags & PF) != 0,
        less,
        less || (eflags & ZF) != 0,
    };
    return holds[condition >> 1 & 7] != (condition & 1);
}

bool condition_holds(const struct insn *insn, const struct registers *registers)
{
    uint32_t mask = insn->address16 ? 0xFFFF : 0xFFFFFFFF;
    uint32_t count = registers->general[ECX] & mask;
    bool zero = (registers->eflags & ZF) != 0;
    if (is_jcc(insn))
        return flags_hold(insn->opcode & 15, registers->eflags);
    if (insn->opcode == JCXZ)
        return count == 0;
    return count != 1 &&
           (insn->opcode == LOOP || zero == (insn->opcode == LOOPE));
}
