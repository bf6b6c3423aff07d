/*
 * crowd [CHILDREN=16 [PAGES=4 [YIELDS=3]]]: CHILDREN processes that are all
 * alive at once.
 *
 * Prints:
 *      crowd: 16 children, 4 pages each: ok
 *
 * Why: measures what a process costs among many. Every child waits at a gate,
 * the read end of a pipe, until the last of them is made; then all write their
 * PAGES, which they share until then, and give way to each other YIELDS times,
 * and each must still find in its pages what it wrote.
 */
#include "guest.h"

#define TAG 0xc0000000u

struct crowd {
    uint8_t *start;
    uint32_t pages, yields;
    int gate[2];
};

static volatile uint32_t *word_of(const struct crowd *crowd, uint32_t page)
{
    return (volatile uint32_t *)(crowd->start + page * PAGE_BYTES);
}

static void write_pages(const struct crowd *crowd, uint32_t tag)
{
    for (uint32_t i = 0; i < crowd->pages; i++)
        *word_of(crowd, i) = tag + i;
}

static bool hold(const struct crowd *crowd, uint32_t tag)
{
    for (uint32_t i = 0; i < crowd->pages; i++)
        if (*word_of(crowd, i) != tag + i)
            return false;
    return true;
}

static void pass_gate(const struct crowd *crowd)
{
    uint8_t byte;
    (void)sys_close(crowd->gate[1]);
    if (sys_read(crowd->gate[0], &byte, 1) != 0)
        sys_exit(1);
}

/* Returns its exit status. */
static int child(const struct crowd *crowd, uint32_t number)
{
    uint32_t tag = number << 16;
    bool good = hold(crowd, TAG);

    pass_gate(crowd);
    write_pages(crowd, tag);
    for (uint32_t i = 0; i < crowd->yields; i++) {
        (void)sys_sched_yield();
        good = hold(crowd, tag) && good;
    }
    return good ? 0 : 1;
}

static bool one_succeeded(void)
{
    int status = 0;
    int32_t waited = sys_waitpid(-1, &status, 0);
    if (waited < 0)
        fail("waitpid", waited);
    return succeeded(status);
}

int main(int argc, char **argv)
{
    uint32_t children = number_argument(argc, argv, 1, 16);
    struct crowd crowd = {.pages = number_argument(argc, argv, 2, 4),
                          .yields = number_argument(argc, argv, 3, 3)};
    uint32_t good = 0;

    crowd.start = grow_heap(crowd.pages);
    if (crowd.start == NULL)
        fail("brk", -GUEST_ENOMEM);
    write_pages(&crowd, TAG);
    pipe_or_fail(crowd.gate);
    for (uint32_t i = 0; i < children; i++)
        if (fork_or_fail() == 0)
            sys_exit(child(&crowd, i));
    (void)sys_close(crowd.gate[1]);
    for (uint32_t i = 0; i < children; i++)
        good += one_succeeded();
    bool all = good == children && hold(&crowd, TAG);
    print("crowd: %u children, %u pages each: %s\n", children, crowd.pages,
          all ? "ok" : "FAILED");
    return all ? 0 : 1;
}
