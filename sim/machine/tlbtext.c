/* tlbtext.c: see tlbtext.h. */
#include "machine/tlbtext.h"

const char *tlb_policy_name(enum mmu_tlb_policy policy)
{
    static const char *const names[] = {[MMU_TLB_POINTER] = "pointer",
                                        [MMU_TLB_PLRU] = "plru",
                                        [MMU_TLB_LRU] = "lru",
                                        [MMU_TLB_RANDOM] = "random"};

    return names[policy];
}
