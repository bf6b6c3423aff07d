/* fpuinsn.c: see fpuinsn.h. Opcodes: SDM volume 2, tables, and for
 * those that are not there but run as others do the 80387 manual's appendix
 * A. */
#include "cpu/fpuinsn.h"

#include "cpu/opcodes.h"

/* instructions: no block of the engine's has more */
#define LOOK_AHEAD_MAX 512u

static uint8_t reg_of(const struct insn *insn)
{
    return (insn->modrm >> 3) & 7;
}

static bool is_register_form(const struct insn *insn)
{
    return insn->modrm >= 0xC0;
}

bool fpu_is_x87(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode >= 0xD8 &&
           insn->opcode <= 0xDF;
}

uint8_t fpu_prefix(const struct insn *insn)
{
    uint8_t prefix = 0;
    for (uint32_t i = 0; i < insn->prefix_bytes; i++) {
        uint8_t byte = insn->bytes[i];
        if (byte == 0xF2 || byte == 0xF3 || (byte == 0x66 && prefix == 0))
            prefix = byte;
    }
    return prefix;
}

/* 0F AE: FXSAVE, FXRSTOR, LDMXCSR and STMXCSR; the others are fences and
 * CLFLUSH. */
static bool is_state_insn(const struct insn *insn)
{
    return insn->map == MAP_0F && insn->opcode == 0xAE &&
           !is_register_form(insn) && reg_of(insn) < 4;
}

bool fpu_is_vector(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    if (insn->map == MAP_0F38)
        return opcode < 0xF0;
    if (insn->map == MAP_0F3A)
        return true;
    return insn->map == MAP_0F &&
           ((opcode >= 0x10 && opcode < 0x18) ||
            (opcode >= 0x28 && opcode < 0x30) ||
            (opcode >= 0x50 && opcode < 0x80) || opcode == 0xC2 ||
            (opcode >= 0xC4 && opcode <= 0xC6) || opcode >= 0xD0 ||
            is_state_insn(insn));
}

bool fpu_is_any(const struct insn *insn)
{
    return fpu_is_x87(insn) || fpu_is_vector(insn);
}

/* MMX: no prefix, and registers that are the FPU's. */
static bool is_mmx(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    if (insn->map != MAP_0F || fpu_prefix(insn) != 0 || !fpu_is_vector(insn))
        return false;
    return (opcode >= 0x60 && opcode < 0x80) || opcode == 0xC4 ||
           opcode == 0xC5 ||
           (opcode >= 0xD1 && opcode != 0xD6 && opcode != 0xE6 &&
            opcode != 0xF0 && opcode != 0xFF);
}

enum fpu_class fpu_class_of(const struct insn *insn)
{
    if (fpu_is_x87(insn))
        return FPU_CLASS_X87;
    return is_mmx(insn) ? FPU_CLASS_MMX : FPU_CLASS_NONE;
}

/* Some that are counted write none: that is no harm, as they make all registers
 * MMX's. */
uint8_t fpu_mmx_written(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    bool to_operand = opcode == 0x7F || opcode == 0x7E || opcode == 0xE7;
    if (!is_mmx(insn) || opcode == 0x77 || opcode == 0xC5 || opcode == 0xD7 ||
        opcode == 0xF7 ||
        (to_operand && (!is_register_form(insn) || opcode == 0x7E)))
        return 0;
    if (opcode >= 0x71 && opcode <= 0x73) /* shifts by a constant */
        to_operand = true;
    return (uint8_t)(1u << (to_operand ? insn->modrm & 7 : reg_of(insn)));
}

/* MOVDQ2Q and MOVQ2DQ. */
static bool moves_between(const struct insn *insn)
{
    uint8_t prefix = fpu_prefix(insn);
    return insn->map == MAP_0F && insn->opcode == 0xD6 &&
           is_register_form(insn) && (prefix == 0xF2 || prefix == 0xF3);
}

/* CVTPI2PS and kin; those of an operand in memory use no MMX register. */
static bool converts_mmx(const struct insn *insn)
{
    uint8_t prefix = fpu_prefix(insn);
    if (insn->map != MAP_0F || prefix == 0xF2 || prefix == 0xF3)
        return false;
    return insn->opcode == 0x2C || insn->opcode == 0x2D ||
           (insn->opcode == 0x2A && is_register_form(insn));
}

bool fpu_waits(const struct insn *insn)
{
    if (insn->map == MAP_ONE_BYTE && insn->opcode == 0x9B)
        return true;
    if (!fpu_is_x87(insn))
        return is_mmx(insn) || moves_between(insn) || converts_mmx(insn);
    if (is_register_form(insn))
        return !(insn->opcode == 0xDB && insn->modrm >= 0xE0 &&
                 insn->modrm <= 0xE4) &&
               !(insn->opcode == 0xDF && insn->modrm == 0xE0);
    /* FNSTENV, FNSTCW, FNSAVE and FNSTSW */
    return !((insn->opcode == 0xD9 || insn->opcode == 0xDD) &&
             reg_of(insn) >= 6);
}

/* SDM volume 2, table 2-21: what needs no alignment of its 16 bytes. */
static bool is_unaligned(const struct insn *insn)
{
    uint8_t prefix = fpu_prefix(insn);
    if (insn->map == MAP_0F3A)
        return insn->opcode >= 0x60 && insn->opcode <= 0x63;
    if (insn->map != MAP_0F)
        return false;
    return ((insn->opcode == 0x10 || insn->opcode == 0x11) && prefix != 0xF2 &&
            prefix != 0xF3) ||
           ((insn->opcode == 0x6F || insn->opcode == 0x7F) && prefix == 0xF3) ||
           (insn->opcode == 0xF0 && prefix == 0xF2);
}

bool fpu_wants_alignment(const struct insn *insn)
{
    return fpu_is_vector(insn) && insn->has_memory &&
           (insn->memory.bytes == 16 || insn->memory.bytes == 512) &&
           !is_unaligned(insn);
}

/* ---- what the engine gets wrong ---- */

/* D9 F0 to FF but FSQRT and FRNDINT: it computes them in double, if at all;
 * FDECSTP and FINCSTP clear more flags than C1. */
static bool is_transcendental(uint8_t modrm)
{
    return modrm >= 0xF0 && modrm != 0xFA && modrm != 0xFC;
}

static enum fpu_care care_of_register_form(const struct insn *insn)
{
    uint8_t modrm = insn->modrm;
    switch (insn->opcode) {
    case 0xD9:
        if (modrm == 0xE5)
            return FPU_CARE_EXAMINE;
        if (modrm == 0xFA)
            return FPU_CARE_ROOT;
        if (modrm >= 0xE9 && modrm <= 0xED)
            return FPU_CARE_CONSTANT;
        return is_transcendental(modrm) ? FPU_CARE_ALWAYS : FPU_CARE_NONE;
    case 0xDB: /* FNCLEX, FNINIT */
        return modrm == 0xE2 || modrm == 0xE3 ? FPU_CARE_ALWAYS : FPU_CARE_NONE;
    case 0xDF:
        return modrm == 0xE0 ? FPU_CARE_STATUS : FPU_CARE_NONE;
    default:
        return FPU_CARE_NONE;
    }
}

static enum fpu_care care_of_memory_form(const struct insn *insn)
{
    uint8_t reg = reg_of(insn);
    switch (insn->opcode) {
    case 0xD9: /* FLDENV, FNSTENV; FLDCW */
        return reg == 4 || reg == 6 ? FPU_CARE_ALWAYS
               : reg == 5           ? FPU_CARE_CONTROL
                                    : FPU_CARE_NONE;
    case 0xDB: /* FISTTP: of what is too large */
        return reg == 1 ? FPU_CARE_ALWAYS : FPU_CARE_NONE;
    case 0xDD: /* FISTTP, FRSTOR, FNSAVE; FNSTSW */
        if (reg == 1 || reg == 4 || reg == 6)
            return FPU_CARE_ALWAYS;
        return reg == 7 ? FPU_CARE_STATUS : FPU_CARE_NONE;
    case 0xDF: /* FISTTP, FIST and FISTP to 16 bits, FBLD, FBSTP */
        return reg >= 1 && reg != 5 && reg != 7 ? FPU_CARE_ALWAYS
                                                : FPU_CARE_NONE;
    default:
        return FPU_CARE_NONE;
    }
}

/* PUNPCKL of MMX, CVTPS2PD, CVTDQ2PD. */
static bool is_read_too_wide(const struct insn *insn)
{
    uint8_t prefix = fpu_prefix(insn);
    if (!insn->has_memory)
        return false;
    if (insn->opcode == 0xE6)
        return prefix == 0xF3;
    return prefix == 0 && (insn->opcode == 0x5A ||
                           (insn->opcode >= 0x60 && insn->opcode <= 0x62));
}

static enum fpu_care care_of_vector(const struct insn *insn)
{
    uint8_t prefix = fpu_prefix(insn);
    if (insn->map != MAP_0F)
        return fpu_wants_alignment(insn) ? FPU_CARE_ALIGNED : FPU_CARE_NONE;
    if (is_read_too_wide(insn))
        return FPU_CARE_WIDE;
    switch (insn->opcode) {
    case 0x2A: /* those of MMX registers */
    case 0x2C:
    case 0x2D:
        return prefix != 0xF2 && prefix != 0xF3 ? FPU_CARE_ALWAYS
                                                : FPU_CARE_NONE;
    case 0xD6:
        return moves_between(insn) ? FPU_CARE_ALWAYS : FPU_CARE_NONE;
    case 0x77: /* EMMS: ST(0) is the first register afterwards */
        return prefix == 0 ? FPU_CARE_ALWAYS : FPU_CARE_NONE;
    case 0x52: /* RSQRT, RCP: they raise nothing */
    case 0x53:
    case 0xAE:
        return FPU_CARE_ALWAYS;
    default:
        return fpu_wants_alignment(insn) ? FPU_CARE_ALIGNED : FPU_CARE_NONE;
    }
}

enum fpu_care fpu_care_of(const struct insn *insn)
{
    if (fpu_is_vector(insn))
        return care_of_vector(insn);
    if (!fpu_is_x87(insn))
        return FPU_CARE_NONE;
    return is_register_form(insn) ? care_of_register_form(insn)
                                  : care_of_memory_form(insn);
}

/* ---- the register stack ---- */

struct effect {
    uint8_t needs;  /* bit I: ST(I). What FST writes, too: the engine does not
                     * note that it is not  empty any more */
    uint8_t frees;  /* these are empty afterwards, by the numbers of before */
    uint8_t pushes; /* 0 or 1 */
    uint8_t pops;   /* 0..2 */
    int8_t turns;   /* FINCSTP, FDECSTP */
    bool ends;      /* what follows is not known */
};

static struct effect uses(uint8_t needs, uint8_t pops)
{
    return (struct effect){.needs = needs, .pops = pops};
}

static struct effect loads(uint8_t needs)
{
    return (struct effect){.needs = needs, .pushes = 1};
}

static struct effect effect_of_memory_form(const struct insn *insn)
{
    uint8_t reg = reg_of(insn);
    if ((insn->opcode & 1) == 0) /* arithmetic; FCOMP pops */
        return uses(1, reg == 3);
    if (reg == 0 || (insn->opcode == 0xDB && reg == 5) ||
        (insn->opcode == 0xDF && (reg == 4 || reg == 5)))
        return loads(0);
    if (insn->opcode == 0xD9 && reg >= 4)
        return (struct effect){.ends = reg == 4};
    if (insn->opcode == 0xDD && reg >= 4)
        return (struct effect){.ends = reg == 4 || reg == 6};
    return uses(1, reg != 2);
}

static struct effect effect_of_d9(uint8_t modrm)
{
    uint8_t i = (uint8_t)(1u << (modrm & 7));
    if (modrm < 0xC8)
        return loads(i);
    if (modrm < 0xD0)
        return uses(1 | i, 0);
    if (modrm < 0xE0)
        return modrm < 0xD8 ? uses(0, 0) : uses(1 | i, 1);
    if (modrm >= 0xE8 && modrm <= 0xEE)
        return loads(0);
    switch (modrm) {
    case 0xE5:
        return uses(0, 0);
    case 0xF1:
    case 0xF3:
    case 0xF9:
        return uses(3, 1);
    case 0xF2:
    case 0xF4:
    case 0xFB:
        return loads(1);
    case 0xF5:
    case 0xF8:
    case 0xFD:
        return uses(3, 0);
    case 0xF6:
        return (struct effect){.turns = -1};
    case 0xF7:
        return (struct effect){.turns = 1};
    default:
        return uses(1, 0);
    }
}

static struct effect effect_of_register_form(const struct insn *insn)
{
    uint8_t modrm = insn->modrm;
    uint8_t i = (uint8_t)(1u << (modrm & 7));
    uint8_t reg = reg_of(insn);
    switch (insn->opcode) {
    case 0xD8:
    case 0xDC:
        return uses(1 | i, reg == 3);
    case 0xD9:
        return effect_of_d9(modrm);
    case 0xDA:
        return modrm == 0xE9 ? uses(3, 2) : uses(1 | i, 0);
    case 0xDB:
        if (modrm >= 0xE0 && modrm < 0xE8)
            return (struct effect){.ends = modrm == 0xE3};
        return uses(1 | i, 0);
    case 0xDD:
        if (reg == 0)
            return (struct effect){.frees = i};
        return uses(1 | i, reg == 3 || reg == 5);
    case 0xDE:
        return modrm == 0xD9 ? uses(3, 2) : uses(1 | i, 1);
    default: /* 0xDF */
        if (modrm == 0xE0)
            return uses(0, 0);
        if (reg == 0)
            return (struct effect){.frees = i, .pops = 1};
        return uses(1 | i, reg != 1);
    }
}

static struct effect effect_of(const struct insn *insn)
{
    if (!fpu_is_x87(insn))
        return (struct effect){.ends = is_mmx(insn) || is_state_insn(insn)};
    return is_register_form(insn) ? effect_of_register_form(insn)
                                  : effect_of_memory_form(insn);
}

/* What is known of the registers, by their numbers at the start. */
struct stack {
    uint8_t known, valid;
    uint32_t top; /* since the start */
};

static void need(struct stack *stack, struct fpu_outlook *outlook,
                 uint32_t slot, bool valid)
{
    uint8_t bit = (uint8_t)(1u << (slot & 7));
    if ((stack->known & bit) != 0) {
        outlook->faults |= ((stack->valid & bit) != 0) != valid;
        return;
    }
    stack->known |= bit;
    if (valid) {
        stack->valid |= bit;
        outlook->needs |= bit;
    } else {
        outlook->needs_empty |= bit;
    }
}

static void set_slot(struct stack *stack, uint32_t slot, bool valid)
{
    uint8_t bit = (uint8_t)(1u << (slot & 7));
    stack->known |= bit;
    stack->valid = (uint8_t)(valid ? stack->valid | bit : stack->valid & ~bit);
}

static void apply(struct stack *stack, const struct effect *effect,
                  struct fpu_outlook *outlook)
{
    for (uint32_t i = 0; i < 8; i++) {
        if ((effect->needs >> i & 1) != 0)
            need(stack, outlook, stack->top + i, true);
        if ((effect->frees >> i & 1) != 0)
            set_slot(stack, stack->top + i, false);
    }
    for (uint32_t i = 0; i < effect->pops; i++)
        set_slot(stack, stack->top++, false);
    if (effect->pushes > 0) {
        need(stack, outlook, --stack->top, false);
        set_slot(stack, stack->top, true);
    }
    stack->top += (uint32_t)effect->turns;
}

static bool leads_away(const struct insn *insn)
{
    uint8_t opcode = insn->opcode;
    if (insn->map == MAP_0F)
        return (opcode & 0xF0) == 0x80;
    return insn->map == MAP_ONE_BYTE &&
           ((opcode & 0xF0) == 0x70 || opcode == 0x9A ||
            (opcode >= 0xC2 && opcode <= 0xC3) ||
            (opcode >= 0xCA && opcode <= 0xCF) ||
            (opcode >= 0xE0 && opcode <= 0xE3) ||
            (opcode >= 0xE8 && opcode <= 0xEB) ||
            (opcode == 0xFF && reg_of(insn) >= 2));
}

static bool reads_status(const struct insn *insn)
{
    return fpu_care_of(insn) == FPU_CARE_STATUS ||
           (fpu_is_x87(insn) && !is_register_form(insn) && reg_of(insn) == 6 &&
            (insn->opcode == 0xD9 || insn->opcode == 0xDD)) ||
           (is_state_insn(insn) && (reg_of(insn) == 0 || reg_of(insn) == 3));
}

/* Comparisons leave nothing but what the engine knows. */
static bool compares(const struct insn *insn)
{
    uint8_t reg = reg_of(insn);
    if (!fpu_is_x87(insn))
        return false;
    if (insn->modrm == 0xE4 || insn->modrm == 0xE5)
        return insn->opcode == 0xD9 ||
               (insn->opcode == 0xDD && insn->modrm == 0xE4);
    if (insn->opcode == 0xDD)
        return is_register_form(insn) && (reg == 4 || reg == 5);
    return (insn->opcode == 0xDA && insn->modrm == 0xE9) ||
           ((insn->opcode & 1) == 0 && (reg == 2 || reg == 3) &&
            (insn->opcode != 0xDA || !is_register_form(insn)));
}

void fpu_look_ahead(const struct view *view, const struct insn *insn,
                    struct fpu_outlook *outlook)
{
    struct stack stack = {0};
    struct insn now = *insn;
    bool stack_is_known = fpu_is_x87(insn);
    bool all_mmx = true;
    bool first = true;
    *outlook = (struct fpu_outlook){0};
    for (uint32_t i = 0; i < LOOK_AHEAD_MAX; i++) {
        if (fpu_is_any(&now)) {
            struct effect effect = effect_of(&now);
            if (i > 0 && first) {
                outlook->status_is_next = !compares(insn) && reads_status(&now);
                first = false;
            }
            stack_is_known = stack_is_known && !effect.ends;
            if (stack_is_known)
                apply(&stack, &effect, outlook);
            all_mmx = all_mmx && !fpu_is_x87(&now);
            if (all_mmx)
                outlook->mmx |= fpu_mmx_written(&now);
        }
        if (leads_away(&now) ||
            !view_decode(view, now.linear + now.length, &now))
            break;
    }
}

bool fpu_stack_suffices(const struct fpu_outlook *outlook, uint8_t valid,
                        uint32_t top)
{
    uint8_t turned = (uint8_t)(valid >> top | valid << (8 - top));
    return !outlook->faults && (outlook->needs & ~turned) == 0 &&
           (outlook->needs_empty & turned) == 0;
}
