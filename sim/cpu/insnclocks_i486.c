/* insnclocks_i486.c: i486 Microprocessor Data Sheet (1989), "Instruction Clock
 * Count Summary", and Intel486 Programmer's Reference Manual, chapter 26: hits
 * in the cache, protected mode.
 *
 * A prefix byte takes a clock, and so does an index register in an address. The
 * table's notes give what depends on operands: see
 * insn_operand_clocks. */
#include "cpu/insnclocks_table.h"

static const struct clocks_row one_byte[] = {
    {0xFC, 0x38, ANY, 0, CLOCKS_FIXED, 1, 2, 0}, /* CMP */
    {0xC6, 0x00, ANY, 0, CLOCKS_FIXED, 1, 3, 0}, /* ADD and the others, r/m,r */
    {0xC6, 0x02, ANY, 0, CLOCKS_FIXED, 1, 2, 0}, /* r,r/m */
    {0xC6, 0x04, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* eAX,imm */
    {0xE7, 0x06, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* PUSH Sreg */
    {0xE7, 0x07, ANY, 0, CLOCKS_FIXED, 9, 9, 0}, /* POP Sreg */
    {0xF7, 0x27, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* DAA, DAS */
    {0xF7, 0x37, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* AAA, AAS */
    {0xF0, 0x40, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* INC, DEC */
    {0xF0, 0x50, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* PUSH, POP */
    {0xFF, 0x60, ANY, 0, CLOCKS_FIXED, 11, 11, 0},         /* PUSHA */
    {0xFF, 0x61, ANY, 0, CLOCKS_FIXED, 9, 9, 0},           /* POPA */
    {0xFF, 0x62, ANY, 0, CLOCKS_FIXED, 7, 7, 0},           /* BOUND */
    {0xFF, 0x63, ANY, 0, CLOCKS_FIXED, 9, 9, 0},           /* ARPL */
    {0xFD, 0x68, ANY, 0, CLOCKS_FIXED, 1, 1, 0},           /* PUSH imm */
    {0xFD, 0x69, ANY, 0, CLOCKS_MULTIPLY, 10, 10, 0},      /* IMUL r,r/m,imm */
    {0xFE, 0x6C, ANY, REPEATED, CLOCKS_REPEAT, 30, 30, 8}, /* INS */
    {0xFE, 0x6E, ANY, REPEATED, CLOCKS_REPEAT, 31, 31, 5}, /* OUTS */
    {0xFC, 0x6C, ANY, 0, CLOCKS_FIXED, 32, 32, 0},
    {0xF0, 0x70, ANY, 0, CLOCKS_CONDITIONAL, 1, 1, 3}, /* Jcc */
    {0xFC, 0x80, REG(7), 0, CLOCKS_FIXED, 1, 2, 0},    /* CMP r/m,imm */
    {0xFC, 0x80, ANY, 0, CLOCKS_FIXED, 1, 3, 0},
    {0xFE, 0x84, ANY, 0, CLOCKS_FIXED, 1, 2, 0},  /* TEST */
    {0xFE, 0x86, ANY, 0, CLOCKS_FIXED, 3, 5, 0},  /* XCHG */
    {0xFC, 0x88, ANY, 0, CLOCKS_FIXED, 1, 1, 0},  /* MOV */
    {0xFF, 0x8C, ANY, 0, CLOCKS_FIXED, 3, 3, 0},  /* MOV r/m,Sreg */
    {0xFF, 0x8D, ANY, 0, CLOCKS_FIXED, 1, 1, 0},  /* LEA */
    {0xFF, 0x8E, ANY, 0, CLOCKS_FIXED, 9, 9, 0},  /* MOV Sreg,r/m */
    {0xFF, 0x8F, ANY, 0, CLOCKS_FIXED, 4, 5, 0},  /* POP r/m */
    {0xFF, 0x90, ANY, 0, CLOCKS_FIXED, 1, 1, 0},  /* NOP */
    {0xF8, 0x90, ANY, 0, CLOCKS_FIXED, 3, 3, 0},  /* XCHG eAX,r */
    {0xFE, 0x98, ANY, 0, CLOCKS_FIXED, 3, 3, 0},  /* CBW, CWD */
    {0xFF, 0x9A, ANY, 0, CLOCKS_JUMP, 20, 20, 0}, /* CALL far */
    {0xFF, 0x9B, ANY, 0, CLOCKS_FIXED, 1, 1, 0},  /* WAIT: 1-3 */
    {0xFF, 0x9C, ANY, 0, CLOCKS_FIXED, 3, 3, 0},  /* PUSHF */
    {0xFF, 0x9D, ANY, 0, CLOCKS_FIXED, 6, 6, 0},  /* POPF */
    {0xFF, 0x9E, ANY, 0, CLOCKS_FIXED, 2, 2, 0},  /* SAHF */
    {0xFF, 0x9F, ANY, 0, CLOCKS_FIXED, 3, 3, 0},  /* LAHF */
    {0xFC, 0xA0, ANY, 0, CLOCKS_FIXED, 1, 1, 0},  /* MOV with moffs */
    /* A count of 0 takes 5, REP MOVS with a count of 1 takes 13: the rule is
       for the others. */
    {0xFE, 0xA4, ANY, REPEATED, CLOCKS_REPEAT, 12, 12, 3}, /* MOVS */
    {0xFE, 0xA4, ANY, 0, CLOCKS_FIXED, 7, 7, 0},
    {0xFE, 0xA6, ANY, REPEATED, CLOCKS_REPEAT, 7, 7, 7}, /* CMPS */
    {0xFE, 0xA6, ANY, 0, CLOCKS_FIXED, 8, 8, 0},
    {0xFE, 0xA8, ANY, 0, CLOCKS_FIXED, 1, 1, 0},         /* TEST eAX,imm */
    {0xFE, 0xAA, ANY, REPEATED, CLOCKS_REPEAT, 7, 7, 4}, /* STOS */
    {0xFE, 0xAA, ANY, 0, CLOCKS_FIXED, 5, 5, 0},
    {0xFE, 0xAC, ANY, REPEATED, CLOCKS_REPEAT, 7, 7, 4}, /* LODS */
    {0xFE, 0xAC, ANY, 0, CLOCKS_FIXED, 5, 5, 0},
    {0xFE, 0xAE, ANY, REPEATED, CLOCKS_REPEAT, 7, 7, 5}, /* SCAS */
    {0xFE, 0xAE, ANY, 0, CLOCKS_FIXED, 6, 6, 0},
    {0xF0, 0xB0, ANY, 0, CLOCKS_FIXED, 1, 1, 0},             /* MOV r,imm */
    {0xFE, 0xC0, REG(2) | REG(3), 0, CLOCKS_COUNT, 8, 9, 0}, /* RCL, RCR by
                                                              * imm */
    {0xFE, 0xC0, ANY, 0, CLOCKS_FIXED, 2, 4, 0},   /* the other shifts */
    {0xFE, 0xC2, ANY, 0, CLOCKS_JUMP, 5, 5, 0},    /* RET */
    {0xFE, 0xC4, ANY, 0, CLOCKS_FIXED, 12, 12, 0}, /* LES, LDS */
    {0xFE, 0xC6, ANY, 0, CLOCKS_FIXED, 1, 1, 0},   /* MOV r/m,imm */
    {0xFF, 0xC9, ANY, 0, CLOCKS_FIXED, 5, 5, 0},   /* LEAVE */
    {0xFF, 0xCA, ANY, 0, CLOCKS_JUMP, 18, 18, 0},  /* RET far imm */
    {0xFF, 0xCB, ANY, 0, CLOCKS_JUMP, 17, 17, 0},  /* RET far */
    {0xFE, 0xCC, ANY, 0, CLOCKS_FIXED, 0, 0, 0},   /* INT: the trap's clocks */
    {0xFF, 0xCE, ANY, 0, CLOCKS_FIXED, 3, 3, 0},   /* INTO, OF clear */
    {0xFF, 0xCF, ANY, 0, CLOCKS_FIXED, 20, 20, 0}, /* IRET, same privilege */
    {0xFE, 0xD2, REG(2) | REG(3), 0, CLOCKS_COUNT, 8, 9, 0}, /* RCL, RCR by
                                                              * CL */
    {0xFC, 0xD0, ANY, 0, CLOCKS_FIXED, 3, 4, 0}, /* by 1; other shifts by CL */
    {0xFF, 0xD4, ANY, 0, CLOCKS_FIXED, 15, 15, 0},           /* AAM */
    {0xFF, 0xD5, ANY, 0, CLOCKS_FIXED, 14, 14, 0},           /* AAD */
    {0xFF, 0xD7, ANY, 0, CLOCKS_FIXED, 4, 4, 0},             /* XLAT */
    {0xFF, 0xE2, ANY, 0, CLOCKS_CONDITIONAL, 6, 6, 7},       /* LOOP */
    {0xFF, 0xE3, ANY, 0, CLOCKS_CONDITIONAL, 5, 5, 8},       /* JECXZ */
    {0xFE, 0xE0, ANY, 0, CLOCKS_CONDITIONAL, 6, 6, 9},       /* LOOPNE, LOOPE */
    {0xFE, 0xE4, ANY, 0, CLOCKS_FIXED, 29, 29, 0},           /* IN imm */
    {0xFE, 0xE6, ANY, 0, CLOCKS_FIXED, 31, 31, 0},           /* OUT imm */
    {0xFF, 0xEA, ANY, 0, CLOCKS_JUMP, 19, 19, 0},            /* JMP far */
    {0xFC, 0xE8, ANY, 0, CLOCKS_JUMP, 3, 3, 0},              /* CALL, JMP */
    {0xFE, 0xEC, ANY, 0, CLOCKS_FIXED, 28, 28, 0},           /* IN DX */
    {0xFE, 0xEE, ANY, 0, CLOCKS_FIXED, 30, 30, 0},           /* OUT DX */
    {0xFF, 0xF4, ANY, 0, CLOCKS_FIXED, 4, 4, 0},             /* HLT */
    {0xFE, 0xF6, REG(0) | REG(1), 0, CLOCKS_FIXED, 1, 2, 0}, /* TEST r/m,imm */
    {0xFE, 0xF6, REG(2) | REG(3), 0, CLOCKS_FIXED, 1, 3, 0}, /* NOT, NEG */
    {0xFE, 0xF6, REG(4) | REG(5), 0, CLOCKS_MULTIPLY, 10, 10, 0}, /* MUL,
                                                                   * IMUL */
    {0xFF, 0xF6, REG(6), 0, CLOCKS_FIXED, 16, 16, 0},             /* DIV */
    {0xFF, 0xF6, REG(7), 0, CLOCKS_FIXED, 19, 20, 0},             /* IDIV */
    {0xFF, 0xF7, REG(6), WORD, CLOCKS_FIXED, 24, 24, 0},
    {0xFF, 0xF7, REG(7), WORD, CLOCKS_FIXED, 27, 28, 0},
    {0xFF, 0xF7, REG(6), DWORD, CLOCKS_FIXED, 40, 40, 0},
    {0xFF, 0xF7, REG(7), DWORD, CLOCKS_FIXED, 43, 44, 0},
    {0xFE, 0xFA, ANY, 0, CLOCKS_FIXED, 5, 5, 0}, /* CLI, STI */
    {0xFF, 0xF5, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CMC */
    {0xFA, 0xF8, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CLC, STC, CLD, STD */
    {0xFE, 0xFE, REG(0) | REG(1), 0, CLOCKS_FIXED, 1, 3, 0}, /* INC, DEC r/m */
    {0xFF, 0xFF, REG(2) | REG(4), 0, CLOCKS_JUMP, 5, 5, 0},  /* CALL, JMP r/m */
    {0xFF, 0xFF, REG(3), 0, CLOCKS_JUMP, 20, 20, 0},         /* CALL far m */
    {0xFF, 0xFF, REG(5), 0, CLOCKS_JUMP, 18, 18, 0},         /* JMP far m */
    {0xFF, 0xFF, REG(6), 0, CLOCKS_FIXED, 4, 4, 0},          /* PUSH r/m */
};

static const struct clocks_row two_byte[] = {
    {0xFF, 0x00, REG(0) | REG(1), 0, CLOCKS_FIXED, 2, 3, 0},   /* SLDT, STR */
    {0xFF, 0x00, REG(2), 0, CLOCKS_FIXED, 11, 11, 0},          /* LLDT */
    {0xFF, 0x00, REG(3), 0, CLOCKS_FIXED, 20, 20, 0},          /* LTR */
    {0xFF, 0x00, REG(4) | REG(5), 0, CLOCKS_FIXED, 11, 11, 0}, /* VERR, VERW */
    {0xFF, 0x01, REG(0) | REG(1), 0, CLOCKS_FIXED, 10, 10, 0}, /* SGDT, SIDT */
    {0xFF, 0x01, REG(2) | REG(3), 0, CLOCKS_FIXED, 12, 12, 0}, /* LGDT, LIDT */
    {0xFF, 0x01, REG(4), 0, CLOCKS_FIXED, 2, 3, 0},            /* SMSW */
    {0xFF, 0x01, REG(6), 0, CLOCKS_FIXED, 13, 13, 0},          /* LMSW */
    {0xFF, 0x01, REG(7), 0, CLOCKS_FIXED, 12, 12, 0},          /* INVLPG */
    {0xFF, 0x02, ANY, 0, CLOCKS_FIXED, 11, 11, 0},             /* LAR */
    {0xFF, 0x03, ANY, 0, CLOCKS_FIXED, 10, 10, 0},             /* LSL */
    {0xFF, 0x06, ANY, 0, CLOCKS_FIXED, 7, 7, 0},               /* CLTS */
    {0xFF, 0x08, ANY, 0, CLOCKS_FIXED, 4, 4, 0},               /* INVD */
    {0xFF, 0x09, ANY, 0, CLOCKS_FIXED, 5, 5, 0},               /* WBINVD */
    {0xFF, 0x20, ANY, 0, CLOCKS_FIXED, 4, 4, 0},               /* MOV r,CRn */
    {0xFF, 0x21, ANY, 0, CLOCKS_FIXED, 10, 10, 0},             /* MOV r,DRn */
    {0xFF, 0x22, REG(0), 0, CLOCKS_FIXED, 16, 16, 0},          /* MOV CRn,r */
    {0xFF, 0x22, ANY, 0, CLOCKS_FIXED, 4, 4, 0},
    {0xFF, 0x23, ANY, 0, CLOCKS_FIXED, 11, 11, 0},  /* MOV DRn,r */
    {0xFF, 0x24, REG(3), 0, CLOCKS_FIXED, 3, 3, 0}, /* MOV r,TRn */
    {0xFF, 0x24, ANY, 0, CLOCKS_FIXED, 4, 4, 0},
    {0xFF, 0x26, ANY, 0, CLOCKS_FIXED, 4, 4, 0},       /* MOV TRn,r */
    {0xF0, 0x80, ANY, 0, CLOCKS_CONDITIONAL, 1, 1, 3}, /* Jcc */
    {0xF0, 0x90, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* SETcc: 3 or 4 */
    {0xF7, 0xA0, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* PUSH FS, GS */
    {0xF7, 0xA1, ANY, 0, CLOCKS_FIXED, 9, 9, 0},       /* POP FS, GS */
    {0xFF, 0xA3, ANY, 0, CLOCKS_FIXED, 3, 8, 0},       /* BT r/m,r */
    {0xF7, 0xA4, ANY, 0, CLOCKS_FIXED, 2, 3, 0},       /* SHLD, SHRD by imm */
    {0xF7, 0xA5, ANY, 0, CLOCKS_FIXED, 3, 4, 0},       /* SHLD, SHRD by CL */
    {0xE7, 0xA3, ANY, 0, CLOCKS_FIXED, 6, 13, 0},      /* BTS, BTR, BTC r/m,r */
    {0xFF, 0xAF, ANY, 0, CLOCKS_MULTIPLY, 10, 10, 0},  /* IMUL r,r/m */
    {0xFE, 0xB0, ANY, 0, CLOCKS_FIXED, 6, 7, 0},       /* CMPXCHG: 7 or 10 in
                                                        * memory */
    {0xFF, 0xB2, ANY, 0, CLOCKS_FIXED, 12, 12, 0},     /* LSS */
    {0xFE, 0xB4, ANY, 0, CLOCKS_FIXED, 12, 12, 0},     /* LFS, LGS */
    {0xF6, 0xB6, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* MOVZX, MOVSX */
    {0xFF, 0xBA, REG(4), 0, CLOCKS_FIXED, 3, 3, 0},    /* BT r/m,imm */
    {0xFF, 0xBA, REG(5) | REG(6) | REG(7), 0, CLOCKS_FIXED, 6, 8, 0},
    {0xFF, 0xBC, ANY, 0, CLOCKS_SCAN_UP, 6, 7, 0},   /* BSF */
    {0xFF, 0xBD, ANY, 0, CLOCKS_SCAN_DOWN, 6, 7, 0}, /* BSR */
    {0xFE, 0xC0, ANY, 0, CLOCKS_FIXED, 3, 4, 0},     /* XADD */
    {0xF8, 0xC8, ANY, 0, CLOCKS_FIXED, 1, 1, 0},     /* BSWAP */
};

/* Clock count summary, REP: C = 0, and of MOVS C = 1. */
static const struct clocks_repeat repeats[] = {
    {0xA4, 5, 13}, /* MOVS */
    {0xA6, 5, 0},  /* CMPS */
    {0xAA, 5, 0},  /* STOS */
    {0xAC, 5, 0},  /* LODS */
    {0xAE, 5, 0},  /* SCAS */
};

const struct clocks_table clocks_table_i486 = {
    .one_byte = one_byte,
    .one_byte_rows = sizeof one_byte / sizeof one_byte[0],
    .two_byte = two_byte,
    .two_byte_rows = sizeof two_byte / sizeof two_byte[0],
    .repeats = repeats,
    .repeat_rows = sizeof repeats / sizeof repeats[0],
    .enter_0 = 14,
    .enter_1 = 17,
    .enter_base = 17,
    .enter_each = 3,
    .charges_prefixes = true,
    .charges_index = true,
};
