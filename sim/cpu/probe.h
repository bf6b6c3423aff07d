/* probe.h: where the engine keeps what its interface does not tell. */
#ifndef MMU386_PROBE_H
#define MMU386_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

/* Finds where the engine remembers exceptions, and that clearing it there makes
 * it forget. */
bool probe_inflight(struct cpu *cpu, uint32_t linear);

/* Finds where the engine collects flags, and that it does. Where not, they are
 * not known. */
void probe_fpu_flags(struct cpu *cpu, uint32_t linear);

#endif
