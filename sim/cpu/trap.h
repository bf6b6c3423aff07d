/* trap.h: what the processor does on an interrupt or exception, and on IRET.
 *
 * 80386 Programmer's Reference Manual, chapter 9 "Exceptions and Interrupts":
 * the gate is read from the IDT, the stack of ring 0 from the TSS, the frame is
 * pushed on it, all in guest memory and as the supervisor. It knows nothing of
 * who handles it: the host kernel is one possible handler.
 *
 *   from ring 3                 from ring 0
 *   +--------+ SS0:ESP0         +--------+ ESP
 *   | SS     |                  | EFLAGS |
 *   | ESP    |                  | CS     |
 *   | EFLAGS |                  | EIP    |
 *   | CS     |                  | error  | vectors 8, 10..14, 17
 *   | EIP    |                  +--------+
 *   | error  |
 *   +--------+
 */
#ifndef MMU386_TRAP_H
#define MMU386_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/registers.h"
#include "cpu/vectors.h"
#include "mmu.h"

/* Where the processor finds its tables: IDTR, and what TR's descriptor says. */
struct trap_tables {
    uint32_t idt_linear;
    uint32_t idt_bytes;
    uint32_t tss_linear;
};

struct trap {
    uint32_t vector;
    uint32_t error;      /* pushed where the vector has one */
    uint32_t linear;     /* of a page fault: what CR2 takes */
    bool software;       /* INT n: the gate's DPL is checked */
    uint32_t insn_bytes; /* of the INT n that EIP is past: an exception on the
                            way is the INT's */
};

/* The frame that IRET to ring 3 pops. */
struct user_frame {
    uint32_t eip, cs, eflags, esp, ss;
};

enum trap_outcome {
    TRAP_DELIVERED,    /* the registers are those of the handler's first
                          instruction */
    TRAP_DOUBLE_FAULT, /* delivered, but as a double fault */
    TRAP_SHUTDOWN,     /* the double fault could not be delivered either */
};

/* True where the processor pushes an error code for this vector (manual, table
 * 9-7). */
bool trap_has_error(uint32_t vector);

/* Delivers the trap to the ring-0 handler of its gate. Ring 3's CS and SS are
 * replaced in `registers`, never in the engine. The ring that it comes from is
 * CS's RPL, which the processor keeps equal to the CPL. *delivered, if not
 * NULL, is set to what was delivered. */
enum trap_outcome trap_deliver(struct mmu *mmu, struct registers *registers,
                               const struct trap_tables *tables,
                               const struct trap *trap, struct trap *delivered);

/* IRET, with ESP at the saved EIP (the error code dropped by the handler).
 * False where the frame cannot be read. */
bool trap_return(struct mmu *mmu, struct registers *registers);

/* Builds the IDT's gate `vector`: a 386 interrupt or trap gate to `handler`. */
void gate_encode(uint8_t gate[8], uint16_t selector, uint32_t handler,
                 unsigned dpl, bool interrupt);

/* Builds a segment descriptor: base, limit in pages, access byte
 * (manual, 5.1.1). */
void descriptor_encode(uint8_t descriptor[8], uint32_t base,
                       uint32_t limit_pages, uint8_t access);

#endif
