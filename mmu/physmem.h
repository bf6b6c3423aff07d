/* physmem.h: guest physical memory, one flat mapping of the host, frames by
 * number. */
#ifndef MMU386_PHYSMEM_H
#define MMU386_PHYSMEM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "paging.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Guest words are read and written as host words. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the host must be little-endian");

/* The caller owns the memory; it must be page-aligned, and hold `frames` *
 * MMU_PAGE_SIZE bytes. Frame F is the bytes from F * MMU_PAGE_SIZE; at most
 * 2^20 frames. */
struct mmu_physmem {
    uint8_t *base;
    uint32_t frames;
};

/* True when all `bytes` (at least 1) from physical address `phys` on lie in
 * memory. */
static inline bool mmu_physmem_has(const struct mmu_physmem *mem, uint32_t phys,
                                   uint32_t bytes)
{
    return (uint64_t)phys + bytes <= (uint64_t)mem->frames << MMU_PAGE_SHIFT;
}

/* The host address of frame `frame`, which must be < mem->frames. */
static inline uint8_t *mmu_physmem_frame(const struct mmu_physmem *mem,
                                         uint32_t frame)
{
    assert(frame < mem->frames);
    return mem->base + ((size_t)frame << MMU_PAGE_SHIFT);
}

/* Reads or writes the aligned 32-bit word at physical address `phys`. Outside
 * memory a read gives all ones and a write does nothing, as on an open bus. */
static inline uint32_t mmu_physmem_read32(const struct mmu_physmem *mem,
                                          uint32_t phys)
{
    uint32_t value = UINT32_MAX;

    assert(phys % sizeof value == 0);
    if (phys >> MMU_PAGE_SHIFT < mem->frames)
        memcpy(&value, mem->base + phys, sizeof value);
    return value;
}

static inline void mmu_physmem_write32(const struct mmu_physmem *mem,
                                       uint32_t phys, uint32_t value)
{
    assert(phys % sizeof value == 0);
    if (phys >> MMU_PAGE_SHIFT < mem->frames)
        memcpy(mem->base + phys, &value, sizeof value);
}

#ifdef __cplusplus
}
#endif

#endif
