/* guarding.h: instructions that are looked at before they run. */
#ifndef MMU386_GUARDING_H
#define MMU386_GUARDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"
#include "cpu/insn.h"

struct cpu;

/* Looks at an instruction that may be refused, or has to be done without the
 * engine. */
void guarding_look_ahead(struct cpu *cpu, const struct insn *insn);

/* The hook of guarded instructions (engine.h). */
void guarding_see(struct uc_struct *handle, uint64_t address, uint32_t size,
                  void *arg);

/* Whether an instruction in [start, end) wants a guard and has none. */
bool guarding_wants(struct cpu *cpu, uint32_t start, uint32_t end);

/* Called for each newly translated block, before it runs. */
void guarding_translated(void *arg, uint32_t linear, uint32_t bytes);

/* Puts a hook on each instruction in [start, end) that wants one, and has what
 * is there translated again. False where there are too many. */
bool guarding_add(struct cpu *cpu, uint32_t start, uint32_t end);

#endif
