/* view.h: the guest as its next instruction sees it: registers, and memory
 * through the tables. */
#ifndef MMU386_VIEW_H
#define MMU386_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"
#include "cpu/registers.h"
#include "mmu.h"

struct decoder;
struct watch;

struct view {
    struct mmu *mmu;
    struct decoder *decoder;
    struct registers *registers;
    struct watch *watch; /* is told of stores by the processor's own hand; or
                            NULL */
};

/* Where the next instruction is, linear. */
static inline uint32_t view_here(const struct view *view)
{
    return view->registers->base[CS] + view->registers->eip;
}

/* Copies up to `bytes` code bytes at `linear`; returns how many are there to be
 * fetched. Nothing is changed: no TLB, no A bit. */
uint32_t view_read_code(const struct view *view, uint32_t linear, uint8_t *code,
                        uint32_t bytes);

/* Whether accesses must be aligned: EFLAGS.AC, where the generation has it, at
 * ring 3 (the kernel sets CR0.AM, as Linux does). */
bool view_checks_alignment(const struct view *view);

/* Decodes the instruction at `linear`. False where there is none. */
bool view_decode(const struct view *view, uint32_t linear, struct insn *insn);

/* The address behind the instruction at `linear`; `linear` itself where there
 * is none. */
uint32_t view_next(const struct view *view, uint32_t linear);

#endif
