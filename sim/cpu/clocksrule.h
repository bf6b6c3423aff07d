/* clocksrule.h: what the clocks of an instruction are made of. */
#ifndef MMU386_CLOCKSRULE_H
#define MMU386_CLOCKSRULE_H

#include <stdbool.h>
#include <stdint.h>

/* What the clocks depend on besides the instruction itself. */
enum clocks_rule {
    CLOCKS_FIXED,
    CLOCKS_JUMP,        /* always transfers control: + m */
    CLOCKS_CONDITIONAL, /* `clocks`, or `taken` + m where the branch is taken */
    CLOCKS_REPEAT, /* + `each` for each iteration, but `none` and `one` of none
                      and of one */
    CLOCKS_MULTIPLY,  /* + what the multiplier, the r/m operand, adds */
    CLOCKS_SCAN_UP,   /* BSF: + what the source, the r/m operand, adds */
    CLOCKS_SCAN_DOWN, /* BSR: the same */
    CLOCKS_COUNT,     /* + what the count in CL adds */
    CLOCKS_GRANULAR,  /* LSL: + `each` where the limit of the segment that r/m
                       * selects counts pages; the operand is whether it does */
};

struct insn_clocks {
    uint8_t rule; /* enum clocks_rule */
    bool adds_m;  /* CLOCKS_JUMP, CLOCKS_CONDITIONAL: the components of the next
                     instruction count */
    bool cited;   /* false: this processor's manual has no figure, and another
                     one's stands in */
    uint8_t operand_bytes; /* of the operand that insn_operand_clocks needs: 1,
                              2 or 4; else 0 */
    uint16_t clocks;
    uint16_t taken;
    uint16_t each;
    uint16_t none, one; /* CLOCKS_REPEAT: all of it */
};

#endif
