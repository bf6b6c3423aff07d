/*
 * Asks the processor this runs on: reads rows of the silicon table (see
 * README.md) from standard input, runs each row's instruction on real pages,
 * and writes the completed rows to standard output. Only the columns up to the
 * registers before are read.
 *
 *     ask [-u]      -u: leave out rows that end in anything but a page fault or
 * INT3
 *
 * A 32-bit Linux program; it runs whatever code the rows hold, so feed it rows
 * you trust.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#define PAGE_BYTES        4096u
#define CODE              0x10000000u
#define CODE_TARGET       0x10000040u /* where the branches of the table go */
#define CODE_FILLED_BYTES 256u
#define DATA              0x10100000u /* two pages */
#define STACK             0x10200000u /* two pages */
#define PAIR              0x10300000u /* two pages: the probed ones */
#define EFLAGS_START      0x202u      /* IF and the bit that is always one */
#define EFLAGS_COMPARED   0xcd5u
#define TIME_LIMIT_MS     500
#define ROW_CHARS         512

#define VECTOR_INT3 3
#define VECTOR_PF   14

enum { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, REGISTERS };

struct question {
    char kind[64];
    uint8_t code[15];
    uint32_t code_bytes;
    char rights[2][3];
    uint32_t addr;
    uint32_t reg[REGISTERS];
};

struct answer {
    int signal;
    uint32_t vector, error, cr2, eip, eflags;
    uint32_t reg[REGISTERS];
};

/* 28-byte image of FLDENV: as FNINIT, FLDZ leave it, but for the pointers to
 * FLDZ, which are 0. */
struct fpu_environment {
    uint32_t control, status, tags, pointers[4];
};

/*
 * What the assembly below and the signal handler share. A handler gets no
 * argument of ours, so this is the program's one global.
 */
struct {
    uint32_t reg[REGISTERS];
    uint32_t entry;
    uint32_t our_stack;
    struct fpu_environment fpu;
    uint32_t mxcsr;
    uint32_t segments[4];
    struct answer answer;
} run = {.fpu = {0xffff037f, 0xffff3800, 0xffff7fff, {0, 0, 0, 0xffff0000}},
         .mxcsr = 0x1f80};

void enter_row(void);
void leave_row(void);

/* Numbers behind run are offsets in the structure above. */
// clang-format off
__asm__(".text\n"
        "enter_row:\n"
        "    pushal\n"
        "    movl %esp, run+36\n"
        "    pxor %xmm0, %xmm0\n    pxor %xmm1, %xmm1\n"
        "    pxor %xmm2, %xmm2\n    pxor %xmm3, %xmm3\n"
        "    pxor %xmm4, %xmm4\n    pxor %xmm5, %xmm5\n"
        "    pxor %xmm6, %xmm6\n    pxor %xmm7, %xmm7\n"
        "    pxor %mm0, %mm0\n    pxor %mm1, %mm1\n"
        "    pxor %mm2, %mm2\n    pxor %mm3, %mm3\n"
        "    pxor %mm4, %mm4\n    pxor %mm5, %mm5\n"
        "    pxor %mm6, %mm6\n    pxor %mm7, %mm7\n"
        "    ldmxcsr run+68\n"
        "    fninit\n"
        "    fldz\n"
        "    fldenv run+40\n"
        "    pushl $0x202\n"
        "    popfl\n"
        "    movl run, %eax\n"
        "    movl run+4, %ecx\n"
        "    movl run+8, %edx\n"
        "    movl run+12, %ebx\n"
        "    movl run+16, %esp\n"
        "    movl run+20, %ebp\n"
        "    movl run+24, %esi\n"
        "    movl run+28, %edi\n"
        "    jmp *run+32\n"
        "leave_row:\n"
        "    fninit\n"
        "    ldmxcsr run+68\n"
        "    popal\n"
        "    ret\n");
// clang-format on
_Static_assert(sizeof(struct fpu_environment) == 28,
               "the assembly knows these offsets");

/*
 * Takes the state and makes the interrupted context go on at leave_row. The row
 * may have changed any register, GS (thread-local storage) too: so this calls
 * nothing, and compile it without the stack protector.
 */
static void on_signal(int signal, siginfo_t *info, void *context)
{
    static const int index[REGISTERS] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX,
                                         REG_ESP, REG_EBP, REG_ESI, REG_EDI};
    static const int segment[4] = {REG_GS, REG_FS, REG_ES, REG_DS};
    mcontext_t *kernel = &((ucontext_t *)context)->uc_mcontext;
    greg_t *reg = kernel->gregs;

    (void)info;
    run.answer.signal = signal;
    run.answer.vector = (uint32_t)reg[REG_TRAPNO];
    run.answer.error = (uint32_t)reg[REG_ERR];
    run.answer.cr2 = (uint32_t)kernel->cr2;
    run.answer.eip = (uint32_t)reg[REG_EIP];
    run.answer.eflags = (uint32_t)reg[REG_EFL];
    for (int i = 0; i < REGISTERS; i++)
        run.answer.reg[i] = (uint32_t)reg[index[i]];
    for (int i = 0; i < 4; i++)
        reg[segment[i]] = (greg_t)run.segments[i];
    reg[REG_EIP] = (greg_t)(uintptr_t)leave_row;
    reg[REG_ESP] = (greg_t)run.our_stack;
    reg[REG_EFL] = (greg_t)EFLAGS_START;
}

static void die(const char *what)
{
    fprintf(stderr, "ask: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint8_t *memory(uint32_t linear)
{
    return (uint8_t *)(uintptr_t)linear;
}

static void map_fixed(uint32_t linear, uint32_t pages)
{
    void *at = mmap(
        memory(linear), pages * PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1,
        0);
    if (at != memory(linear))
        die("cannot map the pages");
}

static void catch_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGTRAP, SIGILL,
                                  SIGFPE,  SIGBUS,  SIGALRM};
    static uint8_t stack_space[65536];
    stack_t stack = {.ss_sp = stack_space, .ss_size = sizeof stack_space};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (sigaltstack(&stack, NULL) != 0)
        die("sigaltstack");
    action.sa_sigaction = on_signal;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], &action, NULL) != 0)
            die("sigaction");
    __asm__("mov %%gs, %0\n\tmov %%fs, %1\n\tmov %%es, %2\n\tmov %%ds, %3"
            : "=r"(run.segments[0]), "=r"(run.segments[1]),
              "=r"(run.segments[2]), "=r"(run.segments[3]));
}

static void protect(uint32_t linear, uint32_t bytes, int rights)
{
    if (mprotect(memory(linear), bytes, rights) != 0)
        die("mprotect");
}

static int rights_of(const char *name)
{
    if (strcmp(name, "rw") == 0)
        return PROT_READ | PROT_WRITE | PROT_EXEC;
    if (strcmp(name, "ro") == 0)
        return PROT_READ | PROT_EXEC;
    return PROT_NONE;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Bytes that fall outside the probed pair are left out. */
static void place(uint32_t addr, const void *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (addr + i - PAIR < 2 * PAGE_BYTES)
            *memory(addr + i) = ((const uint8_t *)bytes)[i];
}

/* Memory other than zero: the code and, for indirect branches, what they go to
 * or through. */
static void fill_memory(const struct question *q)
{
    static const uint8_t two_int3[2] = {0xcc, 0xcc};
    const uint32_t target = CODE_TARGET;

    memset(memory(CODE), 0, PAGE_BYTES);
    memset(memory(DATA), 0, 2 * PAGE_BYTES);
    memset(memory(STACK), 0, 2 * PAGE_BYTES);
    memset(memory(PAIR), 0, 2 * PAGE_BYTES);
    memset(memory(CODE), 0x90, CODE_FILLED_BYTES);
    memcpy(memory(CODE), q->code, q->code_bytes);
    memory(CODE)[q->code_bytes] = 0xcc;
    *memory(CODE_TARGET) = 0xcc;
    if (strcmp(q->kind, "jmp r32") == 0 || begins(q->kind, "t:code "))
        place(q->addr, two_int3, sizeof two_int3);
    if (strcmp(q->kind, "jmp m") == 0 || strcmp(q->kind, "ret") == 0 ||
        begins(q->kind, "t:pointer "))
        place(q->addr, &target, sizeof target);
}

static void limit_time(long milliseconds)
{
    struct itimerval limit = {.it_value = {.tv_usec = milliseconds * 1000}};
    setitimer(ITIMER_REAL, &limit, NULL);
}

static void ask(const struct question *q)
{
    protect(PAIR, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
    fill_memory(q);
    protect(PAIR, PAGE_BYTES, rights_of(q->rights[0]));
    protect(PAIR + PAGE_BYTES, PAGE_BYTES, rights_of(q->rights[1]));
    memcpy(run.reg, q->reg, sizeof run.reg);
    run.entry = CODE;
    limit_time(TIME_LIMIT_MS);
    enter_row();
    limit_time(0);
    protect(PAIR, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* FNV-1a, 32 bit. */
static uint32_t hash(uint32_t linear, uint32_t bytes)
{
    uint32_t value = 0x811c9dc5;
    for (uint32_t i = 0; i < bytes; i++)
        value = (value ^ memory(linear)[i]) * 0x01000193;
    return value;
}

static const char *result_name(const struct answer *a)
{
    static const char *const names[20] = {
        "DE", "DB", "NMI", "OK", "OF", "BR", "UD", "NM", "DF", "CSO",
        "TS", "NP", "SS",  "GP", "PF", "?",  "MF", "AC", "MC", "XM"};
    if (a->signal == SIGALRM)
        return "TIMEOUT";
    return a->vector < 20 ? names[a->vector] : "?";
}

static void write_row(const struct question *q, const struct answer *a)
{
    bool fault = a->vector == VECTOR_PF && a->signal != SIGALRM;

    printf("%s\t", q->kind);
    for (uint32_t i = 0; i < q->code_bytes; i++)
        printf("%02x", q->code[i]);
    printf("\t%s\t%s\t%08x", q->rights[0], q->rights[1], q->addr);
    for (int i = 0; i < REGISTERS; i++)
        printf("\t%08x", q->reg[i]);
    printf("\t%s\t%x\t%08x\t%08x", result_name(a), fault ? a->error : 0,
           fault ? a->cr2 : 0, a->eip);
    for (int i = 0; i < REGISTERS; i++)
        printf("\t%08x", a->reg[i]);
    printf("\t%08x\t%08x\t%08x\t%08x\n", a->eflags & EFLAGS_COMPARED,
           hash(PAIR, PAGE_BYTES), hash(PAIR + PAGE_BYTES, PAGE_BYTES),
           hash(DATA, 2 * PAGE_BYTES) ^ hash(STACK, 2 * PAGE_BYTES));
}

static bool read_bytes(const char *hex, struct question *q)
{
    size_t digits = strlen(hex);

    if (digits == 0 || digits % 2 != 0 || digits / 2 > sizeof q->code)
        return false;
    q->code_bytes = (uint32_t)(digits / 2);
    for (uint32_t i = 0; i < q->code_bytes; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return false;
        q->code[i] = (uint8_t)byte;
    }
    return true;
}

static bool read_row(const char *line, struct question *q)
{
    char hex[64];
    int fields = sscanf(
        line,
        "%63[^\t]\t%63[0-9a-f]\t%2s\t%2s\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x\t%x",
        q->kind, hex, q->rights[0], q->rights[1], &q->addr, &q->reg[EAX],
        &q->reg[ECX], &q->reg[EDX], &q->reg[EBX], &q->reg[ESP], &q->reg[EBP],
        &q->reg[ESI], &q->reg[EDI]);
    return fields == 13 && read_bytes(hex, q);
}

int main(int argc, char **argv)
{
    bool usable_only = argc > 1 && strcmp(argv[1], "-u") == 0;
    char line[ROW_CHARS];
    struct question question;

    map_fixed(CODE, 1);
    map_fixed(DATA, 2);
    map_fixed(STACK, 2);
    map_fixed(PAIR, 2);
    catch_signals();
    printf("#kind\tbytes\tpage0\tpage1\taddr\teax\tecx\tedx\tebx\tesp\tebp\tesi"
           "\tedi\tresult\terr\t"
           "cr2\tf_eip\tf_eax\tf_ecx\tf_edx\tf_ebx\tf_esp\tf_ebp\tf_esi\tf_"
           "edi\tf_eflags\tmem0\t"
           "mem1\tdata\n");
    for (unsigned number = 1; fgets(line, sizeof line, stdin) != NULL;
         number++) {
        if (line[0] == '#')
            continue;
        if (!read_row(line, &question)) {
            fprintf(stderr, "ask: line %u is not a row\n", number);
            return 1;
        }
        ask(&question);
        bool usable =
            run.answer.signal != SIGALRM && (run.answer.vector == VECTOR_PF ||
                                             run.answer.vector == VECTOR_INT3);
        if (usable || !usable_only)
            write_row(&question, &run.answer);
    }
    return 0;
}
