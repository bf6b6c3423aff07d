/*
 * signals [ADDRESS=0xfffff000]: what each signal's default action does to a
 * child.
 *
 * Prints:
 *      SIGTERM from the parent: signal 15
 *      write to a pipe without a reader: signal 13
 *      division by zero: signal 8
 *      ud2: signal 4
 *      int3: signal 5
 *      SIGABRT to itself: signal 6
 *      hlt: signal 11
 *      read of kernel memory: signal 11
 *
 * Why: exceptions other than page faults, and signals, end a process and
 * nothing else. The last child reads ADDRESS, which must be one that no user
 * may read; the default lies above the user's memory under a 32-bit kernel and
 * under a 64-bit one.
 */
#include "guest.h"

struct trial {
    const char *name;
    void (*act)(uint32_t address);
    uint32_t signal;
    bool from_parent; /* the parent kills the child, which waits for it */
};

static void wait_for_signal(uint32_t address)
{
    int fds[2];
    char byte;
    (void)address;
    pipe_or_fail(fds);
    sys_read(fds[0], &byte, 1); /* never answered: this process holds the other
                                   end itself */
}

static void write_to_nobody(uint32_t address)
{
    int fds[2];
    (void)address;
    pipe_or_fail(fds);
    sys_close(fds[0]);
    sys_write(fds[1], "x", 1);
}

static void divide_by_zero(uint32_t address)
{
    uint32_t low = 1, high = 0;
    (void)address;
    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0u) : "cc");
}

static void undefined_opcode(uint32_t address)
{
    (void)address;
    __asm__ volatile("ud2");
}

static void breakpoint(uint32_t address)
{
    (void)address;
    __asm__ volatile("int3");
}

static void abort_itself(uint32_t address)
{
    (void)address;
    sys_kill(sys_getpid(), SIGNAL_ABRT);
}

static void halt(uint32_t address)
{
    (void)address;
    __asm__ volatile("hlt");
}

static void read_address(uint32_t address)
{
    (void)*(const volatile uint32_t *)(uintptr_t)address;
}

static const struct trial trials[] = {
    {"SIGTERM from the parent", wait_for_signal, SIGNAL_TERM, true},
    {"write to a pipe without a reader", write_to_nobody, SIGNAL_PIPE, false},
    {"division by zero", divide_by_zero, SIGNAL_FPE, false},
    {"ud2", undefined_opcode, SIGNAL_ILL, false},
    {"int3", breakpoint, SIGNAL_TRAP, false},
    {"SIGABRT to itself", abort_itself, SIGNAL_ABRT, false},
    {"hlt", halt, SIGNAL_SEGV, false},
    {"read of kernel memory", read_address, SIGNAL_SEGV, false},
};

static bool run(const struct trial *trial, uint32_t address)
{
    int32_t pid = fork_or_fail();
    if (pid == 0) {
        trial->act(address);
        sys_exit(0);
    }
    if (trial->from_parent)
        sys_kill(pid, (int)trial->signal);
    int status = wait_for(pid);
    if (status_signal(status) == 0)
        print("%s: SURVIVED\n", trial->name);
    else
        print("%s: signal %u\n", trial->name, status_signal(status));
    return status_signal(status) == trial->signal;
}

int main(int argc, char **argv)
{
    uint32_t address = number_argument(argc, argv, 1, 0xfffff000u);
    bool good = true;
    for (uint32_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        good = run(&trials[i], address) && good;
    return good ? 0 : 1;
}
