/* fuzz.h: what a fuzzer calls, and what the targets have in common. */
#ifndef MMU386_TESTS_FUZZ_H
#define MMU386_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "trace/tracein.h"

/* Takes any bytes; aborts where something is wrong with how they were taken.
 * Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

struct memory {
    char *bytes;
    size_t length;
};

/* Reads a trace and writes it again, as text or native. *got is how it
 * ended. */
struct memory fuzz_convert(const void *bytes, size_t count,
                           const struct trace_input_options *options,
                           bool native, enum trace_got *got);

/* A trace that is read and written again must not change when that is done once
 * more. */
void fuzz_round_trip(const void *bytes, size_t count,
                     const struct trace_input_options *options);

#endif
