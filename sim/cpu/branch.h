/* branch.h: where a near branch leads. */
#ifndef MMU386_BRANCH_H
#define MMU386_BRANCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"
#include "cpu/view.h"

/* True with *eip set to where `insn`, a near JMP, CALL, RET, Jcc, JCXZ or LOOP,
 * leads with the registers as they are; false where it is none, or is not
 * taken. What it reads can be read. */
bool branch_target(const struct view *view, const struct insn *insn,
                   uint32_t *eip);

#endif
