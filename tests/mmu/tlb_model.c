/* tlb_model.c: the slow and plain TLB. */
#include "tlb_model.h"

#include <string.h>

static uint32_t page_number(const struct tlb_model *model, uint32_t linear)
{
    return linear / (1u << model->page_shift);
}

/* Index of the first way of the page's set. */
static uint32_t first_way(const struct tlb_model *model, uint32_t page)
{
    uint32_t sets = model->geometry.entries / model->geometry.ways;

    return page % sets * model->geometry.ways;
}

/* The page's way in its set, or `ways`. */
static uint32_t find(const struct tlb_model *model, uint32_t page)
{
    const struct model_way *set = &model->ways[first_way(model, page)];
    uint32_t way = 0;

    while (way < model->geometry.ways &&
           !(set[way].valid && set[way].page == page))
        way++;
    return way;
}

void model_flush(struct tlb_model *model)
{
    memset(model->ways, 0, sizeof model->ways);
    memset(model->to_right, 0, sizeof model->to_right);
    memset(model->pointer, 0, sizeof model->pointer);
    for (uint32_t i = 0; i < model->geometry.entries; i++)
        model->recency[i] = i % model->geometry.ways;
}

void model_init(struct tlb_model *model, struct mmu_tlb_geometry geometry,
                uint32_t page_shift)
{
    memset(model, 0, sizeof *model);
    model->geometry = geometry;
    model->page_shift = page_shift;
    model_flush(model);
}

/* The arrow that chooses between the halves of the ways [first, first + count)
 * is kept at the index of the middle way, which no other arrow of the set
 * has. */
static void point_away(bool *arrows, uint32_t first, uint32_t count,
                       uint32_t way)
{
    uint32_t middle = first + count / 2;

    if (count == 1)
        return;
    arrows[middle] = way < middle;
    if (way < middle)
        point_away(arrows, first, count / 2, way);
    else
        point_away(arrows, middle, count / 2, way);
}

static uint32_t follow(const bool *arrows, uint32_t first, uint32_t count)
{
    if (count == 1)
        return first;
    return follow(arrows, arrows[first + count / 2] ? first + count / 2 : first,
                  count / 2);
}

static void to_front(uint32_t *recency, uint32_t way)
{
    uint32_t at = 0;

    while (recency[at] != way)
        at++;
    memmove(&recency[1], &recency[0], at * sizeof *recency);
    recency[0] = way;
}

static void used(struct tlb_model *model, uint32_t first, uint32_t way)
{
    to_front(&model->recency[first], way);
    point_away(&model->to_right[first], 0, model->geometry.ways, way);
}

int64_t model_lookup(struct tlb_model *model, uint32_t linear)
{
    uint32_t page = page_number(model, linear);
    uint32_t first = first_way(model, page);
    uint32_t way = find(model, page);

    if (way == model->geometry.ways)
        return -1;
    used(model, first, way);
    return model->ways[first + way].base;
}

static uint32_t choose(struct tlb_model *model, uint32_t first,
                       uint32_t random_way)
{
    uint32_t ways = model->geometry.ways;
    uint32_t pointer = model->pointer[first / ways];

    for (uint32_t i = 0; i < ways; i++) {
        uint32_t way = model->geometry.policy == MMU_TLB_POINTER
                           ? (pointer + i) % ways
                           : i;

        if (!model->ways[first + way].valid)
            return way;
    }
    switch (model->geometry.policy) {
    case MMU_TLB_POINTER:
        return pointer;
    case MMU_TLB_PLRU:
        return follow(&model->to_right[first], 0, ways);
    case MMU_TLB_LRU:
        return model->recency[first + ways - 1];
    case MMU_TLB_RANDOM:
        break;
    }
    return random_way;
}

uint32_t model_fill(struct tlb_model *model, uint32_t linear, uint32_t base,
                    uint32_t random_way)
{
    uint32_t page = page_number(model, linear);
    uint32_t first = first_way(model, page);
    uint32_t way = find(model, page);

    if (way == model->geometry.ways) {
        way = choose(model, first, random_way);
        model->pointer[first / model->geometry.ways] =
            (way + 1) % model->geometry.ways;
    }
    model->ways[first + way] =
        (struct model_way){.valid = true, .page = page, .base = base};
    used(model, first, way);
    return way;
}

bool model_invalidate(struct tlb_model *model, uint32_t linear)
{
    uint32_t page = page_number(model, linear);
    uint32_t way = find(model, page);

    if (way == model->geometry.ways)
        return false;
    model->ways[first_way(model, page) + way].valid = false;
    return true;
}
