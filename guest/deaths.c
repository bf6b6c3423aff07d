/*
 * deaths KIND: the program, or a child of its, dies or waits for good, in the
 * way that KIND names.
 *
 * Why: of each death of a signal the simulator has something to say. Natively
 * the same signals kill it; kinds that begin with "wait-" never end
 * there. */
#include "guest.h"

enum {
    SYS_ALARM = 27,
    SYS_PAUSE = 29,
    SYS_SIGNAL = 48,
    SYS_SIGRETURN = 119,
    SYS_POLL = 168,
    SYS_RT_SIGQUEUEINFO = 178,
    SYS_VFORK = 190,
    SYS_TKILL = 238
};

enum { SIGNAL_USR1 = 10, SIGNAL_ALRM = 14, POLL_IN = 1, CODE_QUEUE = -1 };

static int32_t call(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
    return syscall6(number, a, b, c, 0, 0, 0);
}

static void pause_for_good(void)
{
    for (;;)
        call(SYS_PAUSE, 0, 0, 0);
}

/* ---- exceptions ---- */

static void ud2(void)
{
    __asm__ volatile("ud2");
}

/* LOCK BTS of a register, of which all but the first byte is in a page that
 * nobody has fetched. */
__asm__(".text\n .balign 4096\n .skip 4095, 0x90\n"
        "lock_bts: .byte 0xF0, 0x0F, 0xAB, 0xC0\n .balign 4096");
void lock_bts(void);

static void hlt(void)
{
    __asm__ volatile("hlt");
}

static void cli(void)
{
    __asm__ volatile("cli");
}

static void divide(void)
{
    uint32_t low = 1, high = 0;
    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0u) : "cc");
}

static void selector(void)
{
    __asm__ volatile("movw %w0, %%es" : : "r"(0x1b4bu));
}

static void int3(void)
{
    __asm__ volatile("int3");
}

static void into(void)
{
    __asm__ volatile("movb $0x7f, %%al; incb %%al; into" : : : "eax", "cc");
}

static void bound(void)
{
    static const int32_t limits[2] = {0, 1};
    __asm__ volatile("boundl %0, %1" : : "r"(2), "m"(limits));
}

static void null(void)
{
    *(volatile uint32_t *)16 = 1; /* GCC takes address 0 for a trap */
}

/* ---- signals ---- */

static void term(void)
{
    int32_t pid = fork_or_fail();
    if (pid == 0)
        pause_for_good();
    sys_kill(pid, SIGNAL_TERM);
    sys_exit(status_signal(wait_for(pid)) == SIGNAL_TERM ? 0 : 1);
}

static void abort_itself(void)
{
    sys_kill(sys_getpid(), SIGNAL_ABRT);
}

static void tkill(void)
{
    call(SYS_TKILL, (uint32_t)sys_getpid(), SIGNAL_USR1, 0);
}

static void queue(void)
{
    int32_t siginfo[32] = {SIGNAL_USR1, 0, CODE_QUEUE, 12345};
    call(SYS_RT_SIGQUEUEINFO, (uint32_t)sys_getpid(), SIGNAL_USR1,
         (uint32_t)(uintptr_t)siginfo);
}

static void realtime(void)
{
    sys_kill(sys_getpid(), 40);
}

static void alarm_rings(void)
{
    call(SYS_ALARM, 1, 0, 0);
    pause_for_good();
}

static void broken_pipe(void)
{
    int fds[2];
    pipe_or_fail(fds);
    sys_close(fds[0]);
    sys_write(fds[1], "x", 1);
}

/* A handler, and no stack to call it on. */
static void no_stack(void)
{
    call(SYS_SIGNAL, SIGNAL_USR1, 0x1000, 0);
    uint32_t pid = (uint32_t)sys_getpid();
    __asm__ volatile("movl $16, %%esp; int $0x80"
                     :
                     : "a"(37), "b"(pid), "c"(SIGNAL_USR1));
}

static void bad_return(void)
{
    __asm__ volatile("movl $16, %%esp; int $0x80" : : "a"(SYS_SIGRETURN));
}

/* The first process ends, a child is left. */
static void left_over(void)
{
    if (fork_or_fail() == 0)
        pause_for_good();
    sys_sched_yield();
    sys_exit(3);
}

/* ---- those that wait for good ---- */

static void wait_own_pipe(void)
{
    int fds[2];
    char byte;
    pipe_or_fail(fds);
    sys_read(fds[0], &byte, 1);
}

static void wait_each_other(void)
{
    int there[2], back[2];
    char byte;
    pipe_or_fail(there);
    pipe_or_fail(back);
    bool child = fork_or_fail() == 0;
    sys_close(child ? there[1] : there[0]);
    sys_close(child ? back[0] : back[1]);
    sys_read(child ? there[0] : back[0], &byte, 1);
}

static void wait_child(void)
{
    int32_t pid = fork_or_fail();
    if (pid == 0)
        pause_for_good();
    wait_for(pid);
}

static void wait_full_pipe(void)
{
    static char bytes[4096];
    int fds[2];
    pipe_or_fail(fds);
    for (;;)
        sys_write(fds[1], bytes, sizeof bytes);
}

static void wait_poll(void)
{
    int fds[2];
    pipe_or_fail(fds);
    uint32_t polled[2] = {(uint32_t)fds[0], POLL_IN};
    call(SYS_POLL, (uint32_t)(uintptr_t)polled, 1, 0xffffffffu);
}

static void wait_vfork(void)
{
    if (call(SYS_VFORK, 0, 0, 0) == 0)
        pause_for_good();
}

static void wait_many(void)
{
    for (int i = 0; i < 20; i++)
        if (fork_or_fail() == 0)
            pause_for_good();
    pause_for_good();
}

static const struct {
    const char *name;
    void (*die)(void);
} kinds[] = {
    {"ud2", ud2},
    {"lock-bts", lock_bts},
    {"hlt", hlt},
    {"cli", cli},
    {"div", divide},
    {"selector", selector},
    {"int3", int3},
    {"into", into},
    {"bound", bound},
    {"null", null},
    {"term", term},
    {"abort", abort_itself},
    {"tkill", tkill},
    {"queue", queue},
    {"realtime", realtime},
    {"alarm", alarm_rings},
    {"pipe", broken_pipe},
    {"no-stack", no_stack},
    {"bad-return", bad_return},
    {"left-over", left_over},
    {"wait-pause", pause_for_good},
    {"wait-own-pipe", wait_own_pipe},
    {"wait-each-other", wait_each_other},
    {"wait-child", wait_child},
    {"wait-full-pipe", wait_full_pipe},
    {"wait-poll", wait_poll},
    {"wait-vfork", wait_vfork},
    {"wait-many", wait_many},
};

int main(int argc, char **argv)
{
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (word_argument(argc, argv, 1, kinds[i].name))
            kinds[i].die();
    print("usage: deaths KIND\n");
    return 2;
}
