/* tracedin.c: see tracedin.h. Eight characters are handled as one number of 64
 * bits: its lowest byte is the first of them. */
#include "trace/tracedin.h"

#include <endian.h>
#include <string.h>

/* in each of the eight bytes */
#define EACH(byte)   (0x0101010101010101u * (byte))
#define DIGITS_MAX   8u
#define LONGEST_LINE (2u + DIGITS_MAX + 1u)

/* How many characters there are before the first one that is neither a digit
 * nor a letter (those have none of the bits that say so). */
static inline uint32_t word_length(uint64_t characters)
{
    uint64_t others = ~(characters >> 4 | characters >> 6) & EACH(1u);

    return others == 0 ? DIGITS_MAX : (uint32_t)__builtin_ctzll(others) / 8;
}

/* Bit 7 of each byte that is at least `least`; no byte has its own bit 7. */
static inline uint64_t at_least(uint64_t characters, uint32_t least)
{
    return characters + EACH(0x80u - least);
}

static inline bool all_hexadecimal(uint64_t characters)
{
    uint64_t small = characters | EACH(0x20u);
    uint64_t digits =
        at_least(characters, '0') & ~at_least(characters, '9' + 1);
    uint64_t letters = at_least(small, 'a') & ~at_least(small, 'f' + 1);

    return ((digits | letters) & ~characters & EACH(0x80u)) == EACH(0x80u);
}

/* The number that eight digits stand for. */
static inline uint32_t value_of(uint64_t digits)
{
    uint64_t value = (digits & EACH(0x0Fu)) + 9 * (digits >> 6 & EACH(1u));

    value = __builtin_bswap64(value);
    value = (value | value >> 4) & 0x00FF00FF00FF00FFu;
    value = (value | value >> 8) & 0x0000FFFF0000FFFFu;
    return (uint32_t)(value | value >> 16);
}

/* Reads a line's address, `*digits` long; false where it is not plain.
 * LONGEST_LINE bytes can be read. */
static inline bool read_address(const uint8_t *line, uint32_t *linear,
                                uint32_t *digits)
{
    uint64_t characters;
    uint32_t length;

    memcpy(&characters, line + 2, sizeof(characters));
    characters = le64toh(characters);
    length = word_length(characters);
    if (length == 0 || line[1] != ' ' || line[2 + length] != '\n')
        return false;
    if (length < DIGITS_MAX) /* zeros in front */
        characters =
            characters << (64 - 8 * length) | EACH((uint32_t)'0') >> 8 * length;
    *linear = value_of(characters);
    *digits = length;
    return all_hexadecimal(characters);
}

static inline bool take_line(struct trace_blocks *blocks, uint8_t label,
                             uint32_t linear)
{
    if (label == '2')
        return trace_blocks_insn(blocks, linear, 1, NULL, false);
    return trace_blocks_access(
        blocks,
        trace_slot_of(0, label == '0' ? TRACE_READ : TRACE_WRITE, 1, false),
        linear);
}

size_t trace_din_take(struct trace_blocks *blocks, const uint8_t *text,
                      size_t bytes, uint64_t *lines, bool *full)
{
    const uint8_t *at = text;
    const uint8_t *last =
        bytes < LONGEST_LINE ? text : text + (bytes - LONGEST_LINE + 1);

    *full = false;
    for (; at < last; (*lines)++) {
        uint32_t linear;
        uint32_t digits;

        if (*at < '0' || *at > '2' || !read_address(at, &linear, &digits))
            break;
        *full = !take_line(blocks, *at, linear);
        if (*full)
            break;
        at += 2 + digits + 1;
    }
    return (size_t)(at - text);
}
