/* flat.h: flat segments of ring 0 and ring 3, for tests that bring up a
 * processor of their own: at `kernel` (linear, a page's start) the GDT, behind
 * it a page with an IRET, and behind that one for a stack. */
#ifndef MMU386_FLAT_H
#define MMU386_FLAT_H

#include <string.h>

#include "cpu/boot.h"
#include "paging.h"

#define FLAT_ENTRIES 6u
#define FLAT_IRET    0xCF

/* The segments; the GDT has `entries` entries, FLAT_ENTRIES or more. */
static inline struct cpu_segments flat_segments(uint32_t kernel,
                                                uint32_t entries)
{
    return (struct cpu_segments){.gdt_linear = kernel,
                                 .gdt_bytes = entries * 8,
                                 .kernel_code = 0x10,
                                 .kernel_data = 0x18,
                                 .user_code = 0x23,
                                 .user_data = 0x2B,
                                 .iret_linear = kernel + MMU_PAGE_SIZE,
                                 .stack_linear = kernel + 3 * MMU_PAGE_SIZE};
}

/* Their descriptors (80386 manual, figure 5-3). */
static inline void flat_write_gdt(uint8_t *at)
{
    static const uint32_t gdt[FLAT_ENTRIES][2] = {
        [2] = {0x0000FFFF, 0x00CF9B00},
        [3] = {0x0000FFFF, 0x00CF9300},
        [4] = {0x0000FFFF, 0x00CFFB00},
        [5] = {0x0000FFFF, 0x00CFF300}};
    memcpy(at, gdt, sizeof gdt);
}

#endif
