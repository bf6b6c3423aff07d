#include "cpu/opcodes.h"

#include "cpu/registers.h"

static struct opcode_effect nothing(void)
{
    return (struct opcode_effect){0};
}

static struct opcode_effect reads(uint16_t size)
{
    return (struct opcode_effect){.size = size, .read = true};
}

static struct opcode_effect writes(uint16_t size)
{
    return (struct opcode_effect){.size = size, .write = true};
}

static struct opcode_effect modifies(uint16_t size)
{
    return (struct opcode_effect){.size = size, .read = true, .write = true};
}

static struct opcode_effect implies(enum implicit implicit, uint16_t size)
{
    return (struct opcode_effect){.size = size, .implicit = (uint8_t)implicit};
}

static struct opcode_effect with(struct opcode_effect effect,
                                 enum implicit implicit)
{
    effect.implicit = (uint8_t)implicit;
    return effect;
}

static struct opcode_effect guarded(struct opcode_effect effect)
{
    effect.guard = true;
    return effect;
}

static struct opcode_effect by_system(struct opcode_effect effect)
{
    effect.system = true;
    return effect;
}

/* It loads a segment register, or asks about a selector. */
static struct opcode_effect loads(struct opcode_effect effect)
{
    effect.loads = true;
    return by_system(effect);
}

/* Most opcodes come in pairs: bytes, and operands. */
static uint16_t width_of(uint8_t opcode)
{
    return opcode & 1 ? SIZE_OPERAND : 1;
}

static struct opcode_effect arithmetic(uint8_t opcode)
{
    bool compares = opcode >= 0x38;
    bool to_memory = (opcode & 7) < 2;

    if ((opcode & 7) >= 4)
        return nothing();
    return to_memory && !compares ? modifies(width_of(opcode))
                                  : reads(width_of(opcode));
}

/* 06, 0E, 16, 1E and the POPs behind them. */
static struct opcode_effect segment_on_stack(uint8_t opcode)
{
    return opcode & 1 ? loads(implies(IMPLICIT_POP, SIZE_OPERAND))
                      : implies(IMPLICIT_PUSH, SIZE_OPERAND);
}

static struct opcode_effect group_3(uint8_t opcode, uint8_t reg)
{
    return reg == 2 || reg == 3 ? modifies(width_of(opcode))
                                : reads(width_of(opcode));
}

static struct opcode_effect group_5(uint8_t reg)
{
    switch (reg) {
    case 0:
    case 1:
        return modifies(SIZE_OPERAND);
    case 2:
    case 6:
        return with(reads(SIZE_OPERAND), IMPLICIT_PUSH);
    case 3:
        return loads(with(reads(SIZE_FAR), IMPLICIT_PUSH_FAR));
    case 4:
        return reads(SIZE_OPERAND);
    case 5:
        return loads(reads(SIZE_FAR));
    default:
        return nothing();
    }
}

/* SDM volume 2, tables. Stores of more than eight bytes are
 * several, of which those before the refused one may stay (SDM volume 3,
 * "Guaranteed Atomic Operations"); the library's do. */
static struct opcode_effect x87(uint8_t opcode, uint8_t reg)
{
    switch (opcode) {
    case 0xD8:
    case 0xDA:
        return reads(4);
    case 0xDC:
        return reads(8);
    case 0xDE:
        return reads(2);
    case 0xD9:
        switch (reg) {
        case 0:
            return reads(4);
        case 2:
        case 3:
            return writes(4);
        case 4:
            return reads(SIZE_ENVIRONMENT);
        case 5:
            return reads(2);
        case 6:
            return writes(SIZE_ENVIRONMENT);
        case 7:
            return writes(2);
        default:
            return nothing();
        }
    case 0xDB:
        switch (reg) {
        case 0:
            return reads(4);
        case 1:
        case 2:
        case 3:
            return writes(4);
        case 5:
            return reads(10);
        case 7:
            return writes(10);
        default:
            return nothing();
        }
    case 0xDD:
        switch (reg) {
        case 0:
            return reads(8);
        case 1:
        case 2:
        case 3:
            return writes(8);
        case 4:
            return reads(SIZE_STATE);
        case 6:
            return writes(SIZE_STATE);
        case 7:
            return writes(2);
        default:
            return nothing();
        }
    default: /* 0xDF */
        switch (reg) {
        case 0:
            return reads(2);
        case 1:
        case 2:
        case 3:
            return writes(2);
        case 4:
            return reads(10);
        case 5:
            return reads(8);
        case 6:
            return writes(10);
        default:
            return writes(8);
        }
    }
}

static struct opcode_effect one_byte(uint8_t opcode, uint8_t reg)
{
    if (opcode < 0x40) {
        if ((opcode & 7) >= 6 && opcode < 0x20 && opcode != 0x0F)
            return segment_on_stack(opcode);
        return arithmetic(opcode);
    }
    if (opcode >= 0x50 && opcode < 0x60)
        return implies(opcode < 0x58 ? IMPLICIT_PUSH : IMPLICIT_POP,
                       SIZE_OPERAND);
    if (opcode >= 0xD8 && opcode < 0xE0)
        return x87(opcode, reg);

    switch (opcode) {
    case 0x60:
        return guarded(implies(IMPLICIT_PUSH_ALL, SIZE_OPERAND));
    case 0x61:
        return implies(IMPLICIT_POP_ALL, SIZE_OPERAND);
    case 0x62: /* BOUND */
        return reads(SIZE_PAIR);
    case 0x63: /* ARPL */
        return guarded(with(reads(2), IMPLICIT_ADJUST));
    case 0x69: /* IMUL */
    case 0x6B:
        return reads(SIZE_OPERAND);
    case 0x68: /* PUSH */
    case 0x6A:
        return implies(IMPLICIT_PUSH, SIZE_OPERAND);
    case 0x6C: /* INS */
    case 0x6D:
        return implies(IMPLICIT_TARGET, width_of(opcode));
    case 0x6E: /* OUTS */
    case 0x6F:
        return implies(IMPLICIT_SOURCE, width_of(opcode));
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
        return reg == 7 ? reads(width_of(opcode)) : modifies(width_of(opcode));
    case 0x84: /* TEST */
    case 0x85:
        return reads(width_of(opcode));
    case 0x86: /* XCHG */
    case 0x87:
        return modifies(width_of(opcode));
    case 0x88: /* MOV */
    case 0x89:
    case 0xA2:
    case 0xA3:
    case 0xC6:
    case 0xC7:
        return writes(width_of(opcode));
    case 0x8A:
    case 0x8B:
    case 0xA0:
    case 0xA1:
        return reads(width_of(opcode));
    case 0x8C: /* MOV of a segment register */
        return writes(2);
    case 0x8E:
        return reg != CS && reg < SEGMENT_REGISTERS ? loads(reads(2))
                                                    : nothing();
    case 0x8F:
        return with(writes(SIZE_OPERAND), IMPLICIT_POP_OPERAND);
    case 0x9A: /* CALL far */
        return loads(implies(IMPLICIT_PUSH_FAR, SIZE_OPERAND));
    case 0x9C: /* PUSHF */
    case 0xE8: /* CALL */
        return implies(IMPLICIT_PUSH, SIZE_OPERAND);
    case 0x9D: /* POPF */
    case 0xC2: /* RET */
    case 0xC3:
        return implies(IMPLICIT_POP, SIZE_OPERAND);
    case 0xA4:
    case 0xA5:
        return implies(IMPLICIT_MOVE, width_of(opcode));
    case 0xA6:
    case 0xA7:
        return implies(IMPLICIT_COMPARE, width_of(opcode));
    case 0xAA:
    case 0xAB:
        return implies(IMPLICIT_TARGET, width_of(opcode));
    case 0xAC:
    case 0xAD:
        return implies(IMPLICIT_SOURCE, width_of(opcode));
    case 0xAE:
    case 0xAF:
        return implies(IMPLICIT_SCAN, width_of(opcode));
    case 0xC0: /* shifts and rotations */
    case 0xC1:
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3: /* RCL, RCR: the library changes the flags before it stores */
        return reg == 2 || reg == 3 ? guarded(modifies(width_of(opcode)))
                                    : modifies(width_of(opcode));
    case 0xC4: /* LES, LDS */
    case 0xC5:
        return loads(reads(SIZE_FAR));
    case 0xC8:
        return guarded(implies(IMPLICIT_ENTER, SIZE_OPERAND));
    case 0xC9:
        return implies(IMPLICIT_LEAVE, SIZE_OPERAND);
    case 0xCA: /* RET far */
    case 0xCB:
        return loads(implies(IMPLICIT_POP_FAR, SIZE_OPERAND));
    case 0xCC: /* INT3, INT, INTO */
    case 0xCD:
    case 0xCE:
        return by_system(nothing());
    case 0xEA: /* JMP far */
        return loads(nothing());
    case 0xCF:
        return loads(implies(IMPLICIT_IRET, SIZE_OPERAND));
    case 0xD7:
        return implies(IMPLICIT_TABLE, 1);
    case 0xF6:
    case 0xF7:
        return group_3(opcode, reg);
    case 0xFE:
        return reg < 2 ? modifies(1) : nothing();
    case 0xFF:
        return group_5(reg);
    default:
        return nothing();
    }
}

static struct opcode_effect group_6(uint8_t reg)
{
    if (reg < 2) /* SLDT, STR */
        return writes(2);
    if (reg < 4) /* LLDT, LTR */
        return by_system(reads(2));
    return reg < 6 ? loads(reads(2)) : nothing(); /* VERR, VERW */
}

static struct opcode_effect group_7(uint8_t reg)
{
    switch (reg) {
    case 0: /* SGDT, SIDT */
    case 1:
        return guarded(writes(6));
    case 2: /* LGDT, LIDT */
    case 3:
        return reads(6);
    case 4: /* SMSW */
        return writes(2);
    case 6: /* LMSW */
        return reads(2);
    default: /* INVLPG accesses nothing */
        return nothing();
    }
}

static struct opcode_effect group_15(uint8_t reg)
{
    switch (reg) {
    case 0:
        return writes(512);
    case 1:
        return reads(512);
    case 2: /* LDMXCSR */
        return reads(4);
    case 3: /* STMXCSR */
        return writes(4);
    case 7: /* CLFLUSH: faults as a load does; the library takes it for
             * nothing */
        return guarded(reads(1));
    default:
        return nothing();
    }
}

/* MMX and SSE: the second operand is read, but by these stores. */
static struct opcode_effect vector(uint8_t opcode, uint8_t prefix)
{
    switch (opcode) {
    case 0x11: /* MOVUPS and MOVUPD; MOVSS and MOVSD */
        return prefix == 0 || prefix == 0x66 ? guarded(writes(16))
                                             : writes(SIZE_DECODED);
    case 0x7F: /* MOVDQU; MOVDQA and MOVQ */
        return prefix == 0xF3 ? guarded(writes(16)) : writes(SIZE_DECODED);
    case 0x13: /* MOVLPS, MOVHPS, MOVAPS, MOVNTPS, MOVQ, MOVNTQ and kin */
    case 0x17:
    case 0x29:
    case 0x2B:
    case 0xD6:
    case 0xE7:
        return writes(SIZE_DECODED);
    case 0x7E: /* MOVD; with F3 a load */
        return prefix == 0xF3 ? reads(8) : writes(4);
    case 0x6E:
        return reads(4);
    case 0x2F: /* COMIS, CVTPS2PD, CVTDQ2PD: the library says 16 */
        return reads(prefix == 0x66 ? 8 : 4);
    case 0x5A:
        return reads(prefix == 0 ? 8 : SIZE_DECODED);
    case 0xE6:
        return reads(prefix == 0xF3 ? 8 : SIZE_DECODED);
    case 0xC4: /* PINSRW */
        return reads(2);
    case 0xF7:
        return guarded(implies(IMPLICIT_MASK, prefix == 0x66 ? 16 : 8));
    case 0x60: /* PUNPCKL: half of the MMX register */
    case 0x61:
    case 0x62:
        return reads(prefix == 0 ? 4 : 16);
    default:
        return reads(SIZE_DECODED);
    }
}

static struct opcode_effect two_byte(uint8_t opcode, uint8_t reg,
                                     uint8_t prefix)
{
    if (opcode >= 0x40 && opcode < 0x50) /* CMOVcc */
        return reads(SIZE_OPERAND);
    if (opcode >= 0x90 && opcode < 0xA0) /* SETcc: the same as of RCL */
        return guarded(writes(1));

    switch (opcode) {
    case 0x00:
        return group_6(reg);
    case 0x01:
        return group_7(reg);
    case 0x02: /* LAR, LSL */
    case 0x03:
        return loads(reads(2));
    case 0xA0: /* PUSH FS, GS */
    case 0xA8:
        return segment_on_stack(0x06);
    case 0xA1: /* POP FS, GS */
    case 0xA9:
        return segment_on_stack(0x07);
    case 0xA3: /* BT */
        return with(reads(SIZE_OPERAND), IMPLICIT_BIT);
    case 0xAB: /* BTS, BTR, BTC */
    case 0xB3:
    case 0xBB:
        return with(modifies(SIZE_OPERAND), IMPLICIT_BIT);
    case 0xA4: /* SHLD, SHRD */
    case 0xA5:
    case 0xAC:
    case 0xAD:
        return modifies(SIZE_OPERAND);
    case 0xAE:
        return group_15(reg);
    case 0xAF: /* IMUL, POPCNT, BSF, BSR */
    case 0xB8:
    case 0xBC:
    case 0xBD:
        return reads(SIZE_OPERAND);
    case 0xB0: /* CMPXCHG, XADD */
    case 0xB1:
    case 0xC0:
    case 0xC1:
        return modifies(width_of(opcode));
    case 0xB2: /* LSS, LFS, LGS */
    case 0xB4:
    case 0xB5:
        return loads(reads(SIZE_FAR));
    case 0xB6: /* MOVZX, MOVSX */
    case 0xBE:
        return reads(1);
    case 0xB7:
    case 0xBF:
        return reads(2);
    case 0xBA:
        return reg == 4 ? reads(SIZE_OPERAND) : modifies(SIZE_OPERAND);
    case 0xC3: /* MOVNTI */
        return writes(4);
    case 0xC7: /* CMPXCHG8B */
        /* A look at it makes the library compute the flags, of which it else
         * keeps stale ones. */
        return reg == 1 ? guarded(modifies(8)) : nothing();
    default:
        break;
    }
    if ((opcode >= 0x10 && opcode < 0x18) ||
        (opcode >= 0x28 && opcode < 0x30) ||
        (opcode >= 0x50 && opcode < 0x80) || opcode >= 0xC2)
        return vector(opcode, prefix);
    return nothing(); /* prefetches, hints, and what has no operand in memory */
}

struct opcode_effect opcode_effect_of(enum opcode_map map, uint8_t opcode,
                                      uint8_t reg, uint8_t prefix)
{
    switch (map) {
    case MAP_ONE_BYTE:
        return one_byte(opcode, reg);
    case MAP_0F:
        return two_byte(opcode, reg, prefix);
    case MAP_0F38:
        if (opcode == 0xF0 || opcode == 0xF1) /* MOVBE, CRC32 */
            return opcode == 0xF1 && prefix != 0xF2 ? writes(SIZE_OPERAND)
                                                    : reads(SIZE_DECODED);
        return reads(SIZE_DECODED);
    default:
        if (opcode >= 0x14 && opcode < 0x18) /* PEXTR and EXTRACTPS store */
            return writes(SIZE_DECODED);
        return reads(SIZE_DECODED);
    }
}

uint32_t operand_bytes(uint16_t size, bool operand16, uint32_t decoded)
{
    uint32_t word = operand16 ? 2 : 4;

    switch (size) {
    case SIZE_OPERAND:
        return word;
    case SIZE_PAIR:
        return 2 * word;
    case SIZE_FAR:
        return word + 2;
    case SIZE_ENVIRONMENT:
        return 7 * word;
    case SIZE_STATE:
        return 7 * word + 80;
    case SIZE_DECODED:
        return decoded;
    default:
        return size;
    }
}
