/*
 * sigfuzz [SEED=1 [CHILDREN=24 [STEPS=60]]]: random system calls, and forged
 * signal frames.
 *
 * Prints:
 *      sigfuzz: 24 children, 5 came to their ends
 *
 * Why: nothing that a program hands to its kernel may bring the machine down,
 * its own registers in a signal's frame least of all. Each of CHILDREN
 * processes makes STEPS steps drawn from SEED: system calls with hostile
 * arguments; sigreturn from frames that are noise, or genuine but for a few
 * words, anywhere in memory; handlers that change the frame they return by;
 * stacks for signals in odd places; memory mapped over code and stack; forks,
 * execs, pipes, timers, signals sent to each other; descriptors of the
 * process's own. What they do to each other does not matter.
 */
#include "hostile.h"

#define PATIENCE_MS 40u
#define SIGNALS_MAX 40u /* under one guard */
#define FRAME_BYTES 1400u
#define FRAME_WORDS (FRAME_BYTES / 4)

enum {
    CALL_ALARM = 27,
    CALL_GETPPID = 64,
    CALL_SETITIMER = 104,
    CALL_SIGRETURN = 119,
    CALL_CLONE = 120,
    CALL_MODIFY_LDT = 123,
    CALL_MREMAP = 163,
    CALL_RT_SIGRETURN = 173,
    CALL_RT_SIGACTION = 174,
    CALL_RT_SIGPROCMASK = 175,
    CALL_RT_SIGTIMEDWAIT = 177,
    CALL_RT_SIGQUEUEINFO = 178,
    CALL_RT_SIGSUSPEND = 179,
    CALL_SIGALTSTACK = 186,
    CALL_TKILL = 238,
    CALL_SET_THREAD_AREA = 243,
    CALL_EXIT_GROUP = 252,
    CALL_TGKILL = 270
};

static char *program;     /* its own path */
static uint32_t first;    /* the process that all others are children of */
static bool was_executed; /* by one that said which that is */
static uint32_t taken;
static bool asks_for_info;
static uint32_t genuine[FRAME_WORDS]; /* the last frame that a handler saw */
static uint32_t genuine_bytes;

static uint32_t word_of(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static int32_t call4(uint32_t number, uint32_t a, uint32_t b, uint32_t c,
                     uint32_t d)
{
    return syscall6(number, a, b, c, d, 0, 0);
}

/* ---- what handlers do ---- */

static void keep_frame(void)
{
    const uint32_t *frame = (const uint32_t *)(uintptr_t)guard_last_frame;
    uint32_t page_left = PAGE_BYTES - guard_last_frame % PAGE_BYTES;
    uint32_t words = page_left < 300 ? 75 : page_left / 4;
    if (words > FRAME_WORDS)
        words = FRAME_WORDS;
    for (uint32_t i = 0; i < words; i++)
        genuine[i] = frame[i];
    genuine_bytes = words * 4;
}

static void spoil_context(struct signal_context *context)
{
    uint32_t *words = &context->gs;
    uint32_t count = 1 + below(3);
    while (count-- > 0) {
        uint32_t word = below(sizeof *context / 4);
        bool selector = word < 4 || word == 15 || word == 18;
        words[word] = selector     ? hostile_selector()
                      : word == 16 ? hostile_flags() ^ (one_in(3) ? draw() : 0)
                                   : hostile_word();
    }
}

static bool decides(uint32_t signal, struct signal_context *context)
{
    (void)signal;
    if (taken == 0 || one_in(4))
        keep_frame();
    if (++taken > SIGNALS_MAX)
        return false;
    switch (below(6)) {
    case 0:
    case 1:
        return false;
    case 2:
        spoil_context(context);
        return true;
    case 3:
        /* one within the other */
        call4(CALL_TKILL, (uint32_t)sys_getpid(), 1 + below(31), 0, 0);
        return true;
    case 4:
        context->eip += below(4);
        return true;
    default:
        return true;
    }
}

/* ---- code that runs under the guard ---- */

/* Code of the arena's: anything that ends in a signal will do. */
static uint32_t write_code(const uint8_t *code, uint32_t bytes)
{
    arena_open(ARENA_CODE, 2);
    uint32_t linear =
        arena_linear(ARENA_CODE) + below(2 * PAGE_BYTES - bytes - 2);
    uint8_t *to = (uint8_t *)(uintptr_t)linear;
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = code[i];
    to[bytes] = one_in(3) ? 0xF4 : 0xCC; /* HLT, INT3 */
    to[bytes + 1] = 0x0B;
    return linear;
}

static void run(const struct machine_state *start)
{
    taken = 0;
    guard_run(start);
}

static void noise_state(struct machine_state *state)
{
    uint32_t *words = (uint32_t *)(void *)state;
    for (uint32_t i = 0; i < sizeof *state / sizeof *words; i++)
        words[i] = hostile_word();
    state->eflags = hostile_flags();
}

/* ---- forged frames ---- */

/* Where a frame goes: within the arena's stack, at the end of a page, or
 * nowhere good. */
static uint32_t frame_place(void)
{
    switch (below(6)) {
    case 0:
        return arena_linear(ARENA_STACK) + 2 * PAGE_BYTES - below(FRAME_BYTES);
    case 1:
        return hostile_pointer();
    case 2:
        return arena_linear(ARENA_DATA_AGAIN) + PAGE_BYTES - below(FRAME_BYTES);
    default:
        return arena_linear(ARENA_STACK) + below(2 * PAGE_BYTES - FRAME_BYTES);
    }
}

static bool is_writable(uint32_t linear, uint32_t bytes)
{
    uint32_t stack = arena_linear(ARENA_STACK),
             data = arena_linear(ARENA_DATA_AGAIN);
    return (linear >= stack && linear + bytes <= stack + 2 * PAGE_BYTES) ||
           (linear >= data && linear + bytes <= data + PAGE_BYTES);
}

/* Words near each other, often the context's, of a frame that is good
 * elsewhere. */
static void spoil_frame(uint32_t *frame, uint32_t words)
{
    uint32_t count = below(6);
    while (count-- > 0) {
        uint32_t word =
            one_in(4) ? below(words) : below(words < 70 ? words : 70);
        frame[word] = one_in(4)   ? hostile_selector()
                      : one_in(3) ? frame[word] ^ 1u << below(32)
                                  : hostile_word();
    }
}

static void write_frame(uint32_t linear)
{
    uint32_t words = genuine_bytes / 4;
    if (words == 0 || one_in(8)) {
        words = 80;
        for (uint32_t i = 0; i < words; i++)
            genuine[i] = one_in(3) ? hostile_selector() : hostile_word();
    }
    if (!is_writable(linear, words * 4))
        words = is_writable(linear, 64) ? 16 : 0;
    uint32_t *frame = (uint32_t *)(uintptr_t)linear;
    for (uint32_t i = 0; i < words; i++)
        frame[i] = genuine[i];
    if (words > 0)
        spoil_frame(frame, words);
}

static void forge(void)
{
    static const uint8_t call[] = {0xCD, 0x80};
    struct machine_state start;
    uint32_t linear = frame_place();
    bool with_info = one_in(2);
    noise_state(&start);
    arena_open(ARENA_STACK, 2);
    arena_open(ARENA_DATA_AGAIN, 1);
    write_frame(linear);
    start.eip = write_code(call, sizeof call);
    start.eax = with_info ? CALL_RT_SIGRETURN : CALL_SIGRETURN;
    start.esp = linear + (one_in(8) ? hostile_number() : with_info ? 4 : 8);
    run(&start);
}

/* A signal that comes in code with any registers. */
static void raise_anywhere(void)
{
    static const uint8_t faults[][4] = {
        {0xF4}, {0x0F, 0x0B}, {0xCC}, {0x8B, 0x00}, {0xF7, 0xF0},
        {0x50}, {0xCD, 0x80}, {0xCF}, {0x9D, 0x9C}, {0xEB, 0xFE}};
    struct machine_state start;
    noise_state(&start);
    start.eip = write_code(faults[below(sizeof faults / sizeof faults[0])], 2);
    if (one_in(2))
        start.esp = arena_linear(ARENA_STACK) + PAGE_BYTES;
    run(&start);
}

/* ---- signals ---- */

static void place_signal_stack(void)
{
    const uint32_t stack[3] = {
        one_in(3) ? hostile_pointer() : arena_linear(ARENA_STACK) + draw() % 64,
        one_in(6)   ? draw()
        : one_in(4) ? 0x80000000u
                    : below(3),
        one_in(3) ? hostile_number() : 2048 + below(4096)};
    call4(CALL_SIGALTSTACK, word_of(stack), one_in(4) ? hostile_pointer() : 0,
          0, 0);
}

static uint32_t somebody(void)
{
    uint32_t self = (uint32_t)sys_getpid();
    uint32_t other = self + below(6) - 2;
    return other == first || one_in(2) ? self : other;
}

static void send(void)
{
    uint32_t signal = one_in(4) ? below(70) : 10 + 2 * below(4);
    switch (below(4)) {
    case 0:
        sys_kill((int32_t)somebody(), (int)signal);
        return;
    case 1:
        call4(CALL_TKILL, somebody(), signal, 0, 0);
        return;
    case 2:
        call4(CALL_TGKILL, somebody(), somebody(), signal, 0);
        return;
    default:
        call4(CALL_RT_SIGQUEUEINFO, somebody(), signal, hostile_pointer(), 0);
    }
}

/* About a quarter of its bits are set. */
static uint32_t sparse(void)
{
    uint32_t half = draw();
    return half & draw();
}

static void change_action(void)
{
    const uint32_t action[5] = {one_in(3) ? below(3) : hostile_pointer(),
                                draw(), hostile_pointer(), sparse(), 0};
    call4(CALL_RT_SIGACTION, 1 + below(64),
          one_in(12) ? hostile_pointer() : word_of(action),
          one_in(4) ? hostile_pointer() : 0, 8);
}

static void change_mask(void)
{
    const uint32_t mask[2] = {sparse(), sparse()};
    call4(CALL_RT_SIGPROCMASK, below(4), word_of(mask), 0, 8);
}

static void set_timer(void)
{
    const uint32_t timer[4] = {one_in(8) ? hostile_number() : 0, below(4000),
                               one_in(8) ? hostile_number() : 0, below(4000)};
    if (one_in(4))
        call4(CALL_ALARM, below(3), 0, 0, 0);
    else
        call4(CALL_SETITIMER, below(4), word_of(timer),
              one_in(4) ? hostile_pointer() : 0, 0);
}

static void wait_for_signal(void)
{
    const uint32_t mask[2] = {sparse(), draw()};
    const uint32_t shortly[2] = {0, below(2000000)};
    if (one_in(4))
        call4(CALL_RT_SIGSUSPEND, word_of(mask), 8, 0, 0);
    else
        call4(CALL_RT_SIGTIMEDWAIT, word_of(mask), hostile_pointer(),
              word_of(shortly), 8);
}

/* ---- memory ---- */

static uint32_t some_page(void)
{
    switch (below(6)) {
    case 0:
        return word_of((void *)(uintptr_t)main) & ~(PAGE_BYTES - 1);
    case 1:
        return word_of(&taken) & ~(PAGE_BYTES - 1);
    case 2:
        return (word_of(__builtin_frame_address(0)) & ~(PAGE_BYTES - 1)) -
               below(4) * PAGE_BYTES;
    case 3:
        return sys_brk(0) & ~(PAGE_BYTES - 1);
    default:
        return hostile_pointer() & ~(PAGE_BYTES - 1);
    }
}

/* Few of these hit code or stack: afterwards there is nothing more to attack
 * with. */
static uint32_t victim(void)
{
    return one_in(12) ? some_page()
                      : arena_linear((enum arena_page)below(ARENA_PAGES));
}

static uint32_t some_bytes(void)
{
    return one_in(8)
               ? hostile_number()
               : (1 + below(4)) * PAGE_BYTES - (one_in(6) ? below(99) : 0);
}

static void change_memory(void)
{
    switch (below(6)) {
    case 0:
        syscall6(SYS_MMAP2, victim(), some_bytes(), below(8),
                 one_in(6) ? draw() : 0x32 ^ below(4),
                 one_in(3) ? below(5) : UINT32_MAX, below(3));
        return;
    case 1:
        sys_munmap((void *)(uintptr_t)victim(), some_bytes());
        return;
    case 2:
        sys_mprotect((void *)(uintptr_t)victim(), some_bytes(), (int)below(9));
        return;
    case 3:
        syscall6(CALL_MREMAP, victim(), some_bytes(), some_bytes(), below(4),
                 victim(), 0);
        return;
    case 4:
        sys_brk(sys_brk(0) + some_bytes() - (one_in(2) ? 2 * PAGE_BYTES : 0));
        return;
    default:
        arena_change();
    }
}

/* ---- processes ---- */

static void write_number(char text[11], uint32_t number)
{
    uint32_t power = 1000000000;
    for (; power > 0; power /= 10)
        *text++ = (char)('0' + number / power % 10);
    *text = 0;
}

static void exec_itself(void)
{
    static char seed[11], parent[11], children[] = "0", count[] = "20";
    char *const arguments[] = {program, seed, children, count, parent, NULL};
    if (was_executed)
        return;
    write_number(seed, draw());
    write_number(parent, first);
    sys_execve(
        one_in(8) ? (const char *)(uintptr_t)hostile_pointer() : program,
        one_in(8) ? (char *const *)(uintptr_t)hostile_pointer() : arguments,
        one_in(4) ? (char *const *)(uintptr_t)hostile_pointer() : arguments);
}

static void steps(uint32_t count);

static void become_child(uint32_t left)
{
    draw();
    if (one_in(4))
        exec_itself();
    steps(left < 10 ? left : 10);
    syscall6(one_in(2) ? SYS_EXIT : CALL_EXIT_GROUP, draw(), 0, 0, 0, 0, 0);
}

static void make_process(uint32_t left)
{
    int32_t pid;
    if (!one_in(3) && one_in(2))
        pid = call4(CALL_CLONE, (one_in(4) ? draw() : 0) | below(64), 0,
                    hostile_pointer(), hostile_pointer()); /* a vfork among
                                                              them, which
                                                              returns on the
                                                              same stack */
    else
        pid = sys_fork();
    if (pid == 0)
        become_child(left);
    if (one_in(2))
        sys_waitpid(pid, NULL, (int)below(4));
}

static void use_pipe(void)
{
    static int ends[2] = {3, 4};
    switch (below(4)) {
    case 0:
        sys_pipe(ends);
        return;
    case 1:
        sys_close(ends[below(2)]);
        return;
    case 2:
        sys_write(ends[1], (const void *)(uintptr_t)hostile_pointer(),
                  some_bytes());
        return;
    default:
        sys_write(ends[1], "x", 1);
        sys_read(ends[0], (void *)(uintptr_t)hostile_pointer(), 1);
    }
}

/* ---- descriptors ---- */

static void load_selector(uint32_t selector)
{
    static const uint8_t loads[][4] = {
        {0x8E, 0xD8}, {0x8E, 0xC0}, {0x8E, 0xE0}, {0x8E, 0xE8}, {0x8E, 0xD0},
        {0x50, 0x1F}, {0x8E, 0xE8}, {0x65, 0xA1}, {0x0F, 0x03}};
    struct machine_state start;
    noise_state(&start);
    start.eax = selector;
    start.esp = arena_linear(ARENA_STACK) + PAGE_BYTES;
    start.eip = write_code(loads[below(sizeof loads / sizeof loads[0])],
                           2 + below(2) * 2);
    run(&start);
}

static void make_descriptor(void)
{
    uint32_t number =
        one_in(8) ? hostile_number() : below(one_in(2) ? 4 : 8200);
    uint32_t descriptor[4] = {number, one_in(2) ? 0 : hostile_word(),
                              one_in(2) ? 0xFFFFF : hostile_number(),
                              draw() & 0x7F};
    if (one_in(2)) {
        static const uint8_t functions[] = {0, 1, 1, 1, 2, 0x11, 0x11, 3};
        call4(CALL_MODIFY_LDT, functions[below(sizeof functions)],
              one_in(12) ? hostile_pointer() : word_of(descriptor),
              one_in(8) ? hostile_number() : sizeof descriptor, 0);
        load_selector((number << 3 & 0xFFF8) | 7);
        return;
    }
    if (one_in(2))
        descriptor[0] = one_in(2) ? UINT32_MAX : 5 + below(6);
    call4(CALL_SET_THREAD_AREA, word_of(descriptor), 0, 0, 0);
    load_selector(descriptor[0] << 3 | 3);
}

/* ---- anything ---- */

static bool ends_all(uint32_t number, const uint32_t *arg)
{
    return (number == SYS_KILL || number == CALL_TKILL ||
            number == CALL_TGKILL || number == CALL_RT_SIGQUEUEINFO) &&
           arg[0] != (uint32_t)sys_getpid();
}

static void call_anything(void)
{
    uint32_t number = below(460);
    uint32_t arg[6];
    for (int i = 0; i < 6; i++)
        arg[i] = one_in(3) ? below(8) : hostile_word();
    if (number != SYS_EXIT && number != CALL_EXIT_GROUP &&
        !ends_all(number, arg))
        syscall6(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

static void restore_guard(void)
{
    arena_make();
    guard_signals(decides, asks_for_info);
}

static void steps(uint32_t count)
{
    static void (*const kinds[])(void) = {
        forge,          forge,           forge,
        raise_anywhere, raise_anywhere,  send,
        send,           change_action,   change_mask,
        set_timer,      change_memory,   change_memory,
        use_pipe,       make_descriptor, wait_for_signal,
        call_anything,  call_anything,   place_signal_stack};
    while (count-- > 0) {
        if (!one_in(3))
            restore_guard();
        taken = 0;
        if (one_in(25))
            make_process(count);
        else
            guard_call(kinds[below(sizeof kinds / sizeof kinds[0])]);
    }
}

int main(int argc, char **argv)
{
    uint32_t seed = number_argument(argc, argv, 1, 1);
    uint32_t children = number_argument(argc, argv, 2, 24);
    uint32_t count = number_argument(argc, argv, 3, 60);
    uint32_t ended = 0;

    only_simulated("sigfuzz");
    program = argv[0];
    first = number_argument(argc, argv, 4, (uint32_t)sys_getpid());
    was_executed = argc > 4;
    draw_from(seed, 0);
    arena_make();
    /* with whatever arguments */
    if (was_executed || call4(CALL_GETPPID, 0, 0, 0, 0) != 1) {
        steps(count);
        return 0;
    }
    for (uint32_t i = 0; i < children; i++) {
        int32_t pid = fork_or_fail();
        if (pid == 0) {
            draw_from(seed, i + 1);
            asks_for_info = one_in(2);
            steps(count);
            sys_exit(0);
        }
        ended += see_off(pid, PATIENCE_MS);
    }
    print("sigfuzz: %u children, %u came to their ends\n", children, ended);
    return 0;
}
