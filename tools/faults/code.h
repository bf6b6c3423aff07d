/* code.h: the instructions around a faulting one, from the code that a fault
 * log holds. */
#ifndef MMU386_FAULTS_CODE_H
#define MMU386_FAULTS_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"
#include "faults/faults.h"

#define CODE_BEFORE 3u
#define CODE_AFTER  3u
#define CODE_LINES  (CODE_BEFORE + 1 + CODE_AFTER)

struct code_line {
    uint32_t linear;
    uint8_t bytes[INSN_MAX_BYTES];
    uint32_t byte_count;
    char text[128];
};

struct code_listing {
    struct code_line lines[CODE_LINES];
    unsigned count;
    unsigned at; /* the line of the instruction itself */
};

/* Disassembles the instruction at the fault's EIP and its neighbours in the
 * same page; the neighbours before it are found by decoding from the symbol's
 * start, or from where a row of whole instructions leads to it. Without code in
 * the log there is the instruction alone, from the event; without that nothing:
 * count is 0. False where memory is short or the log fails, having told
 * so. */
bool code_listing_make(struct inquiry *inquiry, const struct fault_row *row,
                       struct code_listing *listing);

#endif
