/*
 * straight [FIRST=1 [COUNT=10 [STAY=0]]]: long pieces of code without a branch.
 *
 * Each runs twice. Prints for each one number of what it left in registers,
 * memory and the FPU. With STAY 1 a jump to itself is put before the last one,
 * so that it never ends.
 *
 * Why: a simulator that translates code takes as much of it at once as comes
 * before a branch, and has to bear that it is a lot.
 */
#include "draw.h"

#define CODE       0x30000000u
#define CODE_BYTES 32768u
#define LONGEST    4000u /* instructions */

enum { SAVED_BYTES = 108, POINTERS = 12, POINTERS_BYTES = 16 };

static struct {
    uint8_t fpu[SAVED_BYTES];
    uint32_t general[3]; /* EAX, ECX, EDX */
    uint8_t xmm[2][16];
} left = {.xmm = {"0123456789abcde", "ABCDEFGHIJKLMNO"}};

static double number[4] = {1.5, -0.375, 3.0e10, 7.0e-3};
static uint32_t at; /* where the next byte of code goes */
static uint64_t state;

/* Xorshift, of Marsaglia. */
static uint32_t below(uint32_t limit)
{
    return draw64(&state) % limit;
}

static void emit(uint32_t byte)
{
    *(uint8_t *)(uintptr_t)at++ = (uint8_t)byte;
}

static void emit_two(uint32_t first, uint32_t second)
{
    emit(first);
    emit(second);
}

/* The opcode, and an operand at `pointer`. */
static void emit_memory(uint32_t opcode, uint32_t reg,
                        const volatile void *pointer)
{
    uint32_t address = (uint32_t)(uintptr_t)pointer;
    emit_two(opcode, reg << 3 | 5);
    for (uint32_t i = 0; i < 4; i++)
        emit(address >> 8 * i);
}

/* ---- instructions ---- */

/* Four numbers stay on the stack. */
static void emit_x87(void)
{
    switch (below(9)) {
    case 0:
        emit_two(0xD9, 0xC8 + below(4)); /* FXCH */
        break;
    case 1:
        emit_two(0xD8, 0xC0 + below(4)); /* FADD */
        break;
    case 2:
        emit_two(0xDC, 0xE8 + below(4)); /* FSUB */
        break;
    case 3:
        emit_two(0xD9, 0xE0 + below(2)); /* FCHS, FABS */
        break;
    case 4:
        emit_two(0xD9, 0xC0 + below(4)); /* FLD, FSTP */
        emit_two(0xDD, 0xD8 + 1 + below(4));
        break;
    case 5:
        emit_memory(0xDC, below(2), &number[below(4)]); /* FADD, FMUL */
        break;
    case 6:
        emit_memory(0xDD, 0, &number[below(4)]);
        emit_two(0xDE, 0xC0 + 1 + below(4)); /* FADDP */
        break;
    case 7:
        emit_two(0xD8, 0xD0 + below(4)); /* FCOM; FNSTSW AX */
        emit_two(0xDF, 0xE0);
        break;
    default:
        emit_two(0xD9, 0xC8 + 1 + below(3));
        break;
    }
}

static void emit_exchange(void)
{
    emit_two(0xD9, 0xC9);
}

static void emit_shuffle(void)
{
    static const uint8_t prefixes[] = {0x66, 0xF2, 0xF3};
    if (below(2) != 0)
        emit(prefixes[below(3)]); /* PSHUFD, PSHUFLW, PSHUFHW; else PSHUFW */
    emit_two(0x0F, 0x70);
    emit(0xC0 | below(2) << 3 | below(2));
    emit(below(256));
}

static void emit_adjust(void)
{
    if (below(3) == 0)
        emit_two(0x85, 0xC0); /* TEST, which clears OF; INTO */
    else
        emit_two(0xD4 + below(2), 1 + below(255)); /* AAM, AAD */
}

static void emit_into(void)
{
    emit(0xCE);
}

static void emit_plain(void)
{
    emit_two(1 + 8 * below(8), 0xC0 | below(3) << 3 | below(3));
}

/* Of the integer unit, behind which INTO does nothing. */
static void emit_test(void)
{
    emit_plain();
    emit_two(0x85, 0xC0);
}

/* MOV of a NOP over the INC EAX that follows; SETcc over the size of ADD AL,
 * AL; CMPXCHG8B over its own last byte, of what is there. */
static void emit_rewriting(void)
{
    const uint8_t *next = (const uint8_t *)(uintptr_t)at;
    uint32_t condition;
    switch (below(3)) {
    case 0:
        emit_memory(0xC6, 0, next + 7);
        emit_two(0x90, 0x40);
        break;
    case 1:
        emit_two(0x85, 0xC0); /* AAM and AAD leave flags undefined */
        condition = below(16);
        emit(0x0F);
        emit_memory(0x90 | condition, 0, next + 2 + 7);
        emit_two(0x00, 0xC0);
        break;
    default:
        emit_two(0x31, 0xC0); /* XOR EAX, EAX: it is not what is there */
        emit(0x0F);
        emit_memory(0xC7, 1, next + 2 + 6);
        break;
    }
}

static void emit_call(uint32_t target)
{
    uint32_t distance = target - (at + 5);
    emit(0xE8);
    for (uint32_t i = 0; i < 4; i++)
        emit(distance >> 8 * i);
}

/* ---- a piece ---- */

typedef void emitter(void);

/* MMX has the registers of the FPU, so that one piece has either. */
static emitter *const kinds[][4] = {
    {emit_x87, emit_x87, emit_x87, emit_plain},
    {emit_exchange, emit_exchange, emit_exchange, emit_exchange},
    {emit_into, emit_into, emit_into, emit_test},
    {emit_shuffle, emit_shuffle, emit_adjust, emit_shuffle},
    {emit_x87, emit_exchange, emit_adjust, emit_into},
};

/* CODE begins with a RET. */
static uint32_t write_piece(void)
{
    uint32_t start = CODE + 16 + below(4096);
    uint32_t count = 1 + below(LONGEST);
    uint32_t calls = below(2) != 0 ? 0 : 20 + below(1000);
    bool rewrites = below(4) == 0;
    emitter *const *kind = kinds[below(sizeof kinds / sizeof kinds[0])];
    *(uint8_t *)CODE = 0xC3;
    at = start;
    for (uint32_t i = 0; i < count; i++) {
        emitter *one = kind[below(4)];
        if (one == emit_into || (calls != 0 && below(calls) == 0)) {
            emit_two(0x85, 0xC0);
            one = emit_into;
        }
        one();
        if (calls != 0 && below(calls) == 0)
            emit_call(CODE);
        if (rewrites && below(100) == 0)
            emit_rewriting();
    }
    emit(0xC3);
    return start;
}

static void run_piece(uint32_t start)
{
    uint32_t eax = 1;
    uint32_t ecx = 2;
    uint32_t edx = 3;
    __asm__ volatile(
        "fninit; fldl %[number]; fldl 8+%[number]; fldl 16+%[number]; fldl "
        "24+%[number]\n"
        "movups %[xmm], %%xmm0; movups %[xmm], %%xmm1\n"
        "call *%[start]\n"
        "fnsave %[fpu]; movups %%xmm0, %[xmm]; movups %%xmm1, 16+%[xmm]"
        : "+a"(eax), "+c"(ecx),
          "+d"(edx), [fpu] "=m"(left.fpu), [xmm] "+m"(left.xmm)
        : [start] "S"(start), [number] "m"(number)
        : "cc", "memory");
    left.general[0] = eax;
    left.general[1] = ecx;
    left.general[2] = edx;
}

static uint32_t hash_of_what_is_left(void)
{
    const uint8_t *bytes = (const uint8_t *)&left;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < sizeof left; i++)
        if (i - POINTERS >= POINTERS_BYTES)
            sum = (sum ^ bytes[i]) * 0x01000193u;
    return sum;
}

int main(int argc, char **argv)
{
    uint32_t first = number_argument(argc, argv, 1, 1);
    uint32_t count = number_argument(argc, argv, 2, 10);
    bool stay = number_argument(argc, argv, 3, 0) != 0;
    /* Private, anonymous, at that address. */
    if (syscall6(SYS_MMAP2, CODE, CODE_BYTES,
                 PROT_READ | PROT_WRITE | PROT_EXEC, 0x32, 0xFFFFFFFF,
                 0) != (int32_t)CODE)
        fail("mmap2", -GUEST_ENOMEM);
    for (uint32_t i = first; i - first < count; i++) {
        state = i * 0x9E3779B97F4A7C15u ^ 0x1234567;
        for (uint32_t j = 0; j < 5; j++)
            (void)below(2);
        uint32_t start = write_piece();
        if (stay && i + 1 - first == count)
            *(uint16_t *)(uintptr_t)start = 0xFEEB;
        run_piece(start);
        uint32_t once = hash_of_what_is_left();
        run_piece(start);
        print("%u: %u bytes, %x %x\n", i, at - start, once,
              hash_of_what_is_left());
    }
    return 0;
}
