/* fuzz_frame.c: the contents of a native trace's frame, which a checksum would
 * else keep a fuzzer away from. */
#include <stdlib.h>

#include "fuzz.h"
#include "trace/tracecheck.h"
#include "trace/tracedec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct trace_decoder *decoder = malloc(sizeof(*decoder));
    struct trace_event event;
    const char *why = NULL;
    uint32_t events = 0;
    int got = 0;

    if (decoder == NULL || !trace_decoder_init(decoder))
        abort();
    /* The number of events is the length of the first stream, which stands
     * first. */
    for (unsigned i = 0; i < 4 && i < count; i++)
        events |= (uint32_t)bytes[i] << 8 * i;
    if (trace_decoder_load(decoder, bytes, count, events) == NULL)
        while ((got = trace_decode(decoder, &event, &why)) > 0)
            if (trace_event_wrong(&event) != NULL)
                abort();
    if (got < 0 && why == NULL)
        abort();
    trace_decoder_free(decoder);
    free(decoder);
    return 0;
}
