/* codeplace.h: a place in a process's code, in words: the symbol that it is at
 * and the instruction there. Nothing is charged, and no translation is used,
 * for looking. */
#ifndef MMU386_CODEPLACE_H
#define MMU386_CODEPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel;
struct process;

/* Where the process is to go on, or was stopped: as its trap frame, on top of
 * its kernel stack, has it. */
struct codeplace {
    uint32_t eip;
    uint32_t cs;     /* selector */
    uint32_t linear; /* of EIP: the segment's base and it */
    bool flat;       /* the code segment is that of all programs */
    bool bits16;     /* code of 16 bits */
};

struct codeplace codeplace_of(const struct kernel *kernel,
                              const struct process *process);

/* Writes " <main+0x12>", or nothing where `linear` is at no symbol of the
 * process's program, and returns `text`. */
char *codeplace_symbol(const struct process *process, uint32_t linear,
                       char *text, size_t text_bytes);

/* Writes " at value.c:31", the source line, or nothing where none is known, and
 * returns `text`. */
char *codeplace_source(const struct process *process, uint32_t linear,
                       char *text, size_t text_bytes);

/* Copies up to `bytes` bytes of what is in the process's memory at `linear`;
 * returns how many there are. The process need not be the current one. */
uint32_t codeplace_read(const struct kernel *kernel,
                        const struct process *process, uint32_t linear,
                        uint8_t *code, uint32_t bytes);

/* Writes `before`, the instruction and `after`; nothing where none can be read.
 * Returns `text`. */
char *codeplace_instruction(struct kernel *kernel,
                            const struct process *process, uint32_t linear,
                            const char *before, const char *after, char *text,
                            size_t text_bytes);

#endif
