/* fpuexec.c: see fpuexec.h. */
#include "cpu/fpuexec.h"

#include <string.h>

#include "cpu/fpuinsn.h"
#include "cpu/opcodes.h"
#include "cpu/vectors.h"

#define X87_BUSY       0x8000u
#define CONTROL_FIXED  0x0040u
#define CONTROL_KEPT   0x1F3Fu
#define MXCSR_MASKS    0x1F80u
#define FXSAVE_WRITTEN 288u /* bytes: XMM7 is the last that there is */

static uint8_t reg_of(const struct insn *insn)
{
    return (insn->modrm >> 3) & 7;
}

static bool is_register_form(const struct insn *insn)
{
    return insn->modrm >= 0xC0;
}

void fpu_normalize(struct fpu_state *state)
{
    bool pending = (state->status & FPU_STATUS_FLAGS & ~state->control) != 0;
    state->control = (state->control & CONTROL_KEPT) | CONTROL_FIXED;
    state->status &= (uint16_t) ~(FPU_STATUS_SUMMARY | X87_BUSY);
    if (pending)
        state->status |= FPU_STATUS_SUMMARY | X87_BUSY;
    state->mxcsr &= MXCSR_VALID;
    state->mxcsr_mask = MXCSR_VALID;
}

bool fpu_is_plain_control(uint16_t control)
{
    return (control & FPU_STATUS_FLAGS) == FPU_STATUS_FLAGS &&
           (control & ~CONTROL_KEPT) == CONTROL_FIXED;
}

bool fpu_is_unmasked(const struct fpu_state *state)
{
    return (state->control & FPU_STATUS_FLAGS) != FPU_STATUS_FLAGS ||
           (state->mxcsr & MXCSR_MASKS) != MXCSR_MASKS;
}

/* ---- which there are ---- */

/* The others are undefined: the host does not know them either. */
static bool is_defined_x87(const struct insn *insn)
{
    uint8_t modrm = insn->modrm;
    uint8_t reg = reg_of(insn);
    if (!is_register_form(insn))
        return !(insn->opcode == 0xD9 && reg == 1) &&
               !(insn->opcode == 0xDB && (reg == 4 || reg == 6)) &&
               !(insn->opcode == 0xDD && reg == 5);
    switch (insn->opcode) {
    case 0xD9:
        return modrm <= 0xD0 ||
               (modrm >= 0xD8 && modrm != 0xE2 && modrm != 0xE3 &&
                modrm != 0xE6 && modrm != 0xE7 && modrm != 0xEF);
    case 0xDA:
        return modrm < 0xE0 || modrm == 0xE9;
    case 0xDB:
        return modrm < 0xE5 || (modrm >= 0xE8 && modrm < 0xF8);
    case 0xDD:
        return modrm < 0xF0;
    case 0xDE:
        return modrm < 0xD8 || modrm == 0xD9 || modrm >= 0xE0;
    case 0xDF:
        return modrm <= 0xE0 || (modrm >= 0xE8 && modrm < 0xF8);
    default:
        return true;
    }
}

/* Of those behind 0F, all that are legal with the prefixes they have; but of
 * some one form only. */
static bool is_executed_vector(const struct insn *insn)
{
    bool plain = insn->sse_prefix == 0;
    switch (insn->opcode) {
    case 0x10:
    case 0x11:
    case 0x13:
    case 0x14:
    case 0x15:
    case 0x17:
    case 0x28:
    case 0x29:
    case 0x2A:
    case 0x2C:
    case 0x2D:
    case 0x2E:
    case 0x2F:
    case 0x50:
    case 0x51:
    case 0x52:
    case 0x53:
    case 0x54:
    case 0x55:
    case 0x56:
    case 0x57:
    case 0x58:
    case 0x59:
    case 0x5A:
    case 0x5B:
    case 0x5C:
    case 0x5D:
    case 0x5E:
    case 0x5F:
    case 0x6E:
    case 0x6F:
    case 0x77:
    case 0x7C:
    case 0x7D:
    case 0x7E:
    case 0x7F:
    case 0xC2:
    case 0xC6:
    case 0xD0:
    case 0xD6:
    case 0xE6:
    case 0xEF:
        return true;
    case 0x12: /* MOVLPS, MOVHPS; not MOVSLDUP, MOVSHDUP, MOVDDUP */
    case 0x16:
        return plain || (insn->sse_prefix == 0x66 && !is_register_form(insn));
    case 0x60: /* of MMX only */
    case 0x61:
    case 0x62:
        return plain;
    default:
        return false;
    }
}

static bool is_wait(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode == 0x9B;
}

/* FXSAVE, FXRSTOR, LDMXCSR, STMXCSR. */
static bool is_state_insn(const struct insn *insn)
{
    return insn->map == MAP_0F && insn->opcode == 0xAE &&
           !is_register_form(insn) && reg_of(insn) < 4;
}

bool fpu_is_executed_here(const struct insn *insn)
{
    if (is_wait(insn) || is_state_insn(insn))
        return true;
    if (fpu_is_x87(insn))
        return is_defined_x87(insn);
    return insn->map == MAP_0F && is_executed_vector(insn);
}

/* ---- before ---- */

enum fpu_result fpu_check(const struct fpu_state *state,
                          const struct insn *insn, uint32_t linear,
                          uint32_t *vector)
{
    if (fpu_waits(insn) && (state->status & FPU_STATUS_SUMMARY) != 0) {
        *vector = VECTOR_FPU;
        return FPU_RAISES;
    }
    if ((linear & 15) != 0 && fpu_wants_alignment(insn)) {
        *vector = VECTOR_PROTECTION;
        return FPU_RAISES;
    }
    return FPU_DONE;
}

/* ---- FXSAVE, FXRSTOR, LDMXCSR, STMXCSR ---- */

static enum fpu_result load_state(struct fpu_state *state,
                                  const uint8_t *operand, bool mxcsr_only,
                                  uint32_t *vector)
{
    struct fpu_state loaded = *state;
    if (mxcsr_only)
        memcpy(&loaded.mxcsr, operand, sizeof loaded.mxcsr);
    else
        memcpy(&loaded, operand, FXSAVE_WRITTEN);
    if ((loaded.mxcsr & ~MXCSR_VALID) != 0) {
        *vector = VECTOR_PROTECTION;
        return FPU_RAISES;
    }
    *state = loaded;
    fpu_normalize(state);
    return FPU_DONE;
}

static enum fpu_result execute_state_insn(const struct insn *insn,
                                          struct fpu_state *state,
                                          uint8_t *operand, uint32_t *vector)
{
    switch (reg_of(insn)) {
    case 0:
        state->reserved_tags = 0;
        memcpy(operand, state, FXSAVE_WRITTEN);
        return FPU_DONE;
    case 1:
        return load_state(state, operand, false, vector);
    case 2:
        return load_state(state, operand, true, vector);
    default:
        memcpy(operand, &state->mxcsr, sizeof state->mxcsr);
        return FPU_DONE;
    }
}

/* ---- the code for the host ---- */

enum general_field { NO_FIELD, FIELD_REG, FIELD_RM };

/* Which field of the ModRM byte is the number of a general register. */
static enum general_field general_field_of(const struct insn *insn)
{
    uint8_t prefix = fpu_prefix(insn);
    bool scalar = prefix == 0xF2 || prefix == 0xF3;
    if (insn->map != MAP_0F)
        return NO_FIELD;
    switch (insn->opcode) {
    case 0x2C:
    case 0x2D:
        return scalar ? FIELD_REG : NO_FIELD;
    case 0x50:
        return FIELD_REG;
    case 0x2A:
        return scalar && is_register_form(insn) ? FIELD_RM : NO_FIELD;
    case 0x6E:
        return is_register_form(insn) ? FIELD_RM : NO_FIELD;
    case 0x7E:
        return prefix != 0xF3 && is_register_form(insn) ? FIELD_RM : NO_FIELD;
    default:
        return NO_FIELD;
    }
}

/* The register that is in EAX for the host. */
static uint8_t general_of(const struct insn *insn)
{
    switch (general_field_of(insn)) {
    case FIELD_REG:
        return reg_of(insn);
    case FIELD_RM:
        return insn->modrm & 7;
    default:
        return EAX;
    }
}

/* Whether the operand-size prefix changes what an instruction of the FPU
 * does. */
static bool has_operand_size(const struct insn *insn)
{
    return !is_register_form(insn) &&
           (reg_of(insn) == 4 || reg_of(insn) == 6) &&
           (insn->opcode == 0xD9 || insn->opcode == 0xDD);
}

static uint32_t make_code(const struct insn *insn,
                          uint8_t code[FPU_HOST_INSN_BYTES])
{
    uint32_t bytes = 0;
    uint8_t modrm = insn->modrm;
    uint8_t prefix = fpu_prefix(insn);
    if (fpu_is_x87(insn))
        prefix = insn->operand16 && has_operand_size(insn) ? 0x66 : 0;
    if (prefix != 0)
        code[bytes++] = prefix;
    if (insn->map == MAP_0F)
        code[bytes++] = 0x0F;
    code[bytes++] = insn->opcode;
    if (insn->opcode == 0x77)
        return bytes;
    if (!is_register_form(insn))
        modrm = (uint8_t)((modrm & 0x38) | 6); /* [RSI] */
    if (general_field_of(insn) == FIELD_REG)
        modrm &= 0xC7;
    else if (general_field_of(insn) == FIELD_RM)
        modrm &= 0xF8;
    code[bytes++] = modrm;
    if (fpu_is_vector(insn) && (insn->opcode == 0xC2 || insn->opcode == 0xC6))
        code[bytes++] = insn->bytes[insn->length - 1];
    return bytes;
}

/* ---- the FPU's pointers ---- */

/* FNINIT, FLDENV, FRSTOR and FNSAVE change them, others of the control
 * instructions do not. */
static bool is_control(const struct insn *insn)
{
    if (!fpu_is_x87(insn))
        return true;
    if (is_register_form(insn))
        return (insn->opcode == 0xDB && insn->modrm >= 0xE0 &&
                insn->modrm < 0xE8) ||
               (insn->opcode == 0xDF && insn->modrm == 0xE0) ||
               (insn->opcode == 0xD9 && insn->modrm == 0xD0);
    return (insn->opcode == 0xD9 || insn->opcode == 0xDD) && reg_of(insn) >= 4;
}

static bool loads_pointers(const struct insn *insn)
{
    if (is_register_form(insn))
        return insn->opcode == 0xDB && insn->modrm == 0xE3;
    return (insn->opcode == 0xD9 && reg_of(insn) == 4) ||
           (insn->opcode == 0xDD && (reg_of(insn) == 4 || reg_of(insn) == 6));
}

/* The newer processors, one of which is the host, note code offsets always, the
 * others of an exception that is not masked only (SDM volume 1, 8.1.8
 * and 8.1.9). */
static void settle_pointers(const struct insn *insn,
                            const struct registers *registers,
                            const struct fpu_state *before,
                            struct fpu_state *state, uint32_t linear)
{
    bool raised = (state->status & FPU_STATUS_SUMMARY) != 0 &&
                  (before->status & FPU_STATUS_SUMMARY) == 0;
    if (fpu_is_x87(insn) && loads_pointers(insn))
        return;
    state->opcode = before->opcode;
    state->code_offset = before->code_offset;
    state->code_selector = before->code_selector;
    state->data_offset = before->data_offset;
    state->data_selector = before->data_selector;
    if (is_control(insn))
        return;
    state->code_offset = insn->linear - registers->base[CS];
    if (!raised)
        return;
    state->opcode = (uint16_t)((insn->opcode & 7) << 8 | insn->modrm);
    if (insn->has_memory)
        state->data_offset = linear - registers->base[insn->memory.segment];
}

/* ---- executing ---- */

/* CVTPS2PI and kin do so before their exception: all registers are valid, and
 * ST(0) is the first of them. */
static void enter_mmx(struct fpu_state *state)
{
    struct fpu_state before = *state;
    uint32_t top = (before.status & FPU_STATUS_TOP) >> FPU_TOP_SHIFT;
    for (uint32_t i = 0; i < FPU_REGISTERS; i++)
        memcpy(state->st[(i + top) & 7], before.st[i], sizeof state->st[i]);
    state->status &= (uint16_t)~FPU_STATUS_TOP;
    state->valid = 0xFF;
}

static enum fpu_result
execute_on_host(struct fpu_host *host, const struct insn *insn,
                struct fpu_state *state, struct registers *registers,
                uint8_t *operand, uint32_t linear, uint32_t *vector)
{
    struct fpu_host_run run;
    uint8_t code[FPU_HOST_INSN_BYTES];
    uint32_t bytes = make_code(insn, code);
    uint32_t *general = &registers->general[general_of(insn)];
    struct fpu_state before = *state;
    run.state = *state;
    memcpy(run.operand, operand, sizeof run.operand);
    run.general = *general;
    run.flags = registers->eflags & EFLAGS_STATUS;
    if (!fpu_host_execute(host, code, bytes, &run)) {
        if (fpu_waits(insn))
            enter_mmx(state);
        state->mxcsr = run.state.mxcsr;
        *vector = VECTOR_SIMD;
        return FPU_RAISES;
    }
    memcpy(state, &run.state, FXSAVE_WRITTEN);
    settle_pointers(insn, registers, &before, state, linear);
    memcpy(operand, run.operand, sizeof run.operand);
    *general = (uint32_t)run.general;
    registers->eflags = (registers->eflags & ~EFLAGS_STATUS) |
                        ((uint32_t)run.flags & EFLAGS_STATUS);
    return FPU_DONE;
}

enum fpu_result fpu_execute(struct fpu_host *host, const struct insn *insn,
                            struct fpu_state *state,
                            struct registers *registers, uint8_t *operand,
                            uint32_t linear, uint32_t *vector)
{
    enum fpu_result result = FPU_DONE;
    fpu_normalize(state);
    if (is_state_insn(insn))
        result = execute_state_insn(insn, state, operand, vector);
    else if (!is_wait(insn))
        result = execute_on_host(host, insn, state, registers, operand, linear,
                                 vector);
    if (result == FPU_DONE)
        registers->eip += insn->length;
    return result;
}
