/* tlbtext.h: what a TLB's policies are called, in options, recordings and
 * statistics. */
#ifndef MMU386_TLBTEXT_H
#define MMU386_TLBTEXT_H

#include "paging.h"

/* "pointer", "plru", "lru" or "random". */
const char *tlb_policy_name(enum mmu_tlb_policy policy);

#endif
