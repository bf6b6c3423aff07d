/* plain.h: texts of unknown origin, made fit to be written. */
#ifndef MMU386_PLAIN_H
#define MMU386_PLAIN_H

#include <stddef.h>

/* Copies `text` (NULL: nothing) into `plain`, cut to whole characters where it
 * is too long. What is no UTF-8 or is a control character becomes '?'. Returns
 * `plain`. */
char *plain_text(const char *text, char *plain, size_t plain_bytes);

/* Characters (code points) of a text that plain_text made. */
size_t plain_length(const char *plain);

/* A byte as a line of any text has it: a control character of ASCII is '?'. */
static inline char plain_in_line(char byte)
{
    if ((unsigned char)byte < ' ' || byte == 0x7F)
        return '?';
    return byte;
}

/* The same where only ASCII is welcome. */
static inline char plain_ascii(char byte)
{
    if (byte < ' ' || byte > '~')
        return '?';
    return byte;
}

#endif
