/* shellword.c: see shellword.h. POSIX.1-2017, Shell Command Language, 2.2
 * Quoting. */
#include "shellword.h"

#include <stdbool.h>
#include <string.h>

/* The characters that mean nothing to a shell anywhere in a word; '~' and '#'
 * do at its start. */
static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:,./-";

/* In a first word "NAME=VALUE" is an assignment; after a '-' there it is
 * not. */
static bool is_plain(const char *word)
{
    for (const char *at = word; *at != '\0'; at++)
        if (strchr(plain, *at) == NULL && !(*at == '=' && word[0] == '-'))
            return false;
    return word[0] != '\0';
}

void shellword_write(FILE *file, const char *word)
{
    if (is_plain(word)) {
        fputs(word, file);
        return;
    }
    fputc('\'', file);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", file);
        else
            fputc(*word, file);
    }
    fputc('\'', file);
}
