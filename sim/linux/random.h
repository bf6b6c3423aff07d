/* random.h: the guests' random numbers: the same in every run. */
#ifndef MMU386_RANDOM_H
#define MMU386_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct machine;

/* The next 64 bits. Any machine->random will do as a seed. */
uint64_t machine_random(struct machine *machine);

/* Fills host memory with them. */
void machine_random_bytes(struct machine *machine, void *to, size_t bytes);

#endif
