/* misses.h: pages that the engine asked for and did not get. */
#ifndef MMU386_MISSES_H
#define MMU386_MISSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/exit.h"

struct cpu;

/* What the engine did not get: true where *exit is set, false where it is to go
 * on, to *until. */
bool misses_after(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit);

#endif
