/* traceframe.c: see traceframe.h. */
#include "trace/traceframe.h"

#include <zlib.h>

static uint8_t *write_number(uint8_t *to, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *to++ = (uint8_t)(number >> 8 * i);
    return to;
}

static uint64_t read_number(const uint8_t **from, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t) * (*from)++ << 8 * i;
    return number;
}

void trace_frame_header_write(const struct trace_frame_header *header,
                              uint8_t *to)
{
    to = write_number(to, header->magic, 4);
    to = write_number(to, header->check, 4);
    to = write_number(to, header->raw_bytes, 4);
    to = write_number(to, header->packed_bytes, 4);
    to = write_number(to, header->events, 4);
    to = write_number(to, header->pid, 4);
    to = write_number(to, header->accesses, 8);
    (void)write_number(to, header->reserved, 8);
}

void trace_frame_header_read(struct trace_frame_header *header,
                             const uint8_t *from)
{
    header->magic = (uint32_t)read_number(&from, 4);
    header->check = (uint32_t)read_number(&from, 4);
    header->raw_bytes = (uint32_t)read_number(&from, 4);
    header->packed_bytes = (uint32_t)read_number(&from, 4);
    header->events = (uint32_t)read_number(&from, 4);
    header->pid = (uint32_t)read_number(&from, 4);
    header->accesses = read_number(&from, 8);
    header->reserved = read_number(&from, 8);
}

uint32_t trace_frame_check(const uint8_t *header, const uint8_t *packed,
                           uint32_t packed_bytes)
{
    unsigned long check = crc32(0, header + 8, TRACE_FRAME_HEADER_BYTES - 8);

    return (uint32_t)crc32(check, packed, packed_bytes);
}
