/* keymap.h: a hash table from 64-bit keys to small numbers: the first key put
 * in is 0, the next new one 1, and so on, so that an array beside it holds what
 * belongs to each. */
#ifndef MMU386_KEYMAP_H
#define MMU386_KEYMAP_H

#include <stdbool.h>
#include <stdint.h>

#define KEYMAP_NONE UINT32_MAX

struct keymap {
    uint64_t *keys; /* by number */
    uint32_t count;
    uint32_t *slots; /* 1 + the number, or 0 */
    uint32_t slot_count;
};

/* A zeroed struct is an empty table. */
void keymap_free(struct keymap *map);

/* The key's number, or KEYMAP_NONE. */
uint32_t keymap_find(const struct keymap *map, uint64_t key);

/* The key's number, a new one where it has none yet; KEYMAP_NONE where memory
 * is short. */
uint32_t keymap_put(struct keymap *map, uint64_t key);

#endif
