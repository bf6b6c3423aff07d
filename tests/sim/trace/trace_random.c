/* trace_random.c: writes a native trace of random events: `trace_random SEED
 * COUNT >FILE`. */
#include <stdio.h>
#include <stdlib.h>

#include "trace/tracefile.h"
#include "trace_stream.h"

int main(int argc, char *argv[])
{
    struct stream stream;
    struct trace_event event;
    struct trace_writer *writer = argc == 3 ? trace_writer_new(stdout) : NULL;
    bool good = writer != NULL;

    if (!good)
        return 1;
    stream_init(&stream, strtoull(argv[1], NULL, 10), false);
    for (unsigned long i = strtoul(argv[2], NULL, 10); good && i != 0; i--) {
        stream_next(&stream, &event);
        good = trace_writer_add(writer, &event);
    }
    stream_free(&stream);
    return trace_writer_end(writer, true) && good ? 0 : 1;
}
