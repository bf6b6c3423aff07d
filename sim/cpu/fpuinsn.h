/* fpuinsn.h: what is to be known of instructions of FPU, MMX and SSE before
 * they run. */
#ifndef MMU386_FPUINSN_H
#define MMU386_FPUINSN_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"
#include "cpu/view.h"

/* True of D8 to DF; of the MMX and SSE instructions that use a register of
 * theirs or MXCSR. */
bool fpu_is_x87(const struct insn *insn);
bool fpu_is_vector(const struct insn *insn);
bool fpu_is_any(const struct insn *insn); /* one of the two */

/* The two that share registers. MMX's do not know of the stack, so that what is
 * known of it ends where one follows the other. */
enum fpu_class { FPU_CLASS_NONE, FPU_CLASS_X87, FPU_CLASS_MMX };

enum fpu_class fpu_class_of(const struct insn *insn);

/* The MMX register that it writes, as a bit; 0 for none. */
uint8_t fpu_mmx_written(const struct insn *insn);

/* The last of the prefixes F2 and F3 and, failing these, 66; 0 without. */
uint8_t fpu_prefix(const struct insn *insn);

/* True where it waits: a pending exception of the FPU comes first (80387
 * manual, 3.2). */
bool fpu_waits(const struct insn *insn);

/* True where its operand in memory has to be aligned to 16. */
bool fpu_wants_alignment(const struct insn *insn);

/* What the engine does not do as the processor does. */
enum fpu_care {
    FPU_CARE_NONE,
    FPU_CARE_ALWAYS,   /* never as the processor */
    FPU_CARE_STATUS,   /* FNSTSW: does not know the exceptions' flags */
    FPU_CARE_CONTROL,  /* FLDCW: does not know masks that are 0 */
    FPU_CARE_CONSTANT, /* FLDPI and kin: rounds to nearest, whatever the control
                          word says */
    FPU_CARE_EXAMINE,  /* FXAM: does not know of empty registers, nor of
                          unsupported numbers */
    FPU_CARE_ALIGNED,  /* 16 bytes of memory: does not check that they are
                          aligned */
    FPU_CARE_WIDE, /* reads as many bytes of memory again behind the operand */
    FPU_CARE_ROOT, /* FSQRT: sets C2 of what is negative */
};

enum fpu_care fpu_care_of(const struct insn *insn);

/* What the instructions from here on to the next jump need of the register
 * stack as they find it: bits 0..7 stand for ST(0) to ST(7) of now. */
struct fpu_outlook {
    uint8_t needs;       /* must not be empty */
    uint8_t needs_empty; /* must be empty */
    bool faults; /* whatever they are, something overflows or underflows */
    uint8_t mmx; /* the MMX registers that are written by MMX's instructions
                  * from here to the next of the FPU's; bits stand for MM0 to
                  * MM7 */
    bool status_is_next; /* the status word is read before another instruction
                          * of the FPU changes what this one leaves in it */
};

/* The outlook from `insn` on, an instruction at its address in `view`. */
void fpu_look_ahead(const struct view *view, const struct insn *insn,
                    struct fpu_outlook *outlook);

/* True where registers of which `valid` are not empty, with ST(0) in register
 * `top`, are what the outlook needs. */
bool fpu_stack_suffices(const struct fpu_outlook *outlook, uint8_t valid,
                        uint32_t top);

#endif
