/* random.h: the guests' random numbers: the same in every run. */
#ifndef MMU386_RANDOM_H
#define MMU386_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The next 64 bits; moves *state, any value of which will do as a seed. */
uint64_t random_next(uint64_t *state);

/* Fills host memory with them. */
void random_fill(uint64_t *state, void *to, size_t bytes);

#endif
