/* paging.c: the processor generations. */
#include "paging.h"

#include <stddef.h>
#include <string.h>

static const struct mmu_generation generations[MMU_GENERATIONS] = {
    [MMU_GENERATION_I386] =
        {
            .id = MMU_GENERATION_I386,
            .name = "i386",
            .selector_bytes = 4,
            .data_tlb = {.entries = 32, .ways = 4, .policy = MMU_TLB_POINTER},
        },
    [MMU_GENERATION_I486] =
        {
            .id = MMU_GENERATION_I486,
            .name = "i486",
            .eflags = MMU_GENERATION_AC,
            .selector_bytes = 2,
            .write_protect = true,
            .invlpg = true,
            .data_tlb = {.entries = 32, .ways = 4, .policy = MMU_TLB_PLRU},
        },
    [MMU_GENERATION_PENTIUM] =
        {
            .id = MMU_GENERATION_PENTIUM,
            .name = "pentium",
            .eflags = MMU_GENERATION_AC | MMU_GENERATION_ID,
            .selector_bytes = 4,
            .write_protect = true,
            .invlpg = true,
            .large_pages = true,
            .data_tlb = {.entries = 64, .ways = 4, .policy = MMU_TLB_PLRU},
            .code_tlb = {.entries = 32, .ways = 4, .policy = MMU_TLB_PLRU},
            .large_tlb = {.entries = 8, .ways = 4, .policy = MMU_TLB_PLRU},
        },
};

const struct mmu_generation *mmu_generation_of(enum mmu_generation_id id)
{
    return &generations[id];
}

const struct mmu_generation *mmu_generation_named(const char *name)
{
    for (size_t i = 0; i < MMU_GENERATIONS; i++) {
        if (strcmp(generations[i].name, name) == 0)
            return &generations[i];
    }
    return NULL;
}
