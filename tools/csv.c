/* csv.c: see csv.h. */
#include "csv.h"

#include <stdbool.h>
#include <string.h>

/* RFC 4180, 2.5 to 2.7. */
void csv_write_text(FILE *file, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (quoted)
        fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    if (quoted)
        fputc('"', file);
}
