/* fetches.h: takes the fetch of each instruction through the TLB, in the order
 * of the program, though the engine tells only of blocks and of data accesses.
 *
 * While the TLB holds the page of the code, fetches change nothing but their
 * number, and are counted together. Their place among the data accesses
 * matters, and is kept, where one of these misses, and where the policy of a
 * TLB for code and data remembers the last use.
 */
#ifndef MMU386_FETCHES_H
#define MMU386_FETCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/codeinfo.h"
#include "cpu/meter.h"
#include "cpu/view.h"

#define FETCHES_NOWHERE 0xFFFFFFFFu

struct fetches {
    struct mmu *mmu;
    const struct view *view;
    struct codeinfo_cache *codeinfo;

    /* The block that runs. */
    uint32_t linear;
    uint32_t bytes;
    uint32_t insns;        /* to be fetched; 0: none, or no block */
    uint32_t done;         /* of them */
    bool loose;            /* see struct codeinfo */
    bool crosses;          /* it runs into the next page; */
    uint32_t insns_before; /* then: of its instructions, those that begin in the
                              first page, */
    bool straddles;        /* the last of which runs into the next one */
    bool always_exact;
    bool exact;     /* the instruction of each data access has to be known */
    uint32_t place; /* of the last data access whose instruction was asked for:
                     * linear address of that instruction; FETCHES_NOWHERE
                     * before the first */

    uint32_t held_page; /* the TLB held this page... */
    uint64_t held_when; /* ...after so many misses */
};

/* The run goes on: what the TLB held may be gone. */
void fetches_restart(struct fetches *fetches);

/* The block is entered. The first `fetched` of its instructions are not fetched
 * again: one that is repeated, or was stopped and goes on without a fault. */
void fetches_begin(struct fetches *fetches, const struct meter_block *block,
                   uint32_t fetched);

/* A data access of the instruction at `place` follows: that and what is before
 * it is fetched. */
void fetches_until(struct fetches *fetches, uint32_t place);

/* The index in the block of the instruction at `place`. */
uint32_t fetches_index(const struct fetches *fetches, uint32_t place);

/* A data access went through the TLB by mmu_translate. */
void fetches_recheck(struct fetches *fetches);

/* The block was cut short before the instruction at `linear` ran, which is
 * fetched nevertheless, and not when it does run. */
void fetches_cut(struct fetches *fetches, uint32_t linear);

/* The block has completed. */
void fetches_finish(struct fetches *fetches);

#endif
