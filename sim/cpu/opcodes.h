/* opcodes.h: what each opcode does to memory.
 *
 * The library that decodes says which operand is in memory; what the processor
 * does to it, and what it accesses besides, is kept here, by opcode: IA-32 SDM
 * volume 2, appendix A.
 */
#ifndef MMU386_OPCODES_H
#define MMU386_OPCODES_H

#include <stdbool.h>
#include <stdint.h>

enum opcode_map {
    MAP_ONE_BYTE,
    MAP_0F,
    MAP_0F38,
    MAP_0F3A,
};

/* Accesses other than that of the operand written out, or in addition to it. */
enum implicit {
    IMPLICIT_NONE,
    IMPLICIT_PUSH,        /* stores at ESP, after reading the operand */
    IMPLICIT_PUSH_FAR,    /* the same, CS and EIP */
    IMPLICIT_PUSH_ALL,    /* PUSHA */
    IMPLICIT_POP,         /* loads at ESP */
    IMPLICIT_POP_OPERAND, /* POP m: its address is computed with ESP past the
                             loaded value */
    IMPLICIT_POP_FAR,     /* EIP and CS */
    IMPLICIT_POP_ALL,     /* POPA */
    IMPLICIT_IRET,
    IMPLICIT_ENTER,
    IMPLICIT_LEAVE,
    IMPLICIT_SOURCE, /* LODS, OUTS: [ESI] */
    IMPLICIT_TARGET, /* STOS, INS: writes ES:[EDI] */
    IMPLICIT_SCAN,   /* SCAS: reads ES:[EDI] */
    IMPLICIT_MOVE,   /* MOVS: both */
    IMPLICIT_COMPARE,
    IMPLICIT_TABLE,  /* XLAT: [EBX + AL] */
    IMPLICIT_ADJUST, /* ARPL: writes the operand, too, where its RPL is the
                        lower one */
    IMPLICIT_BIT,  /* BT and kin with a register: the operand is a bit string */
    IMPLICIT_MASK, /* MASKMOVQ, MASKMOVDQU: writes [EDI] */
};

/* A size other than a number of bytes. */
enum operand_size {
    SIZE_OPERAND = 0x400, /* 2 or 4 bytes, by the operand-size prefix */
    SIZE_PAIR,            /* two of these: BOUND */
    SIZE_FAR,             /* one, and a selector */
    SIZE_ENVIRONMENT,     /* FNSTENV: 14 or 28 bytes */
    SIZE_STATE,           /* FNSAVE: 94 or 108 */
    SIZE_DECODED,         /* as the decoding library says: SSE */
};

struct opcode_effect {
    uint16_t size; /* bytes, or enum operand_size; of string elements and pushes
                      too */
    bool read;     /* the operand written out */
    bool write;
    uint8_t implicit; /* enum implicit */
    bool guard;       /* see struct insn */
    bool system;
    bool loads; /* see struct insn; of SIZE_FAR operands: in memory only */
};

/* `reg` is the reg field of the ModRM byte (0..7), `prefix` the last of the
 * prefixes 0xF2, 0xF3 and, failing these, 0x66 that select an SSE instruction,
 * else 0. */
struct opcode_effect opcode_effect_of(enum opcode_map map, uint8_t opcode,
                                      uint8_t reg, uint8_t prefix);

/* `size` in bytes; `decoded` answers for SIZE_DECODED. */
uint32_t operand_bytes(uint16_t size, bool operand16, uint32_t decoded);

#endif
