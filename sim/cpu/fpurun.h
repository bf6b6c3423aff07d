/* fpurun.h: instructions of FPU and SSE, executed by the model. */
#ifndef MMU386_FPURUN_H
#define MMU386_FPURUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/exit.h"

struct cpu;

/* The engine stopped at an instruction of FPU, MMX or SSE: true where *exit is
 * set. */
bool fpurun_after(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit);

#endif
