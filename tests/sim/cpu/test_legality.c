/* Which encodings are no instructions, and how long each is. The answers are a
 * Pentium-class processor's by the SDM, volume 2: LOCK, appendix A, and each
 * instruction's own page; a real one gives the same (tests/hostile). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/legality.h"

#define LINEAR 0x08048000u

static const char *const undefined[] = {
    /* LOCK before what cannot be locked, and with registers. */
    "f090",
    "f00fa303",
    "f00fba23cc",
    "f00fabc0",
    "f00fbae8cc",
    "f0f6d3",
    "f001c3",
    "f03803",
    "f08b03",
    "f080bb0000000000",
    "f0c103cc",
    "f0ff33",
    "f0ff13",
    "f00fc7cb",
    "f08f03",
    "f0e8cccccccc",
    "f0f4",
    "f0cc",
    "66f00fc1c3",
    "f0660fb3d8",
    "f3f0a4",
    "f00f1f00",
    "f00f0b",
    "f0d903",
    /* Reg fields that choose nothing. */
    "ff3b",
    "fffb",
    "fe13",
    "fed3",
    "8f0b",
    "8f3b",
    "8fcb",
    "c60bcc",
    "c70bcccccccc",
    "8c33",
    "8e0b",
    "8e3b",
    "0f0033",
    "0f012b",
    "0fba03cc",
    "0f20c8",
    "0f22e8",
    "0fc703",
    "0fc7f0",
    /* Operands that must be in memory, or must not. */
    "8dc3",
    "62c3",
    "c4c3",
    "c5c3",
    "ffdb",
    "ffeb",
    "0fb2c3",
    "0fb4c3",
    "0fc7cb",
    "0fc3c3",
    "0f5003",
    "0fd703",
    "0ff703",
    "0fc503cc",
    "0f7113cc",
    "0f13c3",
    "0fe7c3",
    "f20ff0c3",
    /* Prefixes that choose no instruction. */
    "f20f2803",
    "f30f5403",
    "660fc303",
    "f20f7e03",
    "0f6c03",
    "0f7c03",
    "660f52c3",
    "f30f77",
    "66f20f13eb",
    "660fae03",
    "f20f16c3",
    "0fe603",
    "0fd603",
    "0ff003",
    /* What these processors do not have. */
    "0f05",
    "0f07",
    "0f34",
    "0f35",
    "0f0f",
    "0f79c3",
    "0fff03",
};

static const char *const defined[] = {
    "f00003",     "f08003cc", "f0831bcc", "f08603",   "f0f61b",
    "f0f713",     "f0fe03",   "f0ff0b",   "f00fab03", "f00fba2bcc",
    "f00fb003",   "f00fc10b", "f00fc70b", "660ff7c3", "66f00fb103",
    "f0660fc103", "ff33",     "8f03",     "c603cc",   "82c3cc",
    "f60bcc",     "f6c8cc",   "d6",       "0f1f00",   "0fb9c3",
    "0f0b",       "660f2803", "f30f7e03", "f20f12c3", "f30f16c3",
    "0f16c3",     "0f12c3",   "0fae38",   "0faef0",   "660f73fbcc",
    "0f72d3cc",   "660fd603", "f30fd6c3", "f20fe6c3", "0f77",
    "f390",       "f2a4",     "0f00c3",   "0f01e3",   "0f20c0",
    "0f22d8",     "0f23f8",   "0f30",     "0f33",     "0fc70b",
    "d9c3",       "dfe0",     "dbe3",     "9b",
};

static uint32_t bytes_of(const char *hex, uint8_t code[32])
{
    uint32_t count = 0;
    for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        code[count++] = (uint8_t)byte;
    return count;
}

static void check(struct decoder *decoder, const char *hex, uint8_t raises)
{
    uint8_t code[32];
    struct insn insn;
    uint32_t bytes = bytes_of(hex, code);
    if (!decode_insn(decoder, code, bytes, LINEAR, &insn))
        fail_msg("%s: not whole", hex);
    if (insn.length != bytes)
        fail_msg("%s: %u bytes, not %u", hex, insn.length, bytes);
    if (encoding_is_undefined(&insn) != (raises == VECTOR_INVALID))
        fail_msg("%s: %s", hex,
                 raises == VECTOR_INVALID ? "taken for an instruction"
                                          : "refused");
    if (raises == VECTOR_INVALID &&
        (insn.raises != VECTOR_INVALID || !insn.guard))
        fail_msg("%s: raises %u", hex, insn.raises);
}

static void test_undefined(void **state)
{
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++)
        check(*state, undefined[i], VECTOR_INVALID);
}

static void test_defined(void **state)
{
    for (size_t i = 0; i < sizeof defined / sizeof defined[0]; i++)
        check(*state, defined[i], NO_EXCEPTION);
}

static uint8_t raised_by(struct decoder *decoder, const char *hex)
{
    uint8_t code[32];
    struct insn insn;
    assert_true(decode_insn(decoder, code, bytes_of(hex, code), LINEAR, &insn));
    return insn.raises;
}

/* What is no instruction is so before the operand's segment or the port's right
 * are looked at. */
static void test_order(void **state)
{
    assert_int_equal(raised_by(*state, "f1"), VECTOR_DEBUG);
    assert_int_equal(raised_by(*state, "66f1"), VECTOR_DEBUG);
    assert_int_equal(raised_by(*state, "f0f1"), VECTOR_INVALID);
    assert_int_equal(raised_by(*state, "2e8803"), VECTOR_PROTECTION);
    assert_int_equal(raised_by(*state, "f02e8803"), VECTOR_INVALID);
    assert_int_equal(raised_by(*state, "f02e0003"), VECTOR_PROTECTION);
    assert_int_equal(raised_by(*state, "ee"), VECTOR_PROTECTION);
    assert_int_equal(raised_by(*state, "f0ee"), VECTOR_INVALID);
    assert_int_equal(raised_by(*state, "0f33"), VECTOR_PROTECTION);
}

/* Encodings that a library of disassembly refuses, or takes for shorter or
 * longer than they are. */
static void test_lengths(void **state)
{
    static const char *const whole[] = {
        "66e8cccc",
        "66e9cccc",
        "660f84cccc",
        "66c7c3cccc",
        "67a1cccc",
        "a1cccccccc",
        "6766a1cccc",
        "9accccccccff7f",
        "669accccff7f",
        "66eaccccff7f",
        "c8cccc1f",
        "0fb903",
        "0fff83cccccccc",
        "0f0dc3",
        "0f18cb",
        "0f1983cccccccc",
        "d6",
        "f60bcc",
        "f70bcccccccc",
        "66f7cbcccc",
        "82e3cc",
        "dbe0",
        "dfd8",
        "0f0f",
        "678b06cccc",
        "678b46cc",
        "678b86cccc",
        "8b0425cccccccc",
        "8b4424cc",
        "0f2005",
        "0f380003",
        "0f3a0f03cc",
        "26262626262626262626262626268b03" + 2,
    };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        uint8_t code[32];
        struct insn insn;
        uint32_t bytes = bytes_of(whole[i], code);
        code[bytes] = 0xCC;
        if (decode_length(code, bytes + 1) != bytes ||
            decode_length(code, bytes - 1) != 0 ||
            !decode_insn(*state, code, bytes, LINEAR, &insn) ||
            insn.length != bytes)
            fail_msg("%s: %u bytes", whole[i], decode_length(code, bytes + 1));
    }
}

/* No instruction has more than 15 bytes. */
static void test_longest(void **state)
{
    uint8_t code[17];
    struct insn insn;
    memset(code, 0x66, sizeof code);
    assert_int_equal(decode_length(code, sizeof code), 0);
    code[15] = 0x90;
    assert_int_equal(decode_length(code, sizeof code), 0);
    assert_false(decode_insn(*state, code, sizeof code, LINEAR, &insn));
    code[14] = 0x90;
    assert_int_equal(decode_length(code, sizeof code), 15);
    assert_true(decode_insn(*state, code, sizeof code, LINEAR, &insn));
}

static int set_up(void **state)
{
    *state = decoder_new();
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    decoder_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undefined), cmocka_unit_test(test_defined),
        cmocka_unit_test(test_order),     cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_longest),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
