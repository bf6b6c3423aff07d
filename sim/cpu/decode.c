#include "cpu/decode.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/emulated.h"
#include "cpu/encoding.h"
#include "cpu/legality.h"
#include "cpu/opcodes.h"

#define DECODED 1024u /* a power of two */

struct decoder {
    csh full;  /* with operands */
    csh quick; /* without */
    cs_insn *full_insn;
    cs_insn *quick_insn;
    bool code16;
    uint32_t selector_bytes;
    struct insn decoded[DECODED]; /* what decode_insn found last at an address
                                     like this */
};

struct decoder *decoder_new(void)
{
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL)
        return NULL;
    if (cs_open(CS_ARCH_X86, CS_MODE_32, &decoder->full) != CS_ERR_OK ||
        cs_open(CS_ARCH_X86, CS_MODE_32, &decoder->quick) != CS_ERR_OK ||
        cs_option(decoder->full, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK)
        goto failed;
    decoder->selector_bytes = 4;
    decoder->full_insn = cs_malloc(decoder->full);
    decoder->quick_insn = cs_malloc(decoder->quick);
    if (decoder->full_insn != NULL && decoder->quick_insn != NULL)
        return decoder;
failed:
    decoder_free(decoder);
    return NULL;
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->full_insn != NULL)
        cs_free(decoder->full_insn, 1);
    if (decoder->quick_insn != NULL)
        cs_free(decoder->quick_insn, 1);
    if (decoder->full != 0)
        (void)cs_close(&decoder->full);
    if (decoder->quick != 0)
        (void)cs_close(&decoder->quick);
    free(decoder);
}

void decoder_set_selector_bytes(struct decoder *decoder, uint32_t bytes)
{
    decoder->selector_bytes = bytes;
    memset(decoder->decoded, 0, sizeof decoder->decoded);
}

/* ---- operands ---- */

/* The operand in memory; NULL where the library names none. */
static const cs_x86_op *find_memory(const cs_x86 *x86)
{
    for (uint8_t i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_MEM)
            return &x86->operands[i];
    return NULL;
}

/* The size of the operand in memory, as the library says: of the same
 * instruction with [EBX] for an operand, since with some combinations of
 * prefixes it knows none. No size that is asked for here depends on the other
 * operand, or on which of a group the instruction is. */
static uint32_t decoded_bytes(struct decoder *decoder, const struct insn *insn)
{
    uint8_t plain[INSN_MAX_BYTES] = {0};
    const uint8_t *code = plain;
    size_t size = sizeof plain;
    uint64_t address = insn->linear;
    uint32_t at = 0;
    if (insn->sse_prefix != 0)
        plain[at++] = insn->sse_prefix;
    plain[at++] = 0x0F;
    if (insn->map != MAP_0F)
        plain[at++] = insn->map == MAP_0F38 ? 0x38 : 0x3A;
    plain[at++] = insn->opcode;
    plain[at] = EBX;
    if (!cs_disasm_iter(decoder->full, &code, &size, &address,
                        decoder->full_insn))
        return 0;
    const cs_x86_op *operand = find_memory(&decoder->full_insn->detail->x86);
    return operand == NULL ? 0 : operand->size;
}

static bool reads_time_stamp(const struct insn *insn)
{
    return insn->map == MAP_0F &&
           (insn->opcode == 0x31 ||
            (insn->opcode == 0x01 && insn->modrm == 0xF9));
}

/* INS, OUTS, IN and OUT: at ring 3 there is no right to ports (IOPL 0, no I/O
 * map). */
static bool uses_port(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    return insn->map == MAP_ONE_BYTE &&
           ((opcode >= 0x6C && opcode <= 0x6F) ||
            (opcode >= 0xE4 && opcode <= 0xE7) || opcode >= 0xEC) &&
           opcode <= 0xEF;
}

/* INT n other than the system call's: vectors below 32 are those of exceptions,
 * too, and how far EIP has got behind one with prefixes shows in nothing. */
static bool looks_like_exception(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode == 0xCD &&
           (insn->modrm < 32 || insn->prefix_bytes > 0);
}

/* RDPMC: CR4.PCE is clear. */
static bool reads_counter(const struct insn *insn)
{
    return insn->map == MAP_0F && insn->opcode == 0x33;
}

static uint8_t exception_of(const struct insn *insn)
{
    bool writes_code =
        insn->has_memory && insn->memory.write && insn->memory.segment == CS;
    if (encoding_is_undefined(insn))
        return VECTOR_INVALID;
    if (insn->map == MAP_ONE_BYTE && insn->opcode == 0xF1)
        return VECTOR_DEBUG;
    return writes_code || uses_port(insn) || reads_counter(insn)
               ? VECTOR_PROTECTION
               : NO_EXCEPTION;
}

static void fill_memory(struct decoder *decoder, struct insn *insn,
                        const struct opcode_effect *effect)
{
    uint32_t decoded =
        effect->size == SIZE_DECODED ? decoded_bytes(decoder, insn) : 0;
    insn->memory.bytes = operand_bytes(effect->size, insn->operand16, decoded);
    insn->memory.read = effect->read;
    insn->memory.write = effect->write;
}

/* PUSH and POP of a segment register. */
static bool is_selector_on_stack(const struct insn *insn)
{
    bool on_stack =
        insn->implicit == IMPLICIT_PUSH || insn->implicit == IMPLICIT_POP;
    if (insn->map == MAP_0F)
        return on_stack && (insn->opcode & 0xF6) == 0xA0;
    return insn->map == MAP_ONE_BYTE && on_stack && insn->opcode < 0x20;
}

static void fill_effect(struct decoder *decoder, struct insn *insn,
                        const struct opcode_effect *effect)
{
    const uint8_t *immediate =
        insn->bytes + insn->length - insn->immediate_bytes;
    insn->implicit = effect->implicit;
    insn->implicit_bytes =
        operand_bytes(effect->size == SIZE_FAR ? SIZE_OPERAND : effect->size,
                      insn->operand16, 0);
    insn->accessed_bytes = insn->implicit_bytes;
    if (is_selector_on_stack(insn) &&
        insn->accessed_bytes > decoder->selector_bytes)
        insn->accessed_bytes = decoder->selector_bytes;
    insn->guard = effect->guard;
    insn->system = effect->system;
    if (effect->implicit == IMPLICIT_ENTER) {
        insn->immediate = (uint16_t)(immediate[0] | immediate[1] << 8);
        insn->level = immediate[2] & 31;
    }
    insn->timestamp = reads_time_stamp(insn);
    insn->interrupt = looks_like_exception(insn);
    if (insn->has_memory)
        fill_memory(decoder, insn, effect);
    /* In the register form there is nothing to access. */
    bool accesses = insn->has_memory && insn->memory.bytes != 0;
    bool implies =
        effect->implicit != IMPLICIT_NONE && effect->implicit != IMPLICIT_BIT;
    insn->raises = exception_of(insn);
    insn->loads =
        effect->loads && (insn->has_memory || effect->size != SIZE_FAR);
    insn->emulated = (uint8_t)emulated_kind(insn);
    insn->guard = (insn->guard && (accesses || implies)) ||
                  insn->raises != NO_EXCEPTION || insn->interrupt ||
                  insn->loads || insn->emulated != EMULATED_NOT;
}

void decoder_set_16(struct decoder *decoder, bool code16)
{
    const size_t mode = code16 ? CS_MODE_16 : CS_MODE_32;
    if (decoder->code16 == code16)
        return;
    decoder->code16 = code16;
    (void)cs_option(decoder->full, CS_OPT_MODE, mode);
    (void)cs_option(decoder->quick, CS_OPT_MODE, mode);
    memset(decoder->decoded, 0, sizeof decoder->decoded);
}

bool decoder_is_16(const struct decoder *decoder)
{
    return decoder->code16;
}

static bool decode_anew(struct decoder *decoder, const uint8_t *code,
                        uint32_t bytes, uint32_t linear, struct insn *insn)
{
    *insn = (struct insn){.linear = linear, .code16 = decoder->code16};
    if (!encoding_read(code, bytes, insn))
        return false;
    struct opcode_effect effect =
        opcode_effect_of((enum opcode_map)insn->map, insn->opcode,
                         (insn->modrm >> 3) & 7, insn->sse_prefix);
    fill_effect(decoder, insn, &effect);
    return true;
}

/* No instruction is the beginning of another: where the bytes are the same, it
 * is the same. One of prefixes alone, if the library takes them for one, would
 * depend on what follows. */
static bool begins_with(const struct insn *insn, const uint8_t *code,
                        uint32_t bytes)
{
    return insn->length > insn->prefix_bytes && insn->length <= bytes &&
           memcmp(insn->bytes, code, insn->length) == 0;
}

bool decode_insn(struct decoder *decoder, const uint8_t *code, uint32_t bytes,
                 uint32_t linear, struct insn *insn)
{
    struct insn *known = &decoder->decoded[linear & (DECODED - 1)];
    bool valid = begins_with(known, code, bytes) ||
                 decode_anew(decoder, code, bytes, linear, known);
    known->linear = linear;
    *insn = *known;
    return valid;
}

uint32_t decode_length_in(bool code16, const uint8_t *code, uint32_t bytes)
{
    struct insn insn = {.code16 = code16};
    return encoding_read(code, bytes, &insn) ? insn.length : 0;
}

uint32_t decode_length(const uint8_t *code, uint32_t bytes)
{
    return decode_length_in(false, code, bytes);
}

char *decode_text(struct decoder *decoder, const uint8_t *code, uint32_t bytes,
                  uint32_t linear, char *text, size_t text_bytes)
{
    size_t size = bytes;
    uint64_t address = linear;
    const cs_insn *insn = decoder->quick_insn;
    if (!cs_disasm_iter(decoder->quick, &code, &size, &address,
                        decoder->quick_insn))
        (void)snprintf(text, text_bytes, "(bad)");
    else
        (void)snprintf(text, text_bytes, "%s%s%s", insn->mnemonic,
                       insn->op_str[0] != '\0' ? " " : "", insn->op_str);
    return text;
}
