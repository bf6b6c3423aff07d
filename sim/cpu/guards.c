/* guards.c: see guards.h. */
#include "cpu/guards.h"

#include <string.h>

#include "cpu/decode.h"

#define SLOTS (2 * GUARDS_MAX)

/* The slot of that address, or the free one where it belongs. By a
 * multiplication (Knuth, volume 3, 6.4), and not by xxhash, since each guarded
 * instruction comes here: code of the FPU would take 1 % longer. */
static uint16_t *slot_of(struct guards *guards, uint32_t linear)
{
    uint32_t at = linear * 0x9E3779B1u >> 16;
    for (;; at++) {
        uint16_t *slot = &guards->slot[at % SLOTS];
        if (*slot == 0 || guards->guard[*slot - 1].linear == linear)
            return slot;
    }
}

struct guard *guards_find(struct guards *guards, uint32_t linear)
{
    uint16_t slot = *slot_of(guards, linear);
    return slot == 0 ? NULL : &guards->guard[slot - 1];
}

void guards_add(struct guards *guards, uint32_t linear, size_t hook)
{
    uint16_t *slot = slot_of(guards, linear);
    guards->guard[guards->count] =
        (struct guard){.linear = linear, .hook = hook};
    *slot = (uint16_t)++guards->count;
}

void guards_clear(struct guards *guards)
{
    guards->count = 0;
    memset(guards->slot, 0, sizeof guards->slot);
}

static void look_at_fpu(struct guard *guard, const struct view *view)
{
    const struct insn *insn = &guard->insn;
    guard->fpu = fpu_is_any(insn);
    if (!guard->fpu)
        return;
    guard->care = fpu_care_of(insn);
    /* what follows may have changed, too */
    fpu_look_ahead(view, insn, &guard->outlook);
}

bool guard_look(struct guard *guard, const struct view *view,
                const struct mmu_generation *generation, uint32_t epoch,
                bool written)
{
    uint8_t code[INSN_MAX_BYTES];
    uint32_t cr3 = view->mmu->control.cr3;
    if (guard->bytes > 0 && guard->cr3 == cr3 && guard->epoch == epoch &&
        !written)
        return true;
    guard->cr3 = cr3;
    guard->epoch = epoch;
    uint32_t bytes = view_read_code(view, guard->linear, code, sizeof code);
    if (guard->bytes > 0 && guard->bytes <= bytes &&
        guard->insn.code16 == decoder_is_16(view->decoder) &&
        memcmp(code, guard->insn.bytes, guard->bytes) == 0) {
        look_at_fpu(guard, view);
        return true;
    }
    guard->bytes = 0;
    if (!decode_insn(view->decoder, code, bytes, guard->linear, &guard->insn))
        return false;
    guard->bytes = guard->insn.length;
    look_at_fpu(guard, view);
    if (generation != NULL)
        guard->clocks = insn_clocks_of(generation->id, &guard->insn);
    return true;
}
