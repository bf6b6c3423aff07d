/* run.h: the engine runs, once. */
#ifndef MMU386_RUN_H
#define MMU386_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"

struct cpu;

/* The exception that just stopped the engine is delivered here: the engine
 * forgets it. */
void run_forget_exception(struct cpu *cpu);

/* Runs from EIP until the engine stops, or gets to `until` (linear; 0:
 * nowhere). cpu->stopped and cpu->miss say why. */
enum engine_end run_engine(struct cpu *cpu, uint32_t until);

#endif
