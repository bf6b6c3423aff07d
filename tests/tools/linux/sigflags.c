/* Which flags a signal's handler can change through its context, and what a
 * handler starts with. */
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

#define CARRY     0x0001u
#define DIRECTION 0x0400u
#define OVERFLOW_ 0x0800u
#define ENABLED   0x0200u /* IF */
#define IOPL      0x3000u
#define NESTED    0x4000u /* NT */
#define VIRTUAL   0x20000u

static volatile unsigned set, cleared;

static unsigned flags(void)
{
    unsigned value;
    __asm__ volatile("pushfl; popl %0" : "=r"(value));
    return value;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    ucontext_t *user = context;
    (void)signal;
    (void)info;
    user->uc_mcontext.gregs[REG_EFL] =
        (greg_t)(((unsigned)user->uc_mcontext.gregs[REG_EFL] | set) & ~cleared);
}

/* The flags right behind the system call that raises the signal. */
static unsigned after(unsigned to_set, unsigned to_clear)
{
    unsigned value;
    set = to_set;
    cleared = to_clear;
    __asm__ volatile(
        "movl $20, %%eax; int $0x80; movl %%eax, %%ebx; movl $10, %%ecx;"
        "movl $37, %%eax; int $0x80; pushfl; popl %0; cld"
        : "=S"(value)
        :
        : "eax", "ebx", "ecx", "memory", "cc");
    return value &
           (CARRY | DIRECTION | OVERFLOW_ | ENABLED | IOPL | NESTED | VIRTUAL);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    printf("at first 0x%x\n", flags() & (ENABLED | IOPL | NESTED | VIRTUAL));
    printf("CF 0x%x, without 0x%x\n", after(CARRY, 0) & CARRY,
           after(0, CARRY) & CARRY);
    printf("OF 0x%x, without 0x%x\n", after(OVERFLOW_, 0) & OVERFLOW_,
           after(0, OVERFLOW_) & OVERFLOW_);
    printf("DF 0x%x, without 0x%x\n", after(DIRECTION, 0) & DIRECTION,
           after(0, DIRECTION) & DIRECTION);
    printf("IOPL 0x%x\n", after(IOPL, 0) & IOPL);
    printf("NT 0x%x\n", after(NESTED, 0) & NESTED);
    printf("without IF 0x%x\n", after(0, ENABLED) & ENABLED);
    printf("VM 0x%x\n", after(VIRTUAL, 0) & VIRTUAL);
    action.sa_flags = 0; /* the other kind of frame */
    sigaction(SIGUSR1, &action, NULL);
    return 0;
}
