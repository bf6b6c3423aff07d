/* fpuexec.h: executes one instruction of FPU, MMX or SSE in the model, with
 * every exception that the processor raises. What the instruction computes is
 * asked of the host's processor (fpuhost.h).
 */
#ifndef MMU386_FPUEXEC_H
#define MMU386_FPUEXEC_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/fpuhost.h"
#include "cpu/fpustate.h"
#include "cpu/insn.h"
#include "cpu/registers.h"

enum fpu_result {
    FPU_DONE,
    FPU_RAISES, /* *vector, with error code 0 where it has one; nothing but
                   flags has changed */
};

/* True where fpu_execute knows `insn`, which is legal: it raises nothing. */
bool fpu_is_executed_here(const struct insn *insn);

/* What is to be looked at before the operand in memory is touched: a pending
 * exception and its alignment. FPU_DONE where nothing is raised. `linear` is
 * where the operand is. */
enum fpu_result fpu_check(const struct fpu_state *state,
                          const struct insn *insn, uint32_t linear,
                          uint32_t *vector);

/* Executes `insn` from `state` and `registers`, which it leaves as the
 * processor does, EIP behind it; `operand` holds what it reads of memory, of
 * FPU_HOST_OPERAND_BYTES, and what it writes. */
enum fpu_result fpu_execute(struct fpu_host *host, const struct insn *insn,
                            struct fpu_state *state,
                            struct registers *registers, uint8_t *operand,
                            uint32_t linear, uint32_t *vector);

/* The summary bits of the status word say what flags and masks do, and reserved
 * bits of the control word what they have to. */
void fpu_normalize(struct fpu_state *state);

/* True of a control word that masks all exceptions and has no reserved bits. */
bool fpu_is_plain_control(uint16_t control);

/* True where an instruction may raise an exception. */
bool fpu_is_unmasked(const struct fpu_state *state);

#endif
