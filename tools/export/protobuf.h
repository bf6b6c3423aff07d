/* protobuf.h: messages of Protocol Buffers, as their wire format has them
 * (https://protobuf.dev/programming-guides/encoding): fields are appended to a
 * buffer of a fixed size. What does not fit is left out as a whole field, and
 * `full` set. */
#ifndef MMU386_EXPORT_PROTOBUF_H
#define MMU386_EXPORT_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOBUF_BYTES 1024u

struct protobuf {
    uint8_t bytes[PROTOBUF_BYTES];
    size_t count;
    bool full;
};

/* An empty message. It is made so, not by {0}, which would clear the bytes. */
static inline void protobuf_begin(struct protobuf *message)
{
    message->count = 0;
    message->full = false;
}

/* Each appends a field. Numbers: int64, uint64, bool and enum; fixed64. */
void protobuf_number(struct protobuf *message, uint32_t field, uint64_t value);
void protobuf_fixed64(struct protobuf *message, uint32_t field, uint64_t value);
void protobuf_text(struct protobuf *message, uint32_t field, const char *text);
void protobuf_message(struct protobuf *message, uint32_t field,
                      const struct protobuf *inner);

/* Appends what stands before a field of `bytes` bytes that are elsewhere. */
void protobuf_header(struct protobuf *message, uint32_t field, uint64_t bytes);

#endif
