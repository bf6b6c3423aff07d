/* inflight.c: see inflight.h. */
#include "cpu/inflight.h"

#include <stdint.h>
#include <string.h>

#include "cpu/vectors.h"

static uint32_t word_at(const void *context, size_t offset)
{
    uint32_t word;
    memcpy(&word, (const uint8_t *)context + offset, sizeof word);
    return word;
}

size_t inflight_find(const void *clean, const void *divide,
                     const void *protection, const void *twice, size_t bytes)
{
    size_t found = 0;
    for (size_t at = sizeof(uint32_t); at + sizeof(uint32_t) <= bytes;
         at += sizeof(uint32_t)) {
        if (word_at(clean, at) != INFLIGHT_NONE ||
            word_at(divide, at) != VECTOR_DIVIDE ||
            word_at(protection, at) != VECTOR_PROTECTION ||
            word_at(twice, at) != VECTOR_DOUBLE_FAULT)
            continue;
        if (found != 0)
            return 0;
        found = at;
    }
    return found;
}

void inflight_clear(void *context, size_t offset)
{
    const uint32_t none = INFLIGHT_NONE;
    memcpy((uint8_t *)context + offset, &none, sizeof none);
}
