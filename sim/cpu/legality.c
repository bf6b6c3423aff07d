/* legality.c: see legality.h. */
#include "cpu/legality.h"

#include "cpu/opcodes.h"

static bool is_register_form(const struct insn *insn)
{
    return insn->modrm >= 0xC0;
}

static unsigned reg_field(const struct insn *insn)
{
    return (insn->modrm >> 3) & 7;
}

static bool is_one_of(unsigned reg, unsigned set)
{
    return (set >> reg & 1) != 0;
}

/* ---- LOCK: SDM volume 2, LOCK: with these only, and a destination in memory
 * ---- */

static bool one_byte_locks(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    unsigned reg = reg_field(insn);
    if (opcode < 0x38) /* ADD to XOR */
        return (opcode & 7) < 2;
    switch (opcode) {
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
        return reg < 7;
    case 0x86: /* XCHG */
    case 0x87:
        return true;
    case 0xF6: /* NOT, NEG */
    case 0xF7:
        return reg == 2 || reg == 3;
    case 0xFE: /* INC, DEC */
    case 0xFF:
        return reg < 2;
    default:
        return false;
    }
}

static bool two_byte_locks(const struct insn *insn)
{
    switch (insn->opcode) {
    case 0xAB: /* BTS, BTR, BTC */
    case 0xB3:
    case 0xBB:
    case 0xB0: /* CMPXCHG, XADD */
    case 0xB1:
    case 0xC0:
    case 0xC1:
        return true;
    case 0xBA:
        return reg_field(insn) >= 5;
    case 0xC7: /* CMPXCHG8B */
        return reg_field(insn) == 1;
    default:
        return false;
    }
}

bool encoding_locks_nothing(const struct insn *insn)
{
    if (!insn->lock)
        return false;
    if (is_register_form(insn))
        return true;
    return !(insn->map == MAP_ONE_BYTE
                 ? one_byte_locks(insn)
                 : insn->map == MAP_0F && two_byte_locks(insn));
}

/* ---- SDM volume 2, tables A-2 and A-6 ---- */

static bool one_byte_is_undefined(const struct insn *insn)
{
    unsigned reg = reg_field(insn);
    switch (insn->opcode) {
    case 0x62: /* BOUND, LEA, LES, LDS */
    case 0x8D:
    case 0xC4:
    case 0xC5:
        return is_register_form(insn);
    case 0x8C:
        return reg > GS;
    case 0x8E:
        return reg > GS || reg == CS;
    case 0x8F: /* POP */
    case 0xC6: /* MOV */
    case 0xC7:
        return reg != 0;
    case 0xFE:
        return reg > 1;
    case 0xFF:
        return reg == 7 || ((reg == 3 || reg == 5) && is_register_form(insn));
    default:
        return false;
    }
}

/* ---- MMX and SSE: tables A-3 and A-6 ---- */

/* The prefixes that choose the instruction. */
enum { PLAIN = 1, WITH_66 = 2, WITH_F3 = 4, WITH_F2 = 8, ANY = 15 };

/* With which of them the opcode is an instruction. */
struct forms {
    uint8_t memory;
    uint8_t registers;
};

static struct forms forms_of_shift(const struct insn *insn)
{
    bool bytes = insn->opcode == 0x73; /* PSRLDQ, PSLLDQ: of XMM registers */
    unsigned reg = reg_field(insn);
    if (bytes && (reg == 3 || reg == 7))
        return (struct forms){0, WITH_66};
    return (struct forms){
        0, is_one_of(reg, bytes ? 0x44 : 0x54) ? PLAIN | WITH_66 : 0};
}

/* FXSAVE, FXRSTOR, LDMXCSR, STMXCSR, CLFLUSH; fences. */
static struct forms forms_of_group_15(const struct insn *insn)
{
    unsigned reg = reg_field(insn);
    return (struct forms){is_one_of(reg, 0x8F) ? PLAIN : 0,
                          reg >= 5 ? PLAIN : 0};
}

static struct forms forms_of(const struct insn *insn)
{
    static const struct forms any = {ANY, ANY};
    static const struct forms paired = {PLAIN | WITH_66, PLAIN | WITH_66};
    uint8_t opcode = insn->opcode;
    switch (opcode) {
    case 0x12: /* MOVLPS, MOVLPD, MOVSLDUP, MOVDDUP; MOVHLPS */
        return (struct forms){ANY, PLAIN | WITH_F3 | WITH_F2};
    case 0x16: /* MOVHPS, MOVHPD, MOVSHDUP; MOVLHPS */
        return (struct forms){PLAIN | WITH_66 | WITH_F3, PLAIN | WITH_F3};
    case 0x13: /* stores */
    case 0x17:
    case 0x2B:
    case 0xE7:
        return (struct forms){PLAIN | WITH_66, 0};
    case 0x10:
    case 0x11:
    case 0x2A:
    case 0x2C:
    case 0x2D:
    case 0x51:
    case 0x58:
    case 0x59:
    case 0x5A:
    case 0x5C:
    case 0x5D:
    case 0x5E:
    case 0x5F:
    case 0x70:
    case 0xC2:
        return any;
    case 0x50: /* MOVMSKPS, PEXTRW, PMOVMSKB, MASKMOVQ */
    case 0xC5:
    case 0xD7:
    case 0xF7:
        return (struct forms){0, PLAIN | WITH_66};
    case 0x52: /* RSQRTPS, RCPPS */
    case 0x53:
        return (struct forms){PLAIN | WITH_F3, PLAIN | WITH_F3};
    case 0x5B:
    case 0x6F:
    case 0x7E:
    case 0x7F:
        return (struct forms){PLAIN | WITH_66 | WITH_F3,
                              PLAIN | WITH_66 | WITH_F3};
    case 0x6C:
    case 0x6D:
        return (struct forms){WITH_66, WITH_66};
    case 0x71:
    case 0x72:
    case 0x73:
        return forms_of_shift(insn);
    case 0x77: /* EMMS */
        return (struct forms){PLAIN, PLAIN};
    case 0x7C:
    case 0x7D:
    case 0xD0:
        return (struct forms){WITH_66 | WITH_F2, WITH_66 | WITH_F2};
    case 0xAE:
        return forms_of_group_15(insn);
    case 0xC3: /* MOVNTI */
        return (struct forms){PLAIN, 0};
    case 0xD6:
        return (struct forms){WITH_66, WITH_66 | WITH_F3 | WITH_F2};
    case 0xE6:
        return (struct forms){WITH_66 | WITH_F3 | WITH_F2,
                              WITH_66 | WITH_F3 | WITH_F2};
    case 0xF0: /* LDDQU */
        return (struct forms){WITH_F2, 0};
    default:
        break;
    }
    bool is_vector = opcode == 0x14 || opcode == 0x15 ||
                     (opcode & 0xF8) == 0x28 ||
                     (opcode >= 0x50 && opcode < 0x78) || opcode == 0xC4 ||
                     opcode == 0xC6 || opcode >= 0xD0;
    return is_vector ? paired : any;
}

static uint8_t chosen_by(uint8_t prefix)
{
    return prefix == 0      ? PLAIN
           : prefix == 0x66 ? WITH_66
           : prefix == 0xF3 ? WITH_F3
                            : WITH_F2;
}

static bool two_byte_is_undefined(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    unsigned reg = reg_field(insn);
    bool registers = is_register_form(insn);
    struct forms forms = forms_of(insn);
    if (((registers ? forms.registers : forms.memory) &
         chosen_by(insn->sse_prefix)) == 0)
        return true;
    switch (opcode) {
    case 0x00: /* SLDT to VERW */
        return reg > 5;
    case 0x01:
        return reg == 5 && !registers;
    case 0x05: /* SYSCALL, SYSRET, SYSENTER, SYSEXIT */
    case 0x07:
    case 0x34:
    case 0x35:
    case 0x0F: /* 3DNow! */
    case 0x78:
    case 0x79:
    case 0xFF:
        return true;
    case 0x20: /* CR0, CR2, CR3, CR4 */
    case 0x22:
        return !is_one_of(reg, 0x1D);
    case 0xB2: /* LSS, LFS, LGS */
    case 0xB4:
    case 0xB5:
        return registers;
    case 0xBA:
        return reg < 4;
    case 0xC7:
        return reg != 1 || registers;
    default:
        return false;
    }
}

bool encoding_is_undefined(const struct insn *insn)
{
    if (encoding_locks_nothing(insn))
        return true;
    if (insn->map == MAP_ONE_BYTE)
        return one_byte_is_undefined(insn);
    return insn->map == MAP_0F && two_byte_is_undefined(insn);
}
