/* mapping.h: the ranges of linear addresses that a process may use, and what is
 * behind them. */
#ifndef MMU386_MAPPING_H
#define MMU386_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

struct budget;
struct program;
struct segment;

struct mapping {
    uint32_t start, end; /* linear, page boundaries; end is past the last
                          * byte */
    bool readable, writable, executable;
    bool shared;    /* written pages are seen by all who share it: never
                       copy-on-write */
    bool populated; /* its pages were there from the start, and do not come
                       again */
    struct program *program; /* pages come from this program's segment; NULL:
                                demand-zero */
    const struct segment *segment;
    const char *name; /* "stack", "heap", ...: static text */
};

/* Sorted by start, none overlap. */
struct mappings {
    struct mapping *mapping;
    uint32_t count, capacity;
    struct budget *budget; /* what the list's memory counts against, or NULL */
};

/* An empty list, whose memory counts against `budget` (NULL: none). */
void mappings_init(struct mappings *mappings, struct budget *budget);
void mappings_destroy(struct mappings *mappings);

/* Copies all of them. 0 or -ENOMEM. */
int mappings_clone(struct mappings *to, const struct mappings *from);

/* The mapping that holds `linear`, or NULL. */
const struct mapping *mappings_find(const struct mappings *mappings,
                                    uint32_t linear);

/* True when nothing is mapped in [start, end). */
bool mappings_free_range(const struct mappings *mappings, uint32_t start,
                         uint32_t end);

/* True when every page of [start, end) is mapped. */
bool mappings_covered(const struct mappings *mappings, uint32_t start,
                      uint32_t end);

/* Adds a mapping over a free range, joined with its neighbours where they are
 * alike. 0 or -ENOMEM. */
int mappings_add(struct mappings *mappings, const struct mapping *mapping);

/* Removes [start, end), cutting mappings at the ends. 0 or -ENOMEM. */
int mappings_remove(struct mappings *mappings, uint32_t start, uint32_t end);

/* Changes the rights of what is mapped in [start, end). 0 or -ENOMEM. */
int mappings_protect(struct mappings *mappings, uint32_t start, uint32_t end,
                     bool readable, bool writable, bool executable);

/* The highest free range of `bytes` that ends at or below `top` and starts at
 * or above `bottom`; 0 where there is none. */
uint32_t mappings_find_free(const struct mappings *mappings, uint32_t bytes,
                            uint32_t bottom, uint32_t top);

#endif
