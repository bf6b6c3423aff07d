/* budget.h: counts the instructions of a run by its blocks, so that it stops at exactly the same
 * instruction as when each is counted, at a fraction of the price. */
#ifndef MMU386_BUDGET_H
#define MMU386_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "codeinfo.h"
#include "view.h"

#define BUDGET_BLOCKS 4096u /* remembered; a power of two */

struct budget_block {
    uint32_t linear;
    uint32_t bytes;
    uint32_t insns;
    uint32_t cr3;
    uint32_t epoch;
};

struct budget {
    uint64_t left;               /* instructions */
    bool unlimited;              /* counted, but without an end */
    uint64_t relaxed;            /* instructions since there last was an end */
    struct budget_block current; /* the block that runs; insns 0: none */
    uint32_t epoch;              /* changes when what is remembered may be wrong */
    bool code_is_written;        /* guest code rewrites itself: nothing can be remembered */
    struct budget_block blocks[BUDGET_BLOCKS];
};

enum budget_answer {
    BUDGET_RUN,
    BUDGET_STOP,  /* the block has more instructions than are left; none of it was counted */
    BUDGET_RELAX, /* nobody has needed the count for long */
};

/* A block of `bytes` bytes at `linear` is about to run: counts its instructions. */
enum budget_answer budget_enter(struct budget *budget, struct codeinfo_cache *codeinfo,
                                const struct view *view, uint32_t linear, uint32_t bytes);

/* The run stopped at EIP, which lies in the current block: what did not complete is given back. */
void budget_give_back(struct budget *budget, struct codeinfo_cache *codeinfo,
                      const struct view *view);

/* Where in the block at EIP the budget ends. */
uint32_t budget_end(const struct budget *budget, const struct view *view);

/* How many instructions the code at `linear` has, and whether one is to be guarded. */
const struct codeinfo *budget_codeinfo(struct codeinfo_cache *codeinfo, const struct view *view,
                                       uint32_t linear, uint32_t bytes);

#endif
