/* idmap.h: a table that knows keys by a number of their own. */
#ifndef MMU386_IDMAP_H
#define MMU386_IDMAP_H

#include <stdbool.h>
#include <stdint.h>

struct idmap_entry {
    uint64_t key;
    uint32_t id; /* 0: empty */
};

/* All zeros is an empty one. */
struct idmap {
    struct idmap_entry *entries;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;
};

void idmap_free(struct idmap *map);

/* The key's number, or 0. */
uint32_t idmap_find(const struct idmap *map, uint64_t key);

/* Gives the key a number, not 0, over an older one. False where memory is
 * short. */
bool idmap_put(struct idmap *map, uint64_t key, uint32_t id);

#endif
