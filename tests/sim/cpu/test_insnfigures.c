/* test_insnfigures.c: the clocks of some instructions on each processor, and
 * `m`, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "cpu/decode.h"
#include "cpu/insnclocks.h"

#define LINEAR     0x08048000u
#define FUZZ_STEPS 100000u

static int make_decoder(void **state)
{
    *state = decoder_new();
    return *state == NULL;
}

static int drop_decoder(void **state)
{
    decoder_free(*state);
    return 0;
}

static struct insn decoded(struct decoder *decoder, const char *hex)
{
    uint8_t code[INSN_MAX_BYTES];
    uint32_t bytes = 0;
    struct insn insn;
    for (const char *at = hex; *at != '\0' && bytes < sizeof code; bytes++) {
        char *end;
        code[bytes] = (uint8_t)strtoul(at, &end, 16);
        at = end;
    }
    if (!decode_insn(decoder, code, bytes, LINEAR, &insn) ||
        insn.length != bytes)
        fail_msg("%s is not decoded as it was meant", hex);
    return insn;
}

static const struct {
    const char *code;
    uint16_t clocks[MMU_GENERATIONS];
    uint16_t more[MMU_GENERATIONS]; /* of a branch taken, or of each
                                     * iteration */
    const char *cited;              /* y or n for each processor */
} figures[] = {
    {"90", {3, 1, 1}, {0, 0, 0}, "yyy"},       /* nop */
    {"89 C8", {2, 1, 1}, {0, 0, 0}, "yyy"},    /* mov eax,ecx */
    {"8B 04 8B", {5, 2, 1}, {0, 0, 0}, "yyy"}, /* mov eax,[ebx+ecx*4] */
    {"8B 04 8D 00 00 00 00", {4, 2, 1}, {0, 0, 0}, "yyy"}, /* mov eax,[ecx*4] */
    {"8D 04 8B", {3, 2, 1}, {0, 0, 0}, "yyy"}, /* lea eax,[ebx+ecx*4] */
    {"03 08", {6, 2, 2}, {0, 0, 0}, "yyy"},    /* add ecx,[eax] */
    {"01 08", {7, 3, 3}, {0, 0, 0}, "yyy"},    /* add [eax],ecx */
    {"66 01 08", {7, 4, 4}, {0, 0, 0}, "yyy"}, /* with a prefix */
    {"F0 01 08", {7, 4, 4}, {0, 0, 0}, "yyy"},
    {"39 08", {5, 2, 2}, {0, 0, 0}, "yyy"},          /* cmp [eax],ecx */
    {"83 38 05", {5, 2, 2}, {0, 0, 0}, "yyy"},       /* cmp [eax],5 */
    {"83 00 05", {7, 3, 3}, {0, 0, 0}, "yyy"},       /* add [eax],5 */
    {"85 C0", {2, 1, 1}, {0, 0, 0}, "yyy"},          /* test */
    {"40", {2, 1, 1}, {0, 0, 0}, "yyy"},             /* inc eax */
    {"FF 00", {6, 3, 3}, {0, 0, 0}, "yyy"},          /* inc [eax] */
    {"F7 18", {6, 3, 3}, {0, 0, 0}, "yyy"},          /* neg [eax] */
    {"50", {2, 1, 1}, {0, 0, 0}, "yyy"},             /* push eax */
    {"58", {4, 1, 1}, {0, 0, 0}, "yyy"},             /* pop eax */
    {"FF 30", {5, 4, 2}, {0, 0, 0}, "yyy"},          /* push [eax] */
    {"8F 00", {5, 5, 3}, {0, 0, 0}, "yyy"},          /* pop [eax] */
    {"60", {18, 11, 5}, {0, 0, 0}, "yyy"},           /* pusha */
    {"61", {24, 9, 5}, {0, 0, 0}, "yyy"},            /* popa */
    {"9C", {4, 3, 3}, {0, 0, 0}, "yyy"},             /* pushf */
    {"9D", {5, 6, 4}, {0, 0, 0}, "yyy"},             /* popf */
    {"C9", {4, 5, 3}, {0, 0, 0}, "yyy"},             /* leave */
    {"C8 00 00 00", {10, 14, 11}, {0, 0, 0}, "yyy"}, /* enter */
    {"C8 00 00 01", {12, 17, 15}, {0, 0, 0}, "yyy"},
    {"C8 00 00 03", {23, 26, 21}, {0, 0, 0}, "yyy"},
    {"87 08", {5, 5, 3}, {0, 0, 0}, "yyy"},       /* xchg [eax],ecx */
    {"91", {3, 3, 2}, {0, 0, 0}, "yyy"},          /* xchg eax,ecx */
    {"D1 E0", {3, 3, 1}, {0, 0, 0}, "yyy"},       /* shl eax,1 */
    {"D3 E0", {3, 3, 4}, {0, 0, 0}, "yyy"},       /* shl eax,cl */
    {"C1 E0 04", {3, 2, 1}, {0, 0, 0}, "yyy"},    /* shl eax,4 */
    {"C1 20 04", {7, 4, 3}, {0, 0, 0}, "yyy"},    /* shl [eax],4 */
    {"D1 D0", {9, 3, 1}, {0, 0, 0}, "yyy"},       /* rcl eax,1 */
    {"C1 D0 04", {9, 8, 8}, {0, 0, 0}, "yyy"},    /* rcl eax,4 */
    {"D3 D0", {9, 8, 7}, {0, 0, 0}, "yyy"},       /* rcl eax,cl */
    {"0F A4 C8 04", {3, 2, 4}, {0, 0, 0}, "yyy"}, /* shld */
    {"0F AD 08", {7, 4, 5}, {0, 0, 0}, "yyy"},    /* shrd [eax],ecx,cl */
    {"0F A3 08", {12, 8, 9}, {0, 0, 0}, "yyy"},   /* bt [eax],ecx */
    {"0F AB C8", {6, 6, 7}, {0, 0, 0}, "yyy"},    /* bts eax,ecx */
    {"0F BA 28 03", {8, 8, 8}, {0, 0, 0}, "yyy"}, /* bts [eax],3 */
    {"0F B6 C1", {3, 3, 3}, {0, 0, 0}, "yyy"},    /* movzx */
    {"0F 94 C0", {4, 3, 1}, {0, 0, 0}, "yyy"},    /* sete */
    {"F7 F1", {38, 40, 41}, {0, 0, 0}, "yyy"},    /* div ecx */
    {"F7 39", {43, 44, 46}, {0, 0, 0}, "yyy"},    /* idiv [ecx] */
    {"F6 F9", {19, 19, 22}, {0, 0, 0}, "yyy"},    /* idiv cl */
    {"F7 E1", {6, 10, 10}, {0, 0, 0}, "yyy"},     /* mul: steps apart */
    {"F6 E9", {6, 10, 11}, {0, 0, 0}, "yyy"},
    {"6B C1 64", {13, 17, 10}, {0, 0, 0}, "yyy"}, /* imul eax,ecx,100 */
    {"6B C1 FF", {9, 15, 10}, {0, 0, 0}, "yyy"},
    {"D4 0A", {17, 15, 18}, {0, 0, 0}, "yyy"}, /* aam */
    {"98", {3, 3, 3}, {0, 0, 0}, "yyy"},       /* cwde */
    {"99", {2, 3, 2}, {0, 0, 0}, "yyy"},       /* cdq */
    {"D7", {5, 4, 4}, {0, 0, 0}, "yyy"},       /* xlat */
    {"74 00", {3, 1, 1}, {7, 3, 1}, "yyy"},    /* je */
    {"0F 84 00 00 00 00", {3, 1, 1}, {7, 3, 1}, "yyy"},
    {"3E 74 00", {3, 2, 2}, {7, 4, 2}, "yyy"},
    {"E2 FE", {11, 6, 6}, {11, 7, 5}, "yyy"},        /* loop */
    {"E1 FE", {11, 6, 8}, {11, 9, 7}, "yyy"},        /* loope */
    {"E3 FE", {5, 5, 5}, {9, 8, 6}, "yyy"},          /* jecxz */
    {"E8 00 00 00 00", {7, 3, 1}, {0, 0, 0}, "yyy"}, /* call */
    {"FF 10", {10, 5, 2}, {0, 0, 0}, "yyy"},         /* call [eax] */
    {"FF E0", {7, 5, 2}, {0, 0, 0}, "yyy"},          /* jmp eax */
    {"C3", {10, 5, 2}, {0, 0, 0}, "yyy"},            /* ret */
    {"C2 04 00", {10, 5, 3}, {0, 0, 0}, "yyy"},
    {"CD 80", {0, 0, 0}, {0, 0, 0}, "yyy"}, /* int */
    {"CE", {3, 3, 4}, {0, 0, 0}, "yyy"},    /* into */
    {"A4", {7, 7, 4}, {0, 0, 0}, "yyy"},    /* movs */
    {"F3 A5", {5, 12, 13}, {4, 3, 1}, "yyy"},
    {"64 F3 A4", {5, 13, 14}, {4, 3, 1}, "yyy"},
    {"F3 AB", {5, 7, 9}, {5, 4, 1}, "yyy"},       /* stos */
    {"F3 A6", {5, 7, 9}, {9, 7, 4}, "yyy"},       /* cmps */
    {"F2 AE", {5, 7, 8}, {8, 5, 4}, "yyy"},       /* scas */
    {"F3 AC", {5, 7, 7}, {6, 4, 3}, "nyy"},       /* lods */
    {"8E D8", {18, 9, 2}, {0, 0, 0}, "yyy"},      /* mov ds,eax */
    {"0F A9", {21, 9, 3}, {0, 0, 0}, "yyy"},      /* pop gs */
    {"0F C8", {1, 1, 1}, {0, 0, 0}, "nyy"},       /* bswap */
    {"0F C0 08", {4, 4, 4}, {0, 0, 0}, "nyy"},    /* xadd */
    {"0F B1 08", {7, 7, 6}, {0, 0, 0}, "nyy"},    /* cmpxchg */
    {"0F C7 08", {10, 10, 10}, {0, 0, 0}, "nny"}, /* cmpxchg8b */
    {"0F A2", {14, 14, 14}, {0, 0, 0}, "nny"},    /* cpuid */
    {"0F 31", {6, 6, 6}, {0, 0, 0}, "nny"},       /* rdtsc */
    {"0F 44 C1", {2, 2, 2}, {0, 0, 0}, "nnn"},    /* cmove */
    {"0F 44 04 11", {5, 5, 4}, {0, 0, 0}, "nnn"},
    {"0F FC C1", {2, 2, 2}, {0, 0, 0}, "nnn"},    /* paddb */
    {"0F 58 01", {4, 4, 4}, {0, 0, 0}, "nnn"},    /* addps */
    {"0F 38 00 C1", {2, 2, 2}, {0, 0, 0}, "nnn"}, /* pshufb */
    {"D8 C1", {23, 8, 3}, {0, 0, 0}, "yyy"},      /* fadd */
    {"DC 00", {29, 8, 3}, {0, 0, 0}, "yyy"},      /* fadd [eax] */
    {"D9 04 88", {21, 4, 1}, {0, 0, 0}, "yyy"},   /* fld [eax+ecx*4] */
    {"DE F9", {88, 73, 39}, {0, 0, 0}, "yyy"},    /* fdivp */
    {"DB 38", {53, 6, 3}, {0, 0, 0}, "yyy"},      /* fstp tbyte [eax] */
    {"D9 FF", {123, 257, 18}, {0, 0, 0}, "yyy"},  /* fcos */
    {"DF E0", {13, 3, 2}, {0, 0, 0}, "yyy"},      /* fnstsw ax */
    {"DF 30", {512, 172, 148}, {0, 0, 0}, "yyy"}, /* fbstp */
    {"DA C1", {2, 2, 2}, {0, 0, 0}, "nnn"},       /* fcmovb */
};

static void test_figures(void **state)
{
    for (uint32_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        for (uint32_t generation = 0; generation < MMU_GENERATIONS;
             generation++) {
            struct insn insn = decoded(*state, figures[i].code);
            struct insn_clocks clocks =
                insn_clocks_of((enum mmu_generation_id)generation, &insn);
            if (clocks.clocks != figures[i].clocks[generation] ||
                clocks.taken + clocks.each != figures[i].more[generation])
                fail_msg("%s: %u, %u, %u clocks on %u", figures[i].code,
                         clocks.clocks, clocks.taken, clocks.each, generation);
            assert_int_equal(clocks.cited, figures[i].cited[generation] == 'y');
            bool jumps =
                clocks.rule == CLOCKS_JUMP || clocks.rule == CLOCKS_CONDITIONAL;
            assert_int_equal(clocks.adds_m,
                             jumps && generation == MMU_GENERATION_I386);
        }
}

/* Of no iteration and of one, where the count is known before: all of it. */
static void test_few_iterations(void **state)
{
    static const struct {
        const char *code;
        uint16_t none[MMU_GENERATIONS];
        uint16_t one[MMU_GENERATIONS];
    } cases[] = {
        {"F3 A5", {5, 5, 6}, {9, 13, 13}},
        {"64 F3 A4", {5, 6, 7}, {9, 14, 14}},
        {"F3 AB", {5, 5, 6}, {10, 11, 10}},
        {"F3 AC", {5, 5, 7}, {11, 11, 10}},
        {"F3 A6", {5, 5, 7}, {14, 14, 13}},
        {"F2 A7", {5, 5, 7}, {14, 14, 13}},
        {"F2 AE", {5, 5, 7}, {13, 12, 12}},
        {"F3 AF", {5, 5, 7}, {13, 12, 12}},
        {"F3 6C", {27, 30, 25}, {33, 38, 28}},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint32_t generation = 0; generation < MMU_GENERATIONS;
             generation++) {
            struct insn insn = decoded(*state, cases[i].code);
            struct insn_clocks clocks =
                insn_clocks_of((enum mmu_generation_id)generation, &insn);
            if (clocks.none != cases[i].none[generation] ||
                clocks.one != cases[i].one[generation])
                fail_msg("%s: %u and %u clocks on %u", cases[i].code,
                         clocks.none, clocks.one, generation);
        }
}

static void test_components(void **state)
{
    static const struct {
        const char *code;
        uint32_t m;
    } cases[] = {
        {"90", 1},
        {"C3", 1},
        {"89 C8", 2},
        {"0F A2", 2},
        {"F3 A5", 2},
        {"66 F3 A5", 3},
        {"8B 45 F8", 3},          /* opcode, ModRM, displacement */
        {"8B 83 00 10 00 00", 3}, /* the same */
        {"8B 04 8B", 3},          /* opcode, ModRM, SIB */
        {"8B 44 8B 10", 4},
        {"8B 04 8D 00 90 04 08", 4}, /* SIB without a base, displacement */
        {"A1 00 90 04 08", 2},       /* an offset */
        {"67 A1 00 90", 3},
        {"64 A3 00 00 00 00", 3},
        {"B8 44 33 22 11", 2}, /* an immediate */
        {"66 B8 22 11", 3},
        {"6A 05", 2},
        {"83 C0 01", 3},
        {"81 05 00 90 04 08 44 33 22 11", 4}, /* displacement and immediate */
        {"C7 44 24 04 44 33 22 11", 5},       /* with SIB */
        {"65 C7 44 8B 10 44 33 22 11", 6},
        {"74 05", 2}, /* jumps: the displacement */
        {"0F 84 00 01 00 00", 3},
        {"E8 00 01 00 00", 2},
        {"66 E9 00 01", 3},
        {"E2 FE", 2},
        {"EB FE", 2},
        {"C2 08 00", 2},
        {"C8 20 00 01", 2},          /* both of its immediates are one */
        {"9A 44 33 22 11 23 00", 2}, /* so is a far pointer */
        {"66 EA 44 33 23 00", 3},
        {"CD 80", 2},
        {"D4 0A", 2},
        {"D1 E0", 2},
        {"C1 E0 04", 3},
        {"0F A4 C8 04", 4},
        {"0F BA 25 00 90 04 08 03", 5},
        {"69 C1 44 33 22 11", 3},
        {"F6 C1 01", 3}, /* TEST has an immediate, NOT of the group has none */
        {"F7 D1", 2},
        {"F7 05 00 90 04 08 44 33 22 11", 4},
        {"67 8B 47 10", 4}, /* 16-bit addresses */
        {"67 8B 87 00 10", 4},
        {"67 8B 06 00 10", 4},
        {"67 8B 07", 3},
        {"D9 05 00 90 04 08", 3},
        {"D8 C1", 2},
        {"0F B6 05 00 90 04 08", 4},
        {"E4 60", 2},
        {"D7", 1},
        {"0F C8", 2},
        {"0F 31", 2},
        {"66 0F 6F 05 00 90 04 08", 5},
        {"66 0F 70 C1 1B", 5},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct insn insn = decoded(*state, cases[i].code);
        if (insn_components(&insn) != cases[i].m)
            fail_msg("%s has %u components", cases[i].code,
                     insn_components(&insn));
    }
}

/* Whatever is decoded has clocks and components within bounds. */
static void test_random_bytes(void **state)
{
    uint64_t random = UINT64_C(0x386386386386);
    uint32_t decodable = 0;
    for (uint32_t step = 0; step < FUZZ_STEPS; step++) {
        uint8_t code[INSN_MAX_BYTES];
        for (uint32_t i = 0; i < sizeof code; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            code[i] = (uint8_t)(random >> 24);
        }
        struct insn insn;
        if (!decode_insn(*state, code, sizeof code, LINEAR, &insn))
            continue;
        decodable++;
        assert_in_range(insn_components(&insn), 1, insn.length);
        for (uint32_t generation = 0; generation < MMU_GENERATIONS;
             generation++) {
            struct insn_clocks clocks =
                insn_clocks_of((enum mmu_generation_id)generation, &insn);
            assert_in_range(clocks.clocks, 0, 2000 + INSN_MAX_BYTES);
            assert_in_range(
                insn_operand_clocks((enum mmu_generation_id)generation, &insn,
                                    &clocks, (uint32_t)(random >> 32)),
                0, 100);
        }
    }
    assert_true(decodable > FUZZ_STEPS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_few_iterations),
        cmocka_unit_test(test_components),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, make_decoder, drop_decoder);
}
