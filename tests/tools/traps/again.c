/* The same exceptions again and again: left by siglongjmp, returned from, and
 * by turns. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

static sigjmp_buf out;
static volatile int zero, returned;

static void leave(int signal)
{
    siglongjmp(out, signal);
}

static void step_over(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EIP]++; /* HLT is one byte */
    returned++;
}

static void raise_by_turns(int turn)
{
    switch (turn) {
    case 0:
        printf("%d", 100 / zero);
        break;
    case 1:
        __asm__ volatile("hlt");
        break;
    case 2:
        *(volatile int *)8 = 1;
        break;
    case 3:
        __asm__ volatile("mov %0, %%fs" ::"r"(0x1234));
        break;
    default:
        __asm__ volatile("int $8");
        break;
    }
}

/* Does turn (i * step) % 5 a hundred times: the signals' sum. */
static int sum(int step)
{
    volatile int signals = 0;
    for (volatile int i = 0; i < 100; i++) {
        int signal = sigsetjmp(out, 1);
        if (signal == 0)
            raise_by_turns(i * step % 5);
        else
            signals += signal;
    }
    return signals;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = step_over,
                               .sa_flags = SA_SIGINFO};
    signal(SIGFPE, leave);
    signal(SIGSEGV, leave);
    printf("%d %d %d\n", sum(0), sum(1), sum(3));
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 100; i++)
        __asm__ volatile("hlt");
    printf("%d\n", returned);
    return 0;
}
