/* costs.h: what the kernel's work costs, in clocks.
 *
 * The kernel is the host's own code; it is charged what the same work would
 * take as instructions of the processor that is simulated. Each figure is
 * derived in costs.c from the little sequence of instructions that a kernel
 * would run, by the clocks of Intel's manuals and with their assumptions (no
 * wait states, operands aligned, code prefetched). The TLB's misses are not in
 * them: walks are counted where they happen.
 */
#ifndef MMU386_COSTS_H
#define MMU386_COSTS_H

#include <stdint.h>

#include "paging.h"

enum cost {
    /* What the processor itself does. */
    COST_TRAP,
    COST_TRAP_SAME,
    COST_IRET,
    COST_IRET_SAME,
    COST_CR3_LOAD,
    COST_INVLPG,
    /* Traps. */
    COST_ENTRY,
    COST_FAULT,
    COST_LOOK_UP,
    COST_CALL,
    COST_SIGNAL,
    /* Memory. */
    COST_FRAME,
    COST_PTE,
    COST_PAGE_ZERO,
    COST_PAGE_COPY,
    COST_PAGE_LOAD,
    COST_TABLE_NEW,
    COST_TABLE_SCAN,
    COST_FORK_PAGE,
    /* Copies between the kernel and a program. */
    COST_COPY_USER,
    COST_COPY_DWORD,
    COST_COPY_BYTE,
    /* Processes. */
    COST_FORK,
    COST_EXEC,
    COST_EXIT,
    COST_SWITCH,
    COSTS,
};

#define COST_HIGHEST 1000000000u /* clocks */
/* in a caller's table: the generation's own figure */
#define COST_DEFAULT UINT32_MAX

struct cost_row {
    const char *name;
    uint32_t clocks[MMU_GENERATIONS];
    const char *what; /* one line */
};

/* The row of a cost. */
const struct cost_row *cost_row_of(enum cost cost);

/* The cost called `name`, or COSTS. */
enum cost cost_named(const char *name);

/* The figures to run with: those in `chosen`, COSTS of them, where they are not
 * COST_DEFAULT, else the generation's. `chosen` may be NULL. */
void costs_choose(uint32_t clocks[COSTS], enum mmu_generation_id generation,
                  const uint32_t *chosen);

#endif
