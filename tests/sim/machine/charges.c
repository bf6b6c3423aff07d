/* charges.c: see charges.h. */
#include "charges.h"

#include <string.h>

const char *charged_guests;

const struct case_row charged_cases[CASES] = {
    {"stackfork", {NULL}},    {"value", {NULL}},
    {"file", {NULL}},         {"three", {"8", NULL}},
    {"tree", {"3", NULL}},    {"null", {"write", NULL}},
    {"signals", {NULL}},      {"handlers", {NULL}},
    {"touch", {"40", "2"}},   {"codewrite", {"self", NULL}},
    {"simple", {NULL}},       {"forkbench", {"60", "3", "write", NULL}},
    {"overflow", {NULL}},     {"oom", {"fork", "40", NULL}},
    {"compute", {"1", NULL}},
};

void run_with(struct guest_run *run, const struct case_row *row,
              const struct guest_options *options)
{
    guest_run(run, charged_guests, row->name, row->arguments, options);
}

uint64_t sum_of(const struct clocks *clocks)
{
    return clocks->execute + clocks->walk + clocks->trap + clocks->fork +
           clocks->service;
}

void only(uint32_t costs[COSTS], enum cost cost, uint32_t clocks)
{
    memset(costs, 0, COSTS * sizeof *costs);
    costs[cost] = clocks;
}

uint64_t kernel_clocks(const struct guest_run *run)
{
    return run->clocks.trap + run->clocks.fork + run->clocks.service;
}

uint64_t times_done(const struct case_row *row, struct guest_options options,
                    enum cost cost)
{
    uint32_t costs[COSTS];
    struct guest_run run;
    only(costs, cost, 1);
    options.costs = costs;
    run_with(&run, row, &options);
    uint64_t count = kernel_clocks(&run);
    guest_run_free(&run);
    return count;
}

uint64_t times_of_events(const struct guest_run *run, enum cost cost)
{
    uint64_t count = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct mmu_event *event = &run->events[i];
        enum mmu_event_kind kind = event->kind;
        bool copies = kind == MMU_EVENT_COPY || kind == MMU_EVENT_FORK_COPY;
        if (cost == COST_PAGE_COPY)
            count += copies;
        if (cost == COST_PAGE_ZERO)
            count += kind == MMU_EVENT_ZERO_FILL;
        if (cost == COST_FORK_PAGE)
            count +=
                kind == MMU_EVENT_FORK_COPY || kind == MMU_EVENT_FORK_SHARE;
        if (cost == COST_CR3_LOAD)
            count += kind == MMU_EVENT_FLUSH;
        if (cost == COST_INVLPG)
            count += kind == MMU_EVENT_INVALIDATE;
        if (cost == COST_FRAME)
            count += copies ||
                     (kind == MMU_EVENT_MAP && event->refs_before == 0) ||
                     (kind == MMU_EVENT_UNMAP && event->refs_after == 0);
        if (cost == COST_PTE)
            count += kind == MMU_EVENT_MAP || kind == MMU_EVENT_UNMAP ||
                     kind == MMU_EVENT_COPY || kind == MMU_EVENT_TAKEOVER ||
                     kind == MMU_EVENT_PROTECT;
        if (cost == COST_FAULT)
            count += kind == MMU_EVENT_FAULT;
        if (cost == COST_FORK)
            count += kind == MMU_EVENT_FORK;
        if (cost == COST_EXEC)
            count += kind == MMU_EVENT_EXEC;
        if (cost == COST_EXIT)
            count += kind == MMU_EVENT_EXIT;
        if (cost == COST_TRAP_SAME || cost == COST_IRET_SAME) /* faults of the
                                                                 kernel
                                                                 itself */
            count += kind == MMU_EVENT_FAULT && (event->error & MMU_PF_U) == 0;
    }
    return count;
}
