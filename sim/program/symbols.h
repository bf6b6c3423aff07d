/* symbols.h: the functions, objects and labels of a program, by linear address
 * and by name. */
#ifndef MMU386_SYMBOLS_H
#define MMU386_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far a symbol is seen: the greater is preferred. */
enum symbol_binding {
    SYMBOL_LOCAL,
    SYMBOL_WEAK,
    SYMBOL_GLOBAL,
};

struct symbol {
    uint32_t linear;
    uint32_t bytes;   /* linear + bytes is at most 4 GiB; 0: covers nothing */
    uint32_t name;    /* offset in the names */
    uint16_t section; /* index of its section header */
    uint8_t typed;    /* 1: a function or an object, 0: a mere label */
    uint8_t binding;  /* enum symbol_binding */
};

struct symbols {
    struct symbol *table; /* ascending; of those at one address the preferred is
                             the last */
    uint32_t count;
    const char *names; /* in the file that they were read from */
};

/* Reads .symtab or, where that has none, .dynsym of the ELF32 file of
 * `file_bytes` bytes, and adds `bias` to every address. What is damaged is left
 * out, down to an empty table. The file must outlive the table, which points to
 * its names. Returns 0 or -ENOMEM. ELF specification 1.2, book I, "Sections"
 * and "Symbol Table". */
int symbols_read(struct symbols *symbols, const uint8_t *file,
                 size_t file_bytes, uint32_t bias);

/* Frees the table; `symbols` is empty thereafter. */
void symbols_free(struct symbols *symbols);

/* The name of the symbol nearest at or below `linear` that reaches it, or NULL.
 * A symbol reaches as far as its size, one without a size to the next symbol or
 * its section's end. Of those at one address a function or an object is
 * preferred to a label, then a global symbol to a local one. *offset, if not
 * NULL, is set to the bytes from the symbol to `linear`. */
const char *symbols_find(const struct symbols *symbols, uint32_t linear,
                         uint32_t *offset);

/* Finds the symbol called `name`, a global one rather than a local one. *linear
 * and *bytes (reach as above), if not NULL, are set to where it is. False if
 * there is none. */
bool symbols_address(const struct symbols *symbols, const char *name,
                     uint32_t *linear, uint32_t *bytes);

#endif
