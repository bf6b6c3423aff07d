/* insnclocks_i386.c: Intel 80386 Programmer's Reference Manual (1986), chapter
 * 17, the "Clocks" of each instruction; of those with pm= that figure.
 *
 * IDIV from memory: the manual prints one figure for both, unlike DIV's two.
 * (HelpPC 2.10 and MAME have 3 clocks more.) Port instructions: CPL >
 * IOPL. */
#include "cpu/insnclocks_table.h"

static const struct clocks_row one_byte[] = {
    {0xFE, 0x38, ANY, 0, CLOCKS_FIXED, 2, 5, 0}, /* CMP r/m,r */
    {0xFE, 0x3A, ANY, 0, CLOCKS_FIXED, 2, 6, 0},
    {0xFE, 0x00, ANY, 0, CLOCKS_FIXED, 2, 7, 0}, /* ADD */
    {0xFE, 0x02, ANY, 0, CLOCKS_FIXED, 2, 6, 0},
    {0xFE, 0x08, ANY, 0, CLOCKS_FIXED, 2, 6, 0}, /* OR */
    {0xFE, 0x0A, ANY, 0, CLOCKS_FIXED, 2, 7, 0},
    {0xFE, 0x10, ANY, 0, CLOCKS_FIXED, 2, 7, 0}, /* ADC */
    {0xFE, 0x12, ANY, 0, CLOCKS_FIXED, 2, 6, 0},
    {0xFE, 0x18, ANY, 0, CLOCKS_FIXED, 2, 6, 0}, /* SBB */
    {0xFE, 0x1A, ANY, 0, CLOCKS_FIXED, 2, 7, 0},
    {0xFE, 0x20, ANY, 0, CLOCKS_FIXED, 2, 7, 0}, /* AND */
    {0xFE, 0x22, ANY, 0, CLOCKS_FIXED, 2, 6, 0},
    {0xFE, 0x28, ANY, 0, CLOCKS_FIXED, 2, 6, 0}, /* SUB */
    {0xFE, 0x2A, ANY, 0, CLOCKS_FIXED, 2, 7, 0},
    {0xFE, 0x30, ANY, 0, CLOCKS_FIXED, 2, 6, 0}, /* XOR */
    {0xFE, 0x32, ANY, 0, CLOCKS_FIXED, 2, 7, 0},
    {0xC6, 0x04, ANY, 0, CLOCKS_FIXED, 2, 2, 0},   /* all these with the
                                                      accumulator */
    {0xE7, 0x06, ANY, 0, CLOCKS_FIXED, 2, 2, 0},   /* PUSH Sreg */
    {0xE7, 0x07, ANY, 0, CLOCKS_FIXED, 21, 21, 0}, /* POP Sreg */
    {0xE7, 0x27, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* DAA, DAS, AAA, AAS */
    {0xF0, 0x40, ANY, 0, CLOCKS_FIXED, 2, 2, 0},   /* INC, DEC */
    {0xF8, 0x50, ANY, 0, CLOCKS_FIXED, 2, 2, 0},   /* PUSH */
    {0xF8, 0x58, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* POP */
    {0xFF, 0x60, ANY, 0, CLOCKS_FIXED, 18, 18, 0}, /* PUSHA */
    {0xFF, 0x61, ANY, 0, CLOCKS_FIXED, 24, 24, 0}, /* POPA */
    {0xFF, 0x62, ANY, 0, CLOCKS_FIXED, 10, 10, 0}, /* BOUND */
    {0xFF, 0x63, ANY, 0, CLOCKS_FIXED, 20, 21, 0}, /* ARPL */
    {0xFD, 0x68, ANY, 0, CLOCKS_FIXED, 2, 2, 0},   /* PUSH imm */
    {0xFD, 0x69, ANY, 0, CLOCKS_MULTIPLY, 6, 9, 0},
    {0xFE, 0x6C, ANY, REPEATED, CLOCKS_REPEAT, 27, 27, 6}, /* INS */
    {0xFE, 0x6C, ANY, 0, CLOCKS_FIXED, 29, 29, 0},
    {0xFE, 0x6E, ANY, REPEATED, CLOCKS_REPEAT, 26, 26, 5}, /* OUTS */
    {0xFE, 0x6E, ANY, 0, CLOCKS_FIXED, 28, 28, 0},
    {0xF0, 0x70, ANY, 0, CLOCKS_CONDITIONAL, 3, 3, 7}, /* Jcc */
    {0xFC, 0x80, REG(7), 0, CLOCKS_FIXED, 2, 5, 0},    /* CMP r/m,imm */
    {0xFC, 0x80, ANY, 0, CLOCKS_FIXED, 2, 7, 0},       /* ADD and the others */
    {0xFE, 0x84, ANY, 0, CLOCKS_FIXED, 2, 5, 0},       /* TEST */
    {0xFE, 0x86, ANY, 0, CLOCKS_FIXED, 3, 5, 0},       /* XCHG */
    {0xFE, 0x88, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* MOV r/m,r */
    {0xFE, 0x8A, ANY, 0, CLOCKS_FIXED, 2, 4, 0},       /* MOV r,r/m */
    {0xFF, 0x8C, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* MOV r/m,Sreg */
    {0xFF, 0x8D, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* LEA */
    {0xFF, 0x8E, ANY, 0, CLOCKS_FIXED, 18, 19, 0},     /* MOV Sreg,r/m */
    {0xFF, 0x8F, ANY, 0, CLOCKS_FIXED, 5, 5, 0},       /* POP m */
    {0xF8, 0x90, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* NOP, XCHG eAX,r */
    {0xFF, 0x98, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* CBW */
    {0xFF, 0x99, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* CWD */
    {0xFF, 0x9A, ANY, 0, CLOCKS_JUMP, 34, 34, 0},      /* CALL far */
    {0xFF, 0x9B, ANY, 0, CLOCKS_FIXED, 6, 6, 0},       /* WAIT */
    {0xFF, 0x9C, ANY, 0, CLOCKS_FIXED, 4, 4, 0},       /* PUSHF */
    {0xFF, 0x9D, ANY, 0, CLOCKS_FIXED, 5, 5, 0},       /* POPF */
    {0xFF, 0x9E, ANY, 0, CLOCKS_FIXED, 3, 3, 0},       /* SAHF */
    {0xFF, 0x9F, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* LAHF */
    {0xFE, 0xA0, ANY, 0, CLOCKS_FIXED, 4, 4, 0},       /* MOV eAX,moffs */
    {0xFE, 0xA2, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* MOV moffs,eAX */
    {0xFE, 0xA4, ANY, REPEATED, CLOCKS_REPEAT, 5, 5, 4}, /* MOVS */
    {0xFE, 0xA4, ANY, 0, CLOCKS_FIXED, 7, 7, 0},
    {0xFE, 0xA6, ANY, REPEATED, CLOCKS_REPEAT, 5, 5, 9}, /* CMPS */
    {0xFE, 0xA6, ANY, 0, CLOCKS_FIXED, 10, 10, 0},
    {0xFE, 0xA8, ANY, 0, CLOCKS_FIXED, 2, 2, 0},         /* TEST eAX,imm */
    {0xFE, 0xAA, ANY, REPEATED, CLOCKS_REPEAT, 5, 5, 5}, /* STOS */
    {0xFE, 0xAA, ANY, 0, CLOCKS_FIXED, 4, 4, 0},
    /* REP LODS has no figure: a setup as of the others, and LODS with the clock
     * that REP STOS has over STOS. */
    {0xFE, 0xAC, ANY, REPEATED | UNCITED, CLOCKS_REPEAT, 5, 5, 6},
    {0xFE, 0xAC, ANY, 0, CLOCKS_FIXED, 5, 5, 0},
    {0xFE, 0xAE, ANY, REPEATED, CLOCKS_REPEAT, 5, 5, 8}, /* SCAS */
    {0xFE, 0xAE, ANY, 0, CLOCKS_FIXED, 7, 7, 0},
    {0xF0, 0xB0, ANY, 0, CLOCKS_FIXED, 2, 2, 0},              /* MOV r,imm */
    {0xFE, 0xC0, REG(2) | REG(3), 0, CLOCKS_FIXED, 9, 10, 0}, /* RCL, RCR by
                                                               * imm */
    {0xFE, 0xC0, ANY, 0, CLOCKS_FIXED, 3, 7, 0},   /* the other shifts */
    {0xFE, 0xC2, ANY, 0, CLOCKS_JUMP, 10, 10, 0},  /* RET */
    {0xFE, 0xC4, ANY, 0, CLOCKS_FIXED, 22, 22, 0}, /* LES, LDS */
    {0xFE, 0xC6, ANY, 0, CLOCKS_FIXED, 2, 2, 0},   /* MOV r/m,imm */
    {0xFF, 0xC9, ANY, 0, CLOCKS_FIXED, 4, 4, 0},   /* LEAVE */
    {0xFE, 0xCA, ANY, 0, CLOCKS_JUMP, 32, 32, 0},  /* RET far */
    {0xFE, 0xCC, ANY, 0, CLOCKS_FIXED, 0, 0, 0},   /* INT: the trap's clocks */
    {0xFF, 0xCE, ANY, 0, CLOCKS_FIXED, 3, 3, 0},   /* INTO, OF clear */
    {0xFF, 0xCF, ANY, 0, CLOCKS_FIXED, 38, 38, 0}, /* IRET, same privilege */
    {0xFC, 0xD0, REG(2) | REG(3), 0, CLOCKS_FIXED, 9, 10, 0}, /* RCL, RCR by 1
                                                                 or CL */
    {0xFC, 0xD0, ANY, 0, CLOCKS_FIXED, 3, 7, 0},          /* the other shifts */
    {0xFF, 0xD4, ANY, 0, CLOCKS_FIXED, 17, 17, 0},        /* AAM */
    {0xFF, 0xD5, ANY, 0, CLOCKS_FIXED, 19, 19, 0},        /* AAD */
    {0xFF, 0xD7, ANY, 0, CLOCKS_FIXED, 5, 5, 0},          /* XLAT */
    {0xFF, 0xE3, ANY, 0, CLOCKS_CONDITIONAL, 5, 5, 9},    /* JECXZ */
    {0xFC, 0xE0, ANY, 0, CLOCKS_CONDITIONAL, 11, 11, 11}, /* LOOP */
    {0xFE, 0xE4, ANY, 0, CLOCKS_FIXED, 26, 26, 0},        /* IN imm */
    {0xFE, 0xE6, ANY, 0, CLOCKS_FIXED, 24, 24, 0},        /* OUT imm */
    {0xFF, 0xEA, ANY, 0, CLOCKS_JUMP, 27, 27, 0},         /* JMP far */
    {0xFC, 0xE8, ANY, 0, CLOCKS_JUMP, 7, 7, 0},           /* CALL, JMP */
    {0xFE, 0xEC, ANY, 0, CLOCKS_FIXED, 27, 27, 0},        /* IN DX */
    {0xFE, 0xEE, ANY, 0, CLOCKS_FIXED, 25, 25, 0},        /* OUT DX */
    {0xFF, 0xF4, ANY, 0, CLOCKS_FIXED, 5, 5, 0},          /* HLT */
    {0xFE, 0xF6, REG(0) | REG(1), 0, CLOCKS_FIXED, 2, 5, 0}, /* TEST r/m,imm */
    {0xFE, 0xF6, REG(2) | REG(3), 0, CLOCKS_FIXED, 2, 6, 0}, /* NOT, NEG */
    {0xFE, 0xF6, REG(4) | REG(5), 0, CLOCKS_MULTIPLY, 6, 9, 0}, /* MUL, IMUL */
    {0xFF, 0xF6, REG(6), 0, CLOCKS_FIXED, 14, 17, 0},           /* DIV */
    {0xFF, 0xF6, REG(7), 0, CLOCKS_FIXED, 19, 19, 0},           /* IDIV */
    {0xFF, 0xF7, REG(6), WORD, CLOCKS_FIXED, 22, 25, 0},
    {0xFF, 0xF7, REG(7), WORD, CLOCKS_FIXED, 27, 27, 0},
    {0xFF, 0xF7, REG(6), DWORD, CLOCKS_FIXED, 38, 41, 0},
    {0xFF, 0xF7, REG(7), DWORD, CLOCKS_FIXED, 43, 43, 0},
    {0xFE, 0xFA, ANY, 0, CLOCKS_FIXED, 3, 3, 0}, /* CLI, STI */
    {0xFF, 0xF5, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CMC */
    {0xFA, 0xF8, ANY, 0, CLOCKS_FIXED, 2, 2, 0}, /* CLC, STC, CLD, STD */
    {0xFE, 0xFE, REG(0) | REG(1), 0, CLOCKS_FIXED, 2, 6, 0}, /* INC, DEC r/m */
    {0xFF, 0xFF, REG(2) | REG(4), 0, CLOCKS_JUMP, 7, 10, 0}, /* CALL, JMP r/m */
    {0xFF, 0xFF, REG(3), 0, CLOCKS_JUMP, 38, 38, 0},         /* CALL far m */
    {0xFF, 0xFF, REG(5), 0, CLOCKS_JUMP, 31, 31, 0},         /* JMP far m */
    {0xFF, 0xFF, REG(6), 0, CLOCKS_FIXED, 5, 5, 0},          /* PUSH m */
};

static const struct clocks_row two_byte[] = {
    {0xFF, 0x00, REG(0), 0, CLOCKS_FIXED, 2, 2, 0},            /* SLDT */
    {0xFF, 0x00, REG(1) | REG(3), 0, CLOCKS_FIXED, 23, 27, 0}, /* STR, LTR */
    {0xFF, 0x00, REG(2), 0, CLOCKS_FIXED, 20, 20, 0},          /* LLDT */
    {0xFF, 0x00, REG(4), 0, CLOCKS_FIXED, 10, 11, 0},          /* VERR */
    {0xFF, 0x00, REG(5), 0, CLOCKS_FIXED, 15, 16, 0},          /* VERW */
    {0xFF, 0x01, REG(0) | REG(1), 0, CLOCKS_FIXED, 9, 9, 0},   /* SGDT, SIDT */
    {0xFF, 0x01, REG(2) | REG(3), 0, CLOCKS_FIXED, 11, 11, 0}, /* LGDT, LIDT */
    {0xFF, 0x01, REG(4), 0, CLOCKS_FIXED, 2, 2, 0},            /* SMSW */
    {0xFF, 0x01, REG(6), 0, CLOCKS_FIXED, 10, 13, 0},          /* LMSW */
    {0xFF, 0x02, ANY, 0, CLOCKS_FIXED, 15, 16, 0},             /* LAR */
    {0xFF, 0x03, ANY, 0, CLOCKS_GRANULAR, 20, 21, 5},          /* LSL */
    {0xFF, 0x06, ANY, 0, CLOCKS_FIXED, 5, 5, 0},               /* CLTS */
    {0xFF, 0x20, ANY, 0, CLOCKS_FIXED, 6, 6, 0},               /* MOV r,CRn */
    {0xFF, 0x21, REG(6) | REG(7), 0, CLOCKS_FIXED, 14, 14, 0}, /* MOV r,DRn */
    {0xFF, 0x21, ANY, 0, CLOCKS_FIXED, 22, 22, 0},
    {0xFF, 0x22, REG(0), 0, CLOCKS_FIXED, 10, 10, 0}, /* MOV CRn,r */
    {0xFF, 0x22, REG(2), 0, CLOCKS_FIXED, 4, 4, 0},
    {0xFF, 0x22, REG(3), 0, CLOCKS_FIXED, 5, 5, 0},
    {0xFF, 0x23, REG(6) | REG(7), 0, CLOCKS_FIXED, 16, 16, 0}, /* MOV DRn,r */
    {0xFF, 0x23, ANY, 0, CLOCKS_FIXED, 22, 22, 0},
    {0xFD, 0x24, ANY, 0, CLOCKS_FIXED, 12, 12, 0},     /* MOV with TRn */
    {0xF0, 0x80, ANY, 0, CLOCKS_CONDITIONAL, 3, 3, 7}, /* Jcc */
    {0xF0, 0x90, ANY, 0, CLOCKS_FIXED, 4, 5, 0},       /* SETcc */
    {0xF7, 0xA0, ANY, 0, CLOCKS_FIXED, 2, 2, 0},       /* PUSH FS, GS */
    {0xF7, 0xA1, ANY, 0, CLOCKS_FIXED, 21, 21, 0},     /* POP FS, GS */
    {0xFF, 0xA3, ANY, 0, CLOCKS_FIXED, 3, 12, 0},      /* BT r/m,r */
    {0xF6, 0xA4, ANY, 0, CLOCKS_FIXED, 3, 7, 0},       /* SHLD, SHRD */
    {0xE7, 0xA3, ANY, 0, CLOCKS_FIXED, 6, 13, 0},      /* BTS, BTR, BTC r/m,r */
    {0xFF, 0xAF, ANY, 0, CLOCKS_MULTIPLY, 6, 9, 0},    /* IMUL r,r/m */
    {0xFF, 0xB2, ANY, 0, CLOCKS_FIXED, 22, 22, 0},     /* LSS */
    {0xFE, 0xB4, ANY, 0, CLOCKS_FIXED, 25, 25, 0},     /* LFS, LGS */
    {0xF6, 0xB6, ANY, 0, CLOCKS_FIXED, 3, 6, 0},       /* MOVZX, MOVSX */
    {0xFF, 0xBA, REG(4), 0, CLOCKS_FIXED, 3, 6, 0},    /* BT r/m,imm */
    {0xFF, 0xBA, REG(5) | REG(6) | REG(7), 0, CLOCKS_FIXED, 6, 8, 0},
    {0xFF, 0xBC, ANY, 0, CLOCKS_SCAN_UP, 10, 10, 0},   /* BSF */
    {0xFF, 0xBD, ANY, 0, CLOCKS_SCAN_DOWN, 10, 10, 0}, /* BSR */
};

const struct clocks_table clocks_table_i386 = {
    .one_byte = one_byte,
    .one_byte_rows = sizeof one_byte / sizeof one_byte[0],
    .two_byte = two_byte,
    .two_byte_rows = sizeof two_byte / sizeof two_byte[0],
    .enter_0 = 10,
    .enter_1 = 12,
    .enter_base = 11, /* 15 + 4 (n - 1) */
    .enter_each = 4,
    .adds_m = true,
    .charges_sum = true,
};
