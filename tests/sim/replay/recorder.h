/* recorder.h: follows a machine's accesses with a naive MMU, and its blocks of
 * instructions with a naive account of what they must have fetched and
 * accessed. */
#ifndef MMU386_TEST_RECORDER_H
#define MMU386_TEST_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "linux/kernel.h"
#include "naive_tlb.h"

#define RECORDED_MAX 65536u /* accesses of one block */

struct recorded {
    uint32_t linear; /* of a fetch: its page */
    enum mmu_access access;
};

struct recorder {
    struct kernel *kernel;
    char wrong[256]; /* the first thing that was; or empty */

    /* The naive MMU. */
    struct mmu_observer observer;
    struct naive_mmu *naive;
    struct mmu_counts mmu_before;
    struct naive_counts naive_before;
    uint64_t accesses;
    bool refused; /* the last access: an event must tell of it */
    enum mmu_access refused_access;
    uint32_t refused_linear, refused_error;

    /* The blocks. */
    bool watches;
    struct recorded *observed; /* by ring 3, granted, and of no block yet */
    uint32_t observed_count;
    struct recorded *expected;
    uint32_t expected_count;
    uint64_t bus_cycles; /* of ring 3, and of no block yet */
    uint64_t blocks, blocks_with_system_accesses;
    uint64_t insns, clocks; /* sums over the blocks */
};

/* Makes one that follows nothing yet. */
void recorder_init(struct recorder *recorder);

/* Follows the kernel, which has booted, from here on; its TLBs are flushed
 * first. `watch`: its blocks too. */
void recorder_follow(struct recorder *recorder, struct kernel *kernel,
                     bool watch);

/* The run is over: compares what can be only then. */
void recorder_finish(struct recorder *recorder);
void recorder_free(struct recorder *recorder);

#endif
