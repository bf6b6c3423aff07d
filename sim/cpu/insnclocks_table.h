/* insnclocks_table.h: the form in which each processor's manual is written
 * down.
 *
 * The first row that fits an instruction has its figures. What a manual gives
 * as a range without saying what it depends on is written as the range's lower
 * end.
 */
#ifndef MMU386_INSNCLOCKS_TABLE_H
#define MMU386_INSNCLOCKS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/clocksrule.h"
#include "paging.h"

#define ANY    0xFFu
#define REG(n) (1u << (n))

/* What else a row asks for, and UNCITED: the figure is not from this
 * processor's manual. */
enum {
    WORD = 1, /* operands of 16 bits */
    DWORD = 2,
    REPEATED = 4,
    UNCITED = 8,
};

struct clocks_row {
    uint8_t mask; /* of the opcode's bits that must be those of `opcode` */
    uint8_t opcode;
    uint8_t regs; /* a bit for each reg field of the ModRM byte */
    uint8_t when;
    uint8_t rule; /* enum clocks_rule */
    uint16_t reg; /* clocks with the operand in a register, or none; of a branch
                     not taken */
    uint16_t mem; /* the same with one in memory */
    uint16_t more; /* CLOCKS_CONDITIONAL: taken; CLOCKS_REPEAT: each */
};

/* A repeated string instruction that makes no iteration, or one: 0 where one
 * takes what `more` says.
 */
struct clocks_repeat {
    uint8_t opcode; /* that of bytes; the next one is the same */
    uint8_t none;
    uint8_t one;
};

struct clocks_table {
    const struct clocks_row *one_byte;
    uint32_t one_byte_rows;
    const struct clocks_row *two_byte; /* behind 0F */
    uint32_t two_byte_rows;
    const struct clocks_repeat *repeats; /* others take what they take before
                                            their iterations */
    uint32_t repeat_rows;
    /* ENTER: level 0, level 1, and `enter_base` + level * `enter_each` from
     * there on. */
    uint8_t enter_0;
    uint8_t enter_1;
    uint8_t enter_base;
    uint8_t enter_each;
    bool adds_m;
    bool charges_prefixes; /* a clock for each but F2 and F3 */
    bool charges_index;    /* a clock for an index alone; with a base, see
                              charges_sum */
    bool charges_sum;      /* a clock for base + index */
};

extern const struct clocks_table clocks_table_i386;
extern const struct clocks_table clocks_table_i486;
extern const struct clocks_table clocks_table_pentium;

/* The clocks of an x87 instruction (opcodes D8..DF), or 0 where that
 * coprocessor has none such. */
uint32_t x87_clocks_of(enum mmu_generation_id generation, uint8_t opcode,
                       uint8_t modrm);

#endif
