/* sse.c [OPERATION MXCSR]: SSE's operations on pairs of interesting values
 * under several MXCSRs, and what is refused: operands that are not aligned,
 * reserved bits. Of each operation and MXCSR a sum over all results is printed,
 * of those of the arguments the results.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sums.h"

struct operation {
    const char *name;
    uint8_t code[8]; /* XMM0 with XMM1; or EAX */
    int bytes;
    int doubles;
};

#define PS(name, op)                      \
    {                                     \
        name "ps", {0x0F, op, 0xC1}, 3, 0 \
    }
#define PD(name, op)                            \
    {                                           \
        name "pd", {0x66, 0x0F, op, 0xC1}, 4, 1 \
    }
#define SS(name, op)                            \
    {                                           \
        name "ss", {0xF3, 0x0F, op, 0xC1}, 4, 0 \
    }
#define SD(name, op)                            \
    {                                           \
        name "sd", {0xF2, 0x0F, op, 0xC1}, 4, 1 \
    }
#define ALL(name, op) PS(name, op), PD(name, op), SS(name, op), SD(name, op)

static const struct operation operations[] = {
    ALL("add", 0x58),
    ALL("mul", 0x59),
    ALL("sub", 0x5C),
    ALL("min", 0x5D),
    ALL("div", 0x5E),
    ALL("max", 0x5F),
    ALL("sqrt", 0x51),
    ALL("mov", 0x10),
    {"cmpltps", {0x0F, 0xC2, 0xC1, 1}, 4, 0},
    {"cmpeqsd", {0xF2, 0x0F, 0xC2, 0xC1, 0}, 5, 1},
    {"cmpunordpd", {0x66, 0x0F, 0xC2, 0xC1, 3}, 5, 1},
    {"cmpless", {0xF3, 0x0F, 0xC2, 0xC1, 2}, 5, 0},
    {"cvtps2pd", {0x0F, 0x5A, 0xC1}, 3, 0},
    {"cvtpd2ps", {0x66, 0x0F, 0x5A, 0xC1}, 4, 1},
    {"cvtss2sd", {0xF3, 0x0F, 0x5A, 0xC1}, 4, 0},
    {"cvtsd2ss", {0xF2, 0x0F, 0x5A, 0xC1}, 4, 1},
    {"cvtdq2ps", {0x0F, 0x5B, 0xC1}, 3, 0},
    {"cvtps2dq", {0x66, 0x0F, 0x5B, 0xC1}, 4, 0},
    {"cvttps2dq", {0xF3, 0x0F, 0x5B, 0xC1}, 4, 0},
    {"cvttpd2dq", {0x66, 0x0F, 0xE6, 0xC1}, 4, 1},
    {"cvtpd2dq", {0xF2, 0x0F, 0xE6, 0xC1}, 4, 1},
    {"cvtdq2pd", {0xF3, 0x0F, 0xE6, 0xC1}, 4, 0},
    {"cvttss2si", {0xF3, 0x0F, 0x2C, 0xC1}, 4, 0},
    {"cvtss2si", {0xF3, 0x0F, 0x2D, 0xC1}, 4, 0},
    {"cvttsd2si", {0xF2, 0x0F, 0x2C, 0xC1}, 4, 1},
    {"cvtsd2si", {0xF2, 0x0F, 0x2D, 0xC1}, 4, 1},
    {"cvtsi2ss", {0xF3, 0x0F, 0x2A, 0xC0}, 4, 0},
    {"cvtsi2sd", {0xF2, 0x0F, 0x2A, 0xC0}, 4, 1},
    {"cvtps2pi", {0x0F, 0x2D, 0xC1}, 3, 0},
    {"cvttpd2pi", {0x66, 0x0F, 0x2C, 0xC1}, 4, 1},
    {"cvtpi2ps", {0x0F, 0x2A, 0xC1}, 3, 0},
    {"ucomiss", {0x0F, 0x2E, 0xC1}, 3, 0},
    {"comisd", {0x66, 0x0F, 0x2F, 0xC1}, 4, 1},
    {"haddps", {0xF2, 0x0F, 0x7C, 0xC1}, 4, 0},
    {"addsubpd", {0x66, 0x0F, 0xD0, 0xC1}, 4, 1},
    {"andps", {0x0F, 0x54, 0xC1}, 3, 0},
    {"unpcklps", {0x0F, 0x14, 0xC1}, 3, 0},
    {"shufps", {0x0F, 0xC6, 0xC1, 0x1B}, 4, 0},
    {"paddd", {0x66, 0x0F, 0xFE, 0xC1}, 4, 0},
    {"pshufd", {0x66, 0x0F, 0x70, 0xC1, 0x1B}, 5, 0},
    {"paddd mmx", {0x0F, 0xFE, 0xC1}, 3, 0},
    {"movq2dq", {0xF3, 0x0F, 0xD6, 0xC1}, 4, 0},
    {"pmovmskb", {0x66, 0x0F, 0xD7, 0xC1}, 4, 0},
    {"movmskpd", {0x66, 0x0F, 0x50, 0xC1}, 4, 1},
    {"movd", {0x66, 0x0F, 0x7E, 0xC8}, 4, 0},
    {"pinsrw", {0x66, 0x0F, 0xC4, 0xC0, 3}, 5, 0},
    {"emms", {0x0F, 0x77}, 2, 0},
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

static const uint32_t singles[] = {
    0x00000000, 0x80000000, 0x3F800000, 0xBFC00000, 0x40490FDB,
    0x3EAAAAAB, 0x4F000000, 0xCF000001, 0x5F000000, 0x7F7FFFFF,
    0xFF7FFFFF, 0x00800000, 0x00000001, 0x807FFFFF, 0x7F800000,
    0xFF800000, 0x7FC12345, 0x7F812345, 0x20000000, 0x1FFFFFFF};
static const uint64_t doubles[] = {
    0x0000000000000000u, 0x8000000000000000u, 0x3FF0000000000000u,
    0xBFF8000000000000u, 0x400921FB54442D18u, 0x3FD5555555555555u,
    0x41E0000000000000u, 0xC1E0000000200000u, 0x43E0000000000000u,
    0x7FEFFFFFFFFFFFFFu, 0xFFEFFFFFFFFFFFFFu, 0x0010000000000000u,
    0x0000000000000001u, 0x800FFFFFFFFFFFFFu, 0x7FF0000000000000u,
    0xFFF0000000000000u, 0x7FF8000012345678u, 0x7FF0000012345678u,
    0x3800000000000000u, 0x369FFFFFFFFFFFFFu};

#define VALUES (sizeof singles / sizeof singles[0])

static const uint32_t controls[] = {0x1F80, 0x7F80, 0x9F80, 0x0000, 0x1780};

#define CONTROLS (sizeof controls / sizeof controls[0])

static uint8_t *code;
static uint8_t operand[2][16] __attribute__((aligned(16)));
static uint8_t result[16] __attribute__((aligned(16)));
static uint8_t mmx[8];
static uint16_t environment[14];
static uint32_t eax, flags, mxcsr;
static volatile int signal_number, signal_code, signal_offset, trap_number,
    signal_error;
static int skipped_bytes;

static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    greg_t *r = at->uc_mcontext.gregs;
    signal_number = signal;
    signal_code = info->si_code;
    trap_number = r[REG_TRAPNO];
    signal_error = r[REG_ERR];
    signal_offset = r[REG_EIP] - (int)(intptr_t)code;
    r[REG_EIP] += skipped_bytes;
}

static void emit(const struct operation *operation, int together)
{
    uint8_t *at = code = code + 32;
    memcpy(at, operation->code, operation->bytes);
    at += operation->bytes;
    skipped_bytes = operation->bytes;
    if (together) {
        memcpy(at, "\x0F\xAE\x1D", 3); /* stmxcsr [mxcsr] */
        uint32_t *where = &mxcsr;
        memcpy(at + 3, &where, 4);
        at += 7;
    }
    *at++ = 0xC3;
}

static void run(uint32_t control)
{
    static const uint32_t masked = 0x1F80;
    signal_number = signal_code = trap_number = signal_offset = signal_error =
        0;
    mxcsr = 0;
    __asm__ volatile("fninit\n\tldmxcsr %7\n\t"
                     "movaps (%5), %%xmm0\n\tmovaps 16(%5), %%xmm1\n\t"
                     "movq (%5), %%mm0\n\tmovq 16(%5), %%mm1\n\t"
                     "movl (%5), %%eax\n\tpushl $0x2D7\n\tpopf\n\t"
                     "call *%6\n\t"
                     "pushf\n\tpopl %1\n\tmovl %%eax, %0\n\t"
                     "movaps %%xmm0, %2\n\tmovq %%mm0, %3\n\t"
                     "fnstenv %4\n\tcld"
                     : "=m"(eax), "=m"(flags), "=m"(result), "=m"(mmx),
                       "=m"(environment)
                     : "r"(operand), "r"(code), "m"(control)
                     : "eax", "ecx", "edx", "memory", "cc");
    uint32_t after;
    __asm__ volatile("stmxcsr %0\n\tldmxcsr %1\n\tfninit"
                     : "=m"(after)
                     : "m"(masked));
    if (mxcsr == 0)
        mxcsr = after & ((after & 0x100) != 0 ? ~2u : ~0u); /* DE */
}

static uint64_t mix(uint64_t sum, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    while (bytes-- > 0)
        sum = (sum ^ *at++) * 0x100000001B3u;
    return sum;
}

static uint64_t take(uint64_t sum)
{
    uint32_t arithmetic = flags & 0x8D5;
    sum = mix(sum, &eax, 4);
    sum = mix(sum, &arithmetic, 4);
    sum = mix(sum, &mxcsr, 4);
    sum = mix(sum, result, 16);
    sum = mix(sum, mmx, 8);
    sum = mix(sum, &environment[2], 2); /* status */
    sum = mix(sum, &environment[4], 2); /* tags */
    sum = mix(sum, (const void *)&signal_number, 4);
    sum = mix(sum, (const void *)&signal_code, 4);
    sum = mix(sum, (const void *)&signal_offset, 4);
    return mix(sum, (const void *)&trap_number, 4);
}

static void print_result(int a, int b)
{
    printf("  %2d %2d: eax %08x flags %03x mxcsr %04x signal %d,%d,%d,%d "
           "status %04x tags %04x ",
           a, b, eax, flags & 0x8D5, mxcsr, signal_number, signal_code,
           trap_number, signal_offset, environment[2], environment[4]);
    for (int k = 15; k >= 0; k--)
        printf("%02x", result[k]);
    for (int k = 7; k >= 0; k--)
        printf("%s%02x", k == 7 ? " " : "", mmx[k]);
    printf("\n");
}

/* The second element is another value. */
static void fill(const struct operation *operation, int a, int b)
{
    const int of[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (operation->doubles) {
            memcpy(operand[i], &doubles[of[i]], 8);
            memcpy(operand[i] + 8, &doubles[(of[i] + 3) % VALUES], 8);
            continue;
        }
        for (int k = 0; k < 4; k++)
            memcpy(operand[i] + 4 * k, &singles[(of[i] + 5 * k) % VALUES], 4);
    }
}

static uint64_t all(const struct operation *operation, uint32_t control,
                    int together, int verbose)
{
    uint64_t sum = 0xCBF29CE484222325u;
    emit(operation, together);
    for (size_t a = 0; a < VALUES; a++)
        for (size_t b = a % 5; b < VALUES; b += 5) {
            fill(operation, (int)a, (int)b);
            run(control);
            sum = take(sum);
            if (verbose)
                print_result((int)a, (int)b);
        }
    return sum;
}

/* ---- what is refused ---- */

static uint8_t area[2048] __attribute__((aligned(64)));

static const struct {
    const char *name;
    uint8_t code[8]; /* its operand at [ecx] */
    int bytes;
} refused[] = {
    {"movaps load", {0x0F, 0x28, 0x01}, 3},
    {"movaps store", {0x0F, 0x29, 0x01}, 3},
    {"movapd", {0x66, 0x0F, 0x28, 0x01}, 4},
    {"movups", {0x0F, 0x10, 0x01}, 3},
    {"movdqa load", {0x66, 0x0F, 0x6F, 0x01}, 4},
    {"movdqa store", {0x66, 0x0F, 0x7F, 0x01}, 4},
    {"movdqu", {0xF3, 0x0F, 0x6F, 0x01}, 4},
    {"movntps", {0x0F, 0x2B, 0x01}, 3},
    {"movntdq", {0x66, 0x0F, 0xE7, 0x01}, 4},
    {"addps", {0x0F, 0x58, 0x01}, 3},
    {"addss", {0xF3, 0x0F, 0x58, 0x01}, 4},
    {"addsd", {0xF2, 0x0F, 0x58, 0x01}, 4},
    {"paddb", {0x66, 0x0F, 0xFC, 0x01}, 4},
    {"paddb mmx", {0x0F, 0xFC, 0x01}, 3},
    {"pxor", {0x66, 0x0F, 0xEF, 0x01}, 4},
    {"punpcklbw", {0x66, 0x0F, 0x60, 0x01}, 4},
    {"unpcklps", {0x0F, 0x14, 0x01}, 3},
    {"shufpd", {0x66, 0x0F, 0xC6, 0x01, 1}, 5},
    {"pshufd", {0x66, 0x0F, 0x70, 0x01, 0x1B}, 5},
    {"cvtps2pd", {0x0F, 0x5A, 0x01}, 3},
    {"cvtpd2ps", {0x66, 0x0F, 0x5A, 0x01}, 4},
    {"cvtdq2pd", {0xF3, 0x0F, 0xE6, 0x01}, 4},
    {"cvtpd2pi", {0x66, 0x0F, 0x2D, 0x01}, 4},
    {"sqrtpd", {0x66, 0x0F, 0x51, 0x01}, 4},
    {"movlps", {0x0F, 0x12, 0x01}, 3},
    {"fxsave", {0x0F, 0xAE, 0x01}, 3},
    {"fxrstor", {0x0F, 0xAE, 0x09}, 3},
    {"ldmxcsr", {0x0F, 0xAE, 0x11}, 3},
    {"stmxcsr", {0x0F, 0xAE, 0x19}, 3},
};

static void try_one(const char *name, const uint8_t *bytes, int count,
                    uint8_t *where, int control)
{
    code += 32;
    memcpy(code, bytes, count);
    code[count] = 0xC3;
    skipped_bytes = count;
    signal_number = signal_code = trap_number = signal_offset = signal_error =
        0;
    __asm__ volatile("ldmxcsr %0" ::"m"(control));
    __asm__ volatile("xorps %%xmm0, %%xmm0\n\tcall *%0\n\temms" ::"r"(code),
                     "c"(where)
                     : "memory");
    printf("%s: %d,%d,%d,%x,%d\n", name, signal_number, signal_code,
           trap_number, signal_error, signal_offset);
    __asm__ volatile("ldmxcsr %0" ::"m"((const uint32_t){0x1F80}));
}

static void try_refused(void)
{
    memset(area, 0, sizeof area);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        uint32_t sane = 0x1F80;
        memcpy(area, &sane, 4);
        memcpy(area + 8, &sane, 4);
        memcpy(area + 24, &sane, 4);
        try_one(refused[i].name, refused[i].code, refused[i].bytes, area,
                0x1F80);
        try_one(refused[i].name, refused[i].code, refused[i].bytes, area + 8,
                0x1F80);
        try_one(refused[i].name, refused[i].code, refused[i].bytes, area + 8,
                0);
        uint32_t reserved = 0x11F80;
        memcpy(area + 64, &reserved, 4);
        memcpy(area + 64 + 24, &reserved, 4);
        try_one(refused[i].name, refused[i].code, refused[i].bytes, area + 64,
                0x1F80);
        memset(area, 0, sizeof area);
    }
}

static const char *name_of(size_t operation)
{
    return operations[operation].name;
}

static uint64_t sum_of(size_t operation, uint32_t control, int together,
                       int verbose)
{
    return all(&operations[operation], control, together, verbose);
}

static const struct sums sums = {OPERATIONS, name_of, controls, CONTROLS,
                                 sum_of};

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    code = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    print_sums(&sums, argc, argv);
    if (argc == 1)
        try_refused();
    return 0;
}
