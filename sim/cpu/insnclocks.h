/* insnclocks.h: the clocks that an instruction takes, by the manual of its
 * processor.
 *
 * i386: Intel 80386 Programmer's Reference Manual (1986), chapter 17, with its
 * assumptions (17.2.2.3): the instruction is prefetched and decoded, no wait
 * states, operands aligned, no exception; protected mode, ring 3 without rights
 * to ports, flat segments. i486 and pentium: theirs, with hits in the caches.
 * Where a manual gives a range and not what it depends on, its lower end.
 * Interrupts and IRET to another privilege are the trap's to charge: INT takes
 * 0 here, INTO what it takes with OF clear.
 */
#ifndef MMU386_INSNCLOCKS_H
#define MMU386_INSNCLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/clocksrule.h"
#include "cpu/insn.h"
#include "paging.h"

/* The clocks of `insn` on that generation, its address's and its prefixes'
 * among them. Multipliers and counts that are immediates are in it already. */
struct insn_clocks insn_clocks_of(enum mmu_generation_id generation,
                                  const struct insn *insn);

/* What the operand adds to insn_clocks.clocks: that of the rule, 0 where the
 * rule needs none. Bits above operand_bytes are ignored. */
uint32_t insn_operand_clocks(enum mmu_generation_id generation,
                             const struct insn *insn,
                             const struct insn_clocks *clocks,
                             uint32_t operand);

/* `m` of a branch to `insn`: its whole displacement counts one, its whole
 * immediate one, every other byte one (80386 manual, 17.2.2.3). A far pointer
 * is an immediate, and so are both of ENTER's; the distance of a jump and the
 * offset of MOV (A0..A3) are displacements. 1..15. */
uint32_t insn_components(const struct insn *insn);

#endif
