/* codeinfo.h: what is known of a stretch of code: how many instructions it has, and whether one of
 * them is to be looked at before it runs. Remembered by the code's own bytes, so that nothing ever
 * has to be forgotten: the same bytes elsewhere, or later, are the same instructions. */
#ifndef MMU386_CODEINFO_H
#define MMU386_CODEINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "decode.h"

struct codeinfo {
    uint64_t hash; /* of the bytes; 0: empty */
    uint32_t bytes;
    uint32_t insns; /* at least 1; what cannot be decoded counts one, and ends the stretch */
    bool wants_guard;
};

struct codeinfo_cache;

/* Keeps `decoder`. NULL where memory is short. */
struct codeinfo_cache *codeinfo_new(struct decoder *decoder);
void codeinfo_free(struct codeinfo_cache *cache);

/* The code of `bytes` bytes at `code`, which begins with an instruction. Valid until the next
 * call. */
const struct codeinfo *codeinfo_of(struct codeinfo_cache *cache, const uint8_t *code,
                                   uint32_t bytes);

#endif
