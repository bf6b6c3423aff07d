/* keymap.c: open addressing, with at most half of the entries in use. */
#include "keymap.h"

#include <stddef.h>
#include <stdlib.h>

#include "hash.h"

#define FIRST_CAPACITY 64u
#define CAPACITY_MAX   (1u << 31)

/* The entry that has the key, or the empty one where it belongs. */
static struct keymap_entry *entry_of(const struct keymap *map, uint64_t key)
{
    for (uint32_t i = (uint32_t)hash_number(key);; i++) {
        struct keymap_entry *entry = &map->entries[i & (map->capacity - 1)];

        if (entry->place == 0 || entry->key == key)
            return entry;
    }
}

static bool grow(struct keymap *map)
{
    if (map->capacity >= CAPACITY_MAX)
        return false;

    struct keymap bigger = {.capacity = map->capacity == 0 ? FIRST_CAPACITY
                                                           : map->capacity * 2,
                            .count = map->count};

    bigger.entries = calloc(bigger.capacity, sizeof(*bigger.entries));
    if (bigger.entries == NULL)
        return false;
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].place != 0)
            *entry_of(&bigger, map->entries[i].key) = map->entries[i];
    free(map->entries);
    *map = bigger;
    return true;
}

/* The key's entry, an empty one where the key is new, for which there is room
 * then; NULL where memory is short. */
static struct keymap_entry *room_for(struct keymap *map, uint64_t key)
{
    struct keymap_entry *entry = map->capacity == 0 ? NULL : entry_of(map, key);

    if (entry != NULL && (entry->place != 0 || map->count < map->capacity / 2))
        return entry;
    return grow(map) ? entry_of(map, key) : NULL;
}

void keymap_free(struct keymap *map)
{
    free(map->entries);
    *map = (struct keymap){0};
}

uint32_t keymap_find(const struct keymap *map, uint64_t key)
{
    /* An empty entry's place makes it KEYMAP_NONE. */
    return map->capacity == 0 ? KEYMAP_NONE : entry_of(map, key)->place - 1;
}

bool keymap_set(struct keymap *map, uint64_t key, uint32_t number)
{
    struct keymap_entry *entry = room_for(map, key);

    if (entry == NULL)
        return false;
    map->count += entry->place == 0;
    *entry = (struct keymap_entry){key, number + 1};
    return true;
}

uint32_t keymap_put(struct keymap *map, uint64_t key)
{
    uint32_t number = keymap_find(map, key);

    if (number != KEYMAP_NONE)
        return number;
    number = map->count;
    return keymap_set(map, key, number) ? number : KEYMAP_NONE;
}
