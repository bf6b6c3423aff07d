/*
 * value: one page, two processes, two values.
 *
 * Prints:
 *      child reads 114514
 *      child writes 1919810
 *      child reads 1919810
 *      parent reads 114514
 *
 * Why: before its write the child reads the page at the parent's physical
 * address, after it at another; the parent's never moves. The page (symbol
 * `page`) holds nothing else, so that no other write disturbs it.
 */
#include "guest.h"

#define FIRST  114514u
#define SECOND 1919810u

static _Alignas(PAGE_BYTES) volatile uint32_t page[PAGE_WORDS];

static void child(void)
{
    print("child reads %u\n", page[0]);
    page[0] = SECOND;
    print("child writes %u\n", SECOND);
    print("child reads %u\n", page[0]);
    sys_exit(page[0] == SECOND ? 0 : 1);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    page[0] = FIRST;
    int32_t pid = fork_or_fail();
    if (pid == 0)
        child();
    int status = wait_for(pid);
    print("parent reads %u\n", page[0]);
    return succeeded(status) && page[0] == FIRST ? 0 : 1;
}
