/*
 * sort [WORDS=4096]: heap-sorts an array of that many words, then sums it in
 * strides of a page.
 *
 * Prints:
 *      sort: 4096 words, sum 9b6cd555
 *
 * Why: measures loads and stores that are spread over much memory: nearly every
 * other instruction is one, and with a million words (4 MiB) most go to a page
 * that no TLB of 32 entries holds.
 */
#include "guest.h"

static void sift(uint32_t *heap, uint32_t root, uint32_t count)
{
    uint32_t value = heap[root];
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= count)
            break;
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= value)
            break;
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = value;
}

static void sort(uint32_t *words, uint32_t count)
{
    for (uint32_t i = count / 2; i > 0; i--)
        sift(words, i - 1, count);
    for (uint32_t last = count - 1; last > 0; last--) {
        uint32_t greatest = words[0];
        words[0] = words[last];
        words[last] = greatest;
        sift(words, 0, last);
    }
}

int main(int argc, char **argv)
{
    uint32_t count = number_argument(argc, argv, 1, 4096);
    uint32_t x = 386;
    uint32_t sum = 0;

    if (count == 0 || count > UINT32_MAX / 8)
        fail("sort", -GUEST_EINVAL);
    uint32_t start = sys_mmap_anonymous(count * 4);
    if (is_error(start))
        fail("mmap", (int32_t)start);
    uint32_t *words = (uint32_t *)(uintptr_t)start;
    for (uint32_t i = 0; i < count; i++) {
        x = (x << 5) + (x << 3) + x + 0x3C6EF35Fu;
        words[i] = x ^ x >> 15;
    }
    sort(words, count);
    for (uint32_t i = 1; i < count; i++)
        if (words[i - 1] > words[i]) {
            print("sort: NOT SORTED\n");
            return 1;
        }
    for (uint32_t i = 0; i < PAGE_WORDS; i++)
        for (uint32_t j = i; j < count; j += PAGE_WORDS)
            sum = (sum << 1 | sum >> 31) ^ words[j];
    print("sort: %u words, sum %x\n", count, sum);
    return 0;
}
