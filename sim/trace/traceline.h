/* traceline.h: a line of text, read from its begin to its end. Once something
 * is wrong with it, why says what, and what is read from there on means
 * nothing. */
#ifndef MMU386_TRACELINE_H
#define MMU386_TRACELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
    const char *at, *end;
    const char *why; /* NULL: all is well */
};

static inline bool cursor_at_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end;
}

static inline void cursor_fail(struct cursor *cursor, const char *why)
{
    if (cursor->why == NULL)
        cursor->why = why;
}

static inline void cursor_spaces(struct cursor *cursor)
{
    while (cursor->at != cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
}

/* Skips the character if it comes next. */
static inline bool cursor_take(struct cursor *cursor, char character)
{
    if (cursor_at_end(cursor) || *cursor->at != character)
        return false;
    cursor->at++;
    return true;
}

/* Skips it, or fails. */
void cursor_expect(struct cursor *cursor, char character);

/* Skips spaces, then `word` if it comes next and ends there. */
bool cursor_word_is(struct cursor *cursor, const char *word);

/* A hexadecimal number of at most 64 bits, with "0x" or without. */
uint64_t cursor_hex(struct cursor *cursor);

/* After spaces: a linear address, and a decimal number of at most 32 bits. */
uint32_t cursor_linear(struct cursor *cursor);
uint32_t cursor_number(struct cursor *cursor);

/* Bytes of two hexadecimal digits each, at most `bytes_max`: how many. */
uint32_t cursor_bytes(struct cursor *cursor, uint8_t *bytes,
                      uint32_t bytes_max);

/* After spaces: a word, and a text in quotes, written to `to`, which has room
 * for `bytes_max` bytes and a NUL. Returns `to`. */
const char *cursor_word(struct cursor *cursor, char *to, size_t bytes_max);
const char *cursor_text(struct cursor *cursor, char *to, size_t bytes_max);

#endif
