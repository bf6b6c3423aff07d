/* x87.c [OPERATION CONTROL]: every operation of the FPU on every pair of
 * interesting values, under control words that mask all exceptions, some or
 * none, round and cut in each way. Of each operation and control word a sum
 * over all results is printed, of those of the arguments the results.
 *
 * An operation runs by itself between other code, or with what stores the
 * status behind it; then C1 and the denormal operand's flag are compared, too
 * (tools/doc/command.md, "FPU, SSE and signals").
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "fxsave.h"
#include "sums.h"

struct operation {
    const char *name;
    uint8_t code[8];
    int bytes;
    int size; /* of the operand in memory, at [ebx]; 0: none */
    int stores;
    int depth; /* values on the stack that it needs: 0 to 2 */
};

#define REG(name, a, b, depth)       \
    {                                \
        name, {a, b}, 2, 0, 0, depth \
    }
#define MEM(name, a, modrm, size, stores, depth) \
    {                                            \
        name, {a, modrm}, 2, size, stores, depth \
    }

static const struct operation operations[] = {
    REG("fadd", 0xD8, 0xC1, 2),
    REG("fmul", 0xD8, 0xC9, 2),
    REG("fcom", 0xD8, 0xD1, 2),
    REG("fcomp", 0xD8, 0xD9, 2),
    REG("fsub", 0xD8, 0xE1, 2),
    REG("fsubr", 0xD8, 0xE9, 2),
    REG("fdiv", 0xD8, 0xF1, 2),
    REG("fdivr", 0xD8, 0xF9, 2),
    REG("faddr", 0xDC, 0xC1, 2),
    REG("fsubrr", 0xDC, 0xE1, 2),
    REG("fsubr2", 0xDC, 0xE9, 2),
    REG("fdivrr", 0xDC, 0xF1, 2),
    REG("fdivr2", 0xDC, 0xF9, 2),
    REG("faddp", 0xDE, 0xC1, 2),
    REG("fmulp", 0xDE, 0xC9, 2),
    REG("fsubrp", 0xDE, 0xE1, 2),
    REG("fsubp", 0xDE, 0xE9, 2),
    REG("fdivrp", 0xDE, 0xF1, 2),
    REG("fdivp", 0xDE, 0xF9, 2),
    REG("fcompp", 0xDE, 0xD9, 2),
    REG("fucom", 0xDD, 0xE1, 2),
    REG("fucomp", 0xDD, 0xE9, 2),
    REG("fucompp", 0xDA, 0xE9, 2),
    REG("fcomi", 0xDB, 0xF1, 2),
    REG("fucomi", 0xDB, 0xE9, 2),
    REG("fcomip", 0xDF, 0xF1, 2),
    REG("fucomip", 0xDF, 0xE9, 2),
    REG("fcmovb", 0xDA, 0xC1, 2),
    REG("fcmovnbe", 0xDB, 0xD1, 2),
    REG("fld st1", 0xD9, 0xC1, 2),
    REG("fxch", 0xD9, 0xC9, 2),
    REG("fst st1", 0xDD, 0xD1, 2),
    REG("fstp st1", 0xDD, 0xD9, 2),
    REG("fstp st3", 0xDD, 0xDB, 2),
    REG("ffree", 0xDD, 0xC1, 2),
    REG("ffreep", 0xDF, 0xC1, 2),
    REG("fchs", 0xD9, 0xE0, 1),
    REG("fabs", 0xD9, 0xE1, 1),
    REG("ftst", 0xD9, 0xE4, 1),
    REG("fxam", 0xD9, 0xE5, 1),
    REG("fld1", 0xD9, 0xE8, 0),
    REG("fldl2t", 0xD9, 0xE9, 0),
    REG("fldl2e", 0xD9, 0xEA, 0),
    REG("fldpi", 0xD9, 0xEB, 0),
    REG("fldlg2", 0xD9, 0xEC, 0),
    REG("fldln2", 0xD9, 0xED, 0),
    REG("fldz", 0xD9, 0xEE, 0),
    REG("f2xm1", 0xD9, 0xF0, 1),
    REG("fyl2x", 0xD9, 0xF1, 2),
    REG("fptan", 0xD9, 0xF2, 1),
    REG("fpatan", 0xD9, 0xF3, 2),
    REG("fxtract", 0xD9, 0xF4, 1),
    REG("fprem1", 0xD9, 0xF5, 2),
    REG("fdecstp", 0xD9, 0xF6, 0),
    REG("fincstp", 0xD9, 0xF7, 0),
    REG("fprem", 0xD9, 0xF8, 2),
    REG("fyl2xp1", 0xD9, 0xF9, 2),
    REG("fsqrt", 0xD9, 0xFA, 1),
    REG("fsincos", 0xD9, 0xFB, 1),
    REG("frndint", 0xD9, 0xFC, 1),
    REG("fscale", 0xD9, 0xFD, 2),
    REG("fsin", 0xD9, 0xFE, 1),
    REG("fcos", 0xD9, 0xFF, 1),
    MEM("fadd m32", 0xD8, 0x03, 4, 0, 1),
    MEM("fcomp m32", 0xD8, 0x1B, 4, 0, 1),
    MEM("fdiv m64", 0xDC, 0x33, 8, 0, 1),
    MEM("fmul m64", 0xDC, 0x0B, 8, 0, 1),
    MEM("fiadd m32", 0xDA, 0x03, 4, 0, 1),
    MEM("fidivr m16", 0xDE, 0x3B, 2, 0, 1),
    MEM("ficom m16", 0xDE, 0x13, 2, 0, 1),
    MEM("fld m32", 0xD9, 0x03, 4, 0, 0),
    MEM("fld m64", 0xDD, 0x03, 8, 0, 0),
    MEM("fld m80", 0xDB, 0x2B, 10, 0, 0),
    MEM("fild m16", 0xDF, 0x03, 2, 0, 0),
    MEM("fild m32", 0xDB, 0x03, 4, 0, 0),
    MEM("fild m64", 0xDF, 0x2B, 8, 0, 0),
    MEM("fst m32", 0xD9, 0x13, 4, 1, 1),
    MEM("fstp m32", 0xD9, 0x1B, 4, 1, 1),
    MEM("fst m64", 0xDD, 0x13, 8, 1, 1),
    MEM("fstp m64", 0xDD, 0x1B, 8, 1, 1),
    MEM("fstp m80", 0xDB, 0x3B, 10, 1, 1),
    MEM("fist m16", 0xDF, 0x13, 2, 1, 1),
    MEM("fistp m16", 0xDF, 0x1B, 2, 1, 1),
    MEM("fist m32", 0xDB, 0x13, 4, 1, 1),
    MEM("fistp m32", 0xDB, 0x1B, 4, 1, 1),
    MEM("fistp m64", 0xDF, 0x3B, 8, 1, 1),
    MEM("fisttp m16", 0xDF, 0x0B, 2, 1, 1),
    MEM("fisttp m32", 0xDB, 0x0B, 4, 1, 1),
    MEM("fisttp m64", 0xDD, 0x0B, 8, 1, 1),
    MEM("fbstp", 0xDF, 0x33, 10, 1, 1),
    MEM("fbld", 0xDF, 0x23, 10, 0, 0),
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

/* Exponent with sign, significand. */
static const struct {
    uint16_t exponent;
    uint64_t significand;
} values[] = {
    {0x0000, 0},                   /* 0 */
    {0x8000, 0},                   /* -0 */
    {0x3FFF, 0x8000000000000000u}, /* 1 */
    {0xBFFF, 0xC000000000000000u}, /* -1.5 */
    {0x4000, 0xC90FDAA22168C235u}, /* pi */
    {0x3FFD, 0xAAAAAAAAAAAAAAABu}, /* a third */
    {0xBFFC, 0x8765432112345678u},
    {0x400D, 0xFFFE000000000000u}, /* 32767 */
    {0x400E, 0x8000800000000000u}, /* 32768.5 */
    {0xC01E, 0x8000000080000000u}, /* below the least 32-bit integer */
    {0x403E, 0x8000000000000000u}, /* 2 to the 63 */
    {0x403F, 0x9876543210FEDCBAu},
    {0x7FFE, 0xFFFFFFFFFFFFFFFFu}, /* the greatest */
    {0xFFFE, 0x8000000000000001u},
    {0x0001, 0x8000000000000000u}, /* the least that is normal */
    {0x0000, 0x0000000000000001u}, /* denormals */
    {0x8000, 0x7FFFFFFFFFFFFFFFu},
    {0x3F80, 0x8000000000000001u}, /* too small for single */
    {0x3C00, 0xFFFFFFFFFFFFFFFFu}, /* for double */
    {0x7FFF, 0x8000000000000000u}, /* infinities */
    {0xFFFF, 0x8000000000000000u},
    {0x7FFF, 0xC000000000000001u}, /* quiet NaN */
    {0xFFFF, 0x8000000000000001u}, /* signaling NaN */
    {0x3FFF, 0x4000000000000000u}, /* unnormal: not supported */
    {0x0000, 0x8000000000000000u}, /* pseudo-denormal; only where C1 and DE are
                                      compared */
};

#define VALUES (sizeof values / sizeof values[0])

static const uint8_t operands[][10] = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0x80},
    {0, 0, 0x80, 0x3F, 0, 0, 0xF0, 0x3F, 0x12, 0},
    {1, 0, 0, 0, 1, 0, 0, 0, 0, 0}, /* denormals */
    {0xFF, 0xFF, 0x7F, 0x7F, 0xFF, 0xFF, 0xEF, 0x7F, 0xFE, 0x7F},
    {0x21, 0x43, 0x65, 0x87, 0x09, 0x21, 0x43, 0x65, 0x87, 0x80},
    {0, 0, 0x80, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF},       /* infinity in single */
    {0, 0, 0, 0, 0, 0, 0xF0, 0x7F, 0x11, 0x22},       /* in double */
    {1, 0, 0x80, 0x7F, 1, 0, 0xF0, 0x7F, 0x99, 0x99}, /* signaling NaNs; as
                                                         above */
};

#define OPERANDS (sizeof operands / sizeof operands[0])

static const uint32_t controls[] = {0x037F, 0x0E7F, 0x0340, 0x0B7B};

#define CONTROLS (sizeof controls / sizeof controls[0])

/* ---- running one ---- */

static uint8_t *code;
static struct fxsave before __attribute__((aligned(16))),
    after __attribute__((aligned(16)));
static uint8_t memory[16];
static uint32_t flags;
static volatile int signal_number, signal_code, signal_offset, trap_number;
static uint16_t status_word;

/* A pending exception is met by the next instruction that waits: here the
 * frame's state counts. */
static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    signal_number = signal;
    signal_code = info->si_code;
    trap_number = at->uc_mcontext.gregs[REG_TRAPNO];
    signal_offset = at->uc_mcontext.gregs[REG_EIP] - (int)(intptr_t)code;
    if (signal_offset < 0 || signal_offset > 16)
        signal_offset = -1; /* behind the code */
    at->uc_mcontext.fpregs->cw |= 0x3F;
    at->uc_mcontext.fpregs->sw &= ~0x8080;
}

/* FNSTSW AX behind it, in the same code, or elsewhere. Nothing is written
 * over. */
static void emit(const struct operation *operation, int together)
{
    uint8_t *at = code = code + 16;
    memcpy(at, operation->code, operation->bytes);
    at += operation->bytes;
    if (together) {
        *at++ = 0xDF;
        *at++ = 0xE0;
    }
    *at++ = 0xC3;
}

static void run(void)
{
    signal_number = signal_code = trap_number = signal_offset = 0;
    __asm__ volatile("fxrstor %2\n\t"
                     "pushl $0x2D7\n\tpopf\n\t"
                     "movl $0, %%eax\n\t"
                     "call *%3\n\t"
                     "pushf\n\tpopl %0\n\t"
                     "movw %%ax, %1\n\t"
                     "fwait\n\t"
                     "fxsave %4\n\tfninit\n\tcld"
                     : "=m"(flags), "=m"(status_word), "+m"(before)
                     : "r"(code), "m"(after), "b"(memory)
                     : "eax", "ecx", "edx", "memory", "cc");
}

static void set_value(int st, int value)
{
    memcpy(before.st[st], &values[value].significand, 8);
    memcpy(before.st[st] + 8, &values[value].exponent, 2);
}

/* Of registers that are not empty: what else is there is nobody's business. */
static uint64_t mix(uint64_t sum, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    while (bytes-- > 0)
        sum = (sum ^ *at++) * 0x100000001B3u;
    return sum;
}

static void print_result(int a, int b, int together)
{
    printf("  %2d %2d: flags %03x sw %04x signal %d,%d,%d,%d control %04x "
           "status %04x valid %02x",
           a, b, flags & 0x8D5, together ? status_word : 0, signal_number,
           signal_code, trap_number, signal_offset, after.control, after.status,
           after.valid);
    for (int i = 0; i < 10; i++)
        printf("%s%02x", i == 0 ? " memory " : "", memory[i]);
    for (int i = 0; i < 8; i++)
        if ((after.valid >> ((i + (after.status >> 11)) & 7) & 1) != 0)
            for (int k = 9; k >= 0; k--)
                printf("%s%02x", k == 9 ? " " : "", after.st[i][k]);
    printf("\n");
}

static int compares(const struct operation *operation)
{
    return strncmp(operation->name, "fcom", 4) == 0 ||
           strncmp(operation->name, "fucom", 5) == 0 ||
           strncmp(operation->name, "ficom", 5) == 0 ||
           strcmp(operation->name, "ftst") == 0;
}

static uint64_t take(uint64_t sum, const struct operation *operation,
                     int together)
{
    uint32_t arithmetic = flags & (together ? 0x8D5 : 0x45);
    if (!together) {
        status_word = 0;
        after.status &= ~0x0200; /* C1 */
    }
    if ((!together || compares(operation)) && (before.control & 2) != 0) {
        status_word &= ~2; /* DE */
        after.status &= ~2;
    }
    sum = mix(sum, &arithmetic, 4);
    sum = mix(sum, &status_word, 2);
    sum = mix(sum, (const void *)&signal_number, 4);
    sum = mix(sum, (const void *)&signal_code, 4);
    sum = mix(sum, (const void *)&trap_number, 4);
    sum = mix(sum, (const void *)&signal_offset, 4);
    sum = mix(sum, &after.control, 2);
    sum = mix(sum, &after.status, 2);
    sum = mix(sum, &after.valid, 1);
    sum = mix(sum, memory, 10);
    for (int i = 0; i < 8; i++)
        if ((after.valid >> ((i + (after.status >> 11)) & 7) & 1) != 0)
            sum = mix(sum, after.st[i], 10);
    return sum;
}

/* Values on the stack: as many as it needs, fewer, or eight. */
static void fill(const struct operation *operation, uint16_t control, int a,
                 int b, int shape)
{
    memset(&before, 0, sizeof before);
    before.control = control;
    before.mxcsr = 0x1F80;
    int top = shape == 2 ? 3 : 5;
    before.status = top << 11;
    set_value(0, a);
    set_value(1, b);
    for (int i = 2; i < 8; i++)
        set_value(i, 2);
    before.valid = shape == 0   ? 3 << top
                   : shape == 1 ? (operation->depth == 2 ? 1 << top : 0)
                                : 0xFF;
}

static uint64_t all(const struct operation *operation, uint16_t control,
                    int together, int verbose)
{
    uint64_t sum = 0xCBF29CE484222325u;
    int first_values = VALUES - (!together || compares(operation));
    int seconds = operation->depth == 2 ? first_values
                  : operation->size != 0 && !operation->stores
                      ? OPERANDS - !together
                      : 1;
    int firsts = operation->depth >= 1 ? first_values : 1;
    emit(operation, together);
    for (int shape = 0; shape < 3; shape++)
        for (int a = 0; a < firsts; a++)
            for (int b = seconds > 1 ? a % 3 : 0; b < seconds;
                 b += 1 + 2 * (seconds > 12)) {
                if (shape > 0 && (a > 2 || b > 2))
                    continue;
                fill(operation, control, a, operation->depth == 2 ? b : 2,
                     shape);
                memset(memory, 0x5A, sizeof memory);
                if (operation->size != 0 && !operation->stores) {
                    /* The ends of the patterns are those of the sizes. */
                    const uint8_t *operand = operands[b];
                    memcpy(memory, operation->size == 8 ? operand + 0 : operand,
                           10);
                    if (operation->size == 8 && operation->code[0] != 0xDF)
                        memmove(memory, operand, 8);
                }
                run();
                sum = take(sum, operation, together);
                if (verbose)
                    print_result(a, b, together);
            }
    return sum;
}

static const char *name_of(size_t operation)
{
    return operations[operation].name;
}

static uint64_t sum_of(size_t operation, uint32_t control, int together,
                       int verbose)
{
    return all(&operations[operation], (uint16_t)control, together, verbose);
}

static const struct sums sums = {OPERATIONS, name_of, controls, CONTROLS,
                                 sum_of};

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    code = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    print_sums(&sums, argc, argv);
    return 0;
}
