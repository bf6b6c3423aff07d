/* segload.h: the instructions that load segment registers, or ask about
 * selectors, at ring 3.
 *
 * The engine takes a load of CS, an IRET's VM, IOPL and IF, and the error codes
 * otherwise than the processor does: so the model decides what comes of each,
 * and executes it.
 *
 *   MOV and POP of a segment register, LES LDS LSS LFS LGS     SELECTOR_DATA,
 * SELECTOR_STACK far JMP, far CALL SELECTOR_JUMP far RET, IRET SELECTOR_RETURN
 *   LAR, LSL, VERR, VERW                                       nothing is
 * loaded
 */
#ifndef MMU386_SEGLOAD_H
#define MMU386_SEGLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/access.h"
#include "cpu/registers.h"
#include "cpu/selectors.h"
#include "cpu/view.h"
#include "paging.h"

/* Where the descriptors are, linear; read as the supervisor. */
struct segment_tables {
    uint32_t gdt_linear, gdt_bytes;
    uint32_t ldt_linear, ldt_bytes; /* 0 bytes: no LDT */
    const uint32_t *ldt; /* what is there, two dwords an entry: not the
                          * memory's */
};

enum segload_outcome {
    SEGLOAD_DONE,
    SEGLOAD_FAULT,     /* a page fault: fault */
    SEGLOAD_EXCEPTION, /* refusal */
};

/* What comes of one. */
struct segload {
    enum segload_outcome outcome;
    struct mmu_fault fault;
    struct refusal refusal;

    /* Where it is done: */
    struct access_list accesses; /* its own, then the descriptor's, in order;
                                    stores have values */
    struct registers after;      /* general registers, EIP and EFLAGS */
    bool loads;                  /* `segment` gets `selector` */
    uint8_t segment;
    uint16_t selector;
};

/* Where the descriptor of `selector` is, linear; 0 where it is null or beyond
 * the table. */
uint32_t segload_entry(const struct segment_tables *tables, uint16_t selector);

/* Reads the descriptor at `entry` of those tables, as the supervisor; false
 * with *fault set. */
bool segload_descriptor(const struct view *view,
                        const struct segment_tables *tables, uint32_t entry,
                        struct segment_descriptor *descriptor,
                        struct mmu_fault *fault);

/* Looks at `insn`, one of those above: nothing is changed. The registers'
 * selectors and bases must be loaded. */
void segload_look(const struct view *view, const struct segment_tables *tables,
                  const struct insn *insn, struct segload *load);

#endif
