/*
 * pages.h: pages that are known again: the first word of each is a tag and its
 * number.
 */
#ifndef PAGES_H
#define PAGES_H

#include "guest.h"

static inline void write_pages(uint8_t *start, uint32_t pages, uint32_t tag)
{
    for (uint32_t i = 0; i < pages; i++)
        *(volatile uint32_t *)(start + i * PAGE_BYTES) = tag + i;
}

static inline bool hold(const uint8_t *start, uint32_t pages, uint32_t tag)
{
    for (uint32_t i = 0; i < pages; i++)
        if (*(const volatile uint32_t *)(start + i * PAGE_BYTES) != tag + i)
            return false;
    return true;
}

#endif
