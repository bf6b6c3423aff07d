/* fpustate.h: the state of FPU and SSE, and its two forms in memory.
 *
 * FXSAVE's image (SDM volume 1, 10.5.1) is what the simulator keeps. FSAVE's
 * (80387 manual, figure 2-12) is what Linux puts before it in a signal's frame:
 * what an i386 program knows of as `struct _fpstate`, the two of them
 * together. */
#ifndef MMU386_FPUSTATE_H
#define MMU386_FPUSTATE_H

#include <stdbool.h>
#include <stdint.h>

#define FPU_REGISTERS 8u
#define XMM_REGISTERS 8u

/* IE, DE, ZE, OE, UE, PE; the same in MXCSR */
#define FPU_STATUS_FLAGS 0x003Fu
/* SF: the stack overflowed, or what was read is empty */
#define FPU_STATUS_STACK     0x0040u
#define FPU_STATUS_SUMMARY   0x0080u /* ES: one that is not masked is pending */
#define FPU_CONTROL_ROUNDING 0x0C00u
/* the number of the register that is ST(0) */
#define FPU_STATUS_TOP 0x3800u
#define FPU_TOP_SHIFT  11u

/* What FNINIT leaves (SDM volume 2A, FINIT), and a reset in MXCSR (volume
 * 1, 10.2.3). */
#define FPU_CONTROL_INITIAL 0x037Fu
#define MXCSR_INITIAL       0x1F80u
#define MXCSR_MASKS_SHIFT   7u
/* the bits that are not reserved: MXCSR_MASK */
#define MXCSR_VALID 0xFFFFu

struct fpu_state {
    uint16_t control, status;
    uint8_t valid; /* bit N: register N, counted from the bottom, is not
                    * empty */
    uint8_t reserved_tags;
    uint16_t opcode;
    uint32_t code_offset;
    uint16_t code_selector, reserved_code;
    uint32_t data_offset;
    uint16_t data_selector, reserved_data;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t st[FPU_REGISTERS][16]; /* from ST(0) on; 10 bytes each */
    uint8_t xmm[XMM_REGISTERS][16];
    uint8_t reserved[224];
};

_Static_assert(sizeof(struct fpu_state) == 512,
               "the layout that the processor has");

/* FSAVE's image, of 32-bit operand size. */
struct fpu_saved {
    uint32_t control, status; /* upper halves all ones */
    uint32_t tags; /* two bits a register: valid, zero, special, empty */
    uint32_t code_offset;
    uint32_t code_selector; /* and the opcode in its upper half */
    uint32_t data_offset;
    uint32_t data_selector;
    uint8_t st[FPU_REGISTERS][10];
};

_Static_assert(sizeof(struct fpu_saved) == 108,
               "the layout that the processor has");

/* struct _fpstate of Linux (asm/sigcontext.h). */
struct fpu_frame {
    struct fpu_saved saved;
    uint16_t status;
    uint16_t magic; /* 0: FXSAVE's image follows; 0xFFFF: it does not */
    struct fpu_state state;
};

_Static_assert(sizeof(struct fpu_frame) == 624, "the layout that Linux has");

/* The exceptions that are raised and not masked, of the FPU or of SSE; bits as
 * in the status word.
 */
uint32_t fpu_raised(const struct fpu_state *state, bool sse);

/* What a program starts with, and a signal's handler. */
void fpu_state_init(struct fpu_state *state);

/* The tag word of FSAVE: of registers that are not empty the kind of their
 * contents. */
uint16_t fpu_tags(const struct fpu_state *state);

/* Which registers a tag word says are not empty. */
uint8_t fpu_valid_of_tags(uint32_t tags);

/* To the frame, and back as Linux takes it: the FPU's part from FSAVE's image,
 * XMM registers and MXCSR, without reserved bits, from the other. */
void fpu_to_frame(const struct fpu_state *state, struct fpu_frame *frame);
void fpu_from_frame(const struct fpu_frame *frame, struct fpu_state *state);

#endif
