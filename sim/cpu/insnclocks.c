#include "cpu/insnclocks.h"

#include "cpu/insnclocks_table.h"
#include "cpu/opcodes.h"

/* What no manual here has (SSE, MMX, CMOV): one micro-operation, and one for
 * the operand in memory, at the i386's pace. */
enum { UNKNOWN_REGISTER = 2, UNKNOWN_MEMORY = 4 };

static const struct clocks_table *const tables[MMU_GENERATIONS] = {
    [MMU_GENERATION_I386] = &clocks_table_i386,
    [MMU_GENERATION_I486] = &clocks_table_i486,
    [MMU_GENERATION_PENTIUM] = &clocks_table_pentium,
};

/* ---- finding the row ---- */

static bool row_fits(const struct clocks_row *row, const struct insn *insn)
{
    if ((insn->opcode & row->mask) != row->opcode ||
        !(row->regs >> ((insn->modrm >> 3) & 7) & 1))
        return false;
    return !((row->when & WORD && !insn->operand16) ||
             (row->when & DWORD && insn->operand16) ||
             (row->when & REPEATED && !insn->repeat));
}

static const struct clocks_row *find_row(const struct clocks_table *table,
                                         const struct insn *insn)
{
    const struct clocks_row *row =
        insn->map == MAP_ONE_BYTE ? table->one_byte : table->two_byte;
    uint32_t rows =
        insn->map == MAP_ONE_BYTE ? table->one_byte_rows : table->two_byte_rows;
    if (insn->map != MAP_ONE_BYTE && insn->map != MAP_0F)
        return NULL;
    for (; rows > 0; row++, rows--)
        if (row_fits(row, insn))
            return row;
    return NULL;
}

/* The processor's own row, or that of the first one that has one. */
static const struct clocks_row *row_of(enum mmu_generation_id generation,
                                       const struct insn *insn, bool *own)
{
    const struct clocks_row *row = find_row(tables[generation], insn);
    *own = row != NULL && !(row->when & UNCITED);
    for (uint32_t other = 0; row == NULL && other < MMU_GENERATIONS; other++)
        row = find_row(tables[other], insn);
    return row;
}

static bool is_x87(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && (insn->opcode & 0xF8) == 0xD8;
}

static bool is_enter(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode == 0xC8;
}

static struct insn_clocks fixed(uint32_t clocks, bool cited)
{
    return (struct insn_clocks){
        .rule = CLOCKS_FIXED, .cited = cited, .clocks = (uint16_t)clocks};
}

static struct insn_clocks unknown(const struct insn *insn)
{
    return fixed(insn->has_memory ? UNKNOWN_MEMORY : UNKNOWN_REGISTER, false);
}

static struct insn_clocks enter_clocks(const struct clocks_table *table,
                                       uint32_t level)
{
    if (level < 2)
        return fixed(level == 0 ? table->enter_0 : table->enter_1, true);
    return fixed(table->enter_base + table->enter_each * level, true);
}

static struct insn_clocks x87_clocks(enum mmu_generation_id generation,
                                     const struct insn *insn)
{
    uint32_t clocks = x87_clocks_of(generation, insn->opcode, insn->modrm);
    return clocks != 0 ? fixed(clocks, true) : unknown(insn);
}

/* Of MUL and its kin, of shifts, of BSF and BSR. */
static uint32_t width_of(const struct insn *insn)
{
    bool byte = insn->map == MAP_ONE_BYTE && !(insn->opcode & 1);
    return byte ? 1 : insn->operand16 ? 2 : 4;
}

static void add_repeat(enum mmu_generation_id generation,
                       const struct insn *insn, const struct clocks_row *row,
                       struct insn_clocks *clocks)
{
    const struct clocks_table *table = tables[generation];
    clocks->each = row->more;
    clocks->none = clocks->clocks;
    clocks->one = (uint16_t)(clocks->clocks + row->more);
    for (uint32_t i = 0; i < table->repeat_rows; i++) {
        const struct clocks_repeat *repeat = &table->repeats[i];
        if (repeat->opcode != (insn->opcode & 0xFE))
            continue;
        clocks->none = repeat->none;
        if (repeat->one != 0)
            clocks->one = repeat->one;
    }
}

static struct insn_clocks figures_of(enum mmu_generation_id generation,
                                     const struct insn *insn)
{
    bool own;
    const struct clocks_row *row = row_of(generation, insn, &own);
    if (row == NULL)
        return unknown(insn);
    struct insn_clocks clocks = {
        .rule = row->rule,
        .cited = own,
        .clocks = insn->has_memory ? row->mem : row->reg,
    };
    switch ((enum clocks_rule)row->rule) {
    case CLOCKS_JUMP:
        clocks.adds_m = tables[generation]->adds_m;
        break;
    case CLOCKS_CONDITIONAL:
        clocks.adds_m = tables[generation]->adds_m;
        clocks.taken = row->more;
        break;
    case CLOCKS_REPEAT:
        add_repeat(generation, insn, row, &clocks);
        break;
    case CLOCKS_MULTIPLY:
    case CLOCKS_SCAN_UP:
    case CLOCKS_SCAN_DOWN:
        clocks.operand_bytes = (uint8_t)width_of(insn);
        break;
    case CLOCKS_COUNT:
        clocks.operand_bytes = 1;
        break;
    case CLOCKS_GRANULAR:
        clocks.operand_bytes = 2;
        clocks.each = row->more;
        break;
    case CLOCKS_FIXED:
        break;
    }
    return clocks;
}

/* ---- what the encoding adds ---- */

/* 80386 manual, appendix C, and i486 data sheet, "Instruction Clock Count
 * Assumptions". */
static uint32_t address_clocks(const struct clocks_table *table,
                               const struct insn *insn)
{
    if (!insn->has_memory || insn->memory.index == NO_REGISTER)
        return 0;
    return table->charges_index ||
           (table->charges_sum && insn->memory.base != NO_REGISTER);
}

static uint32_t prefix_clocks(const struct clocks_table *table,
                              const struct insn *insn)
{
    uint32_t counted = insn->prefix_bytes;
    for (uint32_t i = 0; i < insn->prefix_bytes; i++)
        if (insn->bytes[i] == 0xF2 || insn->bytes[i] == 0xF3)
            counted--;
    return table->charges_prefixes ? counted : 0;
}

static uint32_t immediate_of(const struct insn *insn)
{
    const uint8_t *at = &insn->bytes[insn->length - insn->immediate_bytes];
    uint32_t value = insn->immediate_bytes == 1 ? (uint32_t)(int8_t)at[0] : 0;
    for (uint32_t i = 0;
         insn->immediate_bytes > 1 && i < insn->immediate_bytes && i < 4; i++)
        value |= (uint32_t)at[i] << (8 * i);
    return value;
}

/* IMUL by an immediate: that is the multiplier. RCL and RCR by one: that is the
 * count. */
static bool operand_is_immediate(const struct insn_clocks *clocks,
                                 const struct insn *insn)
{
    return insn->immediate_bytes != 0 &&
           (clocks->rule == CLOCKS_MULTIPLY || clocks->rule == CLOCKS_COUNT);
}

struct insn_clocks insn_clocks_of(enum mmu_generation_id generation,
                                  const struct insn *insn)
{
    const struct clocks_table *table = tables[generation];
    struct insn_clocks clocks = is_x87(insn) ? x87_clocks(generation, insn)
                                : is_enter(insn)
                                    ? enter_clocks(table, insn->level)
                                    : figures_of(generation, insn);
    if (operand_is_immediate(&clocks, insn)) {
        uint32_t more =
            insn_operand_clocks(generation, insn, &clocks, immediate_of(insn));
        clocks = fixed(clocks.clocks + more, clocks.cited);
    }
    uint32_t extra = address_clocks(table, insn) + prefix_clocks(table, insn);
    clocks.clocks = (uint16_t)(clocks.clocks + extra);
    if (clocks.rule == CLOCKS_CONDITIONAL)
        clocks.taken = (uint16_t)(clocks.taken + extra);
    if (clocks.rule == CLOCKS_REPEAT) {
        clocks.none = (uint16_t)(clocks.none + extra);
        clocks.one = (uint16_t)(clocks.one + extra);
    }
    return clocks;
}

/* ---- what operands add ---- */

static uint32_t bits_up_to(uint32_t value)
{
    uint32_t bits = 0;
    for (; value != 0; value >>= 1)
        bits++;
    return bits;
}

/* ceil(log2 value); 0 for 0. */
static uint32_t ceil_log2(uint32_t value)
{
    return value == 0 ? 0 : bits_up_to(value - 1);
}

static bool multiplies_signed(const struct insn *insn)
{
    bool is_mul = insn->map == MAP_ONE_BYTE && (insn->opcode & 0xFE) == 0xF6 &&
                  (insn->modrm & 0x38) == 0x20;
    return !is_mul;
}

static uint32_t keep_bytes(uint32_t value, uint32_t bytes)
{
    return bytes < 4 ? value & ((1u << (8 * bytes)) - 1) : value;
}

/* 80386 manual, IMUL: max(ceiling(log2 m), 3) + 6, and 9 for m = 0, "for
 * positive and negative values". i486 data sheet: 10 + max(log2 |m|, n), n = 3
 * for positive and 5 for negative m. */
static uint32_t multiplier_clocks(enum mmu_generation_id generation,
                                  const struct insn *insn, uint32_t bytes,
                                  uint32_t multiplier)
{
    uint32_t sign = 1u << (8 * bytes - 1);
    bool negative = multiplies_signed(insn) && multiplier & sign;
    uint32_t magnitude =
        negative ? keep_bytes(0 - multiplier, bytes) : multiplier;
    uint32_t least = generation == MMU_GENERATION_I486 && negative ? 5 : 3;
    uint32_t steps = ceil_log2(magnitude);
    return steps < least ? least : steps;
}

static uint32_t lowest_bit(uint32_t value)
{
    uint32_t bit = 0;
    for (; !(value & 1); value >>= 1)
        bit++;
    return bit;
}

/* 80386 manual, BSF: 10 + 3n, n the zero bits in front of the set one; a source
 * of 0 is told before any is looked at ("Operation"). i486 data sheet: 8 + 4
 * (byte + 1) + 3 (nibble + 1) + 3 (bit + 1), by the place of the set bit, and 6
 * for 0; from memory 1 more. Pentium: that gives its ranges, 6-34, 6-42, 6-35
 * and 6-43, too.
 */
static uint32_t scan_up_clocks(enum mmu_generation_id generation,
                               const struct insn *insn, uint32_t operand)
{
    if (operand == 0)
        return 0;
    uint32_t bit = lowest_bit(operand);
    if (generation == MMU_GENERATION_I386)
        return 3 * bit;
    uint32_t memory = generation == MMU_GENERATION_PENTIUM && insn->has_memory;
    return 2 + 4 * (bit / 8 + 1) + 3 * (bit / 4 % 2 + 1) + 3 * (bit % 4 + 1) +
           memory;
}

/* i486 data sheet: 7 + 3 (32 - n), n the set bit's number, and 6 for 0.
 * Pentium: its ranges, 7-39, 7-71, 7-40 and 7-72, are those of 7 + 2 (width -
 * n). */
static uint32_t scan_down_clocks(enum mmu_generation_id generation,
                                 const struct insn *insn, uint32_t bytes,
                                 uint32_t operand)
{
    if (operand == 0)
        return 0;
    uint32_t bit = bits_up_to(operand) - 1;
    if (generation == MMU_GENERATION_I386)
        return 3 * (8 * bytes - 1 - bit);
    if (generation == MMU_GENERATION_I486)
        return 1 + 3 * (32 - bit);
    return 2 * (8 * bytes - bit) + insn->has_memory;
}

/* i486 data sheet, RCL and RCR: 8 up to a count of the operand's width, else 9
 * + 7 for each time that the width fits into it. */
static uint32_t count_clocks(const struct insn *insn, uint32_t count)
{
    uint32_t bits = 8 * width_of(insn);
    count &= 31;
    return count <= bits ? 0 : 1 + count / bits * 7;
}

uint32_t insn_operand_clocks(enum mmu_generation_id generation,
                             const struct insn *insn,
                             const struct insn_clocks *clocks, uint32_t operand)
{
    uint32_t bytes = clocks->operand_bytes;
    operand = keep_bytes(operand, bytes);
    switch ((enum clocks_rule)clocks->rule) {
    case CLOCKS_MULTIPLY:
        return multiplier_clocks(generation, insn, bytes, operand);
    case CLOCKS_SCAN_UP:
        return scan_up_clocks(generation, insn, operand);
    case CLOCKS_SCAN_DOWN:
        return scan_down_clocks(generation, insn, bytes, operand);
    case CLOCKS_COUNT:
        return count_clocks(insn, operand);
    case CLOCKS_GRANULAR:
        return operand != 0 ? clocks->each : 0;
    default:
        return 0;
    }
}

uint32_t insn_components(const struct insn *insn)
{
    uint32_t behind =
        (uint32_t)insn->displacement_bytes + insn->immediate_bytes;
    return insn->length - behind + (insn->displacement_bytes != 0) +
           (insn->immediate_bytes != 0);
}
