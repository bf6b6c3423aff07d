/* rewrite.h: a store of the guest's into the block of code that runs.
 *
 * The engine translates a block whole. Where one of its stores changes the
 * block, and is aligned, the engine leaves the block before the store, of which
 * its hook was told, and takes the store's instruction up again, alone: its
 * accesses are told of twice. Of an unaligned store the engine would have made
 * some bytes by then, and would tell of nothing any more. Such a store is
 * refused; its instruction is then run from a shadow, a copy of its code where
 * no store hits it.
 */
#ifndef MMU386_REWRITE_H
#define MMU386_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"
#include "cpu/view.h"

#define SHADOW_PAGES 2u /* an instruction may run into the next page */

enum rewrite_answer {
    REWRITE_ELSEWHERE, /* the store is not to the block */
    REWRITE_CUTS,      /* the engine leaves the block */
    REWRITE_REFUSE,    /* and must not be let to */
};

struct rewrite {
    bool pending; /* there is such a store, and its instruction has not been
                     taken up yet */
    bool refused; /* nor is the store made */
    bool alone;   /* the block that runs is the instruction that was taken up */
    uint32_t store;               /* physical address, as the hook told */
    uint8_t code[INSN_MAX_BYTES]; /* of what is taken up, before it changes
                                     itself */
    struct insn insn;             /* that; length 0: none */

    /* Some instructions have changed the flags when the engine leaves them
     * before their store. */
    uint32_t flags_at; /* linear address of the one that was looked at last */
    uint32_t flags;    /* EFLAGS then */
};

/* The block of `block_bytes` bytes at `block` is about to store `bytes` bytes,
 * a power of two, to `linear`; the hook was told of it as of `phys`. */
enum rewrite_answer rewrite_see(struct rewrite *rewrite,
                                const struct view *view, uint32_t block,
                                uint32_t block_bytes, uint32_t linear,
                                uint32_t bytes, uint32_t phys);

/* The instruction at `linear` is taken up. */
void rewrite_take_up(struct rewrite *rewrite, const struct view *view,
                     uint32_t linear);

/* Nothing is pending, refused or taken up any more. */
void rewrite_forget(struct rewrite *rewrite);

/* Makes the shadow, of SHADOW_PAGES pages, that of the instruction at `linear`
 * that was taken up: behind it there is nothing but RETs. */
void rewrite_cast_shadow(const struct rewrite *rewrite, uint32_t linear,
                         uint8_t *shadow);

#endif
