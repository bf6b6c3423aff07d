/* recordcode.h: the instructions of the blocks that run, for who records them:
 * each block is decoded once. */
#ifndef MMU386_RECORDCODE_H
#define MMU386_RECORDCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "traceevent.h"

struct record_block {
    uint32_t linear;
    uint32_t bytes;
    uint64_t hash;
    uint32_t insn_count;
    bool crosses; /* a page's end */
    const struct trace_insn *insns;
    const uint16_t *index_at; /* of each of its bytes, at most
                               * TRACE_BLOCK_BYTES_MAX: which instruction that
                               * is of */
    uint32_t index_bytes;
    const uint8_t *code;
};

struct record_codes;

struct record_codes *record_codes_new(void);
void record_codes_free(struct record_codes *codes);

/* The block of that code: `code`, or NULL where it is in the current address
 * space. Stays as it is until the next call. NULL where memory is short. */
const struct record_block *record_codes_find(struct record_codes *codes,
                                             const struct cpu *cpu,
                                             uint32_t linear, uint32_t bytes,
                                             uint64_t hash,
                                             const uint8_t *code);

/* Whether an access runs into the next page. */
static inline bool record_crosses(uint32_t linear, uint32_t bytes)
{
    return ((linear ^ (linear + (bytes - 1))) & MMU_PAGE_MASK) != 0;
}

/* The length of the instruction at `linear`; 0 where it cannot be read
 * whole. */
uint32_t record_codes_length(const struct cpu *cpu, uint32_t linear);

#endif
