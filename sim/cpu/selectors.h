/* selectors.h: descriptors of segments, and what the processor checks before it
 * loads one.
 *
 * 80386 Programmer's Reference Manual, chapters 5 and 6; IA-32 SDM volume 2,
 * MOV, POP, LDS, CALL, JMP, RET, IRET, LAR, LSL, VERR. All for CPL 3: ring 3 is
 * what the processor here runs.
 */
#ifndef MMU386_SELECTORS_H
#define MMU386_SELECTORS_H

#include <stdbool.h>
#include <stdint.h>

#define SELECTOR_RPL 0x3u
#define SELECTOR_LDT 0x4u /* TI */
/* of a selector in an error code: the index and TI; EXT is 0 */
#define SELECTOR_ERROR 0xFFFCu

/* As in the table: two dwords (figure 5-3). 0, 0 stands for a null selector's,
 * too. */
struct segment_descriptor {
    uint32_t low, high;
};

/* Bits of the high dword. */
#define DESCRIPTOR_WRITABLE 0x00000200u /* of data; of code: readable */
/* of data: expands down; of code: conforming */
#define DESCRIPTOR_DOWN      0x00000400u
#define DESCRIPTOR_CODE      0x00000800u
#define DESCRIPTOR_SEGMENT   0x00001000u /* S: no system descriptor */
#define DESCRIPTOR_DPL       0x00006000u
#define DESCRIPTOR_PRESENT   0x00008000u
#define DESCRIPTOR_BIG       0x00400000u /* D or B: 32 bits */
#define DESCRIPTOR_IN_PAGES  0x00800000u /* G */
#define DESCRIPTOR_DPL_SHIFT 13u

uint32_t selector_base(const struct segment_descriptor *descriptor);

/* The limit in bytes, whatever G: the last offset, or of one that expands down
 * the last that is not in it. */
uint32_t selector_limit(const struct segment_descriptor *descriptor);

/* What loads it. */
enum selector_use {
    SELECTOR_DATA,   /* DS, ES, FS or GS */
    SELECTOR_STACK,  /* SS */
    SELECTOR_JUMP,   /* CS, by a far JMP or CALL */
    SELECTOR_RETURN, /* CS, by a far RET or IRET */
};

/* An exception, or none. */
struct refusal {
    uint8_t vector; /* NO_EXCEPTION (vectors.h): none */
    uint32_t error;
};

/* The exception that loading `selector` for that use raises. *descriptor is
 * what its table has; NULL where it is beyond the table. */
struct refusal selector_refusal(enum selector_use use, uint16_t selector,
                                const struct segment_descriptor *descriptor);

/* What LAR, LSL, VERR and VERW find: whether they set ZF. */
enum selector_question {
    SELECTOR_LAR,
    SELECTOR_LSL,
    SELECTOR_VERR,
    SELECTOR_VERW
};
bool selector_answer(enum selector_question question, uint16_t selector,
                     const struct segment_descriptor *descriptor);

#endif
