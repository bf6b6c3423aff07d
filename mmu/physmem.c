/* physmem.c: guest physical memory. */
#include "physmem.h"

#include <assert.h>
#include <string.h>

/* Guest words are read and written as host words. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the host must be little-endian");

bool physmem_has(const struct physmem *mem, uint32_t phys, uint32_t bytes)
{
    return (uint64_t)phys + bytes <= (uint64_t)mem->frames << PAGE_SHIFT;
}

uint8_t *physmem_frame(const struct physmem *mem, uint32_t frame)
{
    assert(frame < mem->frames);
    return mem->base + ((size_t)frame << PAGE_SHIFT);
}

uint32_t physmem_read32(const struct physmem *mem, uint32_t phys)
{
    uint32_t value = UINT32_MAX;

    assert(phys % sizeof value == 0);
    if (phys >> PAGE_SHIFT < mem->frames)
        memcpy(&value, mem->base + phys, sizeof value);
    return value;
}

void physmem_write32(const struct physmem *mem, uint32_t phys, uint32_t value)
{
    assert(phys % sizeof value == 0);
    if (phys >> PAGE_SHIFT < mem->frames)
        memcpy(mem->base + phys, &value, sizeof value);
}
