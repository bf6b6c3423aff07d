/* tracevarint.h: numbers of few bytes where they are small: seven bits a byte,
 * the lowest first, the highest bit set in all but the last. */
#ifndef MMU386_TRACEVARINT_H
#define MMU386_TRACEVARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARINT_BYTES_MAX 5u

static inline uint8_t *varint_write(uint8_t *at, uint32_t number)
{
    while (number >= 0x80) {
        *at++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *at++ = (uint8_t)number;
    return at;
}

/* What of a difference, taken modulo 2^32, is small in both directions: 0, -1,
 * 1, -2... */
static inline uint32_t zigzag(uint32_t difference)
{
    return difference << 1 ^ (0u - (difference >> 31));
}

static inline uint32_t unzigzag(uint32_t number)
{
    return number >> 1 ^ (0u - (number & 1));
}

/* Reads a number of bytes that are there; NULL where it is none of 32 bits. */
static inline const uint8_t *varint_read(const uint8_t *at, uint32_t *number)
{
    uint32_t byte = *at++;
    uint32_t sum = byte & 0x7F;

    for (unsigned shift = 7; byte >= 0x80; shift += 7) {
        byte = *at++;
        if (shift == 28 && byte > 0x0F)
            return NULL;
        sum |= (byte & 0x7F) << shift;
    }
    *number = sum;
    return at;
}

/* Bytes that are read one number after the other. */
struct varints {
    const uint8_t *at, *end;
    bool failed; /* there was no number where one was asked for */
};

/* The next number; 0 where there is none. */
static inline uint32_t varints_next(struct varints *varints)
{
    uint32_t number = 0;

    for (unsigned shift = 0; varints->at < varints->end; shift += 7) {
        uint32_t byte = *varints->at++;

        if (shift == 28 && byte > 0x0F)
            break;
        number |= (byte & 0x7F) << shift;
        if (byte < 0x80)
            return number;
    }
    varints->failed = true;
    return 0;
}

#endif
