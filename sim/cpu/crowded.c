/* crowded.c: see crowded.h. */
#include "cpu/crowded.h"

#include "cpu/encoding.h"
#include "cpu/opcodes.h"
#include "mmu.h"

/* Of 512 some 40 are the engine's own. */
#define TEMPORARIES_MAX 200u

/* Those that an instruction which begins with `opcode`, of the one-byte map,
 * keeps: those of the FPU two, or one with an operand in memory; INTO, AAM,
 * AAD, and MOV to FS and GS one. LES and LDS with a register as their operand
 * are none, but the translator takes them for prefixes of AVX. */
static uint32_t kept_by_one_byte(uint8_t opcode, uint8_t modrm)
{
    switch (opcode) {
    case 0x8E:
    case 0xCE:
    case 0xD4:
    case 0xD5:
        return 1;
    case 0xC4:
    case 0xC5:
        return modrm >= 0xC0 ? 2 : 0;
    default:
        return (opcode & 0xF8) != 0xD8 ? 0 : modrm >= 0xC0 ? 2 : 1;
    }
}

/* Behind 0F: MOV from CRn, PSHUFW and kin, EXTRQ and INSERTQ, POP FS, POP GS,
 * LFS, LGS, SHUFPS. */
static uint32_t kept_by_two_bytes(uint8_t opcode)
{
    switch (opcode) {
    case 0x20:
    case 0x70:
    case 0x78:
    case 0x79:
    case 0xA1:
    case 0xA9:
    case 0xB4:
    case 0xB5:
    case 0xC6:
        return 1;
    default:
        return 0;
    }
}

static uint32_t kept_by(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE
               ? kept_by_one_byte(insn->opcode, insn->modrm)
           : insn->map == MAP_0F ? kept_by_two_bytes(insn->opcode)
                                 : 0;
}

/* Whether all of the page's bytes together, were each an opcode, would be
 * few. */
static bool is_sparse(const uint8_t *page)
{
    uint32_t kept = 0;
    for (uint32_t at = 0; at + 1 < MMU_PAGE_SIZE; at++) {
        uint8_t next = page[at + 1];
        kept += page[at] == 0x0F ? kept_by_two_bytes(next)
                                 : kept_by_one_byte(page[at], next);
    }
    return kept + 2 <= TEMPORARIES_MAX; /* the last byte */
}

/* Whether the translator takes for another, of another length, what is none. */
static bool has_other_length(const struct insn *insn)
{
    if (insn->map == MAP_ONE_BYTE)
        return (insn->opcode == 0xC4 || insn->opcode == 0xC5) &&
               insn->modrm >= 0xC0;
    return insn->map == MAP_0F &&
           (insn->opcode == 0x78 || insn->opcode == 0x79);
}

/* JMP, CALL, RET, Jcc, LOOP and JCXZ, INT n, HLT. Others end blocks, too. */
static bool ends_block(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    if (insn->map == MAP_0F)
        return (opcode & 0xF0) == 0x80;
    if (insn->map != MAP_ONE_BYTE)
        return false;
    switch (opcode) {
    case 0xC2:
    case 0xC3:
    case 0xCC:
    case 0xCD:
    case 0xF4:
        return true;
    case 0xFF:
        return (insn->modrm & 0x38) >= 0x10 && (insn->modrm & 0x38) <= 0x28;
    default:
        return (opcode & 0xF0) == 0x70 || (opcode & 0xF8) == 0xE0
                   ? (opcode & 0xFC) != 0xE4
                   : opcode >= 0xE8 && opcode <= 0xEB;
    }
}

/* What is kept from `at` on, where kept[] has that from each place behind
 * it. */
static uint32_t kept_from(const uint8_t *page, uint32_t at,
                          const uint32_t *kept)
{
    struct insn insn = {.segment = NO_REGISTER};
    uint32_t most = 0;
    if (!encoding_read(page + at, MMU_PAGE_SIZE - at, &insn))
        return 2; /* it ends in the next page */
    if (ends_block(&insn))
        return 0;
    uint32_t shortest = has_other_length(&insn) ? 1 : insn.length;
    uint32_t longest = has_other_length(&insn) ? INSN_MAX_BYTES : insn.length;
    for (uint32_t bytes = shortest;
         bytes <= longest && at + bytes < MMU_PAGE_SIZE; bytes++)
        if (kept[at + bytes] > most)
            most = kept[at + bytes];
    return kept_by(&insn) + most;
}

bool crowded_page(const uint8_t *page)
{
    uint32_t kept[MMU_PAGE_SIZE] = {0};
    if (is_sparse(page))
        return false;
    for (uint32_t at = MMU_PAGE_SIZE; at-- > 0;) {
        kept[at] = kept_from(page, at, kept);
        if (kept[at] > TEMPORARIES_MAX)
            return true;
    }
    return false;
}
