/*
 * file: a pipe read into a page shared by copy-on-write.
 *
 * Prints:
 *      child 0: ok
 *      child 1: ok
 *      child 2: ok
 *      child 3: ok
 *      parent: ok
 *
 * Why: the store to `buffer` is the kernel's own, which a 386 does not check
 * against the R/W bit. A kernel that does not break sharing by hand before it
 * copies out lets what one child reads leak into its parent and its
 * brothers. */
#include "guest.h"

#define CHILDREN 4u
#define TAG      0xf11e0000u

static _Alignas(PAGE_BYTES) volatile uint32_t buffer[PAGE_WORDS];

static uint32_t value_for(uint32_t child)
{
    return 1000 + child;
}

/* Whether the buffer holds what the parent put there, from the word first
 * on. */
static bool holds_tags(uint32_t first)
{
    for (uint32_t i = first; i < PAGE_WORDS; i++)
        if (buffer[i] != TAG + i)
            return false;
    return true;
}

static int child(uint32_t number, int fd)
{
    if (!holds_tags(0))
        return 1;
    if (sys_read(fd, (void *)buffer, sizeof(uint32_t)) != sizeof(uint32_t))
        return 2;
    sys_sched_yield();
    return buffer[0] == value_for(number) && holds_tags(1) ? 0 : 3;
}

int main(int argc, char **argv)
{
    int fds[CHILDREN][2];
    int32_t pids[CHILDREN];
    bool good = true;

    (void)argc;
    (void)argv;
    for (uint32_t i = 0; i < PAGE_WORDS; i++)
        buffer[i] = TAG + i;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        pipe_or_fail(fds[i]);
        pids[i] = fork_or_fail();
        if (pids[i] == 0)
            sys_exit(child(i, fds[i][0]));
    }
    for (uint32_t i = 0; i < CHILDREN; i++) {
        uint32_t value = value_for(i);
        if (sys_write(fds[i][1], &value, sizeof value) != sizeof value)
            good = false;
    }
    for (uint32_t i = 0; i < CHILDREN; i++) {
        bool child_good = succeeded(wait_for(pids[i]));
        print("child %u: %s\n", i, child_good ? "ok" : "FAILED");
        good = good && child_good;
    }
    good = holds_tags(0) && good;
    print("parent: %s\n", good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
