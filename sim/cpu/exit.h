/* exit.h: why a processor stopped. */
#ifndef MMU386_EXIT_H
#define MMU386_EXIT_H

#include <stdint.h>

#include "mmu.h"

#define DR6_BS 0x4000u /* of DR6: a single step; F1 sets no bit */

enum cpu_stop {
    CPU_STOP_FAULT,     /* a page fault: fault is set */
    CPU_STOP_EXCEPTION, /* another exception: vector and error */
    CPU_STOP_INTERRUPT, /* INT n: vector; EIP is past it */
    CPU_STOP_BUDGET,    /* the instructions granted are used up */
    CPU_STOP_BROKEN,    /* the engine failed: why */
};

struct cpu_exit {
    enum cpu_stop stop;
    struct mmu_fault fault;
    uint32_t vector;
    uint32_t error;
    uint32_t insn_bytes; /* of the INT n that EIP is past */
    const char *why;
};

#endif
