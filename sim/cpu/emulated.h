/* emulated.h: which instructions the model executes (emulate.h), since the
 * engine gets them wrong or does not have them.
 *
 *   ENTER with 16-bit operands     the engine changes all of EBP
 *   ARPL with memory               it writes where nothing changes
 *   LOCK NEG                       wrong SF, ZF and PF
 *   POPF                           bits that the generation does not have
 *   PUSH of a segment register     4 bytes, where the generation stores 2
 *   RET with 8000h and more        it takes that for a negative number
 *   TEST, F6 and F7 with /1        it refuses them
 */
#ifndef MMU386_EMULATED_H
#define MMU386_EMULATED_H

#include "cpu/insn.h"

enum emulated {
    EMULATED_NOT, /* the engine runs it */
    EMULATED_ENTER,
    EMULATED_ARPL,
    EMULATED_NEG,
    EMULATED_POPF,
    EMULATED_PUSH_SELECTOR,
    EMULATED_RET,
    EMULATED_TEST,
};

/* Which of them `insn`, otherwise decoded, is. */
enum emulated emulated_kind(const struct insn *insn);

/* The immediate at the end of `insn`, of at most four bytes. */
uint32_t emulated_immediate(const struct insn *insn);

#endif
