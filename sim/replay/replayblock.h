/* replayblock.h: blocks of a trace through the TLB: what the hooks of cpu.c are
 * to a program. */
#ifndef MMU386_REPLAYBLOCK_H
#define MMU386_REPLAYBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu.h"
#include "traceevent.h"

struct kernel;
struct replay;

/* A page fault of an instruction. */
struct replay_fault {
    struct mmu_fault fault;
    uint32_t eip;
    const uint8_t *code; /* of the instruction, where it is known; or NULL */
    uint32_t code_bytes;
};

/* Takes the accesses of an instruction that did not complete through the TLB:
 * true with *fault set where one is refused. Where one `should` be and none
 * would, nothing happens. */
bool replay_try(struct kernel *kernel, const struct trace_try *try, bool should,
                struct mmu_fault *fault);

/* The same of a block, whose faults are served by replay_serve. With `fold`,
 * what lies in the kernel's part of the address space is moved into the
 * programs'. False where the process has ended.
 */
bool replay_block(struct replay *replay, struct kernel *kernel,
                  const struct trace_block *block, bool fold);

/* replay.c: serves the current process's fault, so that the instruction can be
 * tried again; or ends the process, and returns false. */
bool replay_serve(struct replay *replay, const struct replay_fault *fault);

#endif
