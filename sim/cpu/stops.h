/* stops.h: what comes of each stop of the engine. */
#ifndef MMU386_STOPS_H
#define MMU386_STOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"
#include "cpu/exit.h"

struct cpu;

/* The engine is in front of what is barred, or was: true where it is so still
 * and *exit is set. */
bool stops_at_barred(struct cpu *cpu, struct cpu_exit *exit);

/* Handles one return of the engine: true where *exit is set. */
bool stops_after(struct cpu *cpu, enum engine_end end, uint32_t *until,
                 struct cpu_exit *exit);

#endif
