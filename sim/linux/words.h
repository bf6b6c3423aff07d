/* words.h: a text that is added to, piece by piece; what does not fit is cut
 * off. */
#ifndef MMU386_WORDS_H
#define MMU386_WORDS_H

#include <stddef.h>

struct words {
    char *text; /* always ends in a NUL, once words_add was called */
    size_t bytes, at;
};

void words_add(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
