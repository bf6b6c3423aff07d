/* insnclocks_x87.c: 80387 Programmer's Reference Manual (1987), appendix E;
 * i486 Microprocessor Data Sheet (1989), "Floating Point Clock Count Summary";
 * Pentium Processor Family Developer's Manual (1994), volume 3, appendix F
 * (latencies).
 *
 * Most are ranges there, over the operands' values: the lower end stands here.
 * 32-bit protected mode. The integer unit waits until the coprocessor is
 * done. */
#include "cpu/insnclocks_table.h"

/* For memory forms `first` has the reg field alone, for register forms the
 * range is of whole ModRM bytes, C0..FF. */
struct x87_row {
    uint8_t opcode;
    uint8_t first;
    uint8_t last;
    uint16_t clocks[MMU_GENERATIONS];
};

#define MEMORY(n) ((n) << 3), ((n) << 3)

static const struct x87_row rows[] = {
    {0xD8, MEMORY(0), {24, 8, 3}},      /* FADD m32 */
    {0xD8, MEMORY(1), {27, 11, 3}},     /* FMUL */
    {0xD8, MEMORY(2), {26, 4, 4}},      /* FCOM */
    {0xD8, MEMORY(3), {26, 4, 4}},      /* FCOMP */
    {0xD8, MEMORY(4), {24, 8, 3}},      /* FSUB */
    {0xD8, MEMORY(5), {24, 8, 3}},      /* FSUBR */
    {0xD8, MEMORY(6), {89, 73, 39}},    /* FDIV */
    {0xD8, MEMORY(7), {89, 73, 39}},    /* FDIVR */
    {0xD8, 0xC0, 0xC7, {23, 8, 3}},     /* FADD */
    {0xD8, 0xC8, 0xCF, {29, 16, 3}},    /* FMUL */
    {0xD8, 0xD0, 0xD7, {24, 4, 4}},     /* FCOM */
    {0xD8, 0xD8, 0xDF, {26, 4, 4}},     /* FCOMP */
    {0xD8, 0xE0, 0xEF, {26, 8, 3}},     /* FSUB, FSUBR */
    {0xD8, 0xF0, 0xFF, {88, 73, 39}},   /* FDIV, FDIVR */
    {0xD9, MEMORY(0), {20, 3, 1}},      /* FLD m32 */
    {0xD9, MEMORY(2), {44, 7, 2}},      /* FST */
    {0xD9, MEMORY(3), {44, 7, 2}},      /* FSTP */
    {0xD9, MEMORY(4), {71, 34, 32}},    /* FLDENV */
    {0xD9, MEMORY(5), {19, 4, 7}},      /* FLDCW */
    {0xD9, MEMORY(6), {103, 56, 48}},   /* FNSTENV */
    {0xD9, MEMORY(7), {15, 3, 2}},      /* FNSTCW */
    {0xD9, 0xC0, 0xC7, {14, 4, 1}},     /* FLD */
    {0xD9, 0xC8, 0xCF, {18, 4, 1}},     /* FXCH */
    {0xD9, 0xD0, 0xD0, {12, 3, 1}},     /* FNOP */
    {0xD9, 0xE0, 0xE0, {24, 6, 1}},     /* FCHS */
    {0xD9, 0xE1, 0xE1, {22, 3, 1}},     /* FABS */
    {0xD9, 0xE4, 0xE4, {28, 4, 4}},     /* FTST */
    {0xD9, 0xE5, 0xE5, {30, 8, 21}},    /* FXAM */
    {0xD9, 0xE8, 0xE8, {24, 4, 2}},     /* FLD1 */
    {0xD9, 0xE9, 0xEB, {40, 8, 5}},     /* FLDL2T, FLDL2E, FLDPI */
    {0xD9, 0xEC, 0xED, {41, 8, 5}},     /* FLDLG2, FLDLN2 */
    {0xD9, 0xEE, 0xEE, {20, 4, 2}},     /* FLDZ */
    {0xD9, 0xF0, 0xF0, {211, 140, 13}}, /* F2XM1 */
    {0xD9, 0xF1, 0xF1, {120, 196, 22}}, /* FYL2X */
    {0xD9, 0xF2, 0xF2, {191, 200, 17}}, /* FPTAN */
    {0xD9, 0xF3, 0xF3, {314, 218, 19}}, /* FPATAN */
    {0xD9, 0xF4, 0xF4, {70, 16, 13}},   /* FXTRACT */
    {0xD9, 0xF5, 0xF5, {95, 72, 20}},   /* FPREM1 */
    {0xD9, 0xF6, 0xF6, {22, 3, 1}},     /* FDECSTP */
    {0xD9, 0xF7, 0xF7, {21, 3, 1}},     /* FINCSTP */
    {0xD9, 0xF8, 0xF8, {74, 70, 16}},   /* FPREM */
    {0xD9, 0xF9, 0xF9, {257, 171, 22}}, /* FYL2XP1 */
    {0xD9, 0xFA, 0xFA, {122, 83, 70}},  /* FSQRT */
    {0xD9, 0xFB, 0xFB, {194, 292, 17}}, /* FSINCOS */
    {0xD9, 0xFC, 0xFC, {66, 21, 9}},    /* FRNDINT */
    {0xD9, 0xFD, 0xFD, {67, 30, 20}},   /* FSCALE */
    {0xD9, 0xFE, 0xFE, {122, 257, 16}}, /* FSIN */
    {0xD9, 0xFF, 0xFF, {123, 257, 18}}, /* FCOS */
    {0xDA, MEMORY(0), {57, 19, 7}},     /* FIADD m32 */
    {0xDA, MEMORY(1), {61, 22, 7}},     /* FIMUL */
    {0xDA, MEMORY(2), {56, 15, 8}},     /* FICOM */
    {0xDA, MEMORY(3), {56, 15, 8}},     /* FICOMP */
    {0xDA, MEMORY(4), {57, 19, 7}},     /* FISUB */
    {0xDA, MEMORY(5), {57, 19, 7}},     /* FISUBR */
    {0xDA, MEMORY(6), {120, 84, 42}},   /* FIDIV */
    {0xDA, MEMORY(7), {120, 84, 42}},   /* FIDIVR */
    {0xDA, 0xE9, 0xE9, {26, 5, 4}},     /* FUCOMPP */
    {0xDB, MEMORY(0), {45, 9, 3}},      /* FILD m32 */
    {0xDB, MEMORY(2), {79, 28, 6}},     /* FIST */
    {0xDB, MEMORY(3), {79, 28, 6}},     /* FISTP */
    {0xDB, MEMORY(5), {44, 6, 3}},      /* FLD m80 */
    {0xDB, MEMORY(7), {53, 6, 3}},      /* FSTP m80 */
    {0xDB, 0xE2, 0xE2, {11, 7, 9}},     /* FNCLEX */
    {0xDB, 0xE3, 0xE3, {33, 17, 12}},   /* FNINIT */
    {0xDC, MEMORY(0), {29, 8, 3}},      /* FADD m64 */
    {0xDC, MEMORY(1), {32, 14, 3}},     /* FMUL */
    {0xDC, MEMORY(2), {31, 4, 4}},      /* FCOM */
    {0xDC, MEMORY(3), {31, 4, 4}},      /* FCOMP */
    {0xDC, MEMORY(4), {28, 8, 3}},      /* FSUB */
    {0xDC, MEMORY(5), {28, 8, 3}},      /* FSUBR */
    {0xDC, MEMORY(6), {94, 73, 39}},    /* FDIV */
    {0xDC, MEMORY(7), {94, 73, 39}},    /* FDIVR */
    {0xDC, 0xC0, 0xC7, {23, 8, 3}},     /* FADD to st(i) */
    {0xDC, 0xC8, 0xCF, {29, 16, 3}},    /* FMUL */
    {0xDC, 0xE0, 0xEF, {26, 8, 3}},     /* FSUBR, FSUB */
    {0xDC, 0xF0, 0xFF, {88, 73, 39}},   /* FDIVR, FDIV */
    {0xDD, MEMORY(0), {25, 3, 1}},      /* FLD m64 */
    {0xDD, MEMORY(2), {45, 8, 2}},      /* FST */
    {0xDD, MEMORY(3), {45, 8, 2}},      /* FSTP */
    {0xDD, MEMORY(4), {308, 120, 70}},  /* FRSTOR */
    {0xDD, MEMORY(6), {375, 143, 124}}, /* FNSAVE */
    {0xDD, MEMORY(7), {15, 3, 2}},      /* FNSTSW */
    {0xDD, 0xC0, 0xC7, {18, 3, 1}},     /* FFREE */
    {0xDD, 0xD0, 0xD7, {11, 3, 1}},     /* FST */
    {0xDD, 0xD8, 0xDF, {12, 3, 1}},     /* FSTP */
    {0xDD, 0xE0, 0xE7, {24, 4, 4}},     /* FUCOM */
    {0xDD, 0xE8, 0xEF, {26, 4, 4}},     /* FUCOMP */
    {0xDE, MEMORY(0), {71, 20, 7}},     /* FIADD m16 */
    {0xDE, MEMORY(1), {76, 23, 7}},     /* FIMUL */
    {0xDE, MEMORY(2), {71, 16, 8}},     /* FICOM */
    {0xDE, MEMORY(3), {71, 16, 8}},     /* FICOMP */
    {0xDE, MEMORY(4), {71, 20, 7}},     /* FISUB */
    {0xDE, MEMORY(5), {71, 20, 7}},     /* FISUBR */
    {0xDE, MEMORY(6), {136, 85, 42}},   /* FIDIV */
    {0xDE, MEMORY(7), {136, 85, 42}},   /* FIDIVR */
    {0xDE, 0xC0, 0xC7, {23, 8, 3}},     /* FADDP */
    {0xDE, 0xC8, 0xCF, {29, 16, 3}},    /* FMULP */
    {0xDE, 0xD9, 0xD9, {26, 5, 4}},     /* FCOMPP */
    {0xDE, 0xE0, 0xEF, {26, 8, 3}},     /* FSUBRP, FSUBP */
    {0xDE, 0xF0, 0xFF, {88, 73, 39}},   /* FDIVRP, FDIVP */
    {0xDF, MEMORY(0), {61, 13, 3}},     /* FILD m16 */
    {0xDF, MEMORY(2), {82, 29, 6}},     /* FIST */
    {0xDF, MEMORY(3), {82, 29, 6}},     /* FISTP */
    {0xDF, MEMORY(4), {266, 70, 48}},   /* FBLD */
    {0xDF, MEMORY(5), {56, 10, 3}},     /* FILD m64 */
    {0xDF, MEMORY(6), {512, 172, 148}}, /* FBSTP */
    {0xDF, MEMORY(7), {80, 28, 6}},     /* FISTP m64 */
    {0xDF, 0xE0, 0xE0, {13, 3, 2}},     /* FNSTSW AX */
};

uint32_t x87_clocks_of(enum mmu_generation_id generation, uint8_t opcode,
                       uint8_t modrm)
{
    uint8_t form = modrm >= 0xC0 ? modrm : modrm & 0x38;
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].opcode == opcode && form >= rows[i].first &&
            form <= rows[i].last)
            return rows[i].clocks[generation];
    return 0;
}
