/*
 * oom [PAGES=256]: a child that takes memory until PAGES or death.
 * oom fork [PAGES=256 [FORKS=8]]: forks, each child living on, with PAGES of
 * private memory.
 *
 * Prints, where memory is plentiful:
 *      child finished                  forks: 8 ok
 *      parent wrote 16 pages: ok       reaped 8: ok
 * and where it is not:
 *      child killed by signal 9        fork: ENOMEM after 2
 *      parent wrote 16 pages: ok       reaped 2: ok
 *
 * Why: when no frame is left, the process that needs one dies, alone: its
 * frames come back and its parent goes on. A fork that cannot have what it
 * needs fails and leaves nothing behind; an eager one needs everything at once
 * and fails early.
 */
#include "pages.h"

#define PARENT_PAGES 16u
#define CHUNK_PAGES  16u
#define MAX_FORKS    64u

enum { FINISHED = 0, REFUSED = 2 };

static int devour(uint32_t pages)
{
    while (pages > 0) {
        uint32_t count = pages < CHUNK_PAGES ? pages : CHUNK_PAGES;
        uint8_t *start = grow_heap(count);
        if (start == NULL)
            return REFUSED;
        write_pages(start, count, 0xdead0000u);
        pages -= count;
    }
    return FINISHED;
}

static void print_fate(int status)
{
    if (status_signal(status) == 0 && status_code(status) == FINISHED)
        print("child finished\n");
    else if (status_signal(status) == 0 && status_code(status) == REFUSED)
        print("child refused memory\n");
    else
        print_end("child", status);
}

static int death_of_a_child(uint32_t pages)
{
    int32_t pid = fork_or_fail();
    if (pid == 0)
        sys_exit(devour(pages));
    print_fate(wait_for(pid));

    uint8_t *start = grow_heap(PARENT_PAGES);
    if (start == NULL)
        fail("brk", -GUEST_ENOMEM);
    write_pages(start, PARENT_PAGES, 0x11fe0000u);
    bool good = hold(start, PARENT_PAGES, 0x11fe0000u);
    print("parent wrote %u pages: %s\n", PARENT_PAGES, good ? "ok" : "FAILED");
    return good ? 0 : 1;
}

/* Lives until the parent closes its end of the pipe. */
static noreturn void linger(const int fds[2])
{
    char byte;
    sys_close(fds[1]);
    sys_exit(sys_read(fds[0], &byte, 1) == 0 ? 0 : 1);
}

/* A child may itself have died for want of memory: that too is an end. */
static bool ended_well(int status)
{
    return succeeded(status) || status_signal(status) == SIGNAL_KILL;
}

static int forks_until_refused(uint32_t pages, uint32_t forks)
{
    int32_t pids[MAX_FORKS];
    int fds[2];
    int32_t error = 0;
    uint32_t count = 0;

    uint8_t *start = grow_heap(pages);
    if (start == NULL)
        fail("brk", -GUEST_ENOMEM);
    write_pages(start, pages, 0xf04c0000u);
    pipe_or_fail(fds);
    while (count < forks) {
        pids[count] = sys_fork();
        if (pids[count] == 0)
            linger(fds);
        if (pids[count] < 0) {
            error = pids[count];
            break;
        }
        count++;
    }
    if (error != 0)
        print("fork: %s after %u\n", error_name(error), count);
    else
        print("forks: %u ok\n", count);

    sys_close(fds[1]);
    bool good = true;
    for (uint32_t i = 0; i < count; i++)
        good = ended_well(wait_for(pids[i])) && good;
    good = hold(start, pages, 0xf04c0000u) && good;
    print("reaped %u: %s\n", count, good ? "ok" : "FAILED");
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (!word_argument(argc, argv, 1, "fork"))
        return death_of_a_child(number_argument(argc, argv, 1, 256));
    uint32_t forks = number_argument(argc, argv, 3, 8);
    if (forks > MAX_FORKS) {
        print("oom: at most %u forks\n", MAX_FORKS);
        return 2;
    }
    return forks_until_refused(number_argument(argc, argv, 2, 256), forks);
}
