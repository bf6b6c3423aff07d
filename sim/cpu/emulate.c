/* emulate.c: see emulate.h. */
#include "cpu/emulate.h"

#include "cpu/blame.h"
#include "cpu/emulated.h"
#include "cpu/opcodes.h"

static unsigned reg_field(const struct insn *insn)
{
    return (insn->modrm >> 3) & 7;
}

/* ---- operands ---- */

static uint32_t width_of(const struct insn *insn)
{
    return (insn->opcode & 1) == 0 ? 1 : insn->operand16 ? 2 : 4;
}

static uint32_t cut(uint32_t value, uint32_t bytes)
{
    return bytes == 4 ? value : value & ((1u << 8 * bytes) - 1);
}

/* What the ModRM byte names; memory is read without a trace. */
static uint32_t read_operand(const struct view *view, const struct insn *insn,
                             uint32_t bytes)
{
    uint8_t raw[4] = {0};
    uint32_t number = insn->modrm & 7;
    if (!insn->has_memory) {
        bool high = bytes == 1 && number >= 4; /* AH, CH, DH, BH */
        return cut(view->registers->general[high ? number - 4 : number] >>
                       (high ? 8 : 0),
                   bytes);
    }
    (void)blame_read(view, insn, raw, bytes);
    return raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 |
           (uint32_t)raw[3] << 24;
}

/* SF, ZF and PF of a result; SDM volume 1, 3.4.3.1. */
static uint32_t flags_of_result(uint32_t result, uint32_t bytes)
{
    uint32_t parity = result & 0xFF;
    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return (result == 0 ? EFLAGS_ZF : 0) | ((parity & 1) == 0 ? EFLAGS_PF : 0) |
           ((result >> (8 * bytes - 1) & 1) != 0 ? EFLAGS_SF : 0);
}

static void set_results(const struct view *view, uint32_t flags)
{
    view->registers->eflags =
        (view->registers->eflags & ~EFLAGS_STATUS) | flags;
}

/* ---- one by one ---- */

static bool run_test(const struct view *view, const struct insn *insn)
{
    struct access_list list;
    uint32_t bytes = width_of(insn);
    uint32_t result =
        read_operand(view, insn, bytes) & cut(emulated_immediate(insn), bytes);
    blame_list(view, insn, &list);
    blame_make(view, &list);
    set_results(view, flags_of_result(result, bytes));
    return false;
}

static bool run_neg(const struct view *view, const struct insn *insn)
{
    struct access_list list;
    uint32_t bytes = width_of(insn);
    uint32_t value = read_operand(view, insn, bytes);
    uint32_t result = cut(0 - value, bytes);
    blame_list(view, insn, &list);
    list.item[1] = list.item[0];
    list.item[0].access = MMU_ACCESS_READ;
    list.item[1].stored = true;
    list.item[1].value = result;
    list.count = 2;
    blame_make(view, &list);
    set_results(view, flags_of_result(result, bytes) |
                          (value != 0 ? EFLAGS_CF : 0) |
                          ((value & 0xF) != 0 ? EFLAGS_AF : 0) |
                          (value == 1u << (8 * bytes - 1) ? EFLAGS_OF : 0));
    return true;
}

static bool run_arpl(const struct view *view, const struct insn *insn)
{
    struct access_list list;
    uint32_t selector = read_operand(view, insn, 2);
    uint32_t least = view->registers->general[reg_field(insn)] & 3;
    bool changes = (selector & 3) < least;
    blame_list(view, insn, &list);
    if (changes) {
        list.item[1].stored = true;
        list.item[1].value = (selector & ~3u) | least;
    }
    blame_make(view, &list);
    view->registers->eflags &= ~EFLAGS_ZF;
    view->registers->eflags |= changes ? EFLAGS_ZF : 0;
    return changes;
}

static bool run_push_selector(const struct view *view, const struct insn *insn)
{
    struct access_list list;
    blame_list(view, insn, &list);
    list.item[0].stored = true;
    list.item[0].value = view->registers->selector[(insn->opcode >> 3) & 7];
    blame_make(view, &list);
    registers_move_stack(view->registers, 0u - insn->implicit_bytes);
    return true;
}

/* What is on the stack; and pops it. */
static uint32_t pop(const struct view *view, const struct insn *insn)
{
    uint8_t raw[4] = {0};
    struct access_list list;
    (void)blame_read(view, insn, raw, insn->implicit_bytes);
    blame_list(view, insn, &list);
    blame_make(view, &list);
    registers_move_stack(view->registers, insn->implicit_bytes);
    return raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 |
           (uint32_t)raw[3] << 24;
}

/* SDM volume 2, POPF, at ring 3 with IOPL 0; volume 1, 3.4.3. */
static void run_popf(const struct view *view, const struct insn *insn)
{
    const struct mmu_generation *generation = view->mmu->control.generation;
    uint32_t writable = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;
    uint32_t value = pop(view, insn);
    if (!insn->operand16)
        writable |= generation->eflags;
    view->registers->eflags =
        (view->registers->eflags & ~writable) | (value & writable);
}

bool emulate_insn(const struct view *view, const struct insn *insn)
{
    bool stored = false;
    uint32_t next = view->registers->eip + insn->length;
    switch ((enum emulated)insn->emulated) {
    case EMULATED_ENTER:
        blame_run_enter(view, insn);
        return true;
    case EMULATED_ARPL:
        stored = run_arpl(view, insn);
        break;
    case EMULATED_NEG:
        stored = run_neg(view, insn);
        break;
    case EMULATED_POPF:
        run_popf(view, insn);
        break;
    case EMULATED_PUSH_SELECTOR:
        stored = run_push_selector(view, insn);
        break;
    case EMULATED_RET:
        next = pop(view, insn);
        registers_move_stack(view->registers, emulated_immediate(insn));
        break;
    case EMULATED_TEST:
        stored = run_test(view, insn);
        break;
    case EMULATED_NOT:
        break;
    }
    view->registers->eip = next;
    return stored;
}
