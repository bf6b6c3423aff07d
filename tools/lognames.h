/* lognames.h: addresses of programs in words, by the symbols that a fault log
 * holds. */
#ifndef MMU386_LOGNAMES_H
#define MMU386_LOGNAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultlog.h"
#include "keymap.h"
#include "program/symbols.h"

#define SYMBOL_TEXT_BYTES 96u

struct lognames {
    struct faultlog *log;
    struct keymap programs;  /* those whose symbols were read */
    struct symbols *symbols; /* by their number */
    char **names;            /* what the symbols' names are in */
};

/* Begins with nothing read: that comes when a program is first asked for. */
void lognames_init(struct lognames *names, struct faultlog *log);
void lognames_free(struct lognames *names);

/* The name of the symbol at `linear` in the program, or NULL; *offset as of
 * symbols_find. */
const char *lognames_symbol(struct lognames *names, int64_t program,
                            uint32_t linear, uint32_t *offset);

/* Writes "main+0x12" and returns `text`, or NULL where there is no symbol. */
const char *lognames_text(struct lognames *names, int64_t program,
                          uint32_t linear, char *text, size_t text_bytes);

#endif
