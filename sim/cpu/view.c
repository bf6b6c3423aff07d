/* view.c: see view.h. */
#include "cpu/view.h"

#include <string.h>

#include "cpu/decode.h"

uint32_t view_read_code(const struct view *view, uint32_t linear, uint8_t *code,
                        uint32_t bytes)
{
    const struct mmu_physmem *mem = view->mmu->mem;
    uint32_t done = 0;
    while (done < bytes) {
        uint32_t at = linear + done;
        uint32_t here = MMU_PAGE_SIZE - (at & ~MMU_PAGE_MASK);
        if (here > bytes - done)
            here = bytes - done;
        uint32_t phys;
        struct mmu_fault fault;
        if (!mmu_probe(view->mmu, at, MMU_ACCESS_FETCH, true, &phys, &fault) ||
            !mmu_physmem_has(mem, phys, here))
            break;
        memcpy(code + done, mem->base + phys, here);
        done += here;
    }
    return done;
}

bool view_checks_alignment(const struct view *view)
{
    return (view->registers->eflags & view->mmu->control.generation->eflags &
            MMU_GENERATION_AC) != 0;
}

bool view_decode(const struct view *view, uint32_t linear, struct insn *insn)
{
    uint8_t code[INSN_MAX_BYTES];
    uint32_t bytes = view_read_code(view, linear, code, sizeof code);
    return decode_insn(view->decoder, code, bytes, linear, insn);
}

uint32_t view_next(const struct view *view, uint32_t linear)
{
    struct insn insn;
    return view_decode(view, linear, &insn) ? linear + insn.length : linear;
}
