/*
 * simple [PAGES=2048]: a fork while much of memory is in use.
 *
 * Prints:
 *      simple: ok
 *      simple: ok
 *
 * Why: with PAGES over half of physical memory an eager fork cannot succeed
 * ("fork: ENOMEM", exit status 1) and copy-on-write can, since the child exits
 * without writing. The second round shows that the first gave every frame
 * back. */
#include "guest.h"

#define TAG 0x51a9e000u

static void fill(uint8_t *start, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        *(volatile uint32_t *)(start + i * PAGE_BYTES) = TAG ^ i;
}

static bool holds(const uint8_t *start, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        if (*(const volatile uint32_t *)(start + i * PAGE_BYTES) != (TAG ^ i))
            return false;
    return true;
}

static void simple(uint32_t pages)
{
    uint8_t *start = grow_heap(pages);
    if (start == NULL)
        fail("brk", -GUEST_ENOMEM);
    fill(start, pages);

    int32_t pid = fork_or_fail();
    if (pid == 0)
        sys_exit(0);
    if (!succeeded(wait_for(pid)) || !holds(start, pages)) {
        print("simple: FAILED\n");
        sys_exit(1);
    }
    shrink_heap(start);
    print("simple: ok\n");
}

int main(int argc, char **argv)
{
    uint32_t pages = number_argument(argc, argv, 1, 2048);
    simple(pages);
    simple(pages);
    return 0;
}
