/* fpuflags.h: where the engine keeps the exceptions' flags of FPU and SSE.
 *
 * QEMU, which the engine is made of, collects the flags that its arithmetic
 * raises, but never shows them in the status word nor in MXCSR. A saved context
 * holds them, in one byte of each of the structures that its arithmetic works
 * by (float_status); these stand next to registers that can be written from
 * outside, and so are found.
 */
#ifndef MMU386_FPUFLAGS_H
#define MMU386_FPUFLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets into a context. */
struct fpu_flags {
    size_t fpu, sse; /* of the two structures; 0: not known */
};

/* In the two contexts of `bytes` bytes FDP and MXCSR are as given, and
 * different: finds the structures. */
struct fpu_flags fpu_flags_find(const void *const context[2], size_t bytes,
                                const uint64_t fdp[2], const uint32_t mxcsr[2]);

/* The flags, as the status word and MXCSR have them. */
uint8_t fpu_flags_of_fpu(const void *context, const struct fpu_flags *flags);
uint8_t fpu_flags_of_sse(const void *context, const struct fpu_flags *flags);

/* Sets them; and that results of SSE too small for a normal number become 0
 * where MXCSR says so, a thing that the engine does to the FPU's instead. */
void fpu_flags_set(void *context, const struct fpu_flags *flags, uint8_t fpu,
                   uint32_t mxcsr);

#endif
