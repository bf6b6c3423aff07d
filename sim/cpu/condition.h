/* condition.h: whether a conditional branch is taken. */
#ifndef MMU386_CONDITION_H
#define MMU386_CONDITION_H

#include <stdbool.h>

#include "cpu/insn.h"
#include "cpu/registers.h"

/* True where `insn` is a conditional branch to the instruction behind it: where
 * the run goes does not tell then whether it was taken. */
bool condition_leads_to_next(const struct insn *insn);

/* Whether that branch (Jcc, JCXZ, LOOP and kin) is taken with those registers.
 * 80386 manual, appendix D, and chapter 17. */
bool condition_holds(const struct insn *insn,
                     const struct registers *registers);

#endif
