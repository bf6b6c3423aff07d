/* codeplace.h: a place in a process's code, in words: the symbol that it is at and the instruction
 * there. Nothing is charged, and no translation is used, for looking. */
#ifndef MMU386_CODEPLACE_H
#define MMU386_CODEPLACE_H

#include <stddef.h>
#include <stdint.h>

struct machine;
struct process;

/* Writes " <main+0x12>", or nothing where `linear` is at no symbol of the process's program, and
 * returns `text`. */
char *codeplace_symbol(const struct process *process, uint32_t linear, char *text,
                       size_t text_bytes);

/* Copies up to `bytes` bytes of what is in the process's memory at `linear`; returns how many there
 * are. The process need not be the current one. */
uint32_t codeplace_read(const struct machine *machine, const struct process *process,
                        uint32_t linear, uint8_t *code, uint32_t bytes);

/* Writes `before`, the instruction and `after`; nothing where none can be read. Returns `text`. */
char *codeplace_instruction(struct machine *machine, const struct process *process, uint32_t linear,
                            const char *before, const char *after, char *text, size_t text_bytes);

#endif
