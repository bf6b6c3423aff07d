/* emulate.h: the instructions that the model executes, since the engine gets
 * them wrong or does not have them.
 *
 *   ENTER with 16-bit operands     the engine changes all of EBP
 *   ARPL with memory               it writes where nothing changes
 *   LOCK NEG                       wrong SF, ZF and PF
 *   POPF                           bits that the generation does not have
 *   PUSH of a segment register     4 bytes, where the generation stores 2
 *   RET with 8000h and more        it takes that for a negative number
 *   TEST, F6 and F7 with /1        it refuses them
 */
#ifndef MMU386_EMULATE_H
#define MMU386_EMULATE_H

#include <stdbool.h>

#include "cpu/view.h"

/* Whether `insn`, otherwise decoded, is one. */
bool emulate_knows(const struct insn *insn);

/* Executes it: accesses, registers and EIP. None of its accesses is refused,
 * and the registers' selectors and bases are loaded. True where it stored. */
bool emulate_insn(const struct view *view, const struct insn *insn);

#endif
