/* paging.c: the processor generations. */
#include "paging.h"

#include <stddef.h>
#include <string.h>

static const struct generation generations[GENERATIONS] = {
    [GENERATION_I386] =
        {
            .id = GENERATION_I386,
            .name = "i386",
            .selector_bytes = 4,
            .data_tlb = {.entries = 32, .ways = 4, .policy = TLB_POINTER},
        },
    [GENERATION_I486] =
        {
            .id = GENERATION_I486,
            .name = "i486",
            .eflags = GENERATION_AC,
            .selector_bytes = 2,
            .write_protect = true,
            .invlpg = true,
            .data_tlb = {.entries = 32, .ways = 4, .policy = TLB_PLRU},
        },
    [GENERATION_PENTIUM] =
        {
            .id = GENERATION_PENTIUM,
            .name = "pentium",
            .eflags = GENERATION_AC | GENERATION_ID,
            .selector_bytes = 4,
            .write_protect = true,
            .invlpg = true,
            .large_pages = true,
            .data_tlb = {.entries = 64, .ways = 4, .policy = TLB_PLRU},
            .code_tlb = {.entries = 32, .ways = 4, .policy = TLB_PLRU},
            .large_tlb = {.entries = 8, .ways = 4, .policy = TLB_PLRU},
        },
};

const struct generation *generation_of(enum generation_id id)
{
    return &generations[id];
}

const struct generation *generation_named(const char *name)
{
    for (size_t i = 0; i < GENERATIONS; i++) {
        if (strcmp(generations[i].name, name) == 0)
            return &generations[i];
    }
    return NULL;
}
