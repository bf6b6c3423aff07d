/* traceline.c: see traceline.h. */
#include "trace/traceline.h"

#include <string.h>

#define DIGIT 0x20u /* of digit_of: it is one */

/* DIGIT and the value of a hexadecimal digit; 0 of anything else. */
static inline unsigned digit_of(char character)
{
    static const uint8_t values[256] = {
        ['0'] = 0x20, ['1'] = 0x21, ['2'] = 0x22, ['3'] = 0x23, ['4'] = 0x24,
        ['5'] = 0x25, ['6'] = 0x26, ['7'] = 0x27, ['8'] = 0x28, ['9'] = 0x29,
        ['a'] = 0x2A, ['b'] = 0x2B, ['c'] = 0x2C, ['d'] = 0x2D, ['e'] = 0x2E,
        ['f'] = 0x2F, ['A'] = 0x2A, ['B'] = 0x2B, ['C'] = 0x2C, ['D'] = 0x2D,
        ['E'] = 0x2E, ['F'] = 0x2F,
    };

    return values[(unsigned char)character];
}

void cursor_expect(struct cursor *cursor, char character)
{
    if (!cursor_take(cursor, character))
        cursor_fail(cursor, character == ',' ? "no comma where one should be"
                                             : "no - where one should be");
}

bool cursor_word_is(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    const char *end;

    cursor_spaces(cursor);
    if ((size_t)(cursor->end - cursor->at) < length ||
        memcmp(cursor->at, word, length) != 0)
        return false;
    end = cursor->at + length;
    if (end != cursor->end && *end != ' ' && *end != '\t')
        return false;
    cursor->at = end;
    return true;
}

uint64_t cursor_hex(struct cursor *cursor)
{
    const char *at = cursor->at;
    const char *end = cursor->end;
    const char *start;
    uint64_t number = 0;

    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        at += 2;
    start = at;
    for (unsigned digit; at != end && (digit = digit_of(*at)) != 0; at++)
        number = number << 4 | (digit & 15);
    if (at - start > 16)
        cursor_fail(cursor, "an address of more than 64 bits");
    if (at == start)
        cursor_fail(cursor, "no hexadecimal number where one should be");
    cursor->at = at;
    return number;
}

uint32_t cursor_linear(struct cursor *cursor)
{
    uint64_t number;

    cursor_spaces(cursor);
    number = cursor_hex(cursor);
    if (number > UINT32_MAX)
        cursor_fail(cursor, "an address of more than 32 bits");
    return (uint32_t)number;
}

uint32_t cursor_number(struct cursor *cursor)
{
    const char *start;
    uint64_t number = 0;

    cursor_spaces(cursor);
    start = cursor->at;
    for (; !cursor_at_end(cursor) && *cursor->at >= '0' && *cursor->at <= '9';
         cursor->at++) {
        number = number * 10 + (uint64_t)(*cursor->at - '0');
        if (number > UINT32_MAX) {
            cursor_fail(cursor, "a number that is too large");
            break;
        }
    }
    if (cursor->at == start)
        cursor_fail(cursor, "no number where one should be");
    return (uint32_t)number;
}

uint32_t cursor_bytes(struct cursor *cursor, uint8_t *bytes, uint32_t bytes_max)
{
    uint32_t count = 0;

    while (count < bytes_max && cursor->end - cursor->at >= 2) {
        unsigned high = digit_of(cursor->at[0]);
        unsigned low = digit_of(cursor->at[1]);

        if (high == 0 || low == 0)
            break;
        bytes[count++] = (uint8_t)((high & 15) << 4 | (low & 15));
        cursor->at += 2;
    }
    return count;
}

const char *cursor_word(struct cursor *cursor, char *to, size_t bytes_max)
{
    size_t count = 0;

    cursor_spaces(cursor);
    for (; !cursor_at_end(cursor) && *cursor->at != ' ' && *cursor->at != '\t';
         cursor->at++) {
        if (count == bytes_max || *cursor->at == '\0') {
            cursor_fail(cursor, "no word where one should be");
            break;
        }
        to[count++] = *cursor->at;
    }
    if (count == 0)
        cursor_fail(cursor, "no word where one should be");
    to[count] = '\0';
    return to;
}

/* A character of a text in quotes, of which a backslash begins some. */
static char quoted_character(struct cursor *cursor)
{
    char character = *cursor->at++;
    uint8_t byte = 0;

    if (character != '\\')
        return character;
    if (cursor_take(cursor, 'x')) {
        if (cursor_bytes(cursor, &byte, 1) != 1)
            cursor_fail(cursor, "no two digits behind \\x");
        return (char)byte;
    }
    if (cursor_at_end(cursor) || (*cursor->at != '"' && *cursor->at != '\\')) {
        cursor_fail(cursor, "\\ before what needs none");
        return '?';
    }
    return *cursor->at++;
}

const char *cursor_text(struct cursor *cursor, char *to, size_t bytes_max)
{
    size_t count = 0;

    cursor_spaces(cursor);
    if (!cursor_take(cursor, '"'))
        cursor_fail(cursor, "no text in quotes where one should be");
    while (cursor->why == NULL && !cursor_take(cursor, '"')) {
        if (cursor_at_end(cursor)) {
            cursor_fail(cursor, "a text without a closing quote");
        } else if (count == bytes_max) {
            cursor_fail(cursor, "a text that is too long");
        } else {
            to[count] = quoted_character(cursor);
            if (to[count++] == '\0')
                cursor_fail(cursor, "a text with a NUL");
        }
    }
    to[count] = '\0';
    return to;
}
