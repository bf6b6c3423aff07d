/* csv.h: fields of CSV. */
#ifndef MMU386_CSV_H
#define MMU386_CSV_H

#include <stdio.h>

/* Writes a text as a field, in quotes where it needs them. */
void csv_write_text(FILE *file, const char *text);

#endif
