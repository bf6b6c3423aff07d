/*
 * compute [THOUSANDS=100]: work for the processor alone.
 *
 * Prints:
 *      compute: 8168cf1
 *
 * Why: measures how fast the machine runs plain instructions: calls, branches
 * both ways, shifts, multiplications, and loads and stores all over a table of
 * 64 KiB, without a system call and, once the table has been written, without a
 * fault.
 */
#include "guest.h"

#define TABLE_WORDS 16384u

static uint32_t table[TABLE_WORDS];

uint32_t mix(uint32_t x);

__attribute__((noinline)) uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    return x;
}

static uint32_t step(uint32_t x)
{
    uint32_t *entry = &table[x % TABLE_WORDS];
    if (x & 0x80000000u)
        *entry += x;
    else if (*entry > x)
        x ^= *entry;
    else
        *entry ^= x >> 3;
    return mix(x + *entry);
}

int main(int argc, char **argv)
{
    uint32_t thousands = number_argument(argc, argv, 1, 100);
    uint32_t x = 1;

    for (uint32_t i = 0; i < TABLE_WORDS; i++)
        table[i] = mix(i);
    for (uint32_t i = 0; i < thousands; i++)
        for (uint32_t j = 0; j < 1000; j++)
            x = step(x + j);
    for (uint32_t i = 0; i < TABLE_WORDS; i++)
        x = mix(x ^ table[i]);
    print("compute: %x\n", x);
    return 0;
}
