/* registers.h: the registers of a stopped processor. */
#ifndef MMU386_REGISTERS_H
#define MMU386_REGISTERS_H

#include <stdint.h>

#define EFLAGS_CF   0x00000001u
#define EFLAGS_ONE  0x00000002u /* bit 1 is always set */
#define EFLAGS_PF   0x00000004u
#define EFLAGS_AF   0x00000010u
#define EFLAGS_ZF   0x00000040u
#define EFLAGS_SF   0x00000080u
#define EFLAGS_TF   0x00000100u
#define EFLAGS_IF   0x00000200u
#define EFLAGS_DF   0x00000400u
#define EFLAGS_OF   0x00000800u
#define EFLAGS_IOPL 0x00003000u
#define EFLAGS_NT   0x00004000u
#define EFLAGS_RF   0x00010000u
#define EFLAGS_VM   0x00020000u
#define EFLAGS_AC   0x00040000u /* from the i486 on */

/* The status flags: what arithmetic sets (SDM volume 1, 3.4.3.1). */
#define EFLAGS_STATUS \
    (EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF)

/* In the order of their numbers in instructions. */
enum general_register {
    EAX,
    ECX,
    EDX,
    EBX,
    ESP,
    EBP,
    ESI,
    EDI,
    GENERAL_REGISTERS
};
enum segment_register { ES, CS, SS, DS, FS, GS, SEGMENT_REGISTERS };

struct registers {
    uint32_t general[GENERAL_REGISTERS];
    uint32_t eip;
    uint32_t eflags;
    uint16_t selector[SEGMENT_REGISTERS];
    /* Of the descriptors that are loaded (selectors.h): */
    uint32_t base[SEGMENT_REGISTERS];   /* linear */
    uint32_t limit[SEGMENT_REGISTERS];  /* bytes, less one */
    uint32_t rights[SEGMENT_REGISTERS]; /* the high dword; 0: null, or nothing
                                           that may be used */
};

/* The ring that it runs at: that of CS's selector, and 3 in virtual-8086 mode,
 * where a selector is no more than a number (SDM volume 3, 5.5 and 21.2). */
static inline uint32_t registers_ring(const struct registers *registers)
{
    return (registers->eflags & EFLAGS_VM) != 0 ? 3
                                                : registers->selector[CS] & 3u;
}

#endif
