/* fpustate.c: see fpustate.h. */
#include "cpu/fpustate.h"

#include <string.h>

/* SDM volume 1, figure 8-7. */
enum tag { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

void fpu_state_init(struct fpu_state *state)
{
    memset(state, 0, sizeof *state);
    state->control = FPU_CONTROL_INITIAL;
    state->mxcsr = MXCSR_INITIAL;
    state->mxcsr_mask = MXCSR_VALID;
}

uint32_t fpu_raised(const struct fpu_state *state, bool sse)
{
    uint32_t raised = sse ? state->mxcsr & ~(state->mxcsr >> MXCSR_MASKS_SHIFT)
                          : (uint32_t)(state->status & ~state->control);
    return raised & FPU_STATUS_FLAGS;
}

static uint32_t top_of(const struct fpu_state *state)
{
    return (state->status & FPU_STATUS_TOP) >> FPU_TOP_SHIFT;
}

static enum tag tag_of(const uint8_t value[10])
{
    uint64_t significand;
    uint16_t exponent;
    memcpy(&significand, value, sizeof significand);
    memcpy(&exponent, value + 8, sizeof exponent);
    exponent &= 0x7FFF;
    if (exponent == 0)
        return significand == 0 ? TAG_ZERO : TAG_SPECIAL;
    return exponent == 0x7FFF || significand >> 63 == 0 ? TAG_SPECIAL
                                                        : TAG_VALID;
}

uint16_t fpu_tags(const struct fpu_state *state)
{
    uint32_t tags = 0;
    for (uint32_t i = 0; i < FPU_REGISTERS; i++) {
        bool empty = (state->valid >> i & 1) == 0;
        enum tag tag =
            empty ? TAG_EMPTY : tag_of(state->st[(i - top_of(state)) & 7]);
        tags |= (uint32_t)tag << 2 * i;
    }
    return (uint16_t)tags;
}

uint8_t fpu_valid_of_tags(uint32_t tags)
{
    /* both bits; then they move together */
    uint32_t empty = tags & tags >> 1 & 0x5555;
    empty = (empty | empty >> 1) & 0x3333;
    empty = (empty | empty >> 2) & 0x0F0F;
    empty = (empty | empty >> 4) & 0x00FF;
    return (uint8_t)~empty;
}

void fpu_to_frame(const struct fpu_state *state, struct fpu_frame *frame)
{
    struct fpu_saved *saved = &frame->saved;
    *saved = (struct fpu_saved){
        .control = 0xFFFF0000u | state->control,
        .status = 0xFFFF0000u | state->status,
        .tags = 0xFFFF0000u | fpu_tags(state),
        .code_offset = state->code_offset,
        .code_selector = (uint32_t)state->opcode << 16 | state->code_selector,
        .data_offset = state->data_offset,
        .data_selector = state->data_selector,
    };
    for (uint32_t i = 0; i < FPU_REGISTERS; i++)
        memcpy(saved->st[i], state->st[i], sizeof saved->st[i]);
    frame->status = state->status;
    frame->magic = 0;
    frame->state = *state;
}

void fpu_from_frame(const struct fpu_frame *frame, struct fpu_state *state)
{
    const struct fpu_saved *saved = &frame->saved;
    fpu_state_init(state);
    state->control = (uint16_t)saved->control;
    state->status = (uint16_t)saved->status;
    state->valid = fpu_valid_of_tags(saved->tags);
    state->opcode = (uint16_t)(saved->code_selector >> 16);
    state->code_offset = saved->code_offset;
    state->code_selector = (uint16_t)saved->code_selector;
    state->data_offset = saved->data_offset;
    state->data_selector = (uint16_t)saved->data_selector;
    for (uint32_t i = 0; i < FPU_REGISTERS; i++)
        memcpy(state->st[i], saved->st[i], sizeof saved->st[i]);
    state->mxcsr = frame->state.mxcsr & MXCSR_VALID;
    memcpy(state->xmm, frame->state.xmm, sizeof state->xmm);
}
