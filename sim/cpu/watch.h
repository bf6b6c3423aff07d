/* watch.h: tells of each block of instructions that ran, for a profile or a
 * recording. */
#ifndef MMU386_WATCH_H
#define MMU386_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/meter.h"
#include "mmu.h"

/* of one block: 512 instructions of the greediest kind */
#define WATCH_ACCESSES_MAX 16384u

/* The instruction that was looked at last: the one that did not complete, or
 * else the last one. */
#define WATCH_LAST_INSN UINT16_MAX

struct watched_access {
    uint32_t linear;
    uint16_t insn;  /* where its instruction begins, from the block on; or
                       WATCH_LAST_INSN */
    uint8_t bytes;  /* as the engine makes it, which is in parts where it is
                     * long */
    uint8_t access; /* MMU_ACCESS_READ or MMU_ACCESS_WRITE */
    bool system;    /* by the processor itself to a descriptor table */
    bool again; /* it was made before the instruction was resumed, and is not
                   made again */
};

struct watched_block {
    uint32_t linear;
    uint32_t bytes;
    uint64_t hash;       /* of its code */
    const uint8_t *code; /* that, where the block, of one instruction, may have
                          * changed itself; NULL: it is still in memory */
    uint32_t insns; /* that completed, from its start on; one more, if there is
                       one, was fetched */
    bool again;   /* the next iteration of a repeated instruction, which is not
                     fetched again */
    bool resumed; /* the first instruction was fetched, and made its accesses
                   * that are marked so, in the block before, which did not
                   * complete it */
    bool idle;    /* a repeated instruction found that there was nothing left to
                   * do */
    uint64_t clocks;
    uint64_t bus_cycles; /* of page walks */
    /* those of an instruction that did not complete, too */
    const struct watched_access *accesses;
    uint32_t access_count;
};

/* Whoever watches. block may be NULL: nobody does. */
struct watcher {
    void (*block)(void *arg, const struct watched_block *block);
    void *arg;
    bool accesses; /* they are wanted too */
};

/* The block that is watched. */
struct watch {
    struct watcher watcher;
    struct watched_block block;
    bool runs;
    uint64_t clocks_before, bus_cycles_before;
    struct watched_access *accesses; /* WATCH_ACCESSES_MAX, where they are
                                        wanted */
};

/* Makes `watcher` (NULL: nobody) the one who is told. False where memory is
 * short. */
bool watch_set(struct watch *watch, const struct watcher *watcher);
void watch_destroy(struct watch *watch);

/* A block is about to be entered: nothing of it has been counted yet. */
void watch_begin(struct watch *watch, const struct meter *meter,
                 const struct mmu *mmu, const struct meter_block *block,
                 bool again, bool resumed);

/* The code of the block that was just entered, where it may change itself: the
 * caller's. */
void watch_code(struct watch *watch, const uint8_t *code);

/* The block accesses memory: to be told in what is returned, unless that is
 * NULL. */
static inline struct watched_access *watch_access(struct watch *watch)
{
    if (!watch->runs || watch->block.access_count == WATCH_ACCESSES_MAX)
        return NULL;
    return &watch->accesses[watch->block.access_count++];
}

/* What ran of it is counted: tells of it. Nothing where none was entered. */
void watch_end(struct watch *watch, const struct meter *meter,
               const struct mmu *mmu);

#endif
