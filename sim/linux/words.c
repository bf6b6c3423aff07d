/* words.c: see words.h. */
#include "linux/words.h"

#include <stdarg.h>
#include <stdio.h>

void words_add(struct words *words, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(words->text + words->at, words->bytes - words->at,
                       format, arguments);
    va_end(arguments);
    if (length > 0)
        words->at += (size_t)length;
    if (words->at >= words->bytes)
        words->at = words->bytes - 1;
}
