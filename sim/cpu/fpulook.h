/* fpulook.h: which instructions of FPU, MMX and SSE the model has to execute.
 */
#ifndef MMU386_FPULOOK_H
#define MMU386_FPULOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/fpuinsn.h"
#include "cpu/guards.h"

struct cpu;

/* Takes the hooks from all guards whose operands have been aligned often, as
 * dropping the code that was translated with hooks costs the same for one of
 * them. */
void fpulook_retire(struct cpu *cpu);

/* Looks at an instruction of FPU, MMX or SSE; true where it stopped the
 * engine. */
bool fpulook_at(struct cpu *cpu, struct guard *guard);

/* True where the instruction of FPU, MMX or SSE has to be guarded; *last is the
 * class of the one before it in the block. */
bool fpulook_wants_guard(struct cpu *cpu, const struct insn *insn,
                         enum fpu_class *last);

#endif
