/*
 * forkbench [PAGES=16384 [FORKS=1 [write]]]: forks FORKS times, one after the
 * other, with PAGES of private memory; with write, the child writes a word of
 * every page before it exits.
 *
 * Prints:
 *      forkbench: 16384 pages, 1 forks: ok
 *
 * Why: measures what a fork costs, and what copy-on-write saves: everything
 * where the child only exits, nothing where it writes every page.
 */
#include "pages.h"

#define TAG 0xbe4c0000u

int main(int argc, char **argv)
{
    uint32_t pages = number_argument(argc, argv, 1, 16384);
    uint32_t forks = number_argument(argc, argv, 2, 1);
    bool child_writes = word_argument(argc, argv, 3, "write");
    bool good = true;

    uint8_t *start = grow_heap(pages);
    if (start == NULL)
        fail("brk", -GUEST_ENOMEM);
    write_pages(start, pages, TAG);
    for (uint32_t i = 0; i < forks; i++) {
        int32_t pid = fork_or_fail();
        if (pid == 0) {
            if (child_writes)
                write_pages(start, pages, ~TAG);
            sys_exit(0);
        }
        good = succeeded(wait_for(pid)) && good;
    }
    good = hold(start, pages, TAG) && good;
    print("forkbench: %u pages, %u forks: %s\n", pages, forks,
          good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
