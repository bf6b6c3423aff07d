/* random.h: the guests' random numbers: the same in every run. */
#ifndef MMU386_RANDOM_H
#define MMU386_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct kernel;

/* The next 64 bits. Any kernel->random will do as a seed. */
uint64_t kernel_random(struct kernel *kernel);

/* Fills host memory with them. */
void kernel_random_bytes(struct kernel *kernel, void *to, size_t bytes);

#endif
