/* blame.h: which access of an instruction the processor refuses, and what of it
 * stays done.
 *
 * The engine says only that some page was refused; the processor's order of
 * accesses (access.h) says which access that was, hence the error code and
 * CR2. */
#ifndef MMU386_BLAME_H
#define MMU386_BLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/access.h"
#include "cpu/view.h"

/* What `insn` raises as things stand; false where nothing of it is refused. By
 * its segment an access is refused before its page is asked for: *refusal then
 * has the exception, else NO_EXCEPTION, and *fault the page fault. *stored is
 * set where stores before the refused access stay in memory (PUSHA, ENTER):
 * they were made. The registers' selectors and bases must be loaded.
 */
bool blame_insn(const struct view *view, const struct insn *insn,
                struct mmu_fault *fault, struct refusal *refusal, bool *stored);

/* Where in [EIP, page) the instruction begins that needs `page`, or one before
 * it that raises an exception in any case: the engine translates a block ahead,
 * and so asks for pages before the instructions that lead there have run; and
 * it may take what is none for another, longer one. */
uint32_t blame_fetch(const struct view *view, uint32_t page);

/* True where `insn` accesses data at physical address `phys`: *linear is
 * where. */
bool blame_access(const struct view *view, const struct insn *insn,
                  uint32_t phys, uint32_t *linear);

/* Reads the first `bytes` bytes of what `insn` accesses first; false where they
 * are not there to be read. */
bool blame_read(const struct view *view, const struct insn *insn, void *to,
                uint32_t bytes);

/* Lists the accesses of `insn` as things stand. */
void blame_list(const struct view *view, const struct insn *insn,
                struct access_list *list);

/* True where that access of `insn` is refused: see blame_insn. */
bool blame_item(const struct view *view, const struct insn *insn,
                const struct access_item *item, struct mmu_fault *fault,
                struct refusal *refusal);

/* Makes those accesses, none of which is refused, through the TLB. */
void blame_make(const struct view *view, const struct access_list *list);

/* Where the operand is that `insn` has written out. */
uint32_t blame_operand(const struct view *view, const struct insn *insn);

/* Executes ENTER in the model: its stores and registers. Nothing of it is
 * refused. */
void blame_run_enter(const struct view *view, const struct insn *insn);

#endif
