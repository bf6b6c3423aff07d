/* fuzz_text.c: traces as text, with addresses of 32 bits and folded. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static const struct trace_input_options text = {.format =
                                                        TRACE_FORMAT_TEXT};
    static const struct trace_input_options folded = {
        .format = TRACE_FORMAT_TEXT, .fold64 = true};

    fuzz_round_trip(bytes, count, &text);
    fuzz_round_trip(bytes, count, &folded);
    return 0;
}
