/* boot.h: the way to ring 3. */
#ifndef MMU386_CPU_BOOT_H
#define MMU386_CPU_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

/* The selectors and tables that ring 3 starts with. */
struct cpu_segments {
    uint32_t gdt_linear;
    uint32_t gdt_bytes;
    /* selectors, with their RPL */
    uint16_t kernel_code, kernel_data, user_code, user_data;
    uint32_t iret_linear;  /* a supervisor's page that holds an IRET instruction
                              here... */
    uint32_t stack_linear; /* ...and the top of a stack to push its frame on */
};

/* Enters ring 3 with those segments, through an IRET as a kernel would; CR3
 * must be loaded. The state is kept as the one that every new program starts
 * with. False where the engine refused. */
bool cpu_enter_user(struct cpu *cpu, const struct cpu_segments *segments);

#endif
