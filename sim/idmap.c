/* idmap.c: open addressing, at most half full. */
#include "idmap.h"

#include <stddef.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256u

void idmap_free(struct idmap *map)
{
    free(map->entries);
    *map = (struct idmap){0};
}

/* Where the key is, or is to be. */
static struct idmap_entry *entry_of(const struct idmap *map, uint64_t key)
{
    uint64_t hash = key * 0x9E3779B97F4A7C15u;

    for (uint32_t i = (uint32_t)(hash >> 32);; i++) {
        struct idmap_entry *entry = &map->entries[i & (map->capacity - 1)];

        if (entry->id == 0 || entry->key == key)
            return entry;
    }
}

uint32_t idmap_find(const struct idmap *map, uint64_t key)
{
    return map->capacity == 0 ? 0 : entry_of(map, key)->id;
}

static bool grow(struct idmap *map)
{
    struct idmap bigger = {.capacity = map->capacity == 0 ? FIRST_CAPACITY
                                                          : map->capacity * 2,
                           .count = map->count};

    if (bigger.capacity < map->capacity)
        return false;
    bigger.entries = calloc(bigger.capacity, sizeof *bigger.entries);
    if (bigger.entries == NULL)
        return false;
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].id != 0)
            *entry_of(&bigger, map->entries[i].key) = map->entries[i];
    free(map->entries);
    *map = bigger;
    return true;
}

bool idmap_put(struct idmap *map, uint64_t key, uint32_t id)
{
    if (map->count >= map->capacity / 2 && !grow(map))
        return false;

    struct idmap_entry *entry = entry_of(map, key);

    map->count += entry->id == 0;
    *entry = (struct idmap_entry){key, id};
    return true;
}
