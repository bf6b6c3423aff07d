/* fuzz_input.c: traces of any format, packed or not. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const struct trace_input_options look = {.format =
                                                        TRACE_FORMAT_AUTO};

    fuzz_round_trip(bytes, count, &look);
    return 0;
}
