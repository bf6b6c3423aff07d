/*
 * sequences [FIRST=1 [COUNT=1000 [EACH=0]]]: random sequences of up to eight
 * instructions.
 *
 * Prints for each, or for each hundred, one number of all that they left:
 * registers, flags and 64 bytes of memory. With EACH 1 their bytes behind it.
 *
 * Why: what an instruction leaves of the flags is often computed when another
 * one asks, and so may be right for each instruction alone. No sequence asks
 * for flags that the manual leaves undefined, so all processors
 * agree. */
#include "draw.h"

#define CODE       0x30000000u
#define CODE_BYTES 65536u
#define LONGEST    256u /* bytes of a sequence with what is around it */

#define FLAGS       0x000008D5u /* the arithmetic ones */
#define FLAGS_NO_AF 0x000008C5u
#define CF          0x00000001u
#define AF          0x00000010u
#define OF          0x00000800u
#define FLAGS_START 0x00000202u

enum { EAX, ECX, EDX, EBX, EBP, ESI, EDI, REGISTERS };

/* What the code loads and stores; its addresses are written into the code. */
static struct {
    uint32_t before[REGISTERS], flags_before;
    uint32_t after[REGISTERS], flags_after;
    uint32_t esp;
} run;

static uint8_t memory[64];
static uint32_t at;      /* where the next byte of code goes */
static uint32_t defined; /* of the flags, after what was written so far */
static uint64_t state;

/* Xorshift, of Marsaglia. */
static uint32_t draw(void)
{
    return draw64(&state);
}

static uint32_t below(uint32_t limit)
{
    return draw() % limit;
}

static void emit(uint32_t byte)
{
    *(uint8_t *)(uintptr_t)at++ = (uint8_t)byte;
}

static void emit_address(const volatile void *pointer)
{
    uint32_t address = (uint32_t)(uintptr_t)pointer;
    for (uint32_t i = 0; i < 4; i++)
        emit(address >> 8 * i);
}

/* By number; neither ESP nor the pointers to memory. */
static uint32_t any_register(void)
{
    static const uint8_t numbers[] = {0, 1, 2, 3, 5};
    return numbers[below(5)];
}

/* The register, or 16 times of 64 a place in memory. */
static void emit_modrm(uint32_t reg)
{
    if (below(3) != 0) {
        emit(0xC0 | reg << 3 | any_register());
        return;
    }
    emit(0x40 | reg << 3 | (6 + below(2))); /* [ESI + n] or [EDI + n] */
    emit(draw() & 0x3C);
}

/* ---- instructions ---- */

/* The opcode of bytes, or that of words and dwords behind it. */
static bool emit_sized(uint32_t map, uint32_t opcode)
{
    uint32_t size = below(3);
    if (size == 1)
        emit(0x66);
    if (map != 0)
        emit(map);
    emit(opcode + (size != 0));
    return size != 0;
}

static uint32_t register_of(bool wide)
{
    return wide ? any_register() : below(8);
}

/* AF is undefined behind AND, OR and XOR. */
static void define_arithmetic(uint32_t operation)
{
    defined = operation == 1 || operation == 4 || operation == 6 ? FLAGS_NO_AF
                                                                 : FLAGS;
}

static void emit_arithmetic(void)
{
    uint32_t operation = below(8);
    bool wide = emit_sized(0, operation << 3 | below(2) << 1);
    emit_modrm(register_of(wide));
    define_arithmetic(operation);
}

static void emit_immediate(void)
{
    uint32_t operation = below(8);
    emit(below(2) != 0 ? 0x80 : 0x83);
    emit_modrm(operation);
    emit(draw());
    define_arithmetic(operation);
}

static void emit_increment(void)
{
    uint32_t opcode = 0x40 | below(2) << 3;
    emit(opcode | any_register());
    defined |= FLAGS & ~CF;
}

static void emit_negation(void)
{
    uint32_t operation = 2 + below(2); /* NOT, NEG */
    (void)emit_sized(0, 0xF6);
    emit_modrm(operation);
    if (operation == 3)
        defined = FLAGS;
}

/* By one: rotations change CF and OF. */
static void emit_shift(void)
{
    uint32_t operation = below(8);
    (void)emit_sized(0, 0xD0);
    emit_modrm(operation);
    defined = operation >= 4 ? FLAGS_NO_AF : defined | CF | OF;
}

/* By CL, which may be 0 or more than the operand has bits. */
static void emit_shift_by_cl(void)
{
    emit(0xD3);
    emit_modrm(below(2) != 0 ? 4 : 7);
    defined &= ~(AF | OF);
}

static void emit_condition(void)
{
    uint32_t opcode = below(2) != 0 ? 0x90 : 0x40;
    emit(0x0F);
    emit(opcode | below(16));
    emit_modrm(below(4)); /* SETcc; CMOVcc of EAX to EBX */
}

/* To the next instruction. */
static void emit_jump(void)
{
    emit(below(2) != 0 ? 0xE0 + below(4) : 0x70 | below(16));
    emit(0);
}

static void emit_flag(void)
{
    static const uint8_t opcodes[] = {0x9E, 0xF5, 0xF8, 0xF9};
    uint32_t opcode = opcodes[below(4)];
    emit(opcode);
    defined |= opcode == 0x9E ? FLAGS & ~OF : CF;
}

static void emit_exchange(void)
{
    bool wide = emit_sized(0x0F, below(2) != 0 ? 0xC0 : 0xB0);
    emit_modrm(register_of(wide));
    defined = FLAGS;
}

static void emit_move(void)
{
    emit(0x0F);
    if (below(2) != 0) {
        emit(0xC8 | any_register()); /* BSWAP */
        return;
    }
    emit(below(2) != 0 ? 0xB6 : 0xBE);
    emit_modrm(any_register());
}

/* FCMOVcc of ST(0) to itself, which is as it is: it asks for flags. */
static void emit_fcmov(void)
{
    emit(0xDA + below(2));
    emit(0xC0 | below(4) << 3);
}

static void emit_bit_test(void)
{
    emit(0x0F);
    emit(0xBA);
    emit_modrm(4 + below(4));
    emit(below(32));
    defined = CF;
}

/* One step forth, and back. */
static void emit_string(void)
{
    static const uint8_t opcodes[] = {0xA6, 0xA7, 0xAE, 0xAF};
    emit(opcodes[below(4)]);
    emit(0xBE);
    emit_address(memory);
    emit(0xBF);
    emit_address(memory);
    defined = FLAGS;
}

static void emit_push_and_pop_flags(void)
{
    emit(0x9C);
    emit(0x9D);
}

static void emit_one(void)
{
    static void (*const kinds[])(void) = {
        emit_arithmetic, emit_arithmetic,  emit_arithmetic,
        emit_immediate,  emit_increment,   emit_negation,
        emit_shift,      emit_condition,   emit_jump,
        emit_jump,       emit_flag,        emit_exchange,
        emit_move,       emit_bit_test,    emit_string,
        emit_condition,  emit_shift_by_cl, emit_push_and_pop_flags,
        emit_fcmov};
    kinds[below(sizeof kinds / sizeof kinds[0])]();
    if ((defined & FLAGS_NO_AF) == FLAGS_NO_AF)
        return;
    emit(0x83); /* CMP, before anything asks for the others */
    emit(0xF8 | any_register());
    emit(draw());
    defined = FLAGS;
}

/* ---- running them ---- */

static void draw_state(uint32_t number)
{
    state = number * 0x9E3779B97F4A7C15u ^ 0x1234567;
    for (uint32_t i = 0; i < 5; i++)
        (void)draw();
    for (uint32_t i = 0; i < sizeof memory; i++)
        memory[i] = (uint8_t)draw();
    for (uint32_t i = 0; i < REGISTERS; i++)
        run.before[i] = below(4) != 0 ? draw() : below(3) - 1;
    if (below(2) != 0)
        run.before[ECX] = below(3);
    run.before[ESI] = run.before[EDI] = (uint32_t)(uintptr_t)memory;
    run.flags_before = (draw() & FLAGS) | FLAGS_START;
    defined = FLAGS;
}

static void emit_moves(const uint8_t *opcodes, const uint32_t *values,
                       uint32_t count)
{
    static const uint8_t numbers[] = {0, 1, 2, 3, 5, 6, 7};
    for (uint32_t i = 0; i < count; i++) {
        emit(opcodes[0]);
        emit(numbers[i] << 3 | 5);
        emit_address(&values[i]);
    }
}

/* A function of its own at CODE + offset. Where its middle begins and ends is
 * *from and *to. */
static void write_sequence(uint32_t offset, uint32_t *from, uint32_t *to)
{
    static const uint8_t load = 0x8B;
    static const uint8_t store = 0x89;
    uint32_t count = 1 + below(8);
    at = CODE + offset;
    emit(0x60); /* PUSHA; PUSH flags; POPF */
    emit(0xFF);
    emit(0x35);
    emit_address(&run.flags_before);
    emit(0x9D);
    emit_moves(&load, run.before, REGISTERS);
    *from = at;
    for (uint32_t i = 0; i < count; i++)
        emit_one();
    *to = at;
    emit(0x9C); /* PUSHF; POP flags; POPA; RET */
    emit(0x8F);
    emit(0x05);
    emit_address(&run.flags_after);
    emit_moves(&store, run.after, ESI);
    emit(0x61);
    emit(0xC3);
}

static uint32_t hash(uint32_t sum, uint32_t value)
{
    return (sum ^ value) * 0x01000193u;
}

static uint32_t hash_of_state(void)
{
    uint32_t sum = hash(0, run.flags_after & defined);
    for (uint32_t i = 0; i < ESI; i++)
        sum = hash(sum, run.after[i]);
    for (uint32_t i = 0; i < sizeof memory; i++)
        sum = hash(sum, memory[i]);
    return sum;
}

static void show(uint32_t number, uint32_t sum, uint32_t from, uint32_t to)
{
    print("%u %x flags %x:", number, sum, run.flags_after & defined);
    for (; from < to; from++)
        print(" %x", *(const uint8_t *)(uintptr_t)from);
    print("\n");
}

int main(int argc, char **argv)
{
    uint32_t first = number_argument(argc, argv, 1, 1);
    uint32_t count = number_argument(argc, argv, 2, 1000);
    bool each = number_argument(argc, argv, 3, 0) != 0;
    uint32_t all = 0;
    /* Private, anonymous, at that address. */
    if (syscall6(SYS_MMAP2, CODE, CODE_BYTES,
                 PROT_READ | PROT_WRITE | PROT_EXEC, 0x32, 0xFFFFFFFF,
                 0) != (int32_t)CODE)
        fail("mmap2", -GUEST_ENOMEM);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from;
        uint32_t to;
        uint32_t offset = i * LONGEST % CODE_BYTES;
        draw_state(first + i);
        write_sequence(offset, &from, &to);
        ((void (*)(void))(uintptr_t)(CODE + offset))();
        uint32_t sum = hash_of_state();
        all = hash(all, sum);
        if (each)
            show(first + i, sum, from, to);
        else if (i % 100 == 99 || i + 1 == count)
            print("%u %x\n", first + i, all);
    }
    return 0;
}
