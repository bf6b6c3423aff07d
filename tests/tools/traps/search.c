/* search.c: a fault of a repeated CMPS or SCAS gives back the flags of before
 * it (SDM volume 2, REP), however many elements it had looked at, and goes on
 * rightly when it is made again. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE   4096
#define STATUS 0x8D5u

static sigjmp_buf back;
static uint32_t left, flags, pointer;
static char *memory;
static int mend;

static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)number;
    (void)info;
    left = (uint32_t)r[REG_ECX];
    flags = (uint32_t)r[REG_EFL] & STATUS;
    pointer = (uint32_t)r[REG_EDI];
    if (!mend)
        siglongjmp(back, 1);
    mprotect(memory + PAGE, PAGE, PROT_READ | PROT_WRITE);
}

/* Runs `insn` over what begins `before` bytes ahead of a page that cannot be
 * read. */
#define TRY(name, insn, al, status, before)                                  \
    do {                                                                     \
        uint32_t a_ = (al), c_ = 100, s_ = (uint32_t)memory + PAGE / 2,      \
                 d_ = (uint32_t)memory + PAGE - (before), f_ = (status);     \
        if (sigsetjmp(back, 1) == 0) {                                       \
            __asm__ volatile("push %[f]\n popf\n" insn "\n pushf\n pop %[f]" \
                             : [f] "+&r"(f_), "+a"(a_), "+c"(c_), "+S"(s_),  \
                               "+D"(d_)::"memory", "cc");                    \
            printf("%s %d: done, %u left, flags %x\n", name, before, c_,     \
                   f_ &STATUS);                                              \
        } else {                                                             \
            printf("%s %d: fault, %u left, edi %+d, flags %x of %x\n", name, \
                   before, left, (int)(pointer - (uint32_t)memory - PAGE),   \
                   flags, (status)&STATUS);                                  \
        }                                                                    \
    } while (0)

static void all(uint32_t status)
{
    for (volatile int before = 0; before <= 64; before += before < 4 ? 4 : 20) {
        TRY("repe cmpsb", "repe cmpsb", 0, status, before);
        TRY("repe cmpsl", "repe cmpsl", 0, status, before);
        TRY("repne cmpsb", "repne cmpsb", 0, status, before);
        TRY("repe scasb", "repe scasb", 0, status, before);
        TRY("repne scasb", "repne scasb", 'x', status, before);
        TRY("repne scasw", "repne scasw", 'x', status, before);
        TRY("again", "1: repe cmpsb\n jne 1b", 0, status, before);
    }
}

int main(void)
{
    static char stack[65536];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    memory = mmap((void *)0x20000000, 2 * PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(memory + PAGE, 0, PAGE);
    mprotect(memory + PAGE, PAGE, PROT_NONE);
    all(0x202);
    all(0x202 | STATUS);
    all(0x202 | 0x41);
    memory[PAGE / 2 + 3] = 1;
    all(0x202 | 0x880);
    mend = 1;
    TRY("mended", "repe scasb", 0, 0x202 | 0x40, 20);
    return 0;
}
