/* replayfault.h: page faults of a trace's instructions, served. */
#ifndef MMU386_REPLAYFAULT_H
#define MMU386_REPLAYFAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "mmu.h"

struct replay_state;

/* A page fault of an instruction. */
struct replay_fault {
    struct mmu_fault fault;
    uint32_t eip;
    const uint8_t *code; /* of the instruction, where it is known; or NULL */
    uint32_t code_bytes;
};

/* Serves the current process's fault, so that the instruction can be tried
 * again; or ends the process, and returns false. */
bool replay_serve(struct replay_state *replay,
                  const struct replay_fault *fault);

#endif
