/* test_access.c: the accesses of one instruction, in order; tests/silicon has
 * them by the thousand as a processor made them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cpu/access.h"
#include "cpu/decode.h"

#define LINEAR       0x08048000u
#define MEMORY       0x2000u /* guest memory that can be read starts here */
#define MEMORY_BYTES 0x1000u
#define ESP_START    0x2800u
#define TEXT_CHARS   4096u

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

static bool read_memory(void *arg, uint32_t linear, void *to, uint32_t bytes)
{
    const uint8_t *memory = arg;
    if (linear < MEMORY || linear - MEMORY > MEMORY_BYTES - bytes)
        return false;
    memcpy(to, memory + (linear - MEMORY), bytes);
    return true;
}

static struct registers start_registers(void)
{
    return (struct registers){
        .general = {[EAX] = 0x10,
                    [ECX] = 0x20,
                    [EDX] = 0x30,
                    [EBX] = 0x1000,
                    [ESP] = ESP_START,
                    [EBP] = 0x2900,
                    [ESI] = 0x5000,
                    [EDI] = 0x6000},
        .eip = LINEAR,
        .eflags = EFLAGS_ONE,
        .selector = {[CS] = 0x23},
        .base = {[FS] = 0x70000000, [GS] = 0xFFFFF000},
    };
}

static void list_insn(struct decoder *decoder, const char *hex,
                      const struct registers *registers, uint8_t *memory,
                      struct access_list *list)
{
    const struct access_memory reader = {read_memory, memory};
    uint8_t code[16];
    struct insn insn;
    uint32_t bytes = (uint32_t)strlen(hex) / 2;
    for (uint32_t i = 0; i < bytes; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        code[i] = (uint8_t)value;
    }
    assert_true(decode_insn(decoder, code, bytes, LINEAR, &insn));
    assert_int_equal(insn.length, bytes);
    access_list_of(&insn, registers, &reader, list);
}

/* "r1000+4 w27fc+4=20": kind, linear address, bytes, and what a lasting store
 * leaves. */
static void write_list(const struct access_list *list, char *text)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < list->count; i++) {
        const struct access_item *item = &list->item[i];
        assert_true(item->access == MMU_ACCESS_READ ||
                    item->access == MMU_ACCESS_WRITE);
        used += (size_t)snprintf(text + used, TEXT_CHARS - used, "%s%c%x+%u",
                                 i == 0 ? "" : " ",
                                 item->access == MMU_ACCESS_READ ? 'r' : 'w',
                                 item->linear, item->bytes);
        if (item->stored)
            used += (size_t)snprintf(text + used, TEXT_CHARS - used, "=%x",
                                     item->value);
        assert_true(used < TEXT_CHARS);
    }
}

static void check(void **state, const char *hex,
                  const struct registers *registers, uint8_t *memory,
                  const char *expected)
{
    static char text[TEXT_CHARS];
    struct access_list list;
    list_insn(*state, hex, registers, memory, &list);
    write_list(&list, text);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s, expected %s", hex, text, expected);
}

static void test_lists(void **state)
{
    static const struct {
        const char *hex, *list;
    } cases[] = {
        /* operands */
        {"8b03", "r1000+4"},
        {"8903", "w1000+4"},
        {"0103", "w1000+4"},
        {"3903", "r1000+4"},
        {"c7848b00010000aaaaaaaa", "w1180+4"},
        {"648b03", "r70001000+4"},
        {"658b03", "r0+4"},       /* the sum wraps */
        {"678b43ff", "r88ff+4"},  /* [bp + di - 1] */
        {"678b83ff7f", "r8ff+4"}, /* the sum is cut to 16 bits */
        {"8d03", ""},
        {"01c3", ""},
        {"0f1803", ""},
        {"0fc70b", "w1000+8"},
        {"dd33", "w1000+108"},
        {"0fae03", "w1000+512"},
        /* bit strings: ECX is 20h, one dword or two words on */
        {"0fa30b", "r1004+4"},
        {"660fab0b", "w1004+2"},
        {"0fba2be5", "w1000+4"},
        /* the stack */
        {"50", "w27fc+4"},
        {"6650", "w27fe+2"},
        {"06", "w27fc+4"},
        {"0fa0", "w27fc+4"},
        {"9c", "w27fc+4"},
        {"e800000000", "w27fc+4"},
        {"ffd0", "w27fc+4"},
        {"58", "r2800+4"},
        {"1f", "r2800+4"},
        {"9d", "r2800+4"},
        {"c3", "r2800+4"},
        {"c20800", "r2800+4"},
        {"c9", "r2900+4"},
        {"66c9", "r2900+2"},
        {"ff33", "r1000+4 w27fc+4"},
        {"ff13", "r1000+4 w27fc+4"},
        {"ff3424", "r2800+4 w27fc+4"},
        {"ff1b", "r1000+6 w27fc+4 w27f8+4"},
        {"ff2b", "r1000+6"},
        {"8f03", "r2800+4 w1000+4"},
        {"8f0424", "r2800+4 w2804+4"}, /* ESP has moved on when the address is
                                          made */
        {"668f442402", "r2800+2 w2804+2"},
        {"60", "w27fc+4=10 w27f8+4=20 w27f4+4=30 w27f0+4=1000 w27ec+4=2800 "
               "w27e8+4=2900 "
               "w27e4+4=5000 w27e0+4=6000"},
        {"61",
         "r2800+4 r2804+4 r2808+4 r280c+4 r2810+4 r2814+4 r2818+4 r281c+4"},
        {"6661",
         "r2800+2 r2802+2 r2804+2 r2806+2 r2808+2 r280a+2 r280c+2 r280e+2"},
        {"cb", "r2800+4 r2804+4"},
        /* strings */
        {"a4", "r5000+1 w6000+1"},
        {"f3a5", "r5000+4 w6000+4"},
        {"64a5", "r70005000+4 w6000+4"},
        {"67a5", "r5000+4 w6000+4"},
        {"66a7", "r6000+2 r5000+2"},
        {"aa", "w6000+1"},
        {"ad", "r5000+4"},
        {"af", "r6000+4"},
        {"6d", "w6000+4"},
        {"6e", "r5000+1"},
        {"d7", "r1010+1"},
        {"36d7", "r1010+1"},
        {"0ff7c1", "w6000+8"},
        /* nothing */
        {"90", ""},
        {"cd80", ""},
        {"ea000000002300", ""},
    };
    const struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(state, cases[i].hex, &registers, memory, cases[i].list);
}

/* A bit offset is signed, and selects one element (SDM volume 2, BT). */
static void test_bit_offsets(void **state)
{
    static const struct {
        uint32_t ecx;
        const char *dword, *word;
    } cases[] = {
        {0, "r10000000+4", "r10000000+2"},
        {31, "r10000000+4", "r10000002+2"},
        {32, "r10000004+4", "r10000004+2"},
        {0xFFFFFFFF, "rffffffc+4", "rffffffe+2"},
        {0x80000000, "r0+4", "r10000000+2"},
        {0x7FFFFFFF, "r1ffffffc+4", "rffffffe+2"},
        {0x00018000, "r10003000+4", "rffff000+2"},
    };
    struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES] = {0};
    registers.general[EBX] = 0x10000000;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        registers.general[ECX] = cases[i].ecx;
        check(state, "0fa30b", &registers, memory, cases[i].dword);
        check(state, "660fa30b", &registers, memory, cases[i].word);
    }
}

static void test_repetition_ends(void **state)
{
    struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES] = {0};
    registers.general[ECX] = 0;
    check(state, "f3a4", &registers, memory, "");
    check(state, "f2ae", &registers, memory, "");
    check(state, "ae", &registers, memory, "r6000+1");
    registers.general[ECX] = 0x10000; /* CX is 0 */
    check(state, "67f3ab", &registers, memory, "");
    check(state, "f3ab", &registers, memory, "w6000+4");
}

static void test_enter(void **state)
{
    const struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES] = {0};
    /* below EBP */
    memcpy(memory + 0x8F8, (const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8}, 8);
    check(state, "c8100000", &registers, memory, "w27fc+4=2900 w27ec+4");
    check(state, "c8000001", &registers, memory,
          "w27fc+4=2900 w27f8+4=27fc w27f8+4");
    check(state, "c8000403", &registers, memory,
          "w27fc+4=2900 r28fc+4 w27f8+4=8070605 r28f8+4 w27f4+4=4030201 "
          "w27f0+4=27fc w23f0+4");
    check(state, "66c8100002", &registers, memory,
          "w27fe+2=2900 r28fe+2 w27fc+2=807 w27fa+2=27fe w27ea+2");
}

/* ENTER loads a frame pointer that it has just stored itself. */
static void test_enter_overlap(void **state)
{
    struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES];
    memset(memory, 0xEE, sizeof memory);
    registers.general[EBP] = ESP_START;
    check(state, "c8000003", &registers, memory,
          "w27fc+4=2800 r27fc+4 w27f8+4=2800 r27f8+4 w27f4+4=2800 w27f0+4=27fc "
          "w27f0+4");
    registers.general[EBP] = ESP_START + 2; /* two bytes of it */
    check(state, "c8000002", &registers, memory,
          "w27fc+4=2802 r27fe+4 w27f8+4=eeee0000 w27f4+4=27fc w27f4+4");
}

static void test_enter_deepest(void **state)
{
    struct access_list list;
    struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES] = {0};
    list_insn(*state, "c8ffff1f", &registers, memory, &list);
    assert_int_equal(list.count, 1 + 30 * 2 + 1 + 1);
    assert_true(list.count <= ACCESSES_MAX);
    assert_int_equal(list.item[list.count - 1].linear,
                     ESP_START - 32 * 4 - 0xFFFFu);
}

static void test_registers_after_enter(void **state)
{
    const uint8_t code[] = {0x66, 0xC8, 0x10, 0x00, 0x02};
    struct registers registers = start_registers();
    struct insn insn;
    registers.general[EBP] = 0xABCD2900;
    assert_true(decode_insn(*state, code, sizeof code, LINEAR, &insn));
    registers_after_enter(&insn, &registers);
    assert_int_equal(registers.general[EBP], 0xABCD27FE);
    assert_int_equal(registers.general[ESP], 0x27FE - 2 * 2 - 0x10);
    assert_int_equal(registers.eip, LINEAR + 5);
}

/* A return to an outer level pops ESP and SS too. */
static void test_iret(void **state)
{
    struct registers registers = start_registers();
    uint8_t memory[MEMORY_BYTES] = {0};
    memory[ESP_START - MEMORY + 4] = 0x23;
    check(state, "cf", &registers, memory, "r2800+4 r2804+4 r2808+4");
    registers.selector[CS] = 0x10;
    check(state, "cf", &registers, memory,
          "r2800+4 r2804+4 r2808+4 r280c+4 r2810+4");
    registers.general[ESP] = 0x9000; /* not to be read */
    check(state, "cf", &registers, memory, "r9000+4 r9004+4 r9008+4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_bit_offsets),
        cmocka_unit_test(test_repetition_ends),
        cmocka_unit_test(test_enter),
        cmocka_unit_test(test_enter_overlap),
        cmocka_unit_test(test_enter_deepest),
        cmocka_unit_test(test_registers_after_enter),
        cmocka_unit_test(test_iret),
    };
    return cmocka_run_group_tests(tests, make_decoder, drop_decoder);
}
