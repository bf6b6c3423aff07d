/* lines.h: the source lines of a program, by linear address. */
#ifndef MMU386_LINES_H
#define MMU386_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beyond these, of one program, what comes is left out. */
#define LINES_ROWS_MAX  0x80000u
#define LINES_FILES_MAX 0x8000u

struct source_line {
    const char *file; /* its path as the compiler had it; as long-lived as the
                         lines */
    uint32_t line;    /* from 1 */
};

/* The code from `linear` on, up to the next row's. */
struct line_row {
    uint32_t linear;
    uint32_t file; /* index */
    uint32_t line; /* 0: of no line */
};

/* All zeros is an empty one. */
struct lines {
    struct line_row *rows; /* ascending */
    uint32_t count, capacity;
    char **files;
    uint32_t file_count, file_capacity;
};

/* Reads the line number table of the ELF32 file of `file_bytes` bytes, and adds
 * `bias` to every address. What is damaged, and what there is no memory for, is
 * left out, down to an empty table. The file is not needed thereafter. */
void lines_read(struct lines *lines, const uint8_t *file, size_t file_bytes,
                uint32_t bias);

/* Frees what was read; `lines` is empty thereafter. */
void lines_free(struct lines *lines);

/* Finds the line of the code at `linear`: of code that was inlined the
 * innermost. False where there is none. */
bool lines_find(const struct lines *lines, uint32_t linear,
                struct source_line *source);

/* The last component of a path. */
const char *lines_file_name(const char *path);

#endif
