/* traceframe.h: how a native trace's frames begin (traces/FORMAT.md,
 * "Frames"). */
#ifndef MMU386_TRACEFRAME_H
#define MMU386_TRACEFRAME_H

#include <stdint.h>

#include "trace/traceenc.h"

#define TRACE_FILE_HEADER_BYTES  16u
#define TRACE_FRAME_HEADER_BYTES 40u
#define TRACE_FRAME_MAGIC        0x6D617266u /* "fram" */
#define TRACE_PACKED_MAX         (TRACE_RAW_MAX + (64u << 10))

struct trace_frame_header {
    uint32_t magic;
    uint32_t check; /* CRC-32 of all of the frame that follows */
    uint32_t raw_bytes, packed_bytes;
    uint32_t events;
    uint32_t pid;      /* the current process where it begins */
    uint64_t accesses; /* before it */
    uint64_t reserved; /* 0 */
};

void trace_frame_header_write(const struct trace_frame_header *header,
                              uint8_t *to);
void trace_frame_header_read(struct trace_frame_header *header,
                             const uint8_t *from);

/* The checksum of a frame: `header` as written, then the packed bytes. */
uint32_t trace_frame_check(const uint8_t *header, const uint8_t *packed,
                           uint32_t packed_bytes);

#endif
