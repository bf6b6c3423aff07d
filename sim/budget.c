/* budget.c: see budget.h. */
#include "budget.h"

#define RELAX_AFTER 16000000u /* instructions */

const struct codeinfo *budget_codeinfo(struct codeinfo_cache *codeinfo, const struct view *view,
                                       uint32_t linear, uint32_t bytes)
{
    uint8_t code[PAGE_SIZE]; /* the engine's blocks are shorter than a page */
    if (bytes > sizeof code)
        bytes = sizeof code;
    uint32_t read = view_read_code(view, linear, code, bytes);
    return codeinfo_of(codeinfo, code, read);
}

static uint32_t insns_of(struct budget *budget, struct codeinfo_cache *codeinfo,
                         const struct view *view, uint32_t linear, uint32_t bytes)
{
    uint32_t cr3 = view->mmu->control.cr3;
    struct budget_block *block = &budget->blocks[(linear ^ linear >> 12) & (BUDGET_BLOCKS - 1)];
    if (block->linear != linear || block->bytes != bytes || block->cr3 != cr3 ||
        block->epoch != budget->epoch || budget->code_is_written) {
        uint32_t insns = budget_codeinfo(codeinfo, view, linear, bytes)->insns;
        *block = (struct budget_block){linear, bytes, insns, cr3, budget->epoch};
    }
    return block->insns;
}

enum budget_answer budget_enter(struct budget *budget, struct codeinfo_cache *codeinfo,
                                const struct view *view, uint32_t linear, uint32_t bytes)
{
    uint32_t insns = insns_of(budget, codeinfo, view, linear, bytes);
    if (budget->unlimited) {
        budget->relaxed += insns;
        return budget->relaxed > RELAX_AFTER ? BUDGET_RELAX : BUDGET_RUN;
    }
    if (insns > budget->left) {
        budget->current.insns = 0;
        return BUDGET_STOP;
    }
    budget->left -= insns;
    budget->current = (struct budget_block){linear, bytes, insns, 0, 0};
    return BUDGET_RUN;
}

void budget_give_back(struct budget *budget, struct codeinfo_cache *codeinfo,
                      const struct view *view)
{
    const struct budget_block *block = &budget->current;
    uint32_t done = view->registers->eip - block->linear;
    if (budget->unlimited || block->insns == 0 || done >= block->bytes)
        return;
    budget->left += block->insns;
    if (done > 0)
        budget->left -= budget_codeinfo(codeinfo, view, block->linear, done)->insns;
}

uint32_t budget_end(const struct budget *budget, const struct view *view)
{
    uint32_t at = view->registers->eip;
    for (uint64_t i = 0; i < budget->left; i++)
        at = view_next(view, at);
    return at;
}
