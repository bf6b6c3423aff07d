/* death.h: why a signal kills a process, in words:
 *
 *   killed by SIGILL: invalid opcode (#UD), eip 0x08049012 <main+0x12>: ud2
 *   killed by SIGTERM from pid 2, eip 0x080490c3 <syscall6+0x20>, after int
 * 0x80
 *
 * EIP is where the process was to go on, of a fault the instruction that raised
 * it; of a trap, which leaves it behind the instruction, that one is named as
 * the one before.
 */
#ifndef MMU386_DEATH_H
#define MMU386_DEATH_H

#include <stddef.h>
#include <stdint.h>

struct kernel;
struct process;

/* Writes it of a process that still has its memory and its trap frame, and
 * returns `text`. Of a replay's processes it is not known who sent a signal,
 * nor an exception's error code. */
char *death_text(struct kernel *kernel, const struct process *process,
                 uint32_t signal, char *text, size_t text_bytes);

#endif
