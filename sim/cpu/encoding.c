/* encoding.c: see encoding.h. */
#include "cpu/encoding.h"

#include <string.h>

#include "cpu/opcodes.h"

/* ---- prefixes and opcode: SDM volume 2, chapter 2.1 ---- */

/* Notes a prefix; false where `byte` is none. */
static bool take_prefix(struct insn *insn, uint8_t byte)
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
        insn->operand16 = !insn->code16;
        return true;
    case 0x67:
        insn->address16 = !insn->code16;
        return true;
    case 0xF2:
    case 0xF3:
        insn->repeat = true;
        insn->sse_prefix = byte;
        return true;
    case 0xF0:
        insn->lock = true;
        return true;
    default:
        return false;
    }
}

/* The number of bytes in front of the ModRM byte, if there is one. */
static uint32_t read_opcode(struct insn *insn, uint32_t bytes)
{
    uint32_t at = 0;
    insn->segment = NO_REGISTER;
    insn->operand16 = insn->code16;
    insn->address16 = insn->code16;
    while (at < bytes && take_prefix(insn, insn->bytes[at]))
        at++;
    if (insn->sse_prefix == 0 && insn->operand16 != insn->code16)
        insn->sse_prefix = 0x66;
    insn->prefix_bytes = (uint8_t)at;
    insn->map = MAP_ONE_BYTE;
    if (at < bytes && insn->bytes[at] == 0x0F) {
        at++;
        insn->map = MAP_0F;
        if (at < bytes && (insn->bytes[at] == 0x38 || insn->bytes[at] == 0x3A))
            insn->map = insn->bytes[at++] == 0x38 ? MAP_0F38 : MAP_0F3A;
    }
    if (at < bytes)
        insn->opcode = insn->bytes[at];
    return at + 1;
}

/* ---- what follows it: SDM volume 2, appendix A ---- */

bool encoding_has_modrm(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    if (insn->map == MAP_0F)
        return !((opcode >= 0x04 && opcode <= 0x0F && opcode != 0x0D) ||
                 (opcode & 0xFC) == 0x24 || (opcode & 0xF8) == 0x30 ||
                 opcode == 0x77 || (opcode & 0xF0) == 0x80 ||
                 (opcode & 0xF6) == 0xA0 || opcode == 0xA2 || opcode == 0xAA ||
                 (opcode & 0xF8) == 0xC8);
    if (insn->map != MAP_ONE_BYTE)
        return true;
    if (opcode < 0x40)
        return (opcode & 7) < 4;
    return opcode == 0x62 || opcode == 0x63 || opcode == 0x69 ||
           opcode == 0x6B || (opcode & 0xF0) == 0x80 ||
           (opcode & 0xFE) == 0xC0 || (opcode & 0xFC) == 0xC4 ||
           (opcode & 0xFC) == 0xD0 || (opcode & 0xF8) == 0xD8 ||
           (opcode & 0xF6) == 0xF6;
}

/* MOV to and from control and debug registers: whatever the mod field says, a
 * register. */
static bool is_register_form(const struct insn *insn)
{
    return insn->modrm >= 0xC0 ||
           (insn->map == MAP_0F && (insn->opcode & 0xFC) == 0x20);
}

static bool has_sib(const struct insn *insn)
{
    return !insn->address16 && !is_register_form(insn) &&
           (insn->modrm & 7) == 4;
}

/* SDM volume 2, tables 2-1 to 2-3. */
static uint32_t displacement_of_modrm(const struct insn *insn, uint8_t sib)
{
    uint8_t mod = insn->modrm >> 6;
    uint8_t rm = insn->modrm & 7;
    uint32_t whole = insn->address16 ? 2 : 4;
    if (is_register_form(insn))
        return 0;
    if (mod == 0)
        return rm == (insn->address16 ? 6 : 5) ||
                       (has_sib(insn) && (sib & 7) == 5)
                   ? whole
                   : 0;
    return mod == 1 ? 1 : whole;
}

/* MOV between AL or EAX and an offset that stands in the instruction. */
static bool has_offset(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && (insn->opcode & 0xFC) == 0xA0;
}

/* Jumps by a displacement, and those MOVs: that is all behind the opcode. */
static uint32_t displacement_alone(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    uint32_t word = insn->operand16 ? 2 : 4;
    if (insn->map == MAP_0F)
        return (opcode & 0xF0) == 0x80 ? word : 0;
    if (insn->map != MAP_ONE_BYTE)
        return 0;
    if (has_offset(insn))
        return insn->address16 ? 2 : 4;
    if ((opcode & 0xF0) == 0x70 || (opcode & 0xFC) == 0xE0 || opcode == 0xEB)
        return 1;
    return opcode == 0xE8 || opcode == 0xE9 ? word : 0;
}

static uint32_t immediate_of_one_byte(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    uint32_t word = insn->operand16 ? 2 : 4;
    bool tests = ((insn->modrm >> 3) & 7) < 2;
    if (opcode < 0x40)
        return (opcode & 7) == 4 ? 1 : (opcode & 7) == 5 ? word : 0;
    if ((opcode & 0xF0) == 0xB0)
        return opcode < 0xB8 ? 1 : word;
    switch (opcode) {
    case 0x6A:
    case 0x6B:
    case 0x80:
    case 0x82:
    case 0x83:
    case 0xA8:
    case 0xC0:
    case 0xC1:
    case 0xC6:
    case 0xCD:
    case 0xD4:
    case 0xD5:
    case 0xE4:
    case 0xE5:
    case 0xE6:
    case 0xE7:
        return 1;
    case 0x68:
    case 0x69:
    case 0x81:
    case 0xA9:
    case 0xC7:
        return word;
    case 0x9A: /* far pointers */
    case 0xEA:
        return word + 2;
    case 0xC2:
    case 0xCA:
        return 2;
    case 0xC8: /* ENTER */
        return 3;
    case 0xF6:
        return tests ? 1 : 0;
    case 0xF7:
        return tests ? word : 0;
    default:
        return 0;
    }
}

static uint32_t immediate_bytes(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    switch (insn->map) {
    case MAP_ONE_BYTE:
        return immediate_of_one_byte(insn);
    case MAP_0F:
        return (opcode >= 0x70 && opcode <= 0x73) || opcode == 0xA4 ||
                       opcode == 0xAC || opcode == 0xBA || opcode == 0xC2 ||
                       (opcode >= 0xC4 && opcode <= 0xC6)
                   ? 1
                   : 0;
    case MAP_0F3A:
        return 1;
    default:
        return 0;
    }
}

/* ---- the operand in memory ---- */

static uint32_t number_at(const uint8_t *from, uint32_t bytes)
{
    switch (bytes) {
    case 1:
        return (uint32_t)(int32_t)(int8_t)from[0];
    case 2:
        return (uint32_t)from[0] | (uint32_t)from[1] << 8;
    case 4:
        return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
               (uint32_t)from[3] << 24;
    default:
        return 0;
    }
}

/* SDM volume 1, table 3-5: what is based on ESP or EBP is in the stack
 * segment. */
static uint8_t segment_of(const struct insn *insn, uint8_t base)
{
    if (insn->segment != NO_REGISTER)
        return insn->segment;
    return base == ESP || base == EBP ? SS : DS;
}

/* SDM volume 2, table 2-1. */
static void name_registers16(const struct insn *insn,
                             struct memory_operand *memory)
{
    static const uint8_t base[8] = {EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX};
    static const uint8_t index[8] = {
        ESI, EDI, ESI, EDI, NO_REGISTER, NO_REGISTER, NO_REGISTER, NO_REGISTER};
    uint8_t rm = insn->modrm & 7;
    memory->base = rm == 6 && insn->modrm < 0x40 ? NO_REGISTER : base[rm];
    memory->index = index[rm];
}

/* Tables 2-2 and 2-3. */
static void name_registers32(const struct insn *insn, uint8_t sib,
                             struct memory_operand *memory)
{
    uint8_t base = has_sib(insn) ? sib & 7 : insn->modrm & 7;
    memory->base = base == EBP && insn->modrm < 0x40 ? NO_REGISTER : base;
    if (has_sib(insn) && (sib >> 3 & 7) != ESP) {
        memory->index = sib >> 3 & 7;
        memory->scale = (uint8_t)(1 << (sib >> 6));
    }
}

static void note_memory(struct insn *insn, uint8_t sib,
                        const uint8_t *displacement)
{
    struct memory_operand *memory = &insn->memory;
    insn->has_memory = true;
    *memory = (struct memory_operand){
        .base = NO_REGISTER,
        .index = NO_REGISTER,
        .scale = 1,
        .displacement = number_at(displacement, insn->displacement_bytes),
        .address16 = insn->address16,
    };
    if (!has_offset(insn) && insn->address16)
        name_registers16(insn, memory);
    else if (!has_offset(insn))
        name_registers32(insn, sib, memory);
    memory->segment = segment_of(insn, memory->base);
}

bool encoding_read(const uint8_t *code, uint32_t bytes, struct insn *insn)
{
    uint8_t sib = 0;
    if (bytes > INSN_MAX_BYTES)
        bytes = INSN_MAX_BYTES;
    memcpy(insn->bytes, code, bytes);
    uint32_t at = read_opcode(insn, bytes);
    if (at < bytes)
        insn->modrm = insn->bytes[at];
    uint32_t displacement = displacement_alone(insn);
    bool memory = has_offset(insn);
    if (encoding_has_modrm(insn)) {
        if (at + 1 < bytes)
            sib = insn->bytes[at + 1];
        at += has_sib(insn) ? 2 : 1;
        displacement = displacement_of_modrm(insn, sib);
        memory = !is_register_form(insn);
    }
    uint32_t immediate = immediate_bytes(insn);
    if (at + displacement + immediate > bytes)
        return false;
    insn->displacement_bytes = (uint8_t)displacement;
    insn->immediate_bytes = (uint8_t)immediate;
    insn->length = (uint8_t)(at + displacement + immediate);
    memset(insn->bytes + insn->length, 0, sizeof insn->bytes - insn->length);
    if (memory)
        note_memory(insn, sib, insn->bytes + at);
    return true;
}
