/* step.h: one instruction at a time, each looked at before. */
#ifndef MMU386_STEP_H
#define MMU386_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/exit.h"

struct cpu;

/* Runs the instruction at EIP, if it is not refused: true where *exit is set.
 */
bool step_once(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit);

#endif
