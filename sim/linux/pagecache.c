/* pagecache.c: see pagecache.h. */
#include "linux/pagecache.h"

static uint64_t tag_of(uint64_t id, uint32_t page)
{
    return id << 20 | page >> MMU_PAGE_SHIFT;
}

void page_cache_free(struct page_cache *cache)
{
    keymap_free(&cache->frames);
}

uint32_t page_cache_find(const struct page_cache *cache,
                         const struct mmu_frames *frames, uint64_t id,
                         uint32_t page)
{
    uint32_t frame = keymap_find(&cache->frames, tag_of(id, page));
    bool held = frame != KEYMAP_NONE &&
                frames->table[frame].tag == tag_of(id, page) &&
                mmu_frame_references(frames, frame) > 0;
    return held ? frame : MMU_FRAME_NONE;
}

void page_cache_put(struct page_cache *cache, struct mmu_frames *frames,
                    uint64_t id, uint32_t page, uint32_t frame)
{
    if (keymap_set(&cache->frames, tag_of(id, page), frame))
        frames->table[frame].tag = tag_of(id, page);
}
