/* operands.h: clocks that depend on an operand. */
#ifndef MMU386_OPERANDS_H
#define MMU386_OPERANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/guards.h"

struct cpu;

/* The clocks that its operand adds to the guarded instruction. */
void operands_add_clocks(struct cpu *cpu, const struct guard *guard);

/* LSL, which the model executes: its operand's part of the clocks. */
void operands_add_granular(struct cpu *cpu, const struct insn *insn,
                           const struct insn_clocks *clocks);

#endif
