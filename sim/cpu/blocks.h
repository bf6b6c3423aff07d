/* blocks.h: the blocks that the engine runs, and the instructions that it stops
 * at. */
#ifndef MMU386_BLOCKS_H
#define MMU386_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/engine.h"
#include "cpu/insn.h"
#include "cpu/insnclocks.h"

struct cpu;

/* The components of the instruction there, for the clocks of a branch to it;
 * 0 where none can be fetched. */
uint32_t blocks_components_at(const struct cpu *cpu, uint32_t linear);

/* The block that runs was left before the instruction at `linear`, which is
 * taken up again. */
void blocks_cut(struct cpu *cpu, uint32_t linear);

/* The hook of blocks (engine.h). */
void blocks_see(struct uc_struct *handle, uint64_t address, uint32_t size,
                void *arg);

/* Blocks are counted from now on, or no more; false where the engine refuses.
 */
bool blocks_count(struct cpu *cpu, bool counting);

/* From now on the engine tells of stores and of blocks without the clock, too.
 * It then looks at each store to a page of code; else at the first only, until
 * code of that page is translated. */
bool blocks_see_stores(struct cpu *cpu);

/* The engine stopped behind a block. */
void blocks_stop_behind(struct cpu *cpu);

/* The engine stopped at EIP, in front of a block that it has just translated:
 * behind the one before, or at the instruction of that one whose store rewrote
 * it, and which is taken up again. */
void blocks_stop_before(struct cpu *cpu);

/* The engine stopped at EIP in the midst of a block, whose rest was counted
 * when it was entered. The instruction there was fetched. A trap that comes
 * after its instruction, as INT3's does, may leave EIP behind the block. */
void blocks_stop_in(struct cpu *cpu);

/* The engine need not have read all of the instruction at EIP: it refuses many
 * by their first bytes, and while CR0.TS is set stops at one of the FPU by its
 * opcode. What of it is in the next page is fetched here. False where that is
 * refused: cpu->fault is set. */
bool blocks_fetch_rest(struct cpu *cpu);

/* The engine stopped at EIP, at an instruction that is executed or refused
 * here. */
bool blocks_stop_at_insn(struct cpu *cpu);

/* The instruction at EIP, at which the engine is not, is begun, if it was not
 * yet: it is fetched, and not again should the engine run it. */
void blocks_begin_here(struct cpu *cpu);

/* The same of one that is refused, or executed here: the next one is fetched.
 */
void blocks_begin_refused(struct cpu *cpu);

/* The instruction at EIP goes on where it stopped. */
void blocks_resume(struct cpu *cpu);

/* The instruction at EIP, executed by the model, is counted; its clocks. */
struct insn_clocks blocks_count_here(struct cpu *cpu, const struct insn *insn);

#endif
