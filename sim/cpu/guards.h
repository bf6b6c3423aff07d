/* guards.h: the instructions that are looked at each time before they run, and
 * what is known of each. */
#ifndef MMU386_GUARDS_H
#define MMU386_GUARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/fpuinsn.h"
#include "cpu/insnclocks.h"
#include "cpu/view.h"

#define GUARDS_MAX 1024u /* a block has at most 512 instructions */

struct guard {
    uint32_t linear;
    size_t hook; /* the engine's handle */
    /* What was there when it was last looked at. */
    uint32_t cr3, epoch;
    uint8_t bytes; /* of it; 0: not looked at yet */
    struct insn insn;
    struct insn_clocks clocks;
    bool fpu; /* of FPU, MMX or SSE: */
    enum fpu_care care;
    uint32_t aligned; /* times that its operand was aligned; see
                       * fpulook_retire */
    bool retired;     /* it has no hook any more */
    struct fpu_outlook outlook;
};

struct guards {
    uint32_t count;
    struct guard guard[GUARDS_MAX];
    uint16_t slot[2 * GUARDS_MAX]; /* by hash of the address: 1 + index; 0:
                                    * free */
};

/* The guard at `linear`, or NULL. */
struct guard *guards_find(struct guards *guards, uint32_t linear);

/* Adds one where there is none; count < GUARDS_MAX. Forgets all of them. */
void guards_add(struct guards *guards, uint32_t linear, size_t hook);
void guards_clear(struct guards *guards);

/* Sees to it that insn and clocks (those of `generation`, if not NULL) are
 * those of what the guest has at the guard's address now. `epoch` is another
 * one whenever that may have changed; `written`: it may change at any time.
 * False where there is no instruction. */
bool guard_look(struct guard *guard, const struct view *view,
                const struct mmu_generation *generation, uint32_t epoch,
                bool written);

#endif
