/* insn.h: one instruction, decoded: how it is encoded, and what it does to
 * memory. */
#ifndef MMU386_INSN_H
#define MMU386_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/registers.h"
#include "cpu/vectors.h"

#define INSN_MAX_BYTES 15u

enum { NO_REGISTER = 0xFF };

/* A memory operand written out in the instruction: base + index * scale +
 * displacement. */
struct memory_operand {
    uint8_t segment; /* enum segment_register: the override or the default */
    uint8_t base;    /* enum general_register or NO_REGISTER */
    uint8_t index;
    uint8_t scale;
    uint32_t displacement;
    uint32_t bytes; /* its size */
    bool address16; /* the sum is cut to 16 bits */
    bool read;
    bool write;
};

struct insn {
    uint32_t linear;
    uint8_t length; /* bytes; 1..15 */
    uint8_t bytes[INSN_MAX_BYTES];
    bool has_memory;
    struct memory_operand memory;
    bool guard; /* the accesses must be checked before it runs: the library
                   would make others */
    uint8_t emulated; /* enum emulated (emulated.h) */
    uint8_t raises; /* the exception that it raises at ring 3 before any access,
                     * where the library lets it pass; else NO_EXCEPTION. Its
                     * error code, where it has one, is 0. #DB is a trap: EIP
                     * goes past the instruction. */
    bool timestamp; /* reads the time-stamp counter */
    bool interrupt; /* INT n, of a kind that the engine's word does not tell
                       from an exception */
    bool loads;     /* loads a segment register, or asks about a selector
                       (segload.h) */
    bool system;    /* reads or writes descriptor tables or the TSS, as the
                       supervisor */
    /* How it was encoded (encoding.h), and what its opcode implies
     * (opcodes.h). */
    uint8_t map;    /* enum opcode_map (opcodes.h) */
    uint8_t opcode; /* the last byte of it */
    uint8_t modrm; /* the byte behind the opcode: nothing where there is none */
    bool code16;   /* in a code segment of 16 bits */
    bool operand16;
    bool address16;
    bool lock;
    bool repeat;        /* F2 or F3 */
    uint8_t sse_prefix; /* the last of F2 and F3; failing these 66h; else 0 */
    uint8_t segment; /* enum segment_register: the override; NO_REGISTER without
                        one */
    uint8_t prefix_bytes;
    uint8_t displacement_bytes; /* of an address, of a jump, or the offset of
                                   A0..A3 */
    uint8_t immediate_bytes;    /* all of them: two of ENTER's, a far pointer */
    uint16_t immediate;         /* ENTER: the bytes to reserve */
    uint8_t level;              /* ENTER: the nesting level, 0..31 */
    uint8_t implicit;           /* enum implicit */
    uint32_t implicit_bytes;    /* of one push, pop or string element */
    uint32_t accessed_bytes;    /* of these; fewer where a segment register is
                                   pushed or popped */
};

#endif
