/* codeinfo.c: see codeinfo.h. */
#include "cpu/codeinfo.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/condition.h"
#include "cpu/decode.h"
#include "cpu/fpuinsn.h"
#include "cpu/opcodes.h"
#include "hash.h"

#define ENTRIES 16384u /* a power of two */

struct codeinfo_cache {
    struct decoder *decoder;
    const struct mmu_generation *generation; /* or NULL */
    struct codeinfo entry[ENTRIES];
};

struct codeinfo_cache *codeinfo_new(struct decoder *decoder,
                                    const struct mmu_generation *generation)
{
    struct codeinfo_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->decoder = decoder;
    cache->generation = generation;
    return cache;
}

void codeinfo_free(struct codeinfo_cache *cache)
{
    free(cache);
}

/* Of bytes, in code of 16 bits or of 32; 64 bits make two stretches alike once
 * in a blue moon. Never 0. */
static uint64_t hash_of(const uint8_t *code, uint32_t bytes, bool code16)
{
    return XXH3_64bits_withSeed(code, bytes, code16) | 1;
}

static bool is_atomic(const struct insn *insn)
{
    enum { LOCK = 0xF0, XCHG = 0x86 };
    return memchr(insn->bytes, LOCK, insn->prefix_bytes) != NULL ||
           (insn->map == MAP_ONE_BYTE && (insn->opcode & 0xFE) == XCHG);
}

/* The engine stores EIP ahead of the loads and stores that its translator makes
 * itself; those of its helpers, of atomic, x87 and SSE instructions, come with
 * an EIP of before. */
static bool place_is_told(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    uint8_t reg = (insn->modrm >> 3) & 7;
    if (is_atomic(insn))
        return false;
    if (insn->map == MAP_ONE_BYTE)
        return opcode < 0xD8
                   ? opcode != 0x62 && opcode != 0x9A && opcode != 0x8E &&
                         (opcode < 0xC4 || opcode > 0xC5) &&
                         (opcode < 0xC8 || opcode == 0xC9 || opcode > 0xCF)
               : opcode >= 0xE0 && opcode < 0xFF
                   ? true
                   : opcode == 0xFF && reg != 3 && reg != 5;
    return insn->map == MAP_0F && ((opcode >= 0x40 && opcode < 0x50) ||
                                   (opcode >= 0x90 && opcode < 0xC0));
}

bool codeinfo_searches(const struct insn *insn)
{
    return insn->repeat && (insn->implicit == IMPLICIT_COMPARE ||
                            insn->implicit == IMPLICIT_SCAN);
}

static void add_clocks(const struct codeinfo_cache *cache,
                       const struct insn *insn, uint32_t at,
                       struct codeinfo *info)
{
    bool accesses = insn->has_memory || insn->implicit != IMPLICIT_NONE;
    struct insn_clocks clocks = insn_clocks_of(cache->generation->id, insn);
    if (at == 0)
        info->components = (uint8_t)insn_components(insn);
    info->clocks += clocks.rule == CLOCKS_REPEAT ? clocks.one : clocks.clocks;
    info->uncited += !clocks.cited;
    info->loose = info->loose || (accesses && !place_is_told(insn));
    info->system = info->system || insn->system;
    info->searches = codeinfo_searches(insn);
    info->last = at;
    info->tail = clocks;
}

bool codeinfo_wants_operand(const struct insn *insn,
                            const struct insn_clocks *clocks)
{
    return (clocks->rule == CLOCKS_CONDITIONAL &&
            condition_leads_to_next(insn)) ||
           clocks->rule == CLOCKS_GRANULAR || clocks->rule == CLOCKS_MULTIPLY ||
           clocks->rule == CLOCKS_SCAN_UP || clocks->rule == CLOCKS_SCAN_DOWN ||
           clocks->rule == CLOCKS_COUNT;
}

bool codeinfo_goes_through(const struct insn *insn,
                           enum segment_register segment)
{
    return insn->segment == (uint8_t)segment;
}

bool codeinfo_pushes_flags(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode == 0x9C;
}

static bool one_byte_touches_flags(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    uint8_t reg = insn->modrm >> 3 & 7;
    if (opcode < 0x40)
        /* and DAA and kin */
        return (opcode & 7) < 6 || (opcode & 0xE7) == 0x27;
    if (opcode >= 0xD8 && opcode < 0xE0)
        return insn->modrm >= 0xC0 &&
               (opcode == 0xDA || opcode == 0xDB || opcode == 0xDF);
    if (opcode == 0xFF)
        return reg < 2;
    return opcode < 0x50 || opcode == 0x63 || opcode == 0x69 ||
           opcode == 0x6B || (opcode & 0xF0) == 0x70 ||
           (opcode >= 0x80 && opcode < 0x86) || opcode == 0x9E ||
           opcode == 0x9F || (opcode >= 0xA6 && opcode < 0xAA) ||
           (opcode & 0xFE) == 0xAE || (opcode & 0xFE) == 0xC0 ||
           (opcode >= 0xD0 && opcode < 0xD7) || opcode == 0xE0 ||
           opcode == 0xE1 || opcode == 0xF5 || opcode == 0xF8 ||
           opcode == 0xF9 || (opcode & 0xF6) == 0xF6;
}

static bool two_byte_touches_flags(uint8_t opcode)
{
    return opcode < 4 || opcode == 0x2E || opcode == 0x2F ||
           (opcode & 0xF0) == 0x40 || (opcode >= 0x80 && opcode < 0xA0) ||
           (opcode >= 0xA3 && opcode < 0xC2) || opcode == 0xC7;
}

bool codeinfo_touches_flags(const struct insn *insn)
{
    if (insn->map == MAP_ONE_BYTE)
        return one_byte_touches_flags(insn);
    return insn->map != MAP_0F || two_byte_touches_flags(insn->opcode);
}

bool codeinfo_wants_flags(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && (insn->opcode & 0xFE) == 0xE0;
}

bool codeinfo_wants_guard(const struct insn *insn,
                          const struct insn_clocks *clocks)
{
    return insn->guard || insn->timestamp ||
           (clocks != NULL && codeinfo_wants_operand(insn, clocks));
}

static struct codeinfo look_at(const struct codeinfo_cache *cache,
                               const uint8_t *code, uint32_t bytes)
{
    struct codeinfo info = {.bytes = bytes};
    bool clocked = cache->generation != NULL;
    for (uint32_t at = 0; at < bytes;) {
        struct insn insn;
        info.insns++;
        info.ragged =
            !decode_insn(cache->decoder, code + at, bytes - at, at, &insn);
        if (info.ragged)
            break;
        info.thread_segments =
            info.thread_segments || codeinfo_goes_through(&insn, FS) ||
            codeinfo_goes_through(&insn, GS) || codeinfo_pushes_flags(&insn);
        info.fpu = info.fpu || fpu_is_any(&insn);
        if (clocked)
            add_clocks(cache, &insn, at, &info);
        info.wants_guard =
            info.wants_guard || codeinfo_searches(&insn) ||
            codeinfo_wants_flags(&insn) ||
            codeinfo_wants_guard(&insn, clocked ? &info.tail : NULL);
        at += insn.length;
    }
    if (info.insns == 0)
        info.insns = 1;
    return info;
}

const struct codeinfo *codeinfo_of(struct codeinfo_cache *cache,
                                   const uint8_t *code, uint32_t bytes)
{
    uint64_t hash = hash_of(code, bytes, decoder_is_16(cache->decoder));
    struct codeinfo *info = &cache->entry[(hash >> 16) & (ENTRIES - 1)];
    if (info->hash != hash || info->bytes != bytes) {
        *info = look_at(cache, code, bytes);
        info->hash = hash;
    }
    return info;
}
