/* fpuflags.c: see fpuflags.h. */
#include "cpu/fpuflags.h"

#include <string.h>

#define FLAGS       0x3Fu
#define MXCSR_FLUSH 0x8000u
#define UNDERFLOW   0x10u
#define PRECISION   0x20u
/* a result was too small for a normal number, and became 0 */
#define ENGINE_FLUSHED 0x80u

/* float_status. */
#define STATUS_BYTES 8u
#define STATUS_FLAGS 2u
#define STATUS_FLUSH 4u

/* The one place where both contexts hold what was written to them; 0 where
 * there is none. */
static size_t find(const uint8_t *const context[2], size_t bytes,
                   const void *const value[2], size_t value_bytes)
{
    size_t found = 0;
    for (size_t at = 4; at + value_bytes + 2 * sizeof(uint64_t) <= bytes;
         at += 4) {
        if (memcmp(context[0] + at, value[0], value_bytes) != 0 ||
            memcmp(context[1] + at, value[1], value_bytes) != 0)
            continue;
        if (found != 0)
            return 0;
        found = at;
    }
    return found;
}

struct fpu_flags fpu_flags_find(const void *const context[2], size_t bytes,
                                const uint64_t fdp[2], const uint32_t mxcsr[2])
{
    const uint8_t *const contexts[2] = {context[0], context[1]};
    const void *const pointers[2] = {&fdp[0], &fdp[1]};
    const void *const controls[2] = {&mxcsr[0], &mxcsr[1]};
    size_t behind_fdp = find(contexts, bytes, pointers, sizeof fdp[0]);
    size_t behind_sse = find(contexts, bytes, controls, sizeof mxcsr[0]);
    if (behind_fdp == 0 ||
        behind_sse <= behind_fdp + sizeof fdp[0] + STATUS_BYTES)
        return (struct fpu_flags){0};
    return (struct fpu_flags){behind_fdp + sizeof fdp[0],
                              behind_sse - STATUS_BYTES};
}

uint8_t fpu_flags_of_fpu(const void *context, const struct fpu_flags *flags)
{
    return ((const uint8_t *)context)[flags->fpu + STATUS_FLAGS] & FLAGS;
}

uint8_t fpu_flags_of_sse(const void *context, const struct fpu_flags *flags)
{
    uint8_t raised = ((const uint8_t *)context)[flags->sse + STATUS_FLAGS];
    if ((raised & ENGINE_FLUSHED) != 0)
        raised |= UNDERFLOW | PRECISION;
    return raised & FLAGS;
}

void fpu_flags_set(void *context, const struct fpu_flags *flags, uint8_t fpu,
                   uint32_t mxcsr)
{
    uint8_t *bytes = context;
    bytes[flags->fpu + STATUS_FLAGS] = fpu & FLAGS;
    bytes[flags->fpu + STATUS_FLUSH] = 0;
    bytes[flags->sse + STATUS_FLAGS] = mxcsr & FLAGS;
    bytes[flags->sse + STATUS_FLUSH] = (mxcsr & MXCSR_FLUSH) != 0;
}
