/* dwarflines.h: the line number table of a program's file (DWARF 5,
 * section .debug_line), row by row. The only file that knows libdw.
 *
 * The file is hostile, and libdw makes more of it than it holds: so it never
 * sees it. It gets an image of our own making in which there are one unit of
 * the table and the strings that it names, and neither is longer than the
 * limits below say, nor is a name; a unit that does not keep to them is left
 * out. What libdw takes is then below 200 MiB, for the worst there is, and
 * given back after each unit; of what compilers make it is some 100 bytes a
 * row.
 *
 * Tables of older versions and compressed sections are not read. */
#ifndef MMU386_DWARFLINES_H
#define MMU386_DWARFLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/elfrecord.h"

#define DWARF_TABLE_BYTES_MAX 0x2000000u /* of all units: 32 MiB */
#define DWARF_UNIT_BYTES_MAX  0x80000u
#define DWARF_NAME_BYTES_MAX  1024u /* of a file's or a directory's name */
#define DWARF_NAMES_BYTES_MAX 0x1000000u

struct dwarf_row {
    uint64_t address; /* as in the file */
    const char *file; /* while the listener runs; NULL where `line` is 0 */
    uint32_t line;    /* 0: the code is of no line */
    bool end;         /* no code of the unit's is here: the last one's end */
};

/* Hears of a row; false: that is enough. */
typedef bool (*dwarf_row_listener)(void *arg, const struct dwarf_row *row);

/* Tells of the rows of each unit, within one in ascending order of addresses;
 * of those at one address the last counts. What is damaged is left out. */
void dwarf_lines_tell(struct elf_file file, dwarf_row_listener listener,
                      void *arg);

#endif
