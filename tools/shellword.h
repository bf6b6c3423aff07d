/* shellword.h: words as a POSIX shell reads them back. */
#ifndef MMU386_SHELLWORD_H
#define MMU386_SHELLWORD_H

#include <stdio.h>

/* Writes a word, in single quotes where it needs them. */
void shellword_write(FILE *file, const char *word);

#endif
