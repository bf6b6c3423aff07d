/* fuzz_din.c: Dinero's traces. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const struct trace_input_options din = {.format = TRACE_FORMAT_DIN,
                                                   .fold64 = true};

    fuzz_round_trip(bytes, count, &din);
    return 0;
}
