/* meter.h: what a run uses up, instructions and clocks, counted by its blocks:
 * at a fraction of the price of counting each instruction, with the same result
 * at each stop.
 *
 * A block is counted whole when it is entered. What depends on where it leads
 * to (was the branch taken, and to what?) is added when it is left; what did
 * not complete is given back where it was stopped half-way.
 */
#ifndef MMU386_METER_H
#define MMU386_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/codeinfo.h"
#include "cpu/view.h"

#define METER_BLOCKS  4096u /* remembered; a power of two */
#define METER_NOWHERE 0xFFFFFFFFu

struct meter_block {
    uint32_t linear;
    uint32_t bytes;
    uint32_t cr3;
    uint32_t epoch;
    struct codeinfo info;
};

struct meter {
    uint64_t instructions;
    uint64_t clocks;
    uint64_t uncited; /* instructions whose clocks are another processor's
                         figure */

    uint64_t left; /* instructions of the budget */
    bool unlimited;
    bool always;      /* counts without an end, too: never METER_RELAX */
    uint64_t relaxed; /* instructions since there last was an end */

    /* The block that runs. */
    uint32_t linear;
    uint32_t bytes;
    uint32_t insns; /* 0: none runs */
    uint32_t last;  /* linear address of its last instruction */
    bool again;     /* it is the next iteration of a repeated instruction */
    uint32_t clocks_charged;
    uint32_t uncited_charged;
    struct insn_clocks tail;
    uint32_t operand_at; /* the instruction in it whose operand was looked at
                            last */
    uint32_t operand_clocks;
    bool taken; /* the branch at its end, which leads to the next instruction,
                   is taken */
    bool owes;  /* m of a branch whose target could not be fetched yet */
    uint32_t completed; /* instructions of the last block, after it ran */
    bool idle; /* that was a repeated instruction that had nothing left to do */
    uint64_t iterations; /* of the repeated instruction that is at work, before
                            this block */
    uint32_t repeating;  /* linear address of a repeated instruction that runs
                          * its next iteration as  a block of its own; or
                          * METER_NOWHERE */

    uint32_t epoch;       /* changes when what is remembered may be wrong */
    bool code_is_written; /* guest code rewrites itself: nothing can be
                             remembered */
    struct meter_block blocks[METER_BLOCKS];
};

enum meter_answer {
    METER_RUN,
    METER_STOP, /* the block has more instructions than are left; none of it was
                   counted */
    METER_RELAX, /* nobody has needed the count for long */
};

/* What is known of the block of `bytes` bytes at `linear`. Valid until the next
 * call. */
const struct meter_block *meter_find(struct meter *meter,
                                     struct codeinfo_cache *codeinfo,
                                     const struct view *view, uint32_t linear,
                                     uint32_t bytes);

/* The same of any code, not remembered by its address. */
const struct codeinfo *meter_codeinfo(struct codeinfo_cache *codeinfo,
                                      const struct view *view, uint32_t linear,
                                      uint32_t bytes);

/* With clocks: the block is the next iteration of the repeated instruction that
 * ran, which did not become another one by its own store. */
bool meter_repeats(const struct meter *meter, const struct meter_block *block);

/* The block is about to run: counts it. */
enum meter_answer meter_enter(struct meter *meter,
                              const struct meter_block *block);

/* The operand of the instruction at `linear`, about to run, adds so many
 * clocks. */
void meter_add_operand(struct meter *meter, uint32_t linear, uint32_t clocks);

/* True where meter_leave needs the components of the instruction at `next`. */
bool meter_wants_components(const struct meter *meter, uint32_t next);

/* The block that runs, if any, has completed, and the instruction at `next`, of
 * that many components, comes next; 0 where it is not there: then m is that of
 * the next one that runs. `searched`: the last instruction, a repeated CMPS or
 * SCAS, did look at an element this time; all others show by themselves when
 * they have come to their end. */
void meter_leave(struct meter *meter, uint32_t next, uint32_t components,
                 bool searched);

/* The run stopped at `linear`. If that lies in the block that runs, what did
 * not complete is given back. No block runs any more. */
void meter_give_back(struct meter *meter, struct codeinfo_cache *codeinfo,
                     const struct view *view, uint32_t linear);

/* The same, where the engine goes on with the instruction at `linear`, once
 * more, by itself. */
void meter_cut(struct meter *meter, struct codeinfo_cache *codeinfo,
               const struct view *view, uint32_t linear);

/* One is begun by other means than the engine; nothing of it is counted. */
void meter_begin(struct meter *meter);

/* One instruction was executed by other means than the engine. */
void meter_add(struct meter *meter, uint32_t clocks, bool cited);

/* It branched to an instruction of that many components; 0 where that is not
 * there (meter_leave).
 */
void meter_add_components(struct meter *meter, uint32_t components);

/* Where in the block at EIP the budget ends. */
uint32_t meter_end(const struct meter *meter, const struct view *view);

/* Guest code is rewritten: nothing of code can be remembered any more. */
void meter_code_is_written(struct meter *meter);

#endif
