/* pagecache.h: which frame holds a page of a program's file, as long as anybody
 * maps it.
 *
 * A table by program and page. An entry is believed only while its frame is in
 * use and marked (its tag) as holding just that page, so that nobody need be
 * told when one is freed.
 */
#ifndef MMU386_PAGECACHE_H
#define MMU386_PAGECACHE_H

#include <stdint.h>

#include "frames.h"
#include "keymap.h"

/* All zeros is an empty one. */
struct page_cache {
    struct keymap frames; /* by tag */
};

void page_cache_free(struct page_cache *cache);

/* The frame that holds page `page` (its linear address) of program `id`, or
 * MMU_FRAME_NONE. */
uint32_t page_cache_find(const struct page_cache *cache,
                         const struct mmu_frames *frames, uint64_t id,
                         uint32_t page);

/* `frame` holds it from now on. Where memory is short nobody finds it there:
 * others read their own.
 */
void page_cache_put(struct page_cache *cache, struct mmu_frames *frames,
                    uint64_t id, uint32_t page, uint32_t frame);

#endif
