/* physmem.h: guest physical memory, one flat mapping of the host, frames by number. */
#ifndef MMU386_PHYSMEM_H
#define MMU386_PHYSMEM_H

#include <stdbool.h>
#include <stdint.h>

#include "paging.h"

/* The caller owns the memory; it must be page-aligned, and hold `frames` * PAGE_SIZE bytes.
 * Frame F is the bytes from F * PAGE_SIZE; at most 2^20 frames. */
struct physmem {
    uint8_t *base;
    uint32_t frames;
};

/* True when all `bytes` (at least 1) from physical address `phys` on lie in memory. */
bool physmem_has(const struct physmem *mem, uint32_t phys, uint32_t bytes);

/* The host address of frame `frame`, which must be < mem->frames. */
uint8_t *physmem_frame(const struct physmem *mem, uint32_t frame);

/* Reads or writes the aligned 32-bit word at `phys`. Outside memory a read gives all ones and a
 * write does nothing, as on an open bus. */
uint32_t physmem_read32(const struct physmem *mem, uint32_t phys);
void physmem_write32(const struct physmem *mem, uint32_t phys, uint32_t value);

#endif
