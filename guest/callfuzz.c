/*
 * callfuzz [SEED=1 [CHILDREN=24 [CALLS=150]]]: random system calls with hostile
 * arguments.
 *
 * Prints:
 *      callfuzz: 24 children
 *
 * Why: nothing that a program asks for may bring the kernel down. Each of
 * CHILDREN processes makes up to CALLS system calls, numbers and arguments
 * drawn from SEED: addresses of nothing, of the kernel, of the end of a page,
 * of what may not be written; lengths that are huge or negative. One that
 * sleeps too long is killed; how it ends does not matter.
 *
 * Natively the calls do what they say, to files and processes too: that is why
 * it refuses to run where uname does not say that it is simulated.
 */
#include "draw.h"

#define NUMBERS      460u
#define PATIENCE_MS  50u
#define BUFFER_BYTES (4 * PAGE_BYTES)

enum { SYS_UNAME = 122, SYS_NANOSLEEP = 162, SYS_EXIT_GROUP = 252 };
enum { WAIT_NO_HANG = 1 };

static _Alignas(PAGE_BYTES) uint8_t buffer[BUFFER_BYTES];
static uint32_t edge; /* the end of a page, with nothing behind it */
static uint32_t state;

static uint32_t draw(void)
{
    return draw32(&state);
}

static uint32_t below(uint32_t bound)
{
    return draw() % bound;
}

static uint32_t address(void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static uint32_t hostile_pointer(void)
{
    switch (below(12)) {
    case 0:
        return 0;
    case 1:
        return 0xC0000000u + below(8) * PAGE_BYTES - below(16);
    case 2:
        return 0xFFFFFFFFu - below(32);
    case 3:
        return edge - below(64);
    case 4:
        return edge + below(PAGE_BYTES);
    case 5:
        /* read-only */
        return address((void *)(uintptr_t)main) + below(PAGE_BYTES);
    case 6:
        return address(&state) - below(PAGE_BYTES);
    case 7:
        return 0xBFFFF000u - below(PAGE_BYTES);
    case 8:
        return draw() & ~(PAGE_BYTES - 1);
    default:
        return address(buffer) + below(BUFFER_BYTES) / (1 + 3 * below(2));
    }
}

static uint32_t hostile_argument(void)
{
    switch (below(4)) {
    case 0:
        return below(10); /* often a descriptor */
    case 1:
        return hostile_pointer();
    case 2:
        return draw_hostile(&state);
    default:
        return below(2) != 0 ? hostile_pointer() : address(buffer);
    }
}

/* Structures that calls read: random words, some of them pointers, some of them
 * paths. */
static void fill_buffer(void)
{
    static const char *const names[] = {
        "/dev/zero",      "/dev/null",        ".", "/", "/dev", "/none/x", "",
        "/proc/self/exe", "/dev/../dev/full", "//"};
    uint32_t *words = (uint32_t *)(void *)buffer;

    for (uint32_t i = 0; i < 64; i++)
        words[i + below(BUFFER_BYTES / 4 - 64)] = hostile_argument();
    const char *name = names[below(sizeof names / sizeof names[0])];
    uint8_t *to = buffer + (below(2) != 0 ? 0 : below(BUFFER_BYTES - 32));
    while (*name != '\0')
        *to++ = (uint8_t)*name++;
    *to = 0;
}

static bool may_call(uint32_t number)
{
    return number != SYS_EXIT && number != SYS_EXIT_GROUP;
}

/* Most numbers are drawn evenly; the rest go where much depends on the
 * arguments. */
static uint32_t draw_number(void)
{
    static const uint16_t favoured[] = {
        3,   4,   5,   7,   11,  45,  54,  55,  85,  90,  91,  102,
        114, 120, 125, 145, 146, 163, 168, 173, 174, 180, 186, 192,
        119, 219, 220, 221, 239, 243, 284, 295, 308, 309, 331, 340,
        383, 142, 82,  190, 2,   183, 140, 67,  179, 240};
    uint32_t number;

    do
        number = below(2) != 0 ? below(NUMBERS)
                               : favoured[below(sizeof favoured / 2)];
    while (!may_call(number));
    return number;
}

/* kill(-1) and its like may end brothers, which is as it should be, but never
 * the first process: it is alone in what it waits for. */
static bool ends_all(uint32_t number, const uint32_t *arg)
{
    return (number == SYS_KILL || number == 238 || number == 270 ||
            number == 178) &&
           (int32_t)arg[0] != sys_getpid();
}

noreturn static void run_child(uint32_t calls)
{
    uint32_t arg[6];

    while (calls-- > 0) {
        uint32_t number = draw_number();

        if (below(4) == 0)
            fill_buffer();
        for (uint32_t i = 0; i < 6; i++)
            arg[i] = hostile_argument();
        if (!ends_all(number, arg))
            syscall6(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    }
    sys_exit(0);
}

static void make_edge(void)
{
    uint32_t pages = sys_mmap_anonymous(2 * PAGE_BYTES);

    if (is_error(pages))
        fail("mmap", (int32_t)pages);
    edge = pages + PAGE_BYTES;
    sys_munmap((void *)(uintptr_t)edge, PAGE_BYTES);
}

/* Waits for the child as long as its patience lasts, and then kills it. */
static void see_off(int32_t pid)
{
    const uint32_t millisecond[2] = {0, 1000000};

    for (uint32_t ms = 0; ms < PATIENCE_MS; ms++) {
        if (sys_waitpid(pid, NULL, WAIT_NO_HANG) != 0)
            return;
        syscall6(SYS_NANOSLEEP, (uint32_t)(uintptr_t)millisecond, 0, 0, 0, 0,
                 0);
    }
    sys_kill(pid, SIGNAL_KILL);
    wait_for(pid);
}

static bool is_simulated(void)
{
    static char names[6][65];

    syscall6(SYS_UNAME, address(names), 0, 0, 0, 0, 0);
    return names[1][0] == 'm' && names[1][1] == 'm' && names[1][2] == 'u';
}

int main(int argc, char **argv)
{
    uint32_t seed = number_argument(argc, argv, 1, 1);
    uint32_t children = number_argument(argc, argv, 2, 24);
    uint32_t calls = number_argument(argc, argv, 3, 150);

    if (!is_simulated()) {
        print("callfuzz: only in the simulator\n");
        return 2;
    }
    make_edge();
    for (uint32_t i = 0; i < children; i++) {
        int32_t pid = fork_or_fail();

        state = seed * 2654435761u + i * 40503u + 1;
        if (state == 0)
            state = 1;
        if (pid == 0)
            run_child(calls);
        see_off(pid);
    }
    print("callfuzz: %u children\n", children);
    return 0;
}
