/* search.h: the flags from before a repeated CMPS or SCAS, which a fault
 * half-way gives back.
 *
 * SDM volume 2, REP: "If a page fault occurs during CMPS or SCAS instructions
 * that are prefixed with REPE or REPNE, the EFLAGS value is restored to the
 * state prior to the execution". The engine leaves those of the last
 * comparison.
 */
#ifndef MMU386_SEARCH_H
#define MMU386_SEARCH_H

#include <stdint.h>

#include "cpu/insn.h"

struct search {
    uint32_t linear; /* of the instruction; SEARCH_NONE: none runs */
    uint32_t count;  /* ECX before its last iteration */
    uint32_t flags;  /* EFLAGS before its first */
};

#define SEARCH_NONE 0xFFFFFFFFu

/* Called before each iteration of `insn`, a repeated CMPS or SCAS, with ECX and
 * EFLAGS as they are then. An iteration that goes on has one less to do and
 * found, the last time, what the prefix asks for; any other is the first
 * one. */
void search_iterates(struct search *search, const struct insn *insn,
                     uint32_t ecx, uint32_t eflags);

/* EFLAGS after a fault of the instruction at `linear` that left `ecx` and
 * `eflags`. */
uint32_t search_flags_after_fault(const struct search *search, uint32_t linear,
                                  uint32_t ecx, uint32_t eflags);

#endif
