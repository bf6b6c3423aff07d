/* program.h: a program to run: a static i386 executable in ELF32.
 *
 *    file_offset         + file_bytes              the file
 *         |===================|
 *   :.....|===================|..0000:000000:      a segment's pages, at
 * `linear` page  |                    |      | start linear      + file_bytes
 * + memory_bytes
 *
 * The file is mapped by whole pages, so that the segment's first page begins
 * with whatever precedes the segment in the file; the last of its pages goes on
 * with what follows, if the segment ends there, and with zeros if it has more
 * bytes in memory than in the file. The pages after that one are in no file:
 * they start as zeros.
 *
 * ELF specification 1.2, book I, "Program Header", and book III, "Program
 * Loading"; where they leave a choice it is that of Linux
 * (fs/binfmt_elf.c). */
#ifndef MMU386_PROGRAM_H
#define MMU386_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/lines.h"
#include "program/symbols.h"

#define PROGRAM_FILE_BYTES_MAX 0x10000000u /* 256 MiB */
#define PROGRAM_SEGMENTS_MAX   64u
/* where a position-independent program is put */
#define PROGRAM_PIE_BIAS 0x08000000u

/* What a PT_LOAD header asks for. Addresses are linear, the bias included. */
struct segment {
    uint32_t linear;
    uint32_t memory_bytes; /* at least 1 */
    uint32_t file_offset;  /* congruent to linear modulo 4096, unless file_bytes
                              is 0 */
    uint32_t file_bytes;   /* at most memory_bytes */
    bool readable, writable, executable;
};

struct program {
    char *name; /* as given, for messages */
    uint8_t *file;
    size_t file_bytes; /* the whole file, copied: what happens to it later
                          changes nothing */
    struct segment *segments;
    uint32_t segment_count; /* ascending, no page in two of them, none of them
                               empty */
    uint32_t bias; /* added to each of the file's addresses: PROGRAM_PIE_BIAS or
                    * 0. The program relocates itself. */
    uint32_t entry;        /* AT_ENTRY */
    uint32_t phdr_linear;  /* AT_PHDR; 0: the program headers are in no
                            * segment */
    uint32_t phdr_count;   /* AT_PHNUM */
    uint32_t brk_start;    /* first page boundary after the last segment */
    bool executable_stack; /* as PT_GNU_STACK says; without one, as i386 has it:
                              true */
    struct symbols symbols;
    struct lines lines;  /* see program_line */
    bool has_lines;      /* they were read */
    unsigned references; /* see program_get */
    uint64_t id;         /* the owner's; 0 at first */
    char *path; /* the owner's: where guests see it, absolute; freed with the
                   program */
};

/* Reads a program from `fd`, any open descriptor, which is not closed and whose
 * position is not changed. Every page of the program lies below `user_top`
 * (linear, a multiple of 4096). Returns the program with one reference and
 * *error_number 0, or NULL with *error_number and a phrase in `error` (at most
 * `error_bytes` bytes, NUL-terminated) that goes after the program's name: "is
 * empty". Segments are counted from 1 in the file's order, empty ones left out.
 *
 * ENOEXEC: not a program that can be run; EISDIR; EACCES: another kind of file
 * or not open for reading; EIO: could not be read; ENOMEM. Whether the file may
 * be executed is for the caller. */
struct program *program_open(int fd, const char *name, uint32_t user_top,
                             int *error_number, char *error,
                             size_t error_bytes);

/* Takes another reference to the program. Returns it. */
struct program *program_get(struct program *program);

/* Drops a reference, and with the last one the program. NULL is let be. */
void program_put(struct program *program);

/* The segment that has a byte in the page at `page_linear` (a multiple of
 * 4096), or NULL. */
const struct segment *program_segment(const struct program *program,
                                      uint32_t page_linear);

/* Finds the source line of the code at `linear`. False where there is none, or
 * the program has no file. The lines are read when the first is asked for,
 * which takes some milliseconds a megabyte of them: one thread may ask. */
bool program_line(struct program *program, uint32_t linear,
                  struct source_line *source);

/* True where the page at `page_linear` holds bytes of the file, false where it
 * is all zeros or not the segment's. */
bool segment_page_is_file(const struct segment *segment, uint32_t page_linear);

/* Fills `to`, 4096 bytes, with what the page at `page_linear` starts as. */
void program_page(const struct program *program, const struct segment *segment,
                  uint32_t page_linear, uint8_t *to);

#endif
