/* watch.c: see watch.h. */
#include "cpu/watch.h"

#include <stdlib.h>

bool watch_set(struct watch *watch, const struct watcher *watcher)
{
    static const struct watcher nobody = {0};
    watch->watcher = watcher == NULL ? nobody : *watcher;
    watch->runs = false;
    if (watch->watcher.accesses && watch->accesses == NULL)
        watch->accesses = calloc(WATCH_ACCESSES_MAX, sizeof *watch->accesses);
    return !watch->watcher.accesses || watch->accesses != NULL;
}

void watch_destroy(struct watch *watch)
{
    free(watch->accesses);
}

static uint64_t bus_cycles(const struct mmu *mmu)
{
    return mmu->counts.bus_reads + mmu->counts.bus_writes;
}

void watch_begin(struct watch *watch, const struct meter *meter,
                 const struct mmu *mmu, const struct meter_block *block,
                 bool again, bool resumed)
{
    if (watch->watcher.block == NULL)
        return;
    watch->runs = true;
    watch->clocks_before = meter->clocks;
    watch->bus_cycles_before = bus_cycles(mmu);
    watch->block = (struct watched_block){
        .linear = block->linear,
        .bytes = block->bytes,
        .hash = block->info.hash,
        .again = again,
        .resumed = resumed,
        .accesses = watch->accesses,
    };
}

void watch_code(struct watch *watch, const uint8_t *code)
{
    watch->block.code = code;
}

void watch_end(struct watch *watch, const struct meter *meter,
               const struct mmu *mmu)
{
    if (!watch->runs)
        return;
    watch->runs = false;
    watch->block.insns = meter->completed;
    watch->block.idle = meter->idle;
    watch->block.clocks = meter->clocks - watch->clocks_before;
    watch->block.bus_cycles = bus_cycles(mmu) - watch->bus_cycles_before;
    watch->watcher.block(watch->watcher.arg, &watch->block);
}
