/* legality.h: which encodings are no instructions.
 *
 * The engine executes some that a processor refuses; these stop before they
 * run. What a processor has and the engine has not, the engine refuses by
 * itself.
 */
#ifndef MMU386_LEGALITY_H
#define MMU386_LEGALITY_H

#include <stdbool.h>

#include "cpu/insn.h"

/* True where there is a LOCK prefix that the instruction cannot have: which is
 * #UD. */
bool encoding_locks_nothing(const struct insn *insn);

/* True where the processor raises #UD before any access, whatever its state. */
bool encoding_is_undefined(const struct insn *insn);

#endif
