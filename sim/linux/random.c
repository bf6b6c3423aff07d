/* random.c: see random.h. */
#include "linux/random.h"

#include <string.h>

/* SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
 * Generators", 2014. */
uint64_t random_next(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void random_fill(uint64_t *state, void *to, size_t bytes)
{
    uint8_t *at = to;
    while (bytes > 0) {
        uint64_t word = random_next(state);
        size_t here = bytes < sizeof word ? bytes : sizeof word;
        memcpy(at, &word, here);
        at += here;
        bytes -= here;
    }
}
