/* test_insnclocks.c: every row of the i386 manual's table (i386-clocks.tsv) in
 * all its encodings, and what depends on operands against formulas written
 * here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/insnclocks.h"

#define LINEAR     0x08048000u
#define CODE_BYTES 32u
#define COLUMNS    9

static const char *table_path;

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

struct code {
    uint8_t bytes[CODE_BYTES];
    uint32_t count;
};

static void put(struct code *code, uint32_t byte)
{
    assert_true(code->count < CODE_BYTES);
    code->bytes[code->count++] = (uint8_t)byte;
}

static void put_hex(struct code *code, const char *hex)
{
    for (char *end; *hex != '\0'; hex = end)
        put(code, (uint32_t)strtoul(hex, &end, 16));
}

static void put_value(struct code *code, uint32_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        put(code, i < 4 ? value >> (8 * i) & 0xFF : 0);
}

static struct insn decoded(struct decoder *decoder, const struct code *code)
{
    struct insn insn;
    if (!decode_insn(decoder, code->bytes, code->count, LINEAR, &insn) ||
        insn.length != code->count) {
        for (uint32_t i = 0; i < code->count; i++)
            print_error("%02X ", code->bytes[i]);
        fail_msg("is not decoded as it was meant");
    }
    return insn;
}

static struct insn decoded_hex(struct decoder *decoder, const char *hex)
{
    struct code code = {.count = 0};
    put_hex(&code, hex);
    return decoded(decoder, &code);
}

/* ---- the table's rows ---- */

enum column {
    OPCODE,
    REG,
    IMMEDIATE,
    WIDTH,
    RULE,
    IN_REGISTER,
    IN_MEMORY,
    MORE,
    NAME
};

struct row {
    char text[160];
    char *column[COLUMNS];
};

static bool split_row(struct row *row)
{
    char *at = row->text;
    at[strcspn(at, "\n")] = '\0';
    if (*at == '#' || *at == '\0')
        return false;
    for (int i = 0; i < COLUMNS; i++) {
        assert_non_null(at);
        row->column[i] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
    }
    assert_null(at);
    return true;
}

static uint32_t number(const struct row *row, enum column column)
{
    assert_true(row->column[column][0] >= '0' && row->column[column][0] <= '9');
    return (uint32_t)strtoul(row->column[column], NULL, 10);
}

static bool has(const struct row *row, enum column column)
{
    return strcmp(row->column[column], "-") != 0;
}

/* enum clocks_rule by its name there. */
static const char *const rule_names[] = {
    [CLOCKS_FIXED] = "fixed",         [CLOCKS_JUMP] = "jump",
    [CLOCKS_CONDITIONAL] = "branch",  [CLOCKS_REPEAT] = "repeat",
    [CLOCKS_MULTIPLY] = "multiply",   [CLOCKS_SCAN_UP] = "scan-up",
    [CLOCKS_SCAN_DOWN] = "scan-down", [CLOCKS_GRANULAR] = "granular",
};

static bool rule_is(const struct row *row, const char *rule)
{
    return strcmp(row->column[RULE], rule) == 0;
}

/* ---- forms of the operand ---- */

struct address {
    const char *prefix;
    uint8_t modrm; /* the reg field clear */
    const char *behind;
    uint32_t more; /* clocks */
};

static const struct address addresses[] = {
    {"", 0x00, "", 0},               /* [eax] */
    {"", 0x45, "F8", 0},             /* [ebp-8] */
    {"", 0x05, "00 90 04 08", 0},    /* [0x8049000] */
    {"", 0x83, "00 10 00 00", 0},    /* [ebx+0x1000] */
    {"", 0x04, "24", 0},             /* [esp] */
    {"", 0x44, "24 08", 0},          /* [esp+8] */
    {"", 0x04, "8D 00 90 04 08", 0}, /* [ecx*4+0x8049000] */
    {"64", 0x02, "", 0},             /* fs:[edx] */
    {"", 0x04, "08", 1},             /* [eax+ecx] */
    {"", 0x44, "B3 10", 1},          /* [ebx+esi*4+0x10] */
    {"", 0x84, "FD 00 01 00 00", 1}, /* [ebp+edi*8+0x100] */
    {"65", 0x04, "CA", 1},           /* gs:[edx+ecx*8] */
    {"67", 0x04, "", 0},             /* [si] */
    {"67", 0x06, "34 12", 0},        /* [0x1234] */
    {"67", 0x00, "", 1},             /* [bx+si] */
    {"67", 0x43, "10", 1},           /* [bp+di+0x10] */
};

#define ADDRESSES (sizeof addresses / sizeof addresses[0])

static const uint32_t immediates[] = {
    0,          1,          3,         7,          8,          9,
    0x10,       0x7F,       0x80,      0xFF,       0x100,      0x7FFF,
    0x8000,     0xFFFF,     0x10000,   0x12345678, 0x7FFFFFFF, 0x80000000,
    0x80000001, 0xFFFFFF80, 0xFFFFFFFF};

#define IMMEDIATES (sizeof immediates / sizeof immediates[0])

/* The least k with 2^k >= |m|, at least 3: the manual's steps of a
 * multiplication. */
static uint32_t steps_of(int64_t multiplier)
{
    uint64_t magnitude = (uint64_t)(multiplier < 0 ? -multiplier : multiplier);
    uint32_t k = 3;
    while ((UINT64_C(1) << k) < magnitude)
        k++;
    return k;
}

static int64_t signed_value(uint32_t value, uint32_t bits)
{
    return bits == 8    ? (int8_t)value
           : bits == 16 ? (int16_t)value
                        : (int32_t)value;
}

struct encodings {
    struct decoder *decoder;
    const struct row *row;
    uint32_t tried;
};

static void start_code(const struct row *row, const char *prefix,
                       struct code *code)
{
    *code = (struct code){.count = 0};
    put_hex(code, prefix);
    if (number(row, WIDTH) == 16)
        put(code, 0x66);
    put_hex(code, row->column[OPCODE]);
}

/* The manual's range from a register. */
static void check_range(const struct row *row, uint32_t steps)
{
    if (6 + steps < 9 || 6 + steps > number(row, MORE))
        fail_msg("%s takes %u steps", row->column[NAME], steps);
}

static void check_multiply(struct encodings *encodings, const struct insn *insn,
                           const struct insn_clocks *clocks, uint32_t base,
                           uint32_t immediate)
{
    const struct row *row = encodings->row;
    if (number(row, IMMEDIATE) != 0) {
        uint32_t bits = 8 * number(row, IMMEDIATE);
        assert_int_equal(clocks->rule, CLOCKS_FIXED);
        assert_int_equal(clocks->clocks,
                         base + steps_of(signed_value(immediate, bits)));
        check_range(row, clocks->clocks - base);
        return;
    }
    bool is_signed = strncmp(row->column[NAME], "IMUL", 4) == 0;
    uint32_t bits = number(row, WIDTH);
    assert_int_equal(clocks->rule, CLOCKS_MULTIPLY);
    assert_int_equal(clocks->clocks, base);
    assert_int_equal(clocks->operand_bytes, bits / 8);
    for (uint32_t i = 0; i < IMMEDIATES; i++) {
        uint32_t mask = (uint32_t)((UINT64_C(1) << bits) - 1);
        int64_t m = is_signed ? signed_value(immediates[i], bits)
                              : immediates[i] & mask;
        uint32_t steps = insn_operand_clocks(MMU_GENERATION_I386, insn, clocks,
                                             immediates[i]);
        assert_int_equal(steps, steps_of(m));
        check_range(row, steps);
    }
}

static void check_clocks(struct encodings *encodings, const struct insn *insn,
                         uint32_t base, uint32_t immediate)
{
    const struct row *row = encodings->row;
    struct insn_clocks clocks = insn_clocks_of(MMU_GENERATION_I386, insn);
    encodings->tried++;
    assert_true(clocks.cited);
    if (rule_is(row, "multiply")) {
        check_multiply(encodings, insn, &clocks, base, immediate);
        return;
    }
    if (clocks.clocks != base)
        fail_msg("%s: %u clocks, not %u", row->column[NAME], clocks.clocks,
                 base);
    assert_string_equal(rule_names[clocks.rule], row->column[RULE]);
    bool branches = rule_is(row, "jump") || rule_is(row, "branch");
    assert_int_equal(clocks.adds_m, branches);
    assert_int_equal(clocks.taken,
                     rule_is(row, "branch") ? number(row, MORE) : 0);
    bool granular = rule_is(row, "granular");
    assert_int_equal(clocks.each, granular || rule_is(row, "repeat")
                                      ? number(row, MORE)
                                      : 0);
    bool scans = rule_is(row, "scan-up") || rule_is(row, "scan-down");
    assert_int_equal(clocks.operand_bytes, granular ? 2
                                           : scans  ? number(row, WIDTH) / 8
                                                    : 0);
}

/* With each immediate where it counts, else with one. */
static void try_code(struct encodings *encodings, const struct code *start,
                     uint32_t base)
{
    const struct row *row = encodings->row;
    uint32_t bytes = number(row, IMMEDIATE);
    uint32_t choices = rule_is(row, "multiply") && bytes != 0 ? IMMEDIATES : 1;
    for (uint32_t i = 0; i < choices; i++) {
        struct code code = *start;
        put_value(&code, immediates[i], bytes);
        struct insn insn = decoded(encodings->decoder, &code);
        check_clocks(encodings, &insn, base, immediates[i]);
    }
}

static void try_operand_forms(struct encodings *encodings, uint32_t reg)
{
    const struct row *row = encodings->row;
    struct code code;
    for (uint32_t rm = 0; has(row, IN_REGISTER) && rm < 8; rm++) {
        start_code(row, "", &code);
        put(&code, 0xC0 | reg << 3 | rm);
        try_code(encodings, &code, number(row, IN_REGISTER));
    }
    for (uint32_t i = 0; has(row, IN_MEMORY) && i < ADDRESSES; i++) {
        start_code(row, addresses[i].prefix, &code);
        put(&code, addresses[i].modrm | reg << 3);
        put_hex(&code, addresses[i].behind);
        try_code(encodings, &code, number(row, IN_MEMORY) + addresses[i].more);
    }
}

static void try_enter(struct encodings *encodings)
{
    const struct row *row = encodings->row;
    uint32_t first = row->column[MORE][0] == 'n' ? 2 : number(row, MORE);
    uint32_t last = row->column[MORE][0] == 'n' ? 31 : first;
    for (uint32_t level = first; level <= last; level++) {
        struct code code;
        start_code(row, "", &code);
        put_value(&code, 0x1234, 2);
        put(&code, level);
        struct insn insn = decoded(encodings->decoder, &code);
        struct insn_clocks clocks = insn_clocks_of(MMU_GENERATION_I386, &insn);
        uint32_t more = level > 1 ? 4 * (level - 1) : 0;
        assert_int_equal(clocks.rule, CLOCKS_FIXED);
        assert_int_equal(clocks.clocks, number(row, IN_REGISTER) + more);
        encodings->tried++;
    }
}

/* The library does not know moves with test registers. */
static bool is_unknown(const struct row *row)
{
    return strstr(row->column[NAME], "TR6/TR7") != NULL;
}

static void try_row(struct encodings *encodings)
{
    const struct row *row = encodings->row;
    struct code code;
    if (rule_is(row, "enter")) {
        try_enter(encodings);
    } else if (!has(row, REG)) {
        start_code(row, "", &code);
        try_code(encodings, &code, number(row, IN_REGISTER));
    } else if (row->column[REG][0] == 'r') {
        /* Of the segment registers, too, 0 and 3 can be named. */
        try_operand_forms(encodings, 0);
        try_operand_forms(encodings, 3);
    } else {
        try_operand_forms(encodings, number(row, REG));
    }
}

static void test_rows(void **state)
{
    FILE *file = fopen(table_path, "r");
    assert_non_null(file);
    uint32_t rows = 0;
    uint32_t unknown = 0;
    struct encodings encodings = {.decoder = *state};
    for (struct row row; fgets(row.text, sizeof row.text, file) != NULL;) {
        if (!split_row(&row))
            continue;
        encodings.row = &row;
        rows++;
        if (is_unknown(&row)) {
            unknown++;
            continue;
        }
        uint32_t before = encodings.tried;
        try_row(&encodings);
        assert_true(encodings.tried > before);
    }
    (void)fclose(file);
    assert_true(rows > 650);
    assert_int_equal(unknown, 4);
    assert_true(encodings.tried > 6000);
}

/* ---- what depends on operands ---- */

/* MUL and IMUL of a byte, both with every multiplier; from memory 3 clocks
 * more. */
static void test_multiplication_of_bytes(void **state)
{
    static const char *const codes[] = {"F6 E1", "F6 21", "F6 E9", "F6 29"};
    for (uint32_t form = 0; form < 4; form++) {
        struct insn insn = decoded_hex(*state, codes[form]);
        struct insn_clocks clocks = insn_clocks_of(MMU_GENERATION_I386, &insn);
        uint32_t least = UINT32_MAX;
        uint32_t most = 0;
        for (uint32_t value = 0; value < 256; value++) {
            int64_t m = form < 2 ? (int64_t)value : (int8_t)value;
            /* Bits above the operand do not count. */
            uint32_t total =
                clocks.clocks +
                insn_operand_clocks(MMU_GENERATION_I386, &insn, &clocks, value);
            assert_int_equal(total - clocks.clocks,
                             insn_operand_clocks(MMU_GENERATION_I386, &insn,
                                                 &clocks, value | 0xABCDEF00));
            assert_int_equal(total, (m == 0 ? 9 : steps_of(m) + 6) +
                                        (form & 1 ? 3 : 0));
            least = total < least ? total : least;
            most = total > most ? total : most;
        }
        assert_int_equal(least, form & 1 ? 12 : 9);
        assert_int_equal(most, (form < 2 ? 14 : 13) + (form & 1 ? 3u : 0u));
    }
}

/* The ends of the manual's ranges for MUL. */
static void test_multiplication_ranges(void **state)
{
    struct insn word = decoded_hex(*state, "66 F7 E1");
    struct insn dword = decoded_hex(*state, "F7 E1");
    struct insn_clocks clocks = insn_clocks_of(MMU_GENERATION_I386, &word);
    assert_int_equal(
        6 + insn_operand_clocks(MMU_GENERATION_I386, &word, &clocks, 0xFFFF),
        22);
    assert_int_equal(
        6 + insn_operand_clocks(MMU_GENERATION_I386, &word, &clocks, 0x8000),
        21);
    assert_int_equal(
        6 + insn_operand_clocks(MMU_GENERATION_I386, &word, &clocks, 0), 9);
    clocks = insn_clocks_of(MMU_GENERATION_I386, &dword);
    assert_int_equal(6 + insn_operand_clocks(MMU_GENERATION_I386, &dword,
                                             &clocks, 0xFFFFFFFF),
                     38);
    assert_int_equal(
        6 + insn_operand_clocks(MMU_GENERATION_I386, &dword, &clocks, 8), 9);
    assert_int_equal(
        6 + insn_operand_clocks(MMU_GENERATION_I386, &dword, &clocks, 9), 10);
    /* i486: 13-42, and no less than 15 by a negative multiplier. */
    clocks = insn_clocks_of(MMU_GENERATION_I486, &dword);
    assert_int_equal(clocks.clocks, 10);
    assert_int_equal(
        insn_operand_clocks(MMU_GENERATION_I486, &dword, &clocks, 0), 3);
    assert_int_equal(
        insn_operand_clocks(MMU_GENERATION_I486, &dword, &clocks, 0xFFFFFFFF),
        32);
    struct insn imul = decoded_hex(*state, "0F AF C1");
    clocks = insn_clocks_of(MMU_GENERATION_I486, &imul);
    assert_int_equal(
        insn_operand_clocks(MMU_GENERATION_I486, &imul, &clocks, 0xFFFFFFFF),
        5);
    assert_int_equal(
        insn_operand_clocks(MMU_GENERATION_I486, &imul, &clocks, 1), 3);
    assert_int_equal(
        insn_operand_clocks(MMU_GENERATION_I486, &imul, &clocks, 0xFFFFFF00),
        8);
}

static uint32_t scan_clocks(struct decoder *decoder,
                            enum mmu_generation_id generation, const char *code,
                            uint32_t operand)
{
    struct insn insn = decoded_hex(decoder, code);
    struct insn_clocks clocks = insn_clocks_of(generation, &insn);
    return clocks.clocks +
           insn_operand_clocks(generation, &insn, &clocks, operand);
}

static void test_scans_of_i386(void **state)
{
    for (uint32_t bit = 0; bit < 32; bit++) {
        uint32_t up = UINT32_MAX << bit;
        uint32_t down = UINT32_MAX >> (31 - bit);
        assert_int_equal(
            scan_clocks(*state, MMU_GENERATION_I386, "0F BC C1", up),
            10 + 3 * bit);
        assert_int_equal(
            scan_clocks(*state, MMU_GENERATION_I386, "0F BD C1", down),
            10 + 3 * (31 - bit));
        if (bit < 16) {
            assert_int_equal(
                scan_clocks(*state, MMU_GENERATION_I386, "66 0F BC C1", up),
                10 + 3 * bit);
            assert_int_equal(scan_clocks(*state, MMU_GENERATION_I386,
                                         "66 0F BD C1", down | 0xABC00000),
                             10 + 3 * (15 - bit));
        }
    }
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I386, "0F BC C1", 0),
                     10);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I386, "0F BD 01", 0),
                     10);
    assert_int_equal(
        scan_clocks(*state, MMU_GENERATION_I386, "66 0F BC C1", 0xFFFF0000),
        10);
}

/* The ranges that the manuals give; a prefix takes a clock. */
static void test_scan_ranges(void **state)
{
    static const struct {
        enum mmu_generation_id generation;
        const char *code;
        uint32_t least; /* of operands other than 0 */
        uint32_t most;
        uint32_t zero;
    } ranges[] = {
        {MMU_GENERATION_I486, "0F BC C1", 18, 42, 6},
        {MMU_GENERATION_I486, "0F BC 01", 19, 43, 7},
        {MMU_GENERATION_I486, "0F BD C1", 10, 103, 6},
        {MMU_GENERATION_I486, "0F BD 01", 11, 104, 7},
        {MMU_GENERATION_PENTIUM, "0F BC C1", 18, 42, 6},
        {MMU_GENERATION_PENTIUM, "0F BC 01", 19, 43, 6},
        {MMU_GENERATION_PENTIUM, "66 0F BC C1", 19, 34 + 1, 6 + 1},
        {MMU_GENERATION_PENTIUM, "66 0F BC 01", 20, 35 + 1, 6 + 1},
        {MMU_GENERATION_PENTIUM, "0F BD C1", 9, 71, 7},
        {MMU_GENERATION_PENTIUM, "0F BD 01", 10, 72, 7},
        {MMU_GENERATION_PENTIUM, "66 0F BD C1", 10, 39 + 1, 7 + 1},
    };
    for (uint32_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        uint32_t bits = strncmp(ranges[i].code, "66", 2) == 0 ? 16 : 32;
        uint32_t least = UINT32_MAX;
        uint32_t most = 0;
        for (uint32_t bit = 0; bit < bits; bit++) {
            uint32_t clocks = scan_clocks(*state, ranges[i].generation,
                                          ranges[i].code, 1u << bit);
            least = clocks < least ? clocks : least;
            most = clocks > most ? clocks : most;
        }
        assert_int_equal(least, ranges[i].least);
        assert_int_equal(most, ranges[i].most);
        assert_int_equal(
            scan_clocks(*state, ranges[i].generation, ranges[i].code, 0),
            ranges[i].zero);
    }
}

/* RCL by a count: 8-30 and 9-31 on the i486. */
static void test_counts(void **state)
{
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D2 D0", 0), 8);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D2 D0", 8), 8);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D2 D0", 9), 16);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D2 D0", 31), 30);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D2 D0", 32 + 3),
                     8);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D2 18", 31), 31);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "66 D3 D8", 17),
                     16 + 1);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "D3 D8", 31), 8);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "C0 D0 1F", 0),
                     30);
    assert_int_equal(scan_clocks(*state, MMU_GENERATION_I486, "C1 D0 1F", 0),
                     8);
    struct insn insn = decoded_hex(*state, "C0 D0 1F");
    assert_int_equal(insn_clocks_of(MMU_GENERATION_I486, &insn).rule,
                     CLOCKS_FIXED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_multiplication_of_bytes),
        cmocka_unit_test(test_multiplication_ranges),
        cmocka_unit_test(test_scans_of_i386),
        cmocka_unit_test(test_scan_ranges),
        cmocka_unit_test(test_counts),
    };
    if (argc != 2)
        return 2;
    table_path = argv[1];
    return cmocka_run_group_tests(tests, make_decoder, drop_decoder);
}
