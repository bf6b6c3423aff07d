/* test_decode.c: operands against a reading of ModRM written here; sizes and
 * accesses by a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cpu/decode.h"
#include "cpu/emulated.h"

#define LINEAR     0x08048000u
#define FUZZ_STEPS 200000u
#define SEED       UINT64_C(0x386386386386)

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

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t bytes_of(const char *hex, uint8_t *code)
{
    uint32_t count = 0;
    for (; hex[0] != '\0'; hex += 2) {
        const char *digits = "0123456789abcdef";
        code[count++] = (uint8_t)((strchr(digits, hex[0]) - digits) << 4 |
                                  (strchr(digits, hex[1]) - digits));
    }
    return count;
}

static struct insn decoded(struct decoder *decoder, const char *hex)
{
    uint8_t code[32];
    struct insn insn;
    uint32_t bytes = bytes_of(hex, code);
    if (!decode_insn(decoder, code, bytes, LINEAR, &insn))
        fail_msg("%s is not decoded", hex);
    assert_int_equal(insn.length, bytes);
    return insn;
}

/* ---- ModRM and SIB: SDM volume 2, tables 2-1 to 2-3 ---- */

static const uint8_t behind[] = {0x80, 0xFF, 0x12, 0x34}; /* displacements */

static uint32_t displacement_of(const uint8_t *at, uint32_t bytes)
{
    if (bytes == 1)
        return (uint32_t)(int8_t)at[0];
    if (bytes == 2)
        return (uint32_t)(int16_t)(at[0] | at[1] << 8);
    return bytes == 0 ? 0
                      : (uint32_t)at[0] | (uint32_t)at[1] << 8 |
                            (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static struct memory_operand expected32(uint8_t modrm, uint8_t sib)
{
    uint8_t mod = modrm >> 6;
    uint8_t base = modrm & 7;
    uint8_t index = 4;
    uint32_t bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    struct memory_operand operand = {.index = NO_REGISTER, .scale = 1};
    if (base == 4) {
        base = sib & 7;
        index = sib >> 3 & 7;
        operand.scale = (uint8_t)(1 << (sib >> 6));
    }
    if (base == 5 && mod == 0) {
        base = NO_REGISTER;
        bytes = 4;
    }
    if (index != 4)
        operand.index = index;
    operand.base = base;
    operand.displacement = displacement_of(behind, bytes);
    operand.segment = base == ESP || base == EBP ? SS : DS;
    return operand;
}

static struct memory_operand expected16(uint8_t modrm)
{
    static const uint8_t bases[8] = {EBX,         EBX,         EBP, EBP,
                                     NO_REGISTER, NO_REGISTER, EBP, EBX};
    static const uint8_t indexes[8] = {ESI, EDI, ESI,         EDI,
                                       ESI, EDI, NO_REGISTER, NO_REGISTER};
    uint8_t mod = modrm >> 6;
    struct memory_operand operand = {.base = bases[modrm & 7],
                                     .index = indexes[modrm & 7],
                                     .displacement =
                                         displacement_of(behind, mod),
                                     .segment = DS};
    if (mod == 0 && (modrm & 7) == 6) {
        operand.base = NO_REGISTER;
        operand.displacement = displacement_of(behind, 2);
    }
    if (operand.base == EBP)
        operand.segment = SS;
    return operand;
}

/* A lone register may be called base or index: what they add up to is
 * compared. */
static uint32_t sum(const struct memory_operand *operand)
{
    uint32_t value = operand->displacement;
    if (operand->base != NO_REGISTER)
        value += 0x01010101u << operand->base;
    if (operand->index != NO_REGISTER)
        value += (0x01010101u << operand->index) *
                 (operand->scale != 0 ? operand->scale : 1);
    return value;
}

static void check_operand(struct decoder *decoder, const uint8_t *code,
                          bool address16, const struct memory_operand *expected)
{
    struct insn insn;
    assert_true(decode_insn(decoder, code, 15, LINEAR, &insn));
    assert_true(insn.has_memory);
    assert_int_equal(insn.memory.address16, address16);
    assert_int_equal(insn.memory.segment, expected->segment);
    if (address16)
        assert_int_equal(sum(&insn.memory) & 0xFFFF, sum(expected) & 0xFFFF);
    else
        assert_int_equal(sum(&insn.memory), sum(expected));
}

static void test_operands_32(void **state)
{
    uint8_t code[20] = {0};
    for (uint32_t modrm = 0; modrm < 0xC0; modrm++) {
        bool has_sib = (modrm & 7) == 4;
        for (uint32_t sib = 0; sib < (has_sib ? 256u : 1u); sib++) {
            struct memory_operand expected =
                expected32((uint8_t)modrm, (uint8_t)sib);
            code[0] = 0x8B;
            code[1] = (uint8_t)modrm;
            code[2] = (uint8_t)sib;
            memcpy(code + 2 + has_sib, behind, sizeof behind);
            check_operand(*state, code, false, &expected);
        }
    }
}

static void test_operands_16(void **state)
{
    uint8_t code[20] = {0x67, 0x8B};
    for (uint32_t modrm = 0; modrm < 0xC0; modrm++) {
        struct memory_operand expected = expected16((uint8_t)modrm);
        code[2] = (uint8_t)modrm;
        memcpy(code + 3, behind, sizeof behind);
        check_operand(*state, code, true, &expected);
    }
}

static void test_segments(void **state)
{
    static const struct {
        const char *hex;
        enum segment_register segment;
    } cases[] = {{"268b03", ES},     {"2e8b03", CS},       {"368b03", SS},
                 {"3e8b4500", DS},   {"648b03", FS},       {"658b03", GS},
                 {"8b03", DS},       {"8b4500", SS},       {"8b0424", SS},
                 {"a100000010", DS}, {"64a100000010", FS}, {"8b042b", DS},
                 {"8b442d00", SS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(decoded(*state, cases[i].hex).memory.segment,
                         cases[i].segment);
}

/* ---- what is done to the operand ---- */

static const struct {
    const char *hex;
    uint32_t bytes;
    const char *access; /* r, w; g: guarded; s: system; "" none */
} effects[] = {
    {"0003", 1, "rw"},        {"660103", 2, "rw"},  {"0103", 4, "rw"},
    {"0303", 4, "r"},         {"3903", 4, "r"},     {"3b03", 4, "r"},
    {"803b5a", 1, "r"},       {"83035a", 4, "rw"},  {"833b5a", 4, "r"},
    {"6203", 8, "r"},         {"666203", 4, "r"},   {"6303", 2, "rg"},
    {"6b035a", 4, "r"},       {"8403", 1, "r"},     {"8503", 4, "r"},
    {"8703", 4, "rw"},        {"668703", 2, "rw"},  {"8903", 4, "w"},
    {"8a03", 1, "r"},         {"8c03", 2, "w"},     {"8e03", 2, "rsg"},
    {"8d03", 0, ""},          {"8f03", 4, "w"},     {"a000000010", 1, "r"},
    {"66a300000010", 2, "w"}, {"c003ff", 1, "rw"},  {"d323", 4, "rw"},
    {"c503", 6, "rsg"},       {"66c403", 4, "rsg"}, {"c6035a", 1, "w"},
    {"d903", 4, "r"},         {"d91b", 4, "w"},     {"d923", 28, "r"},
    {"66d933", 14, "w"},      {"d92b", 2, "r"},     {"d93b", 2, "w"},
    {"db2b", 10, "r"},        {"db3b", 10, "w"},    {"dd03", 8, "r"},
    {"dd1b", 8, "w"},         {"dd33", 108, "w"},   {"66dd23", 94, "r"},
    {"dd3b", 2, "w"},         {"de03", 2, "r"},     {"df23", 10, "r"},
    {"df2b", 8, "r"},         {"df33", 10, "w"},    {"df3b", 8, "w"},
    {"da03", 4, "r"},         {"dc03", 8, "r"},     {"d803", 4, "r"},
    {"f6035a", 1, "r"},       {"f713", 4, "rw"},    {"f71b", 4, "rw"},
    {"f733", 4, "r"},         {"fe03", 1, "rw"},    {"66ff0b", 2, "rw"},
    {"ff13", 4, "r"},         {"ff23", 4, "r"},     {"ff2b", 6, "rsg"},
    {"ff1b", 6, "rsg"},       {"ff33", 4, "r"},     {"0f0003", 2, "w"},
    {"0f0023", 2, "rsg"},     {"0f0103", 6, "wg"},  {"0f0113", 6, "r"},
    {"0f013b", 0, ""},        {"0f0203", 2, "rsg"}, {"0f1f00", 0, ""},
    {"0f4403", 4, "r"},       {"0f9403", 1, "wg"},  {"0fa403ff", 4, "rw"},
    {"0fad03", 4, "rw"},      {"0fa30b", 4, "r"},   {"0fab0b", 4, "rw"},
    {"660fbb0b", 2, "rw"},    {"0fba23e5", 4, "r"}, {"0fba3be5", 4, "rw"},
    {"0fae03", 512, "w"},     {"0fae0b", 512, "r"}, {"0faf03", 4, "r"},
    {"0fb00b", 1, "rw"},      {"0fb10b", 4, "rw"},  {"0fb203", 6, "rsg"},
    {"0fb603", 1, "r"},       {"0fbf03", 2, "r"},   {"0fbc03", 4, "r"},
    {"0fc10b", 4, "rw"},      {"0fc70b", 8, "rwg"}, {"f0ff03", 4, "rw"},
    {"0f6f03", 8, "r"},       {"0f7f03", 8, "w"},   {"0f6e03", 4, "r"},
    {"0f1103", 16, "wg"},     {"f30f1103", 4, "w"}, {"0f2903", 16, "w"},
    {"d313", 4, "rwg"},       {"c01bff", 1, "rwg"},
};

static void test_effects(void **state)
{
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        struct insn insn = decoded(*state, effects[i].hex);
        const char *access = effects[i].access;
        assert_true(insn.has_memory);
        if (insn.memory.bytes != effects[i].bytes ||
            insn.memory.read != (strchr(access, 'r') != NULL) ||
            insn.memory.write != (strchr(access, 'w') != NULL) ||
            insn.guard != (strchr(access, 'g') != NULL) ||
            insn.system != (strchr(access, 's') != NULL))
            fail_msg("%s: %u bytes,%s%s%s%s", effects[i].hex, insn.memory.bytes,
                     insn.memory.read ? " read" : "",
                     insn.memory.write ? " write" : "",
                     insn.guard ? " guard" : "", insn.system ? " system" : "");
    }
}

/* Register forms, and operands that are implied, are none written out. */
static void test_no_operand(void **state)
{
    static const char *const cases[] = {"01c3", "8bc3",   "a4", "f3ab",  "d7",
                                        "60",   "c3",     "50", "9c",    "0fc8",
                                        "d9e8", "0fc1c3", "90", "ffd0",  "cd80",
                                        "c9",   "f2ae",   "a7", "0ff7c1"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (decoded(*state, cases[i]).has_memory)
            fail_msg("%s has an operand in memory", cases[i]);
}

static void test_encoding(void **state)
{
    struct insn enter = decoded(*state, "66c8341223");
    assert_int_equal(enter.immediate, 0x1234);
    assert_int_equal(enter.level, 3);
    assert_true(enter.operand16 && enter.guard &&
                enter.emulated == EMULATED_ENTER);
    assert_int_equal(decoded(*state, "c8341203").emulated, EMULATED_NOT);
    assert_true(decoded(*state, "f3a4").repeat);
    assert_true(decoded(*state, "f2ae").repeat);
    assert_false(decoded(*state, "a4").repeat);
    assert_true(decoded(*state, "0f31").timestamp);
    assert_false(decoded(*state, "31c0").timestamp);
    assert_true(decoded(*state, "60").guard);
    assert_false(decoded(*state, "61").guard);
    assert_false(decoded(*state, "9c").guard);
    assert_true(decoded(*state, "cd80").system);
}

/* Ports, and stores into the code segment. */
static void test_raised(void **state)
{
    static const struct {
        const char *hex;
        uint8_t vector;
    } cases[] = {
        {"ec", VECTOR_PROTECTION},     {"e610", VECTOR_PROTECTION},
        {"6c", VECTOR_PROTECTION},     {"f36f", VECTOR_PROTECTION},
        {"2e8903", VECTOR_PROTECTION}, {"2e0103", VECTOR_PROTECTION},
        {"2e8f03", VECTOR_PROTECTION}, {"2e8b03", NO_EXCEPTION},
        {"368903", NO_EXCEPTION},      {"f0ff03", NO_EXCEPTION},
        {"f00fab0b", NO_EXCEPTION},    {"f08703", NO_EXCEPTION},
        {"f00fc103", NO_EXCEPTION},    {"f083035a", NO_EXCEPTION},
        {"0fec03", NO_EXCEPTION},      {"660f6c03", NO_EXCEPTION},
        {"eb10", NO_EXCEPTION},        {"e810000000", NO_EXCEPTION},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct insn insn = decoded(*state, cases[i].hex);
        if (insn.raises != cases[i].vector)
            fail_msg("%s raises %u", cases[i].hex, insn.raises);
        assert_int_equal(insn.guard, insn.raises != NO_EXCEPTION);
    }
}

static void test_text(void **state)
{
    static const uint8_t load[] = {0x8B, 0x03};
    static const uint8_t leave[] = {0xC9};
    char text[64];
    assert_string_equal(decode_text(*state, load, 2, LINEAR, text, sizeof text),
                        "mov eax, dword ptr [ebx]");
    assert_string_equal(
        decode_text(*state, leave, 1, LINEAR, text, sizeof text), "leave");
    assert_string_equal(decode_text(*state, load, 1, LINEAR, text, sizeof text),
                        "(bad)");
    assert_string_equal(decode_text(*state, load, 0, LINEAR, text, sizeof text),
                        "(bad)");
    assert_string_equal(decode_text(*state, load, 2, LINEAR, text, 4), "mov");
}

/* ---- hostile bytes ---- */

static void test_truncated(void **state)
{
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        uint8_t code[32];
        struct insn insn;
        uint32_t bytes = bytes_of(effects[i].hex, code);
        for (uint32_t some = 0; some < bytes; some++) {
            assert_false(decode_insn(*state, code, some, LINEAR, &insn));
            assert_int_equal(decode_length(code, some), 0);
        }
    }
}

static void test_any_bytes(void **state)
{
    uint64_t random = SEED;
    uint32_t decoded_count = 0;
    for (uint32_t i = 0; i < FUZZ_STEPS; i++) {
        uint8_t code[16];
        struct insn insn;
        for (uint32_t j = 0; j < sizeof code; j += 8) {
            uint64_t value = random_next(&random);
            memcpy(code + j, &value, 8);
        }
        uint32_t bytes = (uint32_t)(random_next(&random) % (sizeof code + 1));
        uint32_t length = decode_length(code, bytes);
        bool whole = decode_insn(*state, code, bytes, LINEAR, &insn);
        assert_int_equal(whole, length != 0);
        if (!whole)
            continue;
        decoded_count++;
        assert_int_equal(insn.length, length);
        assert_in_range(length, 1,
                        bytes < INSN_MAX_BYTES ? bytes : INSN_MAX_BYTES);
        assert_memory_equal(insn.bytes, code, length);
    }
    assert_true(decoded_count > FUZZ_STEPS / 2);
}

/* ---- sizes of the encoding's parts ---- */

static void test_sizes(void **state)
{
    static const struct {
        const char *code;
        uint8_t prefixes;
        uint8_t displacement;
        uint8_t immediate;
    } cases[] = {
        {"90", 0, 0, 0},
        {"6366f8", 0, 1, 0}, /* arpl [esi-8], sp */
        {"6208", 0, 0, 0},   /* bound */
        {"66f3a5", 2, 0, 0},
        {"a100900408", 0, 4, 0}, /* mov eax, moffs */
        {"67a30090", 1, 2, 0},
        {"b844332211", 0, 0, 4},
        {"66b82211", 1, 0, 2},
        {"74f0", 0, 1, 0},
        {"0f8400010000", 0, 4, 0},
        {"660f840001", 1, 2, 0},
        {"e2f0", 0, 1, 0},
        {"e560", 0, 0, 1}, /* in eax, 0x60 */
        {"e800010000", 0, 4, 0},
        {"ebf0", 0, 1, 0},
        {"c8200001", 0, 0, 3},       /* enter */
        {"9a443322112300", 0, 0, 6}, /* far pointers */
        {"66ea44332300", 1, 0, 4},
        {"c20800", 0, 0, 2},
        {"81050090040844332211", 0, 4, 4},
        {"65c7448b1044332211", 1, 1, 4},
        {"678b870010", 1, 2, 0},
        {"0fc8", 0, 0, 0}, /* bswap */
        {"0fa2", 0, 0, 0},
        {"0fa4c804", 0, 0, 1},
        {"0fba250090040803", 0, 4, 1},
        {"660f3a0f05009004080a", 1, 4, 1}, /* palignr */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct insn insn = decoded(*state, cases[i].code);
        assert_int_equal(insn.prefix_bytes, cases[i].prefixes);
        assert_int_equal(insn.displacement_bytes, cases[i].displacement);
        assert_int_equal(insn.immediate_bytes, cases[i].immediate);
    }
}

/* Bytes that begin as those of before often do, and often with prefixes. */
static void change_bytes(uint64_t *random, uint8_t *code, uint32_t bytes)
{
    static const uint8_t prefixes[] = {0xF0, 0xF2, 0xF3, 0x66, 0x67,
                                       0x2E, 0x64, 0x0F, 0x9B, 0x90};
    for (uint32_t i = (uint32_t)(random_next(random) >> 20) % 4; i < bytes;
         i++) {
        uint64_t drawn = random_next(random) >> 16;
        code[i] = drawn % 4 == 0 ? prefixes[(drawn >> 8) % sizeof prefixes]
                                 : (uint8_t)(drawn >> 8);
    }
}

/* What follows at an address is decoded as anywhere else, whatever was there
 * before. */
static void test_remembered(void **state)
{
    struct decoder *elsewhere = decoder_new();
    uint64_t random = SEED;
    uint8_t code[INSN_MAX_BYTES] = {0};
    assert_non_null(elsewhere);
    for (uint32_t i = 0; i < FUZZ_STEPS; i++) {
        struct insn here;
        struct insn there;
        change_bytes(&random, code, sizeof code);
        uint32_t bytes =
            1 + (uint32_t)(random_next(&random) >> 20) % (uint32_t)sizeof code;
        bool decoded = decode_insn(*state, code, bytes, LINEAR, &here);
        assert_int_equal(
            decode_insn(elsewhere, code, bytes, LINEAR + i, &there), decoded);
        assert_int_equal(here.linear, LINEAR);
        if (!decoded)
            continue;
        assert_int_equal(here.length, there.length);
        assert_int_equal(here.opcode, there.opcode);
        assert_memory_equal(here.bytes, there.bytes, sizeof here.bytes);
        assert_int_equal(here.has_memory, there.has_memory);
        assert_int_equal(here.memory.displacement, there.memory.displacement);
        assert_int_equal(here.memory.bytes, there.memory.bytes);
        assert_int_equal(here.prefix_bytes, there.prefix_bytes);
    }
    decoder_free(elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operands_32), cmocka_unit_test(test_operands_16),
        cmocka_unit_test(test_segments),    cmocka_unit_test(test_effects),
        cmocka_unit_test(test_no_operand),  cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_raised),      cmocka_unit_test(test_text),
        cmocka_unit_test(test_truncated),   cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_sizes),       cmocka_unit_test(test_remembered),
    };
    return cmocka_run_group_tests(tests, make_decoder, drop_decoder);
}
