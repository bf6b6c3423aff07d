#include "decode.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"

#define DECODED 1024u /* a power of two */

struct decoder {
    csh full;  /* with operands */
    csh quick; /* without */
    cs_insn *full_insn;
    cs_insn *quick_insn;
    struct insn decoded[DECODED]; /* what decode_insn found last at an address like this */
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

/* ---- the encoding: SDM volume 2, chapter 2.1 ---- */

struct encoding {
    enum opcode_map map;
    uint8_t sse_prefix;     /* see opcode_effect_of */
    uint32_t behind_opcode; /* index of the byte there */
};

/* Notes a prefix; false where `byte` is none. */
static bool take_prefix(struct insn *insn, struct encoding *encoding, uint8_t byte)
{
    switch (byte) {
    case 0x26:
    case 0x2E:
    case 0x36:
    case 0x3E:
        insn->segment = (byte >> 3) & 3;
        return true;
    case 0x64:
        insn->segment = FS;
        return true;
    case 0x65:
        insn->segment = GS;
        return true;
    case 0x66:
        insn->operand16 = true;
        if (encoding->sse_prefix == 0)
            encoding->sse_prefix = byte;
        return true;
    case 0x67:
        insn->address16 = true;
        return true;
    case 0xF2:
    case 0xF3:
        insn->repeat = true;
        encoding->sse_prefix = byte;
        return true;
    default:
        return byte == 0xF0;
    }
}

/* Bytes past the instruction's end read as 0: insn->bytes is zeroed. */
static uint8_t byte_at(const struct insn *insn, uint32_t index)
{
    return index < insn->length ? insn->bytes[index] : 0;
}

static struct encoding read_encoding(struct insn *insn)
{
    struct encoding encoding = {.map = MAP_ONE_BYTE};
    uint32_t at = 0;
    insn->segment = NO_REGISTER;
    while (at < insn->length && take_prefix(insn, &encoding, insn->bytes[at]))
        at++;
    insn->prefix_bytes = (uint8_t)at;
    if (byte_at(insn, at) == 0x0F) {
        at++;
        encoding.map = MAP_0F;
        if (byte_at(insn, at) == 0x38 || byte_at(insn, at) == 0x3A)
            encoding.map = byte_at(insn, at++) == 0x38 ? MAP_0F38 : MAP_0F3A;
    }
    insn->map = (uint8_t)encoding.map;
    insn->opcode = byte_at(insn, at++);
    insn->modrm = byte_at(insn, at);
    encoding.behind_opcode = at;
    return encoding;
}

/* SDM volume 2, appendix A: which opcodes a ModRM byte follows. */
static bool has_modrm(enum opcode_map map, uint8_t opcode)
{
    if (map != MAP_ONE_BYTE && map != MAP_0F)
        return true;
    if (map == MAP_0F)
        return !((opcode >= 0x04 && opcode <= 0x0C) || opcode == 0x0E || (opcode & 0xF8) == 0x30 ||
                 opcode == 0x77 || (opcode & 0xF0) == 0x80 || (opcode & 0xF6) == 0xA0 ||
                 opcode == 0xA2 || opcode == 0xAA || (opcode & 0xF8) == 0xC8);
    if (opcode < 0x40)
        return (opcode & 7) < 4;
    return opcode == 0x62 || opcode == 0x63 || opcode == 0x69 || opcode == 0x6B ||
           (opcode & 0xF0) == 0x80 || (opcode & 0xFE) == 0xC0 || (opcode & 0xFC) == 0xC4 ||
           (opcode & 0xFC) == 0xD0 || (opcode & 0xF8) == 0xD8 || (opcode & 0xF6) == 0xF6;
}

static bool has_sib(const struct insn *insn)
{
    return !insn->address16 && insn->modrm < 0xC0 && (insn->modrm & 7) == 4;
}

/* SDM volume 2, tables 2-1 to 2-3. */
static uint32_t displacement_of_modrm(const struct insn *insn, uint8_t sib)
{
    uint8_t mod = insn->modrm >> 6;
    uint8_t rm = insn->modrm & 7;
    uint32_t whole = insn->address16 ? 2 : 4;
    if (mod == 0)
        return rm == (insn->address16 ? 6 : 5) || (has_sib(insn) && (sib & 7) == 5) ? whole : 0;
    return mod == 1 ? 1 : mod == 2 ? whole : 0;
}

/* Jumps by a displacement, and MOV with an offset: that is all behind the opcode. */
static bool is_displacement_alone(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    if (insn->map == MAP_0F)
        return (opcode & 0xF0) == 0x80;
    return insn->map == MAP_ONE_BYTE &&
           ((opcode & 0xF0) == 0x70 || (opcode & 0xFC) == 0xA0 || (opcode & 0xFC) == 0xE0 ||
            opcode == 0xE8 || opcode == 0xE9 || opcode == 0xEB);
}

static void measure_operands(struct insn *insn, const struct encoding *encoding)
{
    uint32_t at = encoding->behind_opcode;
    uint32_t displacement = is_displacement_alone(insn) ? INSN_MAX_BYTES : 0;
    if (has_modrm(encoding->map, insn->opcode)) {
        displacement = displacement_of_modrm(insn, byte_at(insn, at + 1));
        at += has_sib(insn) ? 2 : 1;
    }
    uint32_t rest = insn->length > at ? insn->length - at : 0;
    if (displacement > rest)
        displacement = rest;
    insn->displacement_bytes = (uint8_t)displacement;
    insn->immediate_bytes = (uint8_t)(rest - displacement);
}

/* ---- operands ---- */

static uint8_t general_register_of(x86_reg reg)
{
    switch (reg) {
    case X86_REG_EAX:
        return EAX;
    case X86_REG_ECX:
        return ECX;
    case X86_REG_EDX:
        return EDX;
    case X86_REG_EBX:
    case X86_REG_BX:
        return EBX;
    case X86_REG_ESP:
        return ESP;
    case X86_REG_EBP:
    case X86_REG_BP:
        return EBP;
    case X86_REG_ESI:
    case X86_REG_SI:
        return ESI;
    case X86_REG_EDI:
    case X86_REG_DI:
        return EDI;
    default:
        return NO_REGISTER;
    }
}

/* The operand in memory; NULL where the library names none. */
static const cs_x86_op *find_memory(const cs_x86 *x86)
{
    for (uint8_t i = 0; i < x86->op_count; i++)
        if (x86->operands[i].type == X86_OP_MEM)
            return &x86->operands[i];
    return NULL;
}

/* SDM volume 1, table 3-5: what is based on ESP or EBP is in the stack segment. */
static uint8_t segment_of(const struct insn *insn, uint8_t base)
{
    if (insn->segment != NO_REGISTER)
        return insn->segment;
    return base == ESP || base == EBP ? SS : DS;
}

static void fill_memory(struct insn *insn, const cs_x86_op *operand,
                        const struct opcode_effect *effect)
{
    uint8_t base = general_register_of(operand->mem.base);
    insn->has_memory = true;
    insn->memory = (struct memory_operand){
        .segment = segment_of(insn, base),
        .base = base,
        .index = general_register_of(operand->mem.index),
        .scale = (uint8_t)operand->mem.scale,
        .displacement = (uint32_t)operand->mem.disp,
        .bytes = operand_bytes(effect->size, insn->operand16, operand->size),
        .address16 = insn->address16,
        .read = effect->read,
        .write = effect->write,
    };
}

/* The library names the operands that string instructions and XLAT imply, too. */
static bool operand_is_written_out(enum implicit implicit)
{
    switch (implicit) {
    case IMPLICIT_SOURCE:
    case IMPLICIT_TARGET:
    case IMPLICIT_SCAN:
    case IMPLICIT_MOVE:
    case IMPLICIT_COMPARE:
    case IMPLICIT_TABLE:
    case IMPLICIT_MASK:
        return false;
    default:
        return true;
    }
}

static bool reads_time_stamp(const struct insn *insn, enum opcode_map map)
{
    return map == MAP_0F && (insn->opcode == 0x31 || (insn->opcode == 0x01 && insn->modrm == 0xF9));
}

/* INS, OUTS, IN and OUT: at ring 3 there is no right to ports (IOPL 0, no I/O map). */
static bool uses_port(const struct insn *insn, enum opcode_map map)
{
    uint8_t opcode = insn->opcode;
    return map == MAP_ONE_BYTE &&
           ((opcode >= 0x6C && opcode <= 0x6F) || (opcode >= 0xE4 && opcode <= 0xE7) ||
            opcode >= 0xEC) &&
           opcode <= 0xEF;
}

/* INT n other than the system call's: vectors below 32 are those of exceptions, too, and how far
 * EIP has got behind one with prefixes shows in nothing. */
static bool looks_like_exception(const struct insn *insn, const struct encoding *encoding)
{
    return encoding->map == MAP_ONE_BYTE && insn->opcode == 0xCD &&
           (insn->modrm < 32 || insn->prefix_bytes > 0);
}

static uint8_t exception_of(const struct insn *insn, const struct encoding *encoding)
{
    bool writes_code = insn->has_memory && insn->memory.write && insn->memory.segment == CS;
    return writes_code || uses_port(insn, encoding->map) ? VECTOR_GP : NO_EXCEPTION;
}

static void fill_effect(struct insn *insn, const struct encoding *encoding,
                        const struct opcode_effect *effect, const cs_x86_op *operand)
{
    uint32_t at = encoding->behind_opcode;
    insn->implicit = effect->implicit;
    insn->implicit_bytes =
        operand_bytes(effect->size == SIZE_FAR ? SIZE_OPERAND : effect->size, insn->operand16, 0);
    insn->immediate = (uint16_t)(byte_at(insn, at) | byte_at(insn, at + 1) << 8);
    insn->level = byte_at(insn, at + 2) & 31;
    insn->guard = effect->guard;
    insn->system = effect->system;
    insn->emulate = effect->implicit == IMPLICIT_ENTER && insn->operand16;
    insn->timestamp = reads_time_stamp(insn, encoding->map);
    insn->interrupt = looks_like_exception(insn, encoding);
    if (operand != NULL && operand_is_written_out((enum implicit)effect->implicit))
        fill_memory(insn, operand, effect);
    /* In the register form there is nothing to access. */
    bool accesses = insn->has_memory && insn->memory.bytes != 0;
    bool implies = effect->implicit != IMPLICIT_NONE && effect->implicit != IMPLICIT_BIT;
    insn->raises = exception_of(insn, encoding);
    insn->guard =
        (insn->guard && (accesses || implies)) || insn->raises != NO_EXCEPTION || insn->interrupt;
}

static bool decode_anew(struct decoder *decoder, const uint8_t *code, uint32_t bytes,
                        uint32_t linear, struct insn *insn)
{
    size_t size = bytes;
    uint64_t address = linear;
    *insn = (struct insn){.linear = linear};
    if (!cs_disasm_iter(decoder->full, &code, &size, &address, decoder->full_insn) ||
        decoder->full_insn->size > INSN_MAX_BYTES)
        return false;
    const cs_insn *decoded = decoder->full_insn;
    insn->length = (uint8_t)decoded->size;
    memcpy(insn->bytes, decoded->bytes, insn->length);
    insn->id = decoded->id;
    struct encoding encoding = read_encoding(insn);
    measure_operands(insn, &encoding);
    struct opcode_effect effect =
        opcode_effect_of(encoding.map, insn->opcode, (insn->modrm >> 3) & 7, encoding.sse_prefix);
    fill_effect(insn, &encoding, &effect, find_memory(&decoded->detail->x86));
    return true;
}

/* No instruction is the beginning of another: where the bytes are the same, it is the same. One of
 * prefixes alone, if the library takes them for one, would depend on what follows. */
static bool begins_with(const struct insn *insn, const uint8_t *code, uint32_t bytes)
{
    return insn->length > insn->prefix_bytes && insn->length <= bytes &&
           memcmp(insn->bytes, code, insn->length) == 0;
}

bool decode_insn(struct decoder *decoder, const uint8_t *code, uint32_t bytes, uint32_t linear,
                 struct insn *insn)
{
    struct insn *known = &decoder->decoded[linear & (DECODED - 1)];
    bool valid =
        begins_with(known, code, bytes) || decode_anew(decoder, code, bytes, linear, known);
    known->linear = linear;
    *insn = *known;
    return valid;
}

uint32_t decode_length(struct decoder *decoder, const uint8_t *code, uint32_t bytes,
                       uint32_t linear)
{
    size_t size = bytes;
    uint64_t address = linear;
    if (!cs_disasm_iter(decoder->quick, &code, &size, &address, decoder->quick_insn))
        return 0;
    return decoder->quick_insn->size;
}

char *decode_text(struct decoder *decoder, const uint8_t *code, uint32_t bytes, uint32_t linear,
                  char *text, size_t text_bytes)
{
    size_t size = bytes;
    uint64_t address = linear;
    const cs_insn *insn = decoder->quick_insn;
    if (!cs_disasm_iter(decoder->quick, &code, &size, &address, decoder->quick_insn))
        (void)snprintf(text, text_bytes, "(bad)");
    else
        (void)snprintf(text, text_bytes, "%s%s%s", insn->mnemonic,
                       insn->op_str[0] != '\0' ? " " : "", insn->op_str);
    return text;
}
