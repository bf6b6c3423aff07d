/* codeinfo.h: what is known of a stretch of code: its instructions, their
 * clocks, and whether one of them is to be looked at before it runs. Remembered
 * by the code's own bytes, so that nothing ever has to be forgotten: the same
 * bytes elsewhere, or later, are the same instructions. */
#ifndef MMU386_CODEINFO_H
#define MMU386_CODEINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"
#include "cpu/insnclocks.h"

struct decoder;

struct codeinfo {
    uint64_t hash; /* of the bytes; 0: empty */
    uint32_t bytes;
    uint32_t insns; /* at least 1; what cannot be decoded counts one, and ends
                       the stretch */
    bool ragged; /* the last of them cannot be decoded: it may go on behind the
                    stretch */
    bool wants_guard;
    bool thread_segments; /* one goes through FS or GS, or pushes the flags */
    bool fpu;             /* has instructions of FPU, MMX or SSE */

    /* With clocks only. */
    bool loose;    /* an instruction accesses memory through a helper of the
                    * engine's, at    which the engine does not know EIP */
    bool system;   /* an instruction reads or writes descriptors, as the
                      supervisor */
    bool searches; /* the last instruction is a repeated CMPS or SCAS */
    uint8_t components; /* of the first instruction: m of a branch to it */
    uint32_t clocks; /* of all, no conditional branch taken, a repeated one done
                        once */
    uint32_t uncited; /* instructions whose figure is another processor's */
    uint32_t last;    /* where the last instruction begins: an offset */
    struct insn_clocks tail; /* of the last instruction */
};

struct codeinfo_cache;

/* Keeps `decoder`. Clocks are those of `generation`; without them where that is
 * NULL. NULL where memory is short. */
struct codeinfo_cache *codeinfo_new(struct decoder *decoder,
                                    const struct mmu_generation *generation);
void codeinfo_free(struct codeinfo_cache *cache);

/* The code of `bytes` bytes at `code`, which begins with an instruction. Valid
 * until the next call. */
const struct codeinfo *codeinfo_of(struct codeinfo_cache *cache,
                                   const uint8_t *code, uint32_t bytes);

/* True where `insn` has to be looked at before each time it runs: see struct
 * insn, and where its clocks depend on an operand (`clocks` NULL: without
 * clocks). */
bool codeinfo_wants_guard(const struct insn *insn,
                          const struct insn_clocks *clocks);

/* True where they do depend on one. */
bool codeinfo_wants_operand(const struct insn *insn,
                            const struct insn_clocks *clocks);

/* True where `insn` goes through FS or GS by a prefix; where it is PUSHF. */
bool codeinfo_goes_through(const struct insn *insn,
                           enum segment_register segment);
bool codeinfo_pushes_flags(const struct insn *insn);

/* True where `insn` is a repeated CMPS or SCAS: the flags before it are wanted
 * (search.h). */
bool codeinfo_searches(const struct insn *insn);

/* True where `insn` reads or writes arithmetic flags, so that the engine may
 * know them in another form behind it. */
bool codeinfo_touches_flags(const struct insn *insn);

/* LOOPE and LOOPNE: the engine computes the flags behind the branch that ECX
 * decides, and takes them for computed where that was taken. With a hook in
 * front, it computes them before. */
bool codeinfo_wants_flags(const struct insn *insn);

#endif
