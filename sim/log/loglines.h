/* loglines.h: which source lines a log is to have: those of the code that its
 * rows tell of, each once. On the writer's thread, which reads the lines of a
 * program itself: the machine's own are the machine's. */
#ifndef MMU386_LOGLINES_H
#define MMU386_LOGLINES_H

#include <stdbool.h>
#include <stdint.h>

#include "keymap.h"
#include "log/logrow.h"
#include "program/lines.h"

/* All zeros is one that has met nothing. */
struct log_lines {
    struct keymap ids; /* the programs' */
    struct log_program {
        const struct program *program;
        struct lines lines;
        bool read;
    } * programs; /* by the numbers of their ids */
    uint32_t capacity;
    struct keymap met; /* places in programs */
    uint64_t last;
};

/* Programs whose rows come from now on. One that there is no memory for has no
 * lines. */
void log_lines_add(struct log_lines *lines, const struct program *program);

/* Finds the line of the row's code. False where there is none, or the place was
 * met before: of some places, after very many others, that is forgotten. */
bool log_lines_meet(struct log_lines *lines, const struct log_row *row,
                    struct source_line *source);

void log_lines_free(struct log_lines *lines);

#endif
