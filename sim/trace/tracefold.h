/* tracefold.h: 64-bit addresses renamed into 32 bits: each stretch of 256 KiB
 * that is met becomes the next free one from 0x00040000 up to KERNEL_BASE.
 * Within a stretch neighbours stay neighbours.
 */
#ifndef MMU386_TRACEFOLD_H
#define MMU386_TRACEFOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "keymap.h"

#define TRACE_FOLD_RECENT 64u

/* All zeros is an empty one. */
struct trace_fold {
    struct keymap stretches; /* the first is renamed to stretch 1 */
    struct {
        uint64_t key; /* number of the stretch + 1; 0: empty */
        uint32_t stretch;
    } recent[TRACE_FOLD_RECENT];
};

void trace_fold_free(struct trace_fold *fold);

/* The address that `linear` is renamed to. False where there is no more room
 * for its stretch, or memory is short. */
bool trace_fold_address(struct trace_fold *fold, uint64_t linear,
                        uint32_t *folded);

#endif
