/* runhere.h: instructions that the model executes in the place of the engine.
 */
#ifndef MMU386_RUNHERE_H
#define MMU386_RUNHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/insn.h"

struct cpu;

/* What executes one kind of instruction: it moves EIP on. */
typedef void runhere_emulate(struct cpu *cpu, const struct insn *insn);

/* RDTSC, which counts its own readings: the same at every run. */
void runhere_timestamp(struct cpu *cpu, const struct insn *insn);

/* F1: the exception comes when it is done. */
void runhere_trap(struct cpu *cpu, const struct insn *insn);

/* PUSHF, where the engine's EFLAGS are not the guest's. */
void runhere_push_flags(struct cpu *cpu, const struct insn *insn);

/* It was looked at (guarding.h): cpu->load is what comes of it. */
void runhere_load(struct cpu *cpu, const struct insn *insn);

/* One that the engine gets wrong (emulated.h); nothing of it is refused. */
void runhere_other(struct cpu *cpu, const struct insn *insn);

/* INT n, which did not run: EIP goes past it. */
void runhere_interrupt(struct cpu *cpu, const struct insn *insn);

/* The instruction at EIP, which stopped the engine, is executed here. */
void runhere(struct cpu *cpu, runhere_emulate *emulate);

#endif
