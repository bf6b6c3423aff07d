/* protobuf.c: see protobuf.h. */
#include "export/protobuf.h"

#include <string.h>

enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
};

static size_t varint_bytes(uint64_t value)
{
    size_t bytes = 1;

    while ((value >>= 7) != 0)
        bytes++;
    return bytes;
}

static void put_varint(struct protobuf *message, uint64_t value)
{
    while (value >= 0x80) {
        message->bytes[message->count++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    message->bytes[message->count++] = (uint8_t)value;
}

static uint64_t key_of(uint32_t field, enum wire_type type)
{
    return (uint64_t)field << 3 | type;
}

/* Begins a field with so many bytes behind its key, if there is room. */
static bool begin_field(struct protobuf *message, uint32_t field,
                        enum wire_type type, size_t bytes)
{
    uint64_t key = key_of(field, type);

    if (varint_bytes(key) + bytes > PROTOBUF_BYTES - message->count) {
        message->full = true;
        return false;
    }
    put_varint(message, key);
    return true;
}

void protobuf_number(struct protobuf *message, uint32_t field, uint64_t value)
{
    if (begin_field(message, field, WIRE_VARINT, varint_bytes(value)))
        put_varint(message, value);
}

void protobuf_fixed64(struct protobuf *message, uint32_t field, uint64_t value)
{
    if (!begin_field(message, field, WIRE_FIXED64, 8))
        return;
    for (unsigned i = 0; i < 8; i++)
        message->bytes[message->count++] = (uint8_t)(value >> 8 * i);
}

static void put_bytes(struct protobuf *message, uint32_t field,
                      const void *bytes, size_t count)
{
    if (!begin_field(message, field, WIRE_BYTES, varint_bytes(count) + count))
        return;
    put_varint(message, count);
    memcpy(message->bytes + message->count, bytes, count);
    message->count += count;
}

void protobuf_text(struct protobuf *message, uint32_t field, const char *text)
{
    put_bytes(message, field, text, strlen(text));
}

void protobuf_message(struct protobuf *message, uint32_t field,
                      const struct protobuf *inner)
{
    if (inner->full)
        message->full = true;
    else
        put_bytes(message, field, inner->bytes, inner->count);
}

void protobuf_header(struct protobuf *message, uint32_t field, uint64_t bytes)
{
    if (begin_field(message, field, WIRE_BYTES, varint_bytes(bytes)))
        put_varint(message, bytes);
}
