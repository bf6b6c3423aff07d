/*
 * touch [PAGES=64 [ROUNDS=4]]: maps memory, writes a word of every page, unmaps
 * it; ROUNDS times.
 *
 * Prints:
 *      touch: 64 pages, 4 rounds
 *
 * Why: measures demand-zero faults: PAGES times ROUNDS of them, and never more
 * than PAGES frames in use for it at once. Pages that come round again must
 * read as zero.
 */
#include "guest.h"

static bool touch(uint8_t *start, uint32_t pages, uint32_t round)
{
    for (uint32_t i = 0; i < pages; i++) {
        volatile uint32_t *page = (volatile uint32_t *)(start + i * PAGE_BYTES);
        page[i % PAGE_WORDS] = round + 1;
        if (page[(i + 1) % PAGE_WORDS] != 0)
            return false;
        /* to be found where a frame is not zeroed */
        page[(i + 1) % PAGE_WORDS] = round + 1;
    }
    return true;
}

int main(int argc, char **argv)
{
    uint32_t pages = number_argument(argc, argv, 1, 64);
    uint32_t rounds = number_argument(argc, argv, 2, 4);

    if (pages == 0 || pages > UINT32_MAX / PAGE_BYTES)
        fail("touch", -GUEST_EINVAL);
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t start = sys_mmap_anonymous(pages * PAGE_BYTES);
        if (is_error(start))
            fail("mmap", (int32_t)start);
        if (!touch((uint8_t *)(uintptr_t)start, pages, round)) {
            print("touch: page NOT ZERO\n");
            return 1;
        }
        int32_t error =
            sys_munmap((uint8_t *)(uintptr_t)start, pages * PAGE_BYTES);
        if (error < 0)
            fail("munmap", error);
    }
    print("touch: %u pages, %u rounds\n", pages, rounds);
    return 0;
}
