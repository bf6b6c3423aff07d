/* keymap.c: open addressing, with at most half of the slots in use. */
#include "keymap.h"

#include <stddef.h>
#include <stdlib.h>

#define SLOTS_FIRST 64u
#define SLOTS_MAX   (1u << 31)

/* The finalizer of SplitMix64: every bit of the key moves every bit of the
 * hash. */
static uint64_t hash(uint64_t key)
{
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9u;
    key = (key ^ key >> 27) * 0x94D049BB133111EBu;
    return key ^ key >> 31;
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint32_t *slot_of(const struct keymap *map, uint64_t key)
{
    uint32_t at = (uint32_t)hash(key) & (map->slot_count - 1);

    while (map->slots[at] != 0 && map->keys[map->slots[at] - 1] != key)
        at = (at + 1) & (map->slot_count - 1);
    return &map->slots[at];
}

static bool grow(struct keymap *map)
{
    if (map->slot_count >= SLOTS_MAX)
        return false;

    uint32_t slot_count =
        map->slot_count == 0 ? SLOTS_FIRST : map->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof(*slots));
    uint64_t *keys = realloc(map->keys, (size_t)slot_count / 2 * sizeof(*keys));

    if (keys != NULL)
        map->keys = keys;
    if (slots == NULL || keys == NULL) {
        free(slots);
        return false;
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    for (uint32_t i = 0; i < map->count; i++)
        *slot_of(map, map->keys[i]) = i + 1;
    return true;
}

void keymap_free(struct keymap *map)
{
    free(map->keys);
    free(map->slots);
    *map = (struct keymap){0};
}

uint32_t keymap_find(const struct keymap *map, uint64_t key)
{
    return map->slot_count == 0 ? KEYMAP_NONE : *slot_of(map, key) - 1;
}

uint32_t keymap_put(struct keymap *map, uint64_t key)
{
    uint32_t number = keymap_find(map, key);

    if (number != KEYMAP_NONE)
        return number;
    if (map->count == map->slot_count / 2 && !grow(map))
        return KEYMAP_NONE;
    map->keys[map->count] = key;
    *slot_of(map, key) = map->count + 1;
    return map->count++;
}
