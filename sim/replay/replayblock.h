/* replayblock.h: blocks of a trace through the TLB: what the hooks of cpu.c are
 * to a program. */
#ifndef MMU386_REPLAYBLOCK_H
#define MMU386_REPLAYBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu.h"
#include "traceevent.h"

struct kernel;
struct replay_state;

/* Takes the accesses of an instruction that did not complete through the TLB:
 * true with *fault set where one is refused. Where one `should` be and none
 * would, nothing happens. */
bool replay_try(struct kernel *kernel, const struct trace_try *try, bool should,
                struct mmu_fault *fault);

/* The same of a block, whose faults are served. Where the replay maps what is
 * touched, what lies in the kernel's part of the address space is moved into
 * the programs'. False where the process has ended. */
bool replay_block(struct replay_state *replay, const struct trace_block *block);

#endif
