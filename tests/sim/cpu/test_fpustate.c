/* test_fpustate.c: the two images of the FPU's state, one made of the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cpu/fpustate.h"

static void set_register(struct fpu_state *state, int number, uint16_t exponent,
                         uint64_t significand)
{
    memcpy(state->st[number], &significand, sizeof significand);
    memcpy(state->st[number] + 8, &exponent, sizeof exponent);
}

/* Registers 7, 6... of the four kinds, and empty ones whatever they hold. */
static void test_tags(void **arg)
{
    struct fpu_state state;
    (void)arg;
    fpu_state_init(&state);
    assert_int_equal(fpu_tags(&state), 0xFFFF);
    state.status = 3u << FPU_TOP_SHIFT;
    set_register(&state, 0, 0x3FFF, 0x8000000000000000u); /* register 3: one */
    set_register(&state, 1, 0x8000, 0);                   /* 4: -0 */
    set_register(&state, 2, 0, 1);                        /* 5: denormal */
    set_register(&state, 3, 0xFFFF, 0x8000000000000000u); /* 6: infinity */
    set_register(&state, 4, 0x3FFF, 0x4000000000000000u); /* 7: unnormal */
    set_register(&state, 5, 0x3FFF, 0x8000000000000000u); /* 0: one */
    state.valid = 0xF8;
    assert_int_equal(fpu_tags(&state),
                     2u << 14 | 2u << 12 | 2u << 10 | 1u << 8 | 0x3Fu);
    assert_int_equal(fpu_valid_of_tags(fpu_tags(&state)), 0xF8);
}

/* A forged frame: reserved bits of MXCSR do not come back, nor FXSAVE's image
 * of the FPU. */
static void test_forged_frame(void **arg)
{
    struct fpu_frame frame;
    struct fpu_state state;
    (void)arg;
    memset(&frame, 0xA5, sizeof frame);
    frame.saved.control = 0x1234027F;
    frame.saved.tags = 0xFFFFFFFC;
    frame.state.mxcsr = 0xFFFF9F80;
    fpu_from_frame(&frame, &state);
    assert_int_equal(state.control, 0x027F);
    assert_int_equal(state.status, 0xA5A5);
    assert_int_equal(state.valid, 1);
    assert_int_equal(state.mxcsr, 0x9F80);
    assert_int_equal(state.mxcsr_mask, MXCSR_VALID);
    assert_int_equal(state.opcode, 0xA5A5);
    assert_int_equal(state.xmm[7][15], 0xA5);
    assert_int_equal(state.st[7][9], 0xA5);
    assert_int_equal(state.st[7][10], 0);
}

static void test_there_and_back(void **arg)
{
    struct fpu_frame frame;
    struct fpu_state state;
    struct fpu_state again;
    (void)arg;
    fpu_state_init(&state);
    state.control = 0x0C7F;
    state.status = 0x3021;
    state.valid = 0x81;
    state.opcode = 0x05DE;
    state.code_offset = 0x08048123;
    state.code_selector = 0x73;
    state.data_offset = 0xBFFFF000;
    state.data_selector = 0x7B;
    state.mxcsr = 0x1FA1;
    memset(state.xmm, 0x5C, sizeof state.xmm);
    set_register(&state, 0, 0x4000, 0xC90FDAA22168C235u);
    fpu_to_frame(&state, &frame);
    assert_int_equal(frame.magic, 0);
    assert_int_equal(frame.status, 0x3021);
    assert_int_equal(frame.saved.control, 0xFFFF0C7F);
    assert_int_equal(frame.saved.code_selector, 0x05DE0073);
    fpu_from_frame(&frame, &again);
    assert_memory_equal(&again, &state, sizeof state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_forged_frame),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
