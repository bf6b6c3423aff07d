/*
 * draw.h: numbers drawn from a seed, the same at every run (Marsaglia's
 * xorshift). A state is never 0.
 */
#ifndef DRAW_H
#define DRAW_H

#include "guest.h"

static inline uint32_t draw32(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static inline uint32_t draw64(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 16);
}

/* A number that is likely to hurt: at the edges of what is meant, or far out of
 * it. */
static inline uint32_t draw_hostile(uint32_t *state)
{
    switch (draw32(state) % 8) {
    case 0:
        return 0;
    case 1:
        return 1u << draw32(state) % 32;
    case 2:
        return UINT32_MAX - draw32(state) % 8;
    case 3:
        return 0x80000000u - draw32(state) % 3;
    case 4:
        return draw32(state);
    case 5:
        return draw32(state) % (PAGE_BYTES * 3);
    default:
        return draw32(state) % 70;
    }
}

#endif
