/* access.h: the memory accesses of one instruction, in the processor's own
 * order.
 *
 * A real processor checks an operand that it will read and then write for
 * writing from the start, and checks some accesses before it makes any. This is
 * what decides a fault's error code and CR2; tests/silicon holds what a
 * processor did.
 */
#ifndef MMU386_ACCESS_H
#define MMU386_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/insn.h"
#include "cpu/registers.h"
#include "cpu/selectors.h"
#include "paging.h"

#define ACCESSES_MAX 80u /* ENTER at level 31 makes 63 */

struct access_item {
    uint32_t linear;
    uint32_t bytes; /* at least 1; may run into the next page */
    enum mmu_access access;
    uint8_t segment; /* enum segment_register; nothing where `system` */
    bool system; /* by the processor itself to a descriptor table: supervisor at
                    any CPL */
    bool stored; /* a store of `value` that stays made where a later item is
                    refused */
    uint32_t value;
    uint8_t image; /* of an image of the FPU, the bytes that are tried first; 0:
                      it is none */
    bool from_last; /* then: its last byte is tried before these */
};

struct access_list {
    uint32_t count;
    struct access_item item[ACCESSES_MAX];
};

/* How to read guest memory while listing (ENTER's frames): false where it
 * cannot be read. */
struct access_memory {
    bool (*read)(void *arg, uint32_t linear, void *to, uint32_t bytes);
    void *arg;
};

/* Lists the data accesses of `insn`, executed with `registers`, in the order in
 * which the processor checks them. Of a repeated string instruction: those of
 * the next iteration. The instruction's own bytes are not listed. */
void access_list_of(const struct insn *insn, const struct registers *registers,
                    const struct access_memory *memory,
                    struct access_list *list);

/* Whether `insn`'s access `item` is not aligned as EFLAGS.AC asks (SDM volume
 * 3, table 6-7): by its size, the parts' where it has several, and not for 16
 * bytes of SSE. A real processor raises #AC before it asks for the page. */
bool access_is_misaligned(const struct insn *insn,
                          const struct access_item *item);

/* The exception that the segment of an access raises, before its page is asked
 * for: its limit and its rights, and a null selector (80386 manual, 6.3.1
 * and 6.3.2). */
struct refusal access_refusal(const struct registers *registers,
                              const struct access_item *item);

/* The bits of ESP that pushes and pops change: those of SP where the stack
 * segment is one of 16 bits (SDM volume 1, 6.2.3). */
uint32_t registers_stack_mask(const struct registers *registers);

/* Adds to ESP, as wide as it is there. */
void registers_move_stack(struct registers *registers, uint32_t bytes);

/* What ENTER leaves in the registers, EIP too, where none of its accesses is
 * refused. Its stores are the items marked so. */
void registers_after_enter(const struct insn *insn,
                           struct registers *registers);

#endif
