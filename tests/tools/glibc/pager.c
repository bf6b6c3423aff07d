/* pager.c: a pager in user space: SIGSEGV's handler, on a stack of its own,
 * brings in pages that are not there, write by write. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 32u

static unsigned char *area;
static volatile unsigned reads, writes, maperr, accerr;
static unsigned char dirty[PAGES];
static sigjmp_buf out;
static char alternate[32768];

static void bring_in(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *user = context;
    uintptr_t linear = (uintptr_t)info->si_addr;
    unsigned page = (unsigned)(linear - (uintptr_t)area) / PAGE;
    unsigned error = (unsigned)user->uc_mcontext.gregs[REG_ERR];
    char here;
    if (signal != SIGSEGV || &here < alternate ||
        &here >= alternate + sizeof alternate)
        _exit(2);
    maperr += info->si_code == SEGV_MAPERR;
    accerr += info->si_code == SEGV_ACCERR;
    if (linear < (uintptr_t)area || page >= PAGES)
        siglongjmp(out, 1);
    if ((error & 2) == 0) {
        reads++;
        mprotect(area + page * PAGE, PAGE, PROT_READ);
        return;
    }
    writes++;
    dirty[page] = 1;
    mprotect(area + page * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

static void overflow(volatile char *above)
{
    volatile char frame[4096];
    frame[0] = *above;
    overflow(frame);
    frame[1] = 1;
}

static void touch(void)
{
    unsigned total = 0;
    for (unsigned i = 0; i < PAGES; i++)
        total += area[i * PAGE + i];
    for (unsigned i = 0; i < PAGES; i += 3)
        area[i * PAGE + i]++;
    for (unsigned i = 0; i < PAGES; i++)
        total += area[i * PAGE + i];
    printf("total %u, reads %u, writes %u, dirty ", total, reads, writes);
    for (unsigned i = 0; i < PAGES; i++)
        putchar(dirty[i] ? '*' : '.');
    putchar('\n');
}

int main(void)
{
    const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_sigaction = bring_in,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    area =
        mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    touch();
    reads = writes = 0;
    memset(dirty, 0, sizeof dirty);
    mprotect(area, PAGES * PAGE, PROT_READ);
    fflush(stdout);
    if (fork() == 0) {
        touch();
        return 0;
    }
    wait(NULL);
    touch();
    if (sigsetjmp(out, 1) == 0)
        *(volatile int *)16 = 1;
    if (sigsetjmp(out, 1) == 0)
        *(volatile int *)main = 1;
    if (sigsetjmp(out, 1) == 0)
        ((void (*)(void))8)();
    if (sigsetjmp(out, 1) == 0)
        overflow(alternate);
    printf("not mapped %u, not allowed %u\n", maperr, accerr);
    return 0;
}
