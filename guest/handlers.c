/*
 * handlers: signal handlers, from what they are told to what they leave behind.
 *
 * Prints:
 *      arguments: ok
 *      siginfo: ok
 *      registers: ok
 *      repaired fault: ok
 *      skipped division: ok
 *      mask: ok
 *      both pending: ok
 *      once: ok
 *      interrupted read: ok
 *      restarted read: ok
 *      interrupted sleep: ok
 *      suspend: ok
 *      wait: ok
 *      own stack: ok
 *      no stack: ok
 *      no frame: ok
 *
 * Why: a handler's frame is written by the kernel into pages that may be
 * absent, shared or not there at all, and sigreturn must bring back everything.
 * Each trial is a child, which exits with status 0 where all that it checks
 * held.
 */
#include "guest.h"

enum {
    CALL_ALTERNATE_STACK = 186,
    CALL_RT_SIGRETURN = 173,
    CALL_RT_SIGACTION = 174,
    CALL_RT_SIGPROCMASK = 175,
    CALL_RT_SIGPENDING = 176,
    CALL_RT_SIGTIMEDWAIT = 177,
    CALL_RT_SIGSUSPEND = 179,
    CALL_SETITIMER = 104,
    CALL_NANOSLEEP = 162,
};

enum { BLOCK, UNBLOCK, SET_MASK };

enum { USER_1 = 10, USER_2 = 12, ALARM = 14 };

#define WITH_INFO 0x00000004u
#define ON_STACK  0x08000000u
#define RESTART   0x10000000u
#define NO_DEFER  0x40000000u
#define ONCE      0x80000000u

#define CARRY     0x001u /* of EFLAGS */
#define DIRECTION 0x400u

#define INTERRUPTED (-4) /* -EINTR */

#define ALTERNATE_BYTES 8192u

struct action {
    uint32_t handler, flags, restorer;
    uint64_t mask;
};

struct siginfo {
    int32_t signal, error, code;
    uint32_t word[29]; /* the sender's pid; or the address */
};

struct ucontext {
    uint32_t flags, link, stack[3];
    uint32_t gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t trap, error, eip, cs, eflags, esp_at_signal, ss, fpu_state,
        old_mask, cr2;
    uint64_t mask;
};

/* What handlers leave for the trials to look at. */
volatile uint32_t calls, entry_flags; /* external, since assembly names them */
static volatile uint32_t last_signal, order, seen_code, seen_word, seen_trap,
    seen_error;
static volatile uint32_t seen_cr2, seen_esp;
static volatile bool good_context;
static int pipe_ends[2];
static uint8_t page[3 * PAGE_BYTES];
static uint8_t alternate[ALTERNATE_BYTES];

static uint32_t word_of(const volatile void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static uint64_t bit(uint32_t signal)
{
    return (uint64_t)1 << (signal - 1);
}

static int32_t call4(uint32_t number, uint32_t a, uint32_t b, uint32_t c,
                     uint32_t d)
{
    return syscall6(number, a, b, c, d, 0, 0);
}

static void check(bool good)
{
    if (!good)
        sys_exit(1);
}

static void handle(uint32_t signal, void (*handler)(void), uint32_t flags,
                   uint64_t mask)
{
    const struct action action = {(uint32_t)(uintptr_t)handler, flags, 0, mask};
    check(call4(CALL_RT_SIGACTION, signal, word_of(&action), 0,
                sizeof action.mask) == 0);
}

/* Handlers take arguments of several kinds. */
#define HANDLER(function) ((void (*)(void))(function))

static uint64_t change_mask(uint32_t how, uint64_t mask)
{
    uint64_t before = 0;
    check(call4(CALL_RT_SIGPROCMASK, how, word_of(&mask), word_of(&before),
                sizeof mask) == 0);
    return before;
}

static void raise(uint32_t signal)
{
    check(sys_kill(sys_getpid(), (int)signal) == 0);
}

static void set_timer(uint32_t first_us, uint32_t interval_us)
{
    const uint32_t timer[4] = {0, interval_us, 0, first_us};
    check(call4(CALL_SETITIMER, 0, word_of(timer), 0, 0) == 0);
}

/* ---- handlers ---- */

static void count(int signal)
{
    calls++;
    last_signal = (uint32_t)signal;
    order = order * 100 + (uint32_t)signal;
}

static void look(int signal, struct siginfo *info, struct ucontext *context)
{
    count(signal);
    good_context =
        info->signal == signal && context->flags <= 1 && context->link == 0;
    seen_code = (uint32_t)info->code;
    seen_word = info->word[0];
    seen_trap = context->trap;
    seen_error = context->error;
    seen_cr2 = context->cr2;
    seen_esp = word_of(&signal);
}

static void repair(int signal, struct siginfo *info, struct ucontext *context)
{
    look(signal, info, context);
    check(sys_mprotect((void *)(uintptr_t)(info->word[0] & ~(PAGE_BYTES - 1)),
                       PAGE_BYTES, PROT_READ | PROT_WRITE) == 0);
}

static void skip_two_bytes(int signal, struct siginfo *info,
                           struct ucontext *context)
{
    look(signal, info, context);
    good_context = info->word[0] == context->eip;
    context->eip += 2;
}

static void answer(int signal)
{
    count(signal);
    sys_write(pipe_ends[1], "x", 1);
}

static void leave(int signal)
{
    uint32_t here = word_of(&signal);
    sys_exit(here > word_of(alternate) &&
                     here < word_of(alternate) + ALTERNATE_BYTES
                 ? 0
                 : 1);
}

/* Changes every register that sigreturn is to bring back; in assembly, for a
 * compiler would put back those that its callers rely on. */
void spoil(void);
__asm__(".pushsection .text\n"
        "spoil:\n\t"
        "pushfl\n\t"
        "popl entry_flags\n\t"
        "incl calls\n\t"
        "xorl %eax, %eax\n\t"
        "movl %eax, %ebx\n\t"
        "movl %eax, %ecx\n\t"
        "movl %eax, %edx\n\t"
        "movl %eax, %esi\n\t"
        "movl %eax, %edi\n\t"
        "movl %eax, %ebp\n\t"
        "ret\n"
        ".popsection");

/* ---- trials ---- */

static void arguments(void)
{
    handle(USER_1, HANDLER(count), 0, 0);
    raise(USER_1);
    check(calls == 1 && last_signal == USER_1);
    raise(USER_1);
    check(calls == 2);
}

static void siginfo(void)
{
    handle(USER_1, HANDLER(look), WITH_INFO, 0);
    raise(USER_1);
    check(calls == 1 && last_signal == USER_1 && good_context);
    check(seen_code == 0 && seen_word == (uint32_t)sys_getpid());
}

/* The kill system call itself leaves all but EAX alone, and so must the
 * handler. */
static void registers(void)
{
    uint32_t pid = (uint32_t)sys_getpid();
    uint32_t result, a = pid, c = USER_1, s = 0x22222222, t = 0x33333333, flags;
    handle(USER_1, HANDLER(spoil), 0, 0);
    __asm__ volatile("pushl %%ebp\n\t"
                     "movl $0x44444444, %%ebp\n\t"
                     "std\n\t"
                     "stc\n\t"
                     "int $0x80\n\t"
                     "pushfl\n\t"
                     "cld\n\t"
                     "subl $0x11111111, %%edx\n\t"
                     "subl $0x44444444, %%ebp\n\t"
                     "orl %%edx, %%eax\n\t" /* 0 still, if all is well */
                     "orl %%ebp, %%eax\n\t"
                     "popl %%edx\n\t"
                     "popl %%ebp"
                     : "=a"(result), "+b"(a), "+c"(c), "=d"(flags), "+S"(s),
                       "+D"(t)
                     : "0"(SYS_KILL), "3"(0x11111111)
                     : "cc", "memory");
    check(calls == 1 && result == 0 && a == pid && c == USER_1);
    check(s == 0x22222222 && t == 0x33333333);
    check((flags & (DIRECTION | CARRY)) == (DIRECTION | CARRY) &&
          (entry_flags & DIRECTION) == 0);
}

static void repaired_fault(void)
{
    volatile uint8_t *closed =
        (uint8_t *)((word_of(page) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1));
    *closed = 1;
    check(sys_mprotect((void *)(uintptr_t)closed, PAGE_BYTES, PROT_READ) == 0);
    handle(SIGNAL_SEGV, HANDLER(repair), WITH_INFO, 0);
    closed[5] = 7;
    check(calls == 1 && last_signal == SIGNAL_SEGV && closed[5] == 7 &&
          closed[0] == 1);
    check(seen_code == 2 && seen_word == word_of(&closed[5]) &&
          seen_cr2 == seen_word);
    check(seen_trap == 14 && seen_error == 7);
}

static void skipped_division(void)
{
    uint32_t low = 5, high = 0;
    handle(SIGNAL_FPE, HANDLER(skip_two_bytes), WITH_INFO, 0);
    __asm__ volatile("divl %%ecx" : "+a"(low), "+d"(high) : "c"(0u) : "cc");
    check(calls == 1 && good_context && seen_code == 1 && seen_trap == 0 &&
          low == 5);
}

static void mask(void)
{
    uint64_t pending = 0;
    handle(USER_1, HANDLER(count), 0, 0);
    change_mask(SET_MASK, bit(USER_1) | bit(SIGNAL_KILL));
    raise(USER_1);
    raise(USER_1);
    check(calls == 0);
    check(call4(CALL_RT_SIGPENDING, word_of(&pending), sizeof pending, 0, 0) ==
          0);
    check(pending == bit(USER_1));
    check(change_mask(UNBLOCK, bit(USER_1)) == bit(USER_1));
    check(calls == 1 && change_mask(BLOCK, 0) == 0);
}

/* The lowest is delivered first, and its handler interrupted by the next at
 * once; unless the mask says otherwise. */
static void both_pending(void)
{
    handle(USER_1, HANDLER(count), 0, 0);
    handle(USER_2, HANDLER(count), 0, 0);
    change_mask(BLOCK, bit(USER_1) | bit(USER_2));
    raise(USER_2);
    raise(USER_1);
    change_mask(SET_MASK, 0);
    check(order == 1210);
    handle(USER_1, HANDLER(count), 0, bit(USER_2));
    change_mask(BLOCK, bit(USER_1) | bit(USER_2));
    order = 0;
    raise(USER_2);
    raise(USER_1);
    change_mask(SET_MASK, 0);
    check(order == 1012);
}

static void once(void)
{
    handle(USER_1, HANDLER(count), ONCE | NO_DEFER, 0);
    raise(USER_1);
    check(calls == 1);
    int32_t pid = fork_or_fail();
    if (pid == 0) {
        raise(USER_1);
        sys_exit(0);
    }
    check(status_signal(wait_for(pid)) == USER_1);
}

static void interrupted_read(void)
{
    char byte;
    handle(ALARM, HANDLER(count), 0, 0);
    pipe_or_fail(pipe_ends);
    set_timer(5000, 5000);
    check(sys_read(pipe_ends[0], &byte, 1) == INTERRUPTED && calls > 0);
}

static void restarted_read(void)
{
    char byte = 0;
    handle(ALARM, HANDLER(answer), RESTART, 0);
    pipe_or_fail(pipe_ends);
    set_timer(20000, 0);
    check(sys_read(pipe_ends[0], &byte, 1) == 1 && calls == 1 && byte == 'x');
}

static void interrupted_sleep(void)
{
    const uint32_t wanted[2] = {100, 0};
    uint32_t left[2] = {0, 0};
    handle(ALARM, HANDLER(count), RESTART, 0);
    set_timer(20000, 20000);
    check(call4(CALL_NANOSLEEP, word_of(wanted), word_of(left), 0, 0) ==
          INTERRUPTED);
    check(calls > 0 && left[0] <= 99 && left[0] > 50);
}

static void suspend(void)
{
    const uint64_t none = 0;
    handle(USER_1, HANDLER(count), RESTART, 0);
    change_mask(SET_MASK, bit(USER_1) | bit(USER_2));
    int32_t parent = sys_getpid();
    int32_t pid = fork_or_fail();
    if (pid == 0)
        sys_exit(sys_kill(parent, USER_1) == 0 ? 0 : 1);
    check(call4(CALL_RT_SIGSUSPEND, word_of(&none), sizeof none, 0, 0) ==
          INTERRUPTED);
    check(calls == 1 && change_mask(BLOCK, 0) == (bit(USER_1) | bit(USER_2)));
    check(succeeded(wait_for(pid)));
}

static void wait(void)
{
    const uint64_t wanted = bit(USER_1);
    const uint32_t shortly[2] = {0, 1000000};
    struct siginfo info = {.code = 1}; /* which the kernel replaces */
    int32_t parent = sys_getpid();
    change_mask(SET_MASK, wanted);
    check(call4(CALL_RT_SIGTIMEDWAIT, word_of(&wanted), 0, word_of(shortly),
                sizeof wanted) == -GUEST_EAGAIN);
    int32_t pid = fork_or_fail();
    if (pid == 0)
        sys_exit(sys_kill(parent, USER_1) == 0 ? 0 : 1);
    check(call4(CALL_RT_SIGTIMEDWAIT, word_of(&wanted), word_of(&info), 0,
                sizeof wanted) == USER_1);
    check(info.signal == USER_1 && info.code == 0 &&
          info.word[0] == (uint32_t)pid);
    check(succeeded(wait_for(pid)));
}

static void use_alternate_stack(void)
{
    const uint32_t stack[3] = {word_of(alternate), 0, sizeof alternate};
    check(call4(CALL_ALTERNATE_STACK, word_of(stack), 0, 0, 0) == 0);
}

static void own_stack(void)
{
    uint32_t state[3] = {1, 1, 1}; /* which the kernel replaces */
    use_alternate_stack();
    handle(USER_1, HANDLER(look), WITH_INFO | ON_STACK, 0);
    raise(USER_1);
    check(seen_esp > word_of(alternate) &&
          seen_esp < word_of(alternate) + ALTERNATE_BYTES);
    check(call4(CALL_ALTERNATE_STACK, 0, word_of(state), 0, 0) == 0);
    check(state[0] == word_of(alternate) && state[1] == 0 &&
          state[2] == ALTERNATE_BYTES);
}

/* A fault with ESP at 16, so that nothing can be pushed: `handler_flags` decide
 * what happens. */
static int32_t fault_without_stack(uint32_t handler_flags)
{
    int32_t pid = fork_or_fail();
    if (pid == 0) {
        use_alternate_stack();
        handle(SIGNAL_SEGV, HANDLER(leave), handler_flags, 0);
        __asm__ volatile("movl $16, %esp\n\t"
                         "pushl $0\n\t"
                         "hlt");
    }
    return pid;
}

static void no_stack(void)
{
    check(status_signal(wait_for(fault_without_stack(0))) == SIGNAL_SEGV);
    check(succeeded(wait_for(fault_without_stack(ON_STACK))));
}

static void no_frame(void)
{
    int32_t pid = fork_or_fail();
    if (pid == 0)
        __asm__ volatile("movl $16, %%esp\n\t"
                         "int $0x80\n\t"
                         "hlt"
                         :
                         : "a"(CALL_RT_SIGRETURN));
    check(status_signal(wait_for(pid)) == SIGNAL_SEGV);
}

struct trial {
    const char *name;
    void (*act)(void);
};

static const struct trial trials[] = {
    {"arguments", arguments},
    {"siginfo", siginfo},
    {"registers", registers},
    {"repaired fault", repaired_fault},
    {"skipped division", skipped_division},
    {"mask", mask},
    {"both pending", both_pending},
    {"once", once},
    {"interrupted read", interrupted_read},
    {"restarted read", restarted_read},
    {"interrupted sleep", interrupted_sleep},
    {"suspend", suspend},
    {"wait", wait},
    {"own stack", own_stack},
    {"no stack", no_stack},
    {"no frame", no_frame},
};

static bool run(const struct trial *trial)
{
    int32_t pid = fork_or_fail();
    if (pid == 0) {
        trial->act();
        sys_exit(0);
    }
    int status = wait_for(pid);
    if (succeeded(status))
        print("%s: ok\n", trial->name);
    else if (status_signal(status) != 0)
        print("%s: KILLED by signal %u\n", trial->name, status_signal(status));
    else
        print("%s: WRONG\n", trial->name);
    return succeeded(status);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    bool good = true;
    for (uint32_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        good = run(&trials[i]) && good;
    return good ? 0 : 1;
}
