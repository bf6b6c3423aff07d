/* recordcode.c: see recordcode.h. A table by the block's hash; what no longer
 * fits is forgotten. */
#include "replay/recordcode.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/decode.h"

#define ENTRIES (1u << 15)
/* of all entries: long blocks crowd out all others */
#define BYTES_MAX ((size_t)32 << 20)

struct entry {
    struct record_block block;
    bool code16;
    struct trace_insn *insns;
    uint16_t *index_at;
    uint8_t *code;
    size_t taken; /* bytes of those three */
};

struct record_codes {
    size_t bytes; /* that the entries take */
    struct entry entries[ENTRIES];
};

struct record_codes *record_codes_new(void)
{
    return calloc(1, sizeof(struct record_codes));
}

static void forget(struct record_codes *codes, struct entry *entry)
{
    codes->bytes -= entry->taken;
    free(entry->insns);
    free(entry->index_at);
    free(entry->code);
    *entry = (struct entry){0};
}

static void forget_all(struct record_codes *codes)
{
    for (uint32_t i = 0; i < ENTRIES; i++)
        forget(codes, &codes->entries[i]);
}

void record_codes_free(struct record_codes *codes)
{
    if (codes == NULL)
        return;
    forget_all(codes);
    free(codes);
}

/* What cannot be decoded is one instruction. */
static void decode(struct entry *entry, uint32_t bytes)
{
    uint32_t at = 0;

    while (at < bytes && entry->block.insn_count < TRACE_INSNS_MAX) {
        uint32_t length =
            decode_length_in(entry->code16, entry->code + at, bytes - at);

        if (length == 0 || length > bytes - at)
            length = bytes - at < TRACE_INSN_BYTES_MAX ? bytes - at
                                                       : TRACE_INSN_BYTES_MAX;
        entry->insns[entry->block.insn_count++] = (struct trace_insn){
            .offset = (uint16_t)at, .bytes = (uint16_t)length};
        for (uint32_t end = at + length; at < end; at++)
            entry->index_at[at] = (uint16_t)(entry->block.insn_count - 1);
    }
    entry->block.index_bytes = at;
}

__attribute__((noinline)) static const struct record_block *
make(struct record_codes *codes, struct entry *entry, const struct cpu *cpu,
     const struct record_block *block, const uint8_t *code)
{
    uint32_t bytes = block->bytes < TRACE_BLOCK_BYTES_MAX
                         ? block->bytes
                         : TRACE_BLOCK_BYTES_MAX;
    struct trace_insn *fitting;

    forget(codes, entry);
    if (codes->bytes > BYTES_MAX)
        forget_all(codes);
    entry->block = *block;
    entry->insns = malloc(TRACE_INSNS_MAX * sizeof(*entry->insns));
    entry->index_at = malloc((bytes + 1) * sizeof(*entry->index_at));
    entry->code = calloc(bytes != 0 ? bytes : 1, 1);
    if (entry->insns == NULL || entry->index_at == NULL ||
        entry->code == NULL) {
        forget(codes, entry);
        return NULL;
    }
    if (code != NULL)
        memcpy(entry->code, code, bytes);
    else
        (void)cpu_read_code(cpu, block->linear, entry->code, bytes);
    entry->code16 = cpu_code_is_16(cpu);
    decode(entry, bytes);
    fitting = realloc(entry->insns,
                      (entry->block.insn_count + 1) * sizeof(*entry->insns));
    if (fitting != NULL)
        entry->insns = fitting;
    entry->taken = entry->block.insn_count * sizeof(*entry->insns) +
                   bytes * (sizeof(*entry->index_at) + sizeof(*entry->code));
    codes->bytes += entry->taken;
    entry->block.crosses =
        (block->linear & ~MMU_PAGE_MASK) + bytes > MMU_PAGE_SIZE;
    entry->block.insns = entry->insns;
    entry->block.index_at = entry->index_at;
    entry->block.code = entry->code;
    return &entry->block;
}

const struct record_block *record_codes_find(struct record_codes *codes,
                                             const struct cpu *cpu,
                                             uint32_t linear, uint32_t bytes,
                                             uint64_t hash, const uint8_t *code)
{
    /* The upper half is as random as the whole; the address keeps apart what
     * has the same code at several. */
    struct entry *entry =
        &codes->entries[(hash >> 32 ^ linear) & (ENTRIES - 1)];

    if (entry->block.insns != NULL && entry->block.linear == linear &&
        entry->block.bytes == bytes && entry->block.hash == hash &&
        entry->code16 == cpu_code_is_16(cpu))
        return &entry->block;
    return make(codes, entry, cpu,
                &(const struct record_block){
                    .linear = linear, .bytes = bytes, .hash = hash},
                code);
}

uint32_t record_codes_length(const struct cpu *cpu, uint32_t linear)
{
    uint8_t code[INSN_MAX_BYTES];
    uint32_t bytes = cpu_read_code(cpu, linear, code, sizeof(code));

    return decode_length_in(cpu_code_is_16(cpu), code, bytes);
}
