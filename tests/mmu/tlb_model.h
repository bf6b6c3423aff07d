/* tlb_model.h: a TLB as the books describe it, slow and plain, to hold the real
 * one against. */
#ifndef MMU386_TESTS_TLB_MODEL_H
#define MMU386_TESTS_TLB_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tlb.h"

#define MODEL_MAX_ENTRIES 256u

struct model_way {
    bool valid;
    uint32_t page; /* page number */
    uint32_t base;
};

struct tlb_model {
    struct mmu_tlb_geometry geometry;
    uint32_t page_shift;
    struct model_way ways[MODEL_MAX_ENTRIES];
    uint32_t recency[MODEL_MAX_ENTRIES]; /* LRU: a set's ways, the last used
                                            first */
    bool to_right[MODEL_MAX_ENTRIES];    /* PLRU: arrows, see the source */
    uint32_t pointer[MODEL_MAX_ENTRIES]; /* one a set */
};

void model_init(struct tlb_model *model, struct mmu_tlb_geometry geometry,
                uint32_t page_shift);

/* The base filled in for the page, or -1. */
int64_t model_lookup(struct tlb_model *model, uint32_t linear);

/* A fill. The way it took; of a full set under MMU_TLB_RANDOM it takes
 * `random_way`. */
uint32_t model_fill(struct tlb_model *model, uint32_t linear, uint32_t base,
                    uint32_t random_way);

void model_flush(struct tlb_model *model);
bool model_invalidate(struct tlb_model *model, uint32_t linear);

#endif
