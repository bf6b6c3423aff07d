/* fpuengine.h: the state of FPU and SSE in the engine. */
#ifndef MMU386_FPUENGINE_H
#define MMU386_FPUENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/fpustate.h"

struct cpu;

/* CR0.TS and MP: every instruction of FPU, MMX and SSE raises #NM, WAIT too
 * (SDM volume 3, 2.5). */
void fpuengine_trap(struct cpu *cpu, bool traps);

/* Looks whether a context that was restored has them. */
void fpuengine_see_trap(struct cpu *cpu);

/* FPU and SSE of the stopped processor. Of one that executes nothing: a fresh
 * one's. */
void cpu_fpu_save(struct cpu *cpu, struct fpu_state *state);
void cpu_fpu_load(struct cpu *cpu, const struct fpu_state *state);

/* Puts into the status word what the engine has collected. */
void fpuengine_show_flags(struct cpu *cpu);

/* A write to an MMX register sets the upper bits of the FPU's (SDM volume
 * 1, 9.2.1), the engine's leaves them. */
void fpuengine_fill_exponents(struct cpu *cpu, uint8_t mmx);

#endif
