/* codeinfo.c: see codeinfo.h. */
#include "codeinfo.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 16384u /* a power of two */

struct codeinfo_cache {
    struct decoder *decoder;
    struct codeinfo entry[ENTRIES];
};

struct codeinfo_cache *codeinfo_new(struct decoder *decoder)
{
    struct codeinfo_cache *cache = calloc(1, sizeof *cache);
    if (cache != NULL)
        cache->decoder = decoder;
    return cache;
}

void codeinfo_free(struct codeinfo_cache *cache)
{
    free(cache);
}

/* Multiplies and folds eight bytes at a time; 64 bits make two stretches alike once in a blue
 * moon. Never 0. */
static uint64_t hash_of(const uint8_t *code, uint32_t bytes)
{
    uint64_t hash = 0x9E3779B97F4A7C15u ^ bytes;
    while (bytes > 0) {
        uint64_t word = 0;
        uint32_t here = bytes < 8 ? bytes : 8;
        memcpy(&word, code, here);
        hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
        code += here;
        bytes -= here;
    }
    return hash | 1;
}

static struct codeinfo look_at(struct decoder *decoder, const uint8_t *code, uint32_t bytes)
{
    struct codeinfo info = {.bytes = bytes};
    for (uint32_t at = 0; at < bytes;) {
        struct insn insn;
        info.insns++;
        if (!decode_insn(decoder, code + at, bytes - at, at, &insn))
            break;
        info.wants_guard = info.wants_guard || insn.guard || insn.timestamp;
        at += insn.length;
    }
    if (info.insns == 0)
        info.insns = 1;
    return info;
}

const struct codeinfo *codeinfo_of(struct codeinfo_cache *cache, const uint8_t *code,
                                   uint32_t bytes)
{
    uint64_t hash = hash_of(code, bytes);
    struct codeinfo *info = &cache->entry[(hash >> 16) & (ENTRIES - 1)];
    if (info->hash != hash || info->bytes != bytes) {
        *info = look_at(cache->decoder, code, bytes);
        info->hash = hash;
    }
    return info;
}
