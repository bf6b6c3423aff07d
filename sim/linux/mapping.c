/* mapping.c: a sorted array of ranges. What changes a range first cuts it out
 * of its neighbours, so that whole mappings are left to work on, and then joins
 * what has become alike. */
#include "linux/mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/budget.h"

/* Linux's default for vm.max_map_count
 * (Documentation/admin-guide/sysctl/vm.rst): a program that cuts its memory to
 * pieces runs out of these before the host runs out of memory. */
#define MAPPINGS_MAX   65530u
#define MAPPINGS_FIRST 16u /* room made at first */

void mappings_init(struct mappings *mappings, struct budget *budget)
{
    *mappings = (struct mappings){.budget = budget};
}

void mappings_destroy(struct mappings *mappings)
{
    budget_give(mappings->budget,
                mappings->capacity * sizeof *mappings->mapping);
    free(mappings->mapping);
    mappings_init(mappings, mappings->budget);
}

/* Makes room for `more` mappings. 0 or -ENOMEM. */
static int reserve(struct mappings *mappings, uint32_t more)
{
    uint32_t needed = mappings->count + more;
    uint32_t capacity =
        mappings->capacity > 0 ? mappings->capacity : MAPPINGS_FIRST;

    if (needed > MAPPINGS_MAX)
        return -ENOMEM;
    if (needed <= mappings->capacity)
        return 0;
    while (capacity < needed)
        capacity *= 2;

    if (!budget_take(mappings->budget,
                     (capacity - mappings->capacity) * sizeof(struct mapping)))
        return -ENOMEM;

    struct mapping *grown =
        realloc(mappings->mapping, capacity * sizeof *grown);

    if (grown == NULL) {
        budget_starve(mappings->budget);
        budget_give(mappings->budget,
                    (capacity - mappings->capacity) * sizeof(struct mapping));
        return -ENOMEM;
    }
    mappings->mapping = grown;
    mappings->capacity = capacity;
    return 0;
}

int mappings_clone(struct mappings *to, const struct mappings *from)
{
    mappings_init(to, from->budget);
    if (from->count == 0)
        return 0;
    if (reserve(to, from->count) != 0)
        return -ENOMEM;
    memcpy(to->mapping, from->mapping, from->count * sizeof *to->mapping);
    to->count = from->count;
    return 0;
}

/* The index of the first mapping that ends after `linear`; count, if none
 * does. */
static uint32_t index_of(const struct mappings *mappings, uint32_t linear)
{
    uint32_t low = 0;
    uint32_t high = mappings->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (mappings->mapping[middle].end > linear)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const struct mapping *mappings_find(const struct mappings *mappings,
                                    uint32_t linear)
{
    uint32_t i = index_of(mappings, linear);

    if (i == mappings->count || mappings->mapping[i].start > linear)
        return NULL;
    return &mappings->mapping[i];
}

bool mappings_free_range(const struct mappings *mappings, uint32_t start,
                         uint32_t end)
{
    uint32_t i = index_of(mappings, start);

    return start >= end || i == mappings->count ||
           mappings->mapping[i].start >= end;
}

bool mappings_covered(const struct mappings *mappings, uint32_t start,
                      uint32_t end)
{
    for (uint32_t i = index_of(mappings, start); start < end; i++) {
        if (i == mappings->count || mappings->mapping[i].start > start)
            return false;
        start = mappings->mapping[i].end;
    }
    return true;
}

/* Puts a mapping at `index`; there is room for it. */
static void insert(struct mappings *mappings, uint32_t index,
                   const struct mapping *mapping)
{
    struct mapping *at = &mappings->mapping[index];

    memmove(at + 1, at, (mappings->count - index) * sizeof *at);
    *at = *mapping;
    mappings->count++;
}

static bool same_name(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool joins(const struct mapping *low, const struct mapping *high)
{
    return low->end == high->start && low->readable == high->readable &&
           low->writable == high->writable &&
           low->executable == high->executable && low->shared == high->shared &&
           low->populated == high->populated && low->program == high->program &&
           low->segment == high->segment && same_name(low->name, high->name);
}

/* Joins neighbours that are alike, from the mapping before `index` on. */
static void join_from(struct mappings *mappings, uint32_t index)
{
    struct mapping *mapping = mappings->mapping;
    uint32_t last = index > 0 ? index - 1 : 0;

    for (uint32_t i = last + 1; i < mappings->count; i++)
        if (joins(&mapping[last], &mapping[i]))
            mapping[last].end = mapping[i].end;
        else
            mapping[++last] = mapping[i];
    if (mappings->count > 0)
        mappings->count = last + 1;
}

int mappings_add(struct mappings *mappings, const struct mapping *mapping)
{
    uint32_t i = index_of(mappings, mapping->start);

    if (mapping->start >= mapping->end)
        return 0;
    if (reserve(mappings, 1) != 0)
        return -ENOMEM;
    insert(mappings, i, mapping);
    join_from(mappings, i);
    return 0;
}

/* True when `linear` is inside a mapping, past its start. */
static bool is_inside(const struct mappings *mappings, uint32_t linear)
{
    const struct mapping *mapping = mappings_find(mappings, linear);

    return mapping != NULL && mapping->start < linear;
}

/* Cuts the mapping that `linear` is inside of in two; there is room. */
static void cut(struct mappings *mappings, uint32_t linear)
{
    uint32_t i = index_of(mappings, linear);

    if (!is_inside(mappings, linear))
        return;

    struct mapping low = mappings->mapping[i];

    low.end = linear;
    mappings->mapping[i].start = linear;
    insert(mappings, i, &low);
}

/* Cuts at both ends of [start, end): every mapping is then within it or out of
 * it. The first and the one past the last within are *first and *past. 0, or
 * -ENOMEM with nothing changed. */
static int isolate(struct mappings *mappings, uint32_t start, uint32_t end,
                   uint32_t *first, uint32_t *past)
{
    uint32_t cuts = (uint32_t)is_inside(mappings, start) +
                    (uint32_t)is_inside(mappings, end);

    if (cuts > 0 && reserve(mappings, cuts) != 0)
        return -ENOMEM;
    cut(mappings, start);
    cut(mappings, end);
    *first = index_of(mappings, start);
    *past = index_of(mappings, end);
    return 0;
}

int mappings_remove(struct mappings *mappings, uint32_t start, uint32_t end)
{
    uint32_t first;
    uint32_t past;

    if (mappings_free_range(mappings, start, end))
        return 0;
    if (isolate(mappings, start, end, &first, &past) != 0)
        return -ENOMEM;
    memmove(&mappings->mapping[first], &mappings->mapping[past],
            (mappings->count - past) * sizeof *mappings->mapping);
    mappings->count -= past - first;
    return 0;
}

int mappings_protect(struct mappings *mappings, uint32_t start, uint32_t end,
                     bool readable, bool writable, bool executable)
{
    uint32_t first;
    uint32_t past;

    if (mappings_free_range(mappings, start, end))
        return 0;
    if (isolate(mappings, start, end, &first, &past) != 0)
        return -ENOMEM;
    for (uint32_t i = first; i < past; i++) {
        mappings->mapping[i].readable = readable;
        mappings->mapping[i].writable = writable;
        mappings->mapping[i].executable = executable;
    }
    join_from(mappings, first);
    return 0;
}

/* The start of the last `bytes` of [start, end), or 0 where it has fewer. */
static uint32_t last_bytes(uint32_t start, uint32_t end, uint32_t bytes)
{
    return start < end && end - start >= bytes ? end - bytes : 0;
}

uint32_t mappings_find_free(const struct mappings *mappings, uint32_t bytes,
                            uint32_t bottom, uint32_t top)
{
    if (bytes == 0)
        return 0;
    for (uint32_t i = mappings->count; i > 0 && top > bottom; i--) {
        const struct mapping *below = &mappings->mapping[i - 1];
        uint32_t start =
            last_bytes(below->end > bottom ? below->end : bottom, top, bytes);

        if (start != 0)
            return start;
        if (below->start < top)
            top = below->start;
    }
    return last_bytes(bottom, top, bytes);
}
