/* hostile.c: see hostile.h. */
#include "hostile.h"

#include "draw.h"

enum {
    CALL_SETITIMER = 104,
    CALL_UNAME = 122,
    CALL_NANOSLEEP = 162,
    CALL_RT_SIGACTION = 174,
    CALL_RT_SIGPROCMASK = 175,
    CALL_SIGALTSTACK = 186
};
enum { WAIT_NO_HANG = 1 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANONYMOUS = 32 };

#define ARENA_LINEAR 0x20000000u
#define SIGNALS      64u
#define SIGNAL_BUS   7u
#define SIGNAL_STOP  19u
/* more than one guard's signals, each within the last one, need */
#define GUARD_STACK 65536u

#define ACTION_INFO     0x00000004u
#define ACTION_ON_STACK 0x08000000u
#define ACTION_NO_DEFER 0x40000000u

static uint32_t state = 1;
static uint8_t guard_stack[GUARD_STACK];
static guard_decides *decide;
static bool frames_have_info;
static int32_t first_pid;
uint32_t guard_last_frame, guard_home; /* assembly's as well */

static uint32_t word_of(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

/* ---- numbers ---- */

void draw_from(uint32_t seed, uint32_t child)
{
    state = seed * 2654435761u + child * 40503u + 1;
    if (state == 0)
        state = 1;
    for (int i = 0; i < 8; i++)
        draw();
}

uint32_t draw(void)
{
    return draw32(&state);
}

uint32_t below(uint32_t bound)
{
    return draw() % bound;
}

bool one_in(uint32_t bound)
{
    return below(bound) == 0;
}

/* ---- memory ---- */

static uint32_t map(uint32_t linear, uint32_t pages, uint32_t rights,
                    uint32_t flags)
{
    return (uint32_t)syscall6(SYS_MMAP2, linear, pages * PAGE_BYTES, rights,
                              MAP_FIXED | MAP_ANONYMOUS | flags, UINT32_MAX, 0);
}

uint32_t arena_linear(enum arena_page page)
{
    return ARENA_LINEAR + (uint32_t)page * PAGE_BYTES;
}

static void protect(enum arena_page page, int rights)
{
    int32_t error =
        sys_mprotect((void *)(uintptr_t)arena_linear(page), PAGE_BYTES, rights);
    if (error != 0)
        fail("mprotect", error);
}

void arena_make(void)
{
    const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    uint32_t made =
        map(ARENA_LINEAR, ARENA_PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    if (is_error(made))
        fail("mmap", (int32_t)made);
    for (uint32_t i = 0; i < ARENA_PAGES * PAGE_WORDS; i += 1 + below(16))
        ((uint32_t *)(uintptr_t)ARENA_LINEAR)[i] = hostile_word();
    protect(ARENA_READ_ONLY, PROT_READ);
    protect(ARENA_NONE, 0);
    protect(ARENA_CODE, all);
    protect(ARENA_CODE + 1, all);
    protect(ARENA_EXECUTABLE, PROT_READ | PROT_EXEC);
    sys_munmap((void *)(uintptr_t)arena_linear(ARENA_HOLE), PAGE_BYTES);
    map(arena_linear(ARENA_SHARED), 1, PROT_READ | PROT_WRITE, MAP_SHARED);
}

void arena_open(enum arena_page first, uint32_t pages)
{
    const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    uint32_t linear = arena_linear(first);
    if (sys_mprotect((void *)(uintptr_t)linear, pages * PAGE_BYTES, all) != 0)
        map(linear, pages, (uint32_t)all, MAP_PRIVATE);
}

void arena_change(void)
{
    uint32_t linear = arena_linear((enum arena_page)below(ARENA_PAGES));
    switch (below(4)) {
    case 0:
        sys_munmap((void *)(uintptr_t)linear, PAGE_BYTES);
        return;
    case 1:
        map(linear, 1 + below(2), below(8),
            one_in(4) ? MAP_SHARED : MAP_PRIVATE);
        return;
    default:
        sys_mprotect((void *)(uintptr_t)linear, PAGE_BYTES * (1 + below(2)),
                     (int)below(8));
    }
}

/* ---- values ---- */

static uint32_t arena_edge(void)
{
    return ARENA_LINEAR + below(ARENA_PAGES + 1) * PAGE_BYTES + below(40) - 20;
}

uint32_t hostile_pointer(void)
{
    switch (below(14)) {
    case 0:
        return below(16);
    case 1:
        return 0xC0000000u + below(8) * PAGE_BYTES - below(16);
    case 2:
        return 0xFFFFFFFFu - below(32);
    case 3:
        return word_of((void *)(uintptr_t)main) + below(PAGE_BYTES);
    case 4:
        return 0xBFFFF000u - below(PAGE_BYTES);
    case 5:
        return draw();
    case 6:
        /* descriptors, the TSS, the IDT */
        return 0xC0000000u + below(PAGE_BYTES);
    case 7:
    case 8:
    case 9:
        return arena_edge();
    default:
        return ARENA_LINEAR + below(ARENA_PAGES * PAGE_BYTES);
    }
}

uint32_t hostile_number(void)
{
    return draw_hostile(&state);
}

uint32_t hostile_word(void)
{
    return one_in(2) ? hostile_pointer() : hostile_number();
}

uint32_t hostile_selector(void)
{
    static const uint8_t likely[] = {
        0,    1,    2,    3,    0x07, 0x0F, 0x17, 0x23, 0x2B, 0x33, 0x3B, 0x43,
        0x60, 0x63, 0x68, 0x6B, 0x73, 0x73, 0x7B, 0x7B, 0x7B, 0x80, 0x83, 0x8B};
    return one_in(6) ? draw() & 0xFFFF : likely[below(sizeof likely)];
}

uint32_t hostile_flags(void)
{
    uint32_t flags = draw() & 0x00000CD5u; /* the arithmetic ones, and DF */
    if (one_in(8))
        flags |= 0x100u; /* TF */
    if (one_in(8))
        flags |= 0x00040000u; /* AC */
    if (one_in(12))
        flags |= 0x4000u; /* NT */
    if (one_in(12))
        flags ^= draw();
    return flags;
}

/* ---- the guard ---- */

/* guard_home: ESP of the innermost guard, 0 where there is none. Signals come
 * with any segment registers and flags.
 */
void guard_enter(uint32_t signal);
noreturn void guard_leave(void);
void guard_signal(uint32_t signal, uint32_t word);

__asm__(".pushsection .text\n"
        ".globl guard_run, guard_call\n"
        "guard_run:\n\t"
        "movl 4(%esp), %eax\n\t"
        "pushal\n\t"
        "pushl guard_home\n\t"
        "movl %esp, guard_home\n\t"
        "movl 40(%eax), %ecx\n\t"
        "movl %ecx, guard_target\n\t"
        "movl 36(%eax), %ecx\n\t"
        "movl %ecx, guard_esp\n\t"
        "movl %eax, %esp\n\t"
        "popal\n\t"
        "popfl\n\t"
        "movl guard_esp, %esp\n\t"
        "jmp *guard_target\n"
        "guard_call:\n\t"
        "movl 4(%esp), %eax\n\t"
        "pushal\n\t"
        "pushl guard_home\n\t"
        "movl %esp, guard_home\n\t"
        "call *%eax\n"
        "guard_leave:\n\t"
        "movl guard_home, %esp\n\t"
        "popl guard_home\n\t"
        "pushl $2\n\t"
        "popfl\n\t"
        "popal\n\t"
        "ret\n"
        "guard_enter:\n\t"
        "pushl %ss\n\t"
        "popl %ds\n\t"
        "pushl %ss\n\t"
        "popl %es\n\t"
        "cld\n\t"
        "movl %esp, guard_last_frame\n\t"
        "jmp guard_signal\n"
        ".popsection\n"
        ".local guard_target, guard_esp\n"
        ".comm guard_target, 4, 4\n"
        ".comm guard_esp, 4, 4\n");

static bool is_fault(uint32_t signal)
{
    return signal == SIGNAL_SEGV || signal == SIGNAL_ILL ||
           signal == SIGNAL_FPE || signal == SIGNAL_TRAP ||
           signal == SIGNAL_BUS;
}

/* The handler of every signal, from guard_enter. Its arguments are the signal
 * and, where the frame has no siginfo, the context itself. */
void guard_signal(uint32_t signal, uint32_t word)
{
    struct signal_context *context = (struct signal_context *)(void *)&word;
    if (frames_have_info) {
        /* cppcheck-suppress objectIndex ; the third argument, of a handler that
         * takes three */
        uint8_t *ucontext = (uint8_t *)(uintptr_t)((uint32_t *)&signal)[2];
        context = (struct signal_context *)(void *)(ucontext + 20);
    }
    if (guard_home != 0 && !decide(signal, context))
        guard_leave();
    if (guard_home == 0 && is_fault(signal))
        sys_exit(3);
}

void guard_signals(guard_decides *decides, bool with_info)
{
    const uint32_t stack[3] = {word_of(guard_stack), 0, sizeof guard_stack};
    const uint32_t flags =
        ACTION_ON_STACK | ACTION_NO_DEFER | (with_info ? ACTION_INFO : 0);
    const uint32_t action[5] = {word_of((void *)(uintptr_t)guard_enter), flags,
                                0, 0, 0};
    const uint32_t none[2] = {0, 0};
    decide = decides;
    frames_have_info = with_info;
    syscall6(CALL_SIGALTSTACK, word_of(stack), 0, 0, 0, 0, 0);
    for (uint32_t signal = 1; signal <= SIGNALS; signal++)
        if (signal != SIGNAL_KILL && signal != SIGNAL_STOP)
            syscall6(CALL_RT_SIGACTION, signal, word_of(action), 0, 8, 0, 0);
    syscall6(CALL_RT_SIGPROCMASK, 2, word_of(none), 0, 8, 0, 0);
}

void guard_timer(uint32_t every_us)
{
    const uint32_t timer[4] = {0, every_us, 0, every_us};
    syscall6(CALL_SETITIMER, 0, word_of(timer), 0, 0, 0, 0);
}

/* ---- the machine ---- */

void only_simulated(const char *who)
{
    static char names[6][65];
    first_pid = sys_getpid();
    syscall6(CALL_UNAME, word_of(names), 0, 0, 0, 0, 0);
    if (names[1][0] == 'm' && names[1][1] == 'm' && names[1][2] == 'u')
        return;
    print("%s: only in the simulator\n", who);
    sys_exit(2);
}

/* All others are children of the first process, or theirs; one of them that
 * jumps here is not to.
 */
static void kill_others(void)
{
    if (sys_getpid() != first_pid)
        sys_exit(3);
    sys_kill(-1, SIGNAL_KILL);
    while (sys_waitpid(-1, NULL, 0) > 0)
        continue;
}

bool see_off(int32_t pid, uint32_t patience_ms)
{
    const uint32_t millisecond[2] = {0, 1000000};
    int status = 0;
    bool ended = false;
    for (uint32_t ms = 0; ms < patience_ms && !ended; ms++) {
        syscall6(CALL_NANOSLEEP, word_of(millisecond), 0, 0, 0, 0, 0);
        ended = sys_waitpid(pid, &status, WAIT_NO_HANG) != 0;
    }
    kill_others();
    return ended && status_signal(status) == 0;
}
