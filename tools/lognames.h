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
#define LINE_FILE_BYTES   257u

/* A source line. */
struct log_line {
    char file[LINE_FILE_BYTES]; /* its path as the compiler had it */
    int64_t line;               /* from 1 */
};

struct lognames {
    struct faultlog *log;
    struct keymap programs;  /* those whose symbols were read */
    struct symbols *symbols; /* by their number */
    char **names;            /* what the symbols' names are in */
    struct logstmt *lines;   /* finds one; NULL: no log of its age has any */
};

/* Begins with nothing read: that comes when a program is first asked for. */
void lognames_init(struct lognames *names, struct faultlog *log);
void lognames_free(struct lognames *names);

/* The name of the symbol at `linear` in the program, or NULL; *offset as of
 * symbols_find. */
const char *lognames_symbol(struct lognames *names, int64_t program,
                            uint32_t linear, uint32_t *offset);

/* Finds the source line of code at `linear` that rows of the log tell of. False
 * where the log has none. */
bool lognames_line(struct lognames *names, int64_t program, uint32_t linear,
                   struct log_line *line);

/* Writes "main+0x12" and returns `text`, or NULL where there is no symbol. */
const char *lognames_text(struct lognames *names, int64_t program,
                          uint32_t linear, char *text, size_t text_bytes);

#endif
