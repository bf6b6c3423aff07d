/* search.c: see search.h. */
#include "cpu/search.h"

#include <stdbool.h>

#include "cpu/registers.h"

static bool goes_on(const struct search *search, const struct insn *insn,
                    uint32_t ecx, uint32_t eflags)
{
    bool while_equal = insn->sse_prefix == 0xF3;
    return search->linear == insn->linear && ecx == search->count - 1 &&
           while_equal == ((eflags & EFLAGS_ZF) != 0);
}

void search_iterates(struct search *search, const struct insn *insn,
                     uint32_t ecx, uint32_t eflags)
{
    if (!goes_on(search, insn, ecx, eflags))
        search->flags = eflags;
    search->linear = insn->linear;
    search->count = ecx;
}

uint32_t search_flags_after_fault(const struct search *search, uint32_t linear,
                                  uint32_t ecx, uint32_t eflags)
{
    if (search->linear != linear || search->count != ecx)
        return eflags;
    return (eflags & ~EFLAGS_STATUS) | (search->flags & EFLAGS_STATUS);
}
