/* hash.h: XXH3 of 64 bits (libxxhash) for whoever hashes: XXH3_64bits and its
 * kin. Inlined, since most of what is hashed here has a few bytes, which take
 * less time than the call of a shared library. Include this file and never
 * <xxhash.h>. */
#ifndef MMU386_HASH_H
#define MMU386_HASH_H

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Of a number; every bit of it moves every bit of the hash. */
static inline uint64_t hash_number(uint64_t number)
{
    return XXH3_64bits(&number, sizeof(number));
}

#endif
