/* fpuhost.h: executes one instruction of FPU, MMX or SSE on the host's
 * processor, which is one of the family: it knows best what becomes of every
 * operand. */
#ifndef MMU386_FPUHOST_H
#define MMU386_FPUHOST_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/fpustate.h"

#define FPU_HOST_OPERAND_BYTES 512u
#define FPU_HOST_INSN_BYTES    24u

struct fpu_host_run {
    _Alignas(64) struct fpu_state state;
    _Alignas(64) uint8_t operand[FPU_HOST_OPERAND_BYTES];
    uint64_t general; /* EAX as the instruction finds and leaves it */
    uint64_t flags;   /* the arithmetic flags, likewise */
    uint32_t host_mxcsr;
};

struct fpu_host;

/* NULL where the host is of another family, or gives no memory for code. */
struct fpu_host *fpu_host_new(void);
void fpu_host_free(struct fpu_host *host);

/* Executes the `bytes` bytes of code, one instruction with 64-bit addresses
 * whose operand in memory, if it has one, is at [RSI]: run->operand. No
 * exception of the FPU may be pending. False where it raises one of SSE's, that
 * MXCSR does not mask: then MXCSR in the state has the flags, and all else is
 * as it was. The FPU's pointers in the state are the host's afterwards. */
bool fpu_host_execute(struct fpu_host *host, const uint8_t *code,
                      uint32_t bytes, struct fpu_host_run *run);

#endif
