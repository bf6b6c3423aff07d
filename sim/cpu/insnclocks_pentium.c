/* insnclocks_pentium.c: Pentium Processor Family Developer's Manual (1994),
 * volume 3, appendix F, "Instruction Format and Timing": hits in the caches,
 * branches predicted, protected mode, and no pairing: each instruction as if it
 * went alone.
 *
 * A prefix byte takes a clock. Repeated moves and stores: 13 + n and 9 + n; see
 * `repeats`.
 */
#include "cpu/insnclocks_table.h"

static const struct clocks_row one_byte[] = {
    {0xFC, 0x38, ANY, 0, CLOCKS_FIXED, 1, 2, 0}, /* CMP */
    {0xC6, 0x00, ANY, 0, CLOCKS_FIXED, 1, 3, 0}, /* ADD and the others, r/m,r */
    {0xC6, 0x02, ANY, 0, CLOCKS_FIXED, 1, 2, 0}, /* r,r/m */
    {0xC6, 0x04, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* eAX,imm */
    {0xE7, 0x06, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* PUSH Sreg */
    {0xFF, 0x17, ANY, 0, CLOCKS_FIXED, 8, 8, 0}, /* POP SS */
    {0xE7, 0x07, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* POP Sreg */
    {0xE7, 0x27, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* DAA, DAS, AAA, AAS */
    {0xF0, 0x40, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* INC, DEC */
    {0xF0, 0x50, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* PUSH, POP */
    {0xFE, 0x60, ANY, 0, CLOCKS_FIXED, 5, 5, 0}, /* PUSHA, POPA */
    {0xFF, 0x62, ANY, 0, CLOCKS_FIXED, 8, 8, 0}, /* BOUND */
    {0xFF, 0x63, ANY, 0, CLOCKS_FIXED, 7, 7, 0}, /* ARPL */
    {0xFD, 0x68, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* PUSH imm */
    {0xFD, 0x69, ANY, 0, CLOCKS_FIXED, 10, 10, 0},         /* IMUL r,r/m,imm */
    {0xFE, 0x6C, ANY, REPEATED, CLOCKS_REPEAT, 25, 25, 3}, /* INS */
    {0xFE, 0x6C, ANY, 0, CLOCKS_FIXED, 24, 24, 0},
    {0xFE, 0x6E, ANY, REPEATED, CLOCKS_REPEAT, 27, 27, 4}, /* OUTS */
    {0xFE, 0x6E, ANY, 0, CLOCKS_FIXED, 27, 27, 0},
    {0xF0, 0x70, ANY, 0, CLOCKS_CONDITIONAL, 1, 1, 1}, /* Jcc */
    {0xFC, 0x80, REG(7), 0, CLOCKS_FIXED, 1, 2, 0},    /* CMP r/m,imm */
    {0xFC, 0x80, ANY, 0, CLOCKS_FIXED, 1, 3, 0},
    {0xFE, 0x84, ANY, 0, CLOCKS_FIXED, 1, 2, 0}, /* TEST */
    {0xFE, 0x86, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* XCHG */
    {0xFC, 0x88, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* MOV */
    {0xFE, 0x8C, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* MOV r/m,Sreg; LEA */
    {0xFF, 0x8E, ANY, 0, CLOCKS_FIXED, 2, 3, 0}, /* MOV Sreg,r/m */
    {0xFF, 0x8F, ANY, 0, CLOCKS_FIXED, 1, 3, 0}, /* POP r/m */
    {0xFF, 0x90, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* NOP */
    {0xF8, 0x90, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* XCHG eAX,r */
    {0xFF, 0x98, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* CBW */
    {0xFF, 0x99, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CWD */
    {0xFF, 0x9A, ANY, 0, CLOCKS_JUMP, 4, 4, 0},  /* CALL far: 4-13 */
    {0xFF, 0x9B, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* WAIT */
    {0xFF, 0x9C, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* PUSHF */
    {0xFF, 0x9D, ANY, 0, CLOCKS_FIXED, 4, 4, 0}, /* POPF */
    {0xFE, 0x9E, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* SAHF, LAHF */
    {0xFC, 0xA0, ANY, 0, CLOCKS_FIXED, 1, 1, 0}, /* MOV with moffs */
    {0xFE, 0xA4, ANY, REPEATED, CLOCKS_REPEAT, 13, 13, 1}, /* MOVS */
    {0xFE, 0xA4, ANY, 0, CLOCKS_FIXED, 4, 4, 0},
    {0xFE, 0xA6, ANY, REPEATED, CLOCKS_REPEAT, 9, 9, 4}, /* CMPS */
    {0xFE, 0xA6, ANY, 0, CLOCKS_FIXED, 5, 5, 0},
    {0xFE, 0xA8, ANY, 0, CLOCKS_FIXED, 1, 1, 0},         /* TEST eAX,imm */
    {0xFE, 0xAA, ANY, REPEATED, CLOCKS_REPEAT, 9, 9, 1}, /* STOS */
    {0xFE, 0xAA, ANY, 0, CLOCKS_FIXED, 3, 3, 0},
    {0xFE, 0xAC, ANY, REPEATED, CLOCKS_REPEAT, 7, 7, 3}, /* LODS */
    {0xFE, 0xAC, ANY, 0, CLOCKS_FIXED, 2, 2, 0},
    {0xFE, 0xAE, ANY, REPEATED, CLOCKS_REPEAT, 8, 8, 4}, /* SCAS */
    {0xFE, 0xAE, ANY, 0, CLOCKS_FIXED, 4, 4, 0},
    {0xF0, 0xB0, ANY, 0, CLOCKS_FIXED, 1, 1, 0},              /* MOV r,imm */
    {0xFE, 0xC0, REG(2) | REG(3), 0, CLOCKS_FIXED, 8, 10, 0}, /* RCL, RCR by
                                                                 imm: 8-25,
                                                                 10-27 */
    {0xFE, 0xC0, ANY, 0, CLOCKS_FIXED, 1, 3, 0},   /* the other shifts */
    {0xFF, 0xC2, ANY, 0, CLOCKS_JUMP, 3, 3, 0},    /* RET imm */
    {0xFF, 0xC3, ANY, 0, CLOCKS_JUMP, 2, 2, 0},    /* RET */
    {0xFE, 0xC4, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* LES, LDS: 4-13 */
    {0xFE, 0xC6, ANY, 0, CLOCKS_FIXED, 1, 1, 0},   /* MOV r/m,imm */
    {0xFF, 0xC9, ANY, 0, CLOCKS_FIXED, 3, 3, 0},   /* LEAVE */
    {0xFE, 0xCA, ANY, 0, CLOCKS_JUMP, 4, 4, 0},    /* RET far: 4-13 */
    {0xFE, 0xCC, ANY, 0, CLOCKS_FIXED, 0, 0, 0},   /* INT: the trap's clocks */
    {0xFF, 0xCE, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* INTO, OF clear */
    {0xFF, 0xCF, ANY, 0, CLOCKS_FIXED, 10, 10, 0}, /* IRET: 10-27 */
    {0xFE, 0xD2, REG(2) | REG(3), 0, CLOCKS_FIXED, 7, 9, 0}, /* RCL, RCR by CL:
                                                                7-24, 9-26 */
    {0xFE, 0xD2, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* the other shifts by CL */
    {0xFE, 0xD0, ANY, 0, CLOCKS_FIXED, 1, 3, 0},   /* shifts by 1 */
    {0xFF, 0xD4, ANY, 0, CLOCKS_FIXED, 18, 18, 0}, /* AAM */
    {0xFF, 0xD5, ANY, 0, CLOCKS_FIXED, 10, 10, 0}, /* AAD */
    {0xFF, 0xD7, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* XLAT */
    {0xFF, 0xE2, ANY, 0, CLOCKS_CONDITIONAL, 6, 6, 5},       /* LOOP */
    {0xFF, 0xE3, ANY, 0, CLOCKS_CONDITIONAL, 5, 5, 6},       /* JECXZ */
    {0xFE, 0xE0, ANY, 0, CLOCKS_CONDITIONAL, 8, 8, 7},       /* LOOPNE, LOOPE */
    {0xFE, 0xE4, ANY, 0, CLOCKS_FIXED, 21, 21, 0},           /* IN imm */
    {0xFE, 0xE6, ANY, 0, CLOCKS_FIXED, 26, 26, 0},           /* OUT imm */
    {0xFF, 0xEA, ANY, 0, CLOCKS_JUMP, 3, 3, 0},              /* JMP far */
    {0xFC, 0xE8, ANY, 0, CLOCKS_JUMP, 1, 1, 0},              /* CALL, JMP */
    {0xFE, 0xEC, ANY, 0, CLOCKS_FIXED, 21, 21, 0},           /* IN DX */
    {0xFE, 0xEE, ANY, 0, CLOCKS_FIXED, 26, 26, 0},           /* OUT DX */
    {0xFF, 0xF4, ANY, 0, CLOCKS_FIXED, 4, 4, 0},             /* HLT */
    {0xFE, 0xF6, REG(0) | REG(1), 0, CLOCKS_FIXED, 1, 2, 0}, /* TEST r/m,imm */
    {0xFE, 0xF6, REG(2) | REG(3), 0, CLOCKS_FIXED, 1, 3, 0}, /* NOT, NEG */
    {0xFF, 0xF6, REG(4) | REG(5), 0, CLOCKS_FIXED, 11, 11, 0}, /* MUL, IMUL */
    {0xFF, 0xF7, REG(4) | REG(5), WORD, CLOCKS_FIXED, 11, 11, 0},
    {0xFF, 0xF7, REG(4) | REG(5), DWORD, CLOCKS_FIXED, 10, 10, 0},
    {0xFF, 0xF6, REG(6), 0, CLOCKS_FIXED, 17, 17, 0}, /* DIV */
    {0xFF, 0xF6, REG(7), 0, CLOCKS_FIXED, 22, 22, 0}, /* IDIV */
    {0xFF, 0xF7, REG(6), WORD, CLOCKS_FIXED, 25, 25, 0},
    {0xFF, 0xF7, REG(7), WORD, CLOCKS_FIXED, 30, 30, 0},
    {0xFF, 0xF7, REG(6), DWORD, CLOCKS_FIXED, 41, 41, 0},
    {0xFF, 0xF7, REG(7), DWORD, CLOCKS_FIXED, 46, 46, 0},
    {0xFE, 0xFA, ANY, 0, CLOCKS_FIXED, 7, 7, 0}, /* CLI, STI */
    {0xFF, 0xF5, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CMC */
    {0xFA, 0xF8, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CLC, STC, CLD, STD */
    {0xFE, 0xFE, REG(0) | REG(1), 0, CLOCKS_FIXED, 1, 3, 0}, /* INC, DEC r/m */
    {0xFF, 0xFF, REG(2) | REG(4), 0, CLOCKS_JUMP, 2, 2, 0},  /* CALL, JMP r/m */
    {0xFF, 0xFF, REG(3), 0, CLOCKS_JUMP, 5, 5, 0},  /* CALL far m: 5-14 */
    {0xFF, 0xFF, REG(5), 0, CLOCKS_JUMP, 4, 4, 0},  /* JMP far m */
    {0xFF, 0xFF, REG(6), 0, CLOCKS_FIXED, 1, 2, 0}, /* PUSH r/m */
};

static const struct clocks_row two_byte[] = {
    {0xFF, 0x00, REG(0) | REG(1), 0, CLOCKS_FIXED, 2, 2, 0}, /* SLDT, STR */
    {0xFF, 0x00, REG(2), 0, CLOCKS_FIXED, 9, 9, 0},          /* LLDT */
    {0xFF, 0x00, REG(3), 0, CLOCKS_FIXED, 10, 10, 0},        /* LTR */
    {0xFF, 0x00, REG(4) | REG(5), 0, CLOCKS_FIXED, 7, 7, 0}, /* VERR, VERW */
    {0xFF, 0x01, REG(0) | REG(1), 0, CLOCKS_FIXED, 4, 4, 0}, /* SGDT, SIDT */
    {0xFF, 0x01, REG(2) | REG(3), 0, CLOCKS_FIXED, 6, 6, 0}, /* LGDT, LIDT */
    {0xFF, 0x01, REG(4), 0, CLOCKS_FIXED, 4, 4, 0},          /* SMSW */
    {0xFF, 0x01, REG(6), 0, CLOCKS_FIXED, 8, 8, 0},          /* LMSW */
    {0xFF, 0x01, REG(7), 0, CLOCKS_FIXED, 25, 25, 0},        /* INVLPG */
    {0xFE, 0x02, ANY, 0, CLOCKS_FIXED, 8, 8, 0},             /* LAR, LSL */
    {0xFF, 0x06, ANY, 0, CLOCKS_FIXED, 10, 10, 0},           /* CLTS */
    {0xFF, 0x08, ANY, 0, CLOCKS_FIXED, 15, 15, 0},           /* INVD */
    {0xFF, 0x09, ANY, 0, CLOCKS_FIXED, 2000, 2000, 0}, /* WBINVD: at least */
    {0xFF, 0x20, ANY, 0, CLOCKS_FIXED, 4, 4, 0},       /* MOV r,CRn */
    {0xFF, 0x21, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* MOV r,DRn: 2-12 */
    {0xFF, 0x22, ANY, 0, CLOCKS_FIXED, 12, 12, 0},     /* MOV CRn,r: 12-22 */
    {0xFF, 0x23, ANY, 0, CLOCKS_FIXED, 11, 11, 0},     /* MOV DRn,r: 11-12 */
    {0xFF, 0x30, ANY, 0, CLOCKS_FIXED, 30, 30, 0},     /* WRMSR: 30-45 */
    {0xFF, 0x31, ANY, 0, CLOCKS_FIXED, 6, 6, 0},       /* RDTSC: 6-7 */
    {0xFF, 0x32, ANY, 0, CLOCKS_FIXED, 20, 20, 0},     /* RDMSR: 20-24 */
    {0xF0, 0x80, ANY, 0, CLOCKS_CONDITIONAL, 1, 1, 1}, /* Jcc */
    {0xF0, 0x90, ANY, 0, CLOCKS_FIXED, 1, 2, 0},       /* SETcc */
    {0xFF, 0xA2, ANY, 0, CLOCKS_FIXED, 14, 14, 0},     /* CPUID */
    {0xF7, 0xA0, ANY, 0, CLOCKS_FIXED, 1, 1, 0},       /* PUSH FS, GS */
    {0xF7, 0xA1, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* POP FS, GS: 3-12 */
    {0xFF, 0xA3, ANY, 0, CLOCKS_FIXED, 4, 9, 0},       /* BT r/m,r */
    {0xF7, 0xA4, ANY, 0, CLOCKS_FIXED, 4, 4, 0},       /* SHLD, SHRD by imm */
    {0xF7, 0xA5, ANY, 0, CLOCKS_FIXED, 4, 5, 0},       /* SHLD, SHRD by CL */
    {0xE7, 0xA3, ANY, 0, CLOCKS_FIXED, 7, 13, 0},      /* BTS, BTR, BTC r/m,r */
    {0xFF, 0xAF, ANY, 0, CLOCKS_FIXED, 10, 10, 0},     /* IMUL r,r/m */
    {0xFE, 0xB0, ANY, 0, CLOCKS_FIXED, 5, 6, 0},       /* CMPXCHG */
    {0xFF, 0xB2, ANY, 0, CLOCKS_FIXED, 8, 8, 0},       /* LSS: 8-17 */
    {0xFE, 0xB4, ANY, 0, CLOCKS_FIXED, 4, 4, 0},       /* LFS, LGS: 4-13 */
    {0xF6, 0xB6, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* MOVZX, MOVSX */
    {0xFF, 0xBA, REG(4), 0, CLOCKS_FIXED, 4, 4, 0},    /* BT r/m,imm */
    {0xFF, 0xBA, REG(5) | REG(6) | REG(7), 0, CLOCKS_FIXED, 7, 8, 0},
    {0xFF, 0xBC, ANY, 0, CLOCKS_SCAN_UP, 6, 6, 0},    /* BSF: 6-42, 6-43 */
    {0xFF, 0xBD, ANY, 0, CLOCKS_SCAN_DOWN, 7, 7, 0},  /* BSR: 7-71, 7-72 */
    {0xFE, 0xC0, ANY, 0, CLOCKS_FIXED, 3, 4, 0},      /* XADD */
    {0xFF, 0xC7, REG(1), 0, CLOCKS_FIXED, 10, 10, 0}, /* CMPXCHG8B */
    {0xF8, 0xC8, ANY, 0, CLOCKS_FIXED, 1, 1, 0},      /* BSWAP */
};

/* Appendix F, REP: C = 0, and of MOVS C = 1. */
static const struct clocks_repeat repeats[] = {
    {0xA4, 6, 13}, /* MOVS */
    {0xA6, 7, 0},  /* CMPS */
    {0xAA, 6, 0},  /* STOS */
    {0xAC, 7, 0},  /* LODS */
    {0xAE, 7, 0},  /* SCAS */
};

const struct clocks_table clocks_table_pentium = {
    .one_byte = one_byte,
    .one_byte_rows = sizeof one_byte / sizeof one_byte[0],
    .two_byte = two_byte,
    .two_byte_rows = sizeof two_byte / sizeof two_byte[0],
    .repeats = repeats,
    .repeat_rows = sizeof repeats / sizeof repeats[0],
    .enter_0 = 11,
    .enter_1 = 15,
    .enter_base = 15,
    .enter_each = 2,
    .charges_prefixes = true,
};
