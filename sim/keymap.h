/* keymap.h: a hash table from keys of 64 bits to numbers. Either it numbers the
 * keys itself, the first one put in 0, the next new one 1, and so on, so that
 * an array beside it holds what belongs to each (keymap_put); or its user says
 * what number a key has (keymap_set). Keys are never taken out. */
#ifndef MMU386_KEYMAP_H
#define MMU386_KEYMAP_H

#include <stdbool.h>
#include <stdint.h>

#define KEYMAP_NONE UINT32_MAX

struct keymap_entry {
    uint64_t key;
    uint32_t place; /* 1 + the number; 0: empty */
};

/* All zeros is an empty one. */
struct keymap {
    struct keymap_entry *entries;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;    /* of keys */
};

/* Forgets all keys: the table is an empty one. */
void keymap_free(struct keymap *map);

/* The key's number, or KEYMAP_NONE. */
uint32_t keymap_find(const struct keymap *map, uint64_t key);

/* The key's number; where it has none yet, the count of the keys before it.
 * KEYMAP_NONE where memory is short: the table is as it was. */
uint32_t keymap_put(struct keymap *map, uint64_t key);

/* Gives the key a number below KEYMAP_NONE, over an older one. False where
 * memory is short: the table is as it was. */
bool keymap_set(struct keymap *map, uint64_t key, uint32_t number);

#endif
