/* encoding.h: how an instruction is written: its prefixes, opcode, operands and
 * length.
 *
 * IA-32 SDM volume 2, chapter 2.1 and appendix A, in code of 32 bits or, where
 * insn->code16 is set, of 16. Whether there is such an instruction is another
 * question (legality.h): what is none has a length, too, by which the processor
 * fetches it before it says so.
 */
#ifndef MMU386_ENCODING_H
#define MMU386_ENCODING_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"

/* Sets what `insn` has of its encoding, `bytes` and `length` among it, and its
 * operand in memory, but for its size and what is done to it. `bytes` bytes are
 * at hand at `code`. False where they are the beginning of an instruction only,
 * or it is longer than 15 bytes. */
bool encoding_read(const uint8_t *code, uint32_t bytes, struct insn *insn);

/* Whether a ModRM byte follows the opcode. */
bool encoding_has_modrm(const struct insn *insn);

#endif
