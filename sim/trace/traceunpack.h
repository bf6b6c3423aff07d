/* traceunpack.h: the bytes that are packed in others by gzip or zstd. */
#ifndef MMU386_TRACEUNPACK_H
#define MMU386_TRACEUNPACK_H

#include "trace/tracebytes.h"

/* What is in `packed`, if that begins as gzip or zstd files do, or else
 * `packed` itself: it is closed with what is returned. NULL where memory is
 * short; then it is still the caller's. */
struct trace_bytes *trace_bytes_unpack(struct trace_bytes *packed);

#endif
