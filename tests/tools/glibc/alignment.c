/* What alignment checks do: with EFLAGS.AC set, instructions whose operand is
 * not aligned. Each prints the signal that it led to, si_code, vector and error
 * code; 0 where it ran. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int seen[4];

static void on_signal(int signal, siginfo_t *info, void *context)
{
    const greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
    seen[0] = signal;
    seen[1] = info->si_code;
    seen[2] = reg[REG_TRAPNO];
    seen[3] = reg[REG_ERR];
    __asm__ volatile("pushfl\n\tandl $~0x40000, (%esp)\n\tpopfl");
    siglongjmp(back, 1);
}

#define TRY(instruction)                                                   \
    do {                                                                   \
        seen[0] = seen[1] = seen[2] = seen[3] = 0;                         \
        if (sigsetjmp(back, 1) == 0)                                       \
            __asm__ volatile(                                              \
                "pushfl\n\torl $0x40000, (%%esp)\n\tpopfl\n\t" instruction \
                "\n\tpushfl\n\tandl $~0x40000, (%%esp)\n\tpopfl"           \
                :                                                          \
                : "b"(at), "a"(1), "d"(2), "S"(at), "D"(at + 64)           \
                : "memory", "cc");                                         \
        printf("%d %s: %d %d %d %d\n", offsets[i], #instruction, seen[0],  \
               seen[1], seen[2], seen[3]);                                 \
    } while (0)

int main(void)
{
    static const int offsets[] = {0, 1, 2, 4, 8, 4093, 4094, 4097};
    static char stack[65536];
    const stack_t alternate = {stack, 0, sizeof stack};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    action.sa_sigaction = on_signal;
    munmap(page + 4096, 4096);
    sigaltstack(&alternate, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 8; i++) {
        char *at = page + offsets[i];
        TRY("movb (%%ebx), %%al");
        TRY("movw (%%ebx), %%ax");
        TRY("movl (%%ebx), %%eax");
        TRY("addl %%eax, (%%ebx)");
        TRY("cmpxchg8b (%%ebx)");
        TRY("movsl");
        TRY("btl %%edx, (%%ebx)");
        TRY("pushl (%%ebx)\n\tpopl %%eax");
        TRY("fldl (%%ebx)\n\tfstp %%st(0)");
        TRY("fldt (%%ebx)\n\tfstp %%st(0)");
        TRY("filds (%%ebx)\n\tfstp %%st(0)");
        TRY("lfs (%%ebx), %%eax");
    }
    return 0;
}
