/* emulate.h: executes the instructions that the engine gets wrong or does not
 * have (emulated.h). */
#ifndef MMU386_EMULATE_H
#define MMU386_EMULATE_H

#include <stdbool.h>

#include "cpu/view.h"

/* Executes it: accesses, registers and EIP. None of its accesses is refused,
 * and the registers' selectors and bases are loaded. True where it stored. */
bool emulate_insn(const struct view *view, const struct insn *insn);

#endif
