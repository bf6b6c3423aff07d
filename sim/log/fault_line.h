/* fault_line.h: page faults and deaths told in one line each.
 *
 * Of every fault, where the user wants to hear of them all:
 *
 *   fault pid=2 cr2=0xbffff7ac error=0x7 (protection, write, user)
 * eip=0x08049014 <after_fork> copied frame 71 to 93, references 2 to 1
 *
 * and of what the kernel did to a page by hand, without a fault, as where its
 * writes are not checked:
 *
 *   kernel pid=2 page=0x0804b000 copied frame 71 to 93, references 2 to 1
 *
 * (each in one line), and always of the death of a process by a signal: by a
 * fault's, and by any other (death.h).
 *
 *   mmu386: pid 3: page fault at 0x00000000, error 0x6 (not present, write,
 * user), eip 0x08049012 <main+0x12>: mov dword ptr [eax], 1 mmu386: pid 3:
 * killed by SIGILL: invalid opcode (#UD), eip 0x08049012 <main+0x12>:
 * ud2 */
#ifndef MMU386_FAULT_LINE_H
#define MMU386_FAULT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "event.h"
#include "machine/subjects.h"

struct machine;

#define FAULT_LINE_BYTES 512u

struct fault_line {
    struct subjects subjects;
    bool replays; /* the machine does */
    FILE *out;
    bool all; /* every fault, not only those that a process dies of */

    bool open; /* `fault` was raised, and nothing has been done about it yet */
    struct mmu_event fault;

    /* What is to be said if the process `death_pid` is now killed by
     * `death_signal`; 0: nothing. */
    uint32_t death_signal;
    uint32_t death_pid;
    uint32_t death_eip;
    char death[FAULT_LINE_BYTES];
};

/* Makes `line` listen to `machine`, whose processes `subjects` tells of, and
 * write to `out`. */
void fault_line_listen(struct fault_line *line, struct machine *machine,
                       const struct subjects *subjects, FILE *out, bool all);

/* Writes "protection, write, user" for an error code and returns `text`. */
char *fault_error_text(uint32_t error, char *text, size_t text_bytes);

#endif
