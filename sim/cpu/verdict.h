/* verdict.h: what comes of an instruction that is looked at before it runs. */
#ifndef MMU386_VERDICT_H
#define MMU386_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/insn.h"

struct cpu;

/* What comes of an instruction's accesses. */
enum verdict { VERDICT_DONE, VERDICT_FAULT, VERDICT_EXCEPTION };

/* What `insn` at EIP comes to as things stand: sets cpu->fault, or vector and
 * error. */
enum verdict verdict_of(struct cpu *cpu, const struct insn *insn);

#endif
