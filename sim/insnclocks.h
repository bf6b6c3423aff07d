/* insnclocks.h: the clocks that an instruction takes, by the manual of its processor.
 *
 * i386: Intel 80386 Programmer's Reference Manual (1986), chapter 17 and appendix C, with their
 * assumptions: the instruction is prefetched and decoded, no wait states, operands aligned, no
 * exception; protected mode.
 */
#ifndef MMU386_INSNCLOCKS_H
#define MMU386_INSNCLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "decode.h"
#include "paging.h"

/* What the clocks depend on besides the instruction itself. */
enum clocks_rule {
    CLOCKS_FIXED,
    CLOCKS_JUMP,        /* always transfers control: + m */
    CLOCKS_CONDITIONAL, /* `clocks`, or `taken` + m where the branch is taken */
    CLOCKS_REPEAT,      /* + `each` for each iteration */
    CLOCKS_MULTIPLY,    /* + what the multiplier adds: its value is needed */
    CLOCKS_SCAN_UP,     /* BSF: + what the operand adds */
    CLOCKS_SCAN_DOWN,   /* BSR */
    CLOCKS_COUNT,       /* + what a count in CL adds */
};

struct insn_clocks {
    uint8_t rule; /* enum clocks_rule */
    bool adds_m;  /* CLOCKS_JUMP, CLOCKS_CONDITIONAL: the components of the next instruction count */
    bool cited;   /* false: this processor's manual has no figure, and another one's stands in */
    uint8_t operand_bytes; /* CLOCKS_MULTIPLY, CLOCKS_SCAN_*: of the operand; 1, 2 or 4 */
    uint16_t clocks;
    uint16_t taken;
    uint16_t each;
};

/* The clocks of `insn` at ring 3 in protected mode on that generation. */
struct insn_clocks insn_clocks_of(enum generation_id generation, const struct insn *insn);

/* What the operand adds to insn_clocks.clocks where the rule is CLOCKS_MULTIPLY (`operand` is the
 * multiplier: r/m), CLOCKS_SCAN_UP or _DOWN (the source) or CLOCKS_COUNT (the count). Bits above
 * operand_bytes are ignored. */
uint32_t insn_operand_clocks(enum generation_id generation, const struct insn *insn,
                             const struct insn_clocks *clocks, uint32_t operand);

/* `m` of a branch to `insn`: its whole displacement counts one, its whole immediate one, every
 * other byte one (80386 manual, 17.2.2.3... "Clocks"). */
uint32_t insn_components(const struct insn *insn);

#endif
