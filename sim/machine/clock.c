/* clock.c: see clock.h. */
#include "machine/clock.h"

#include <stdlib.h>

#include "cpu/cpu.h"
#include "event.h"
#include "frames.h"
#include "machine/action.h"

#define FORKS_KEPT ((size_t)1 << 22)

static uint64_t bus_cycles(const struct clock *clock)
{
    const struct mmu_counts *counts = &clock->mmu->counts;

    return counts->bus_reads + counts->bus_writes;
}

static uint64_t tables_made(const struct clock *clock)
{
    return clock->frames->counts[MMU_FRAME_TABLE].allocated;
}

void clock_start(struct clock *clock, const struct mmu_generation *generation,
                 const uint32_t *costs, uint32_t wait_states)
{
    costs_choose(clock->costs, generation->id, costs);
    clock->bus_clocks = BUS_CLOCKS + wait_states;
    clock->bus_at_boot = bus_cycles(clock);
    clock->tables_at = tables_made(clock);
    clock->runs = true;
}

void clock_free(struct clock *clock)
{
    free(clock->fork_clocks);
    clock->fork_clocks = NULL;
}

struct clocks clock_read(const struct clock *clock)
{
    struct clocks clocks = clock->charged;

    if (!clock->runs)
        return clocks;
    clocks.execute = cpu_clocks(clock->cpu);
    clocks.walk = (bus_cycles(clock) - clock->bus_at_boot) * clock->bus_clocks;
    return clocks;
}

uint64_t clock_cycles(const struct clock *clock)
{
    const struct clocks clocks = clock_read(clock);

    return clocks.execute + clocks.walk + clocks.trap + clocks.fork +
           clocks.service;
}

/* ---- charging ---- */

static uint64_t *account_of(struct clock *clock, enum cost cost)
{
    switch (cost) {
    case COST_TRAP:
    case COST_TRAP_SAME:
    case COST_IRET:
    case COST_IRET_SAME:
        return &clock->charged.trap;
    default:
        return clock->forking ? &clock->charged.fork : &clock->charged.service;
    }
}

void clock_charge(struct clock *clock, enum cost cost, uint64_t times)
{
    if (clock->runs)
        *account_of(clock, cost) += clock->costs[cost] * times;
    if (times != 0 && action_is_due(clock->actions))
        action_tell(clock->actions,
                    &(struct trace_event){
                        .kind = TRACE_CHARGE,
                        .charge = {.cost = cost, .times = (uint32_t)times}});
}

/* No event tells of a new table: the frames' counts do. Asked before anything
 * that can follow one is charged, so that it is charged to whom it belongs. */
static void charge_tables(struct clock *clock)
{
    uint64_t made = tables_made(clock);

    clock_charge(clock, COST_TABLE_NEW, made - clock->tables_at);
    clock->tables_at = made;
}

void clock_fork_call(struct clock *clock, bool begins)
{
    if (!clock->runs)
        return;
    charge_tables(clock);
    clock->forking = begins;
}

void clock_charge_event(struct clock *clock, const struct mmu_event *event)
{
    if (!clock->runs)
        return;
    charge_tables(clock);
    switch (event->kind) {
    case MMU_EVENT_ZERO_FILL: /* an MMU_EVENT_MAP tells of its entry and its
                               * frame, as of a file's
                               */
        clock_charge(clock, COST_PAGE_ZERO, 1);
        break;
    case MMU_EVENT_FILE: /* a page that another process has already is not read
                            again */
        clock_charge(clock, COST_PAGE_LOAD, event->refs_before == 0);
        break;
    case MMU_EVENT_COPY:
        clock_charge(clock, COST_FRAME, 1);
        clock_charge(clock, COST_PAGE_COPY, 1);
        clock_charge(clock, COST_PTE, 1);
        break;
    case MMU_EVENT_FORK_COPY:
        clock_charge(clock, COST_FRAME, 1);
        clock_charge(clock, COST_PAGE_COPY, 1);
        clock_charge(clock, COST_FORK_PAGE, 1);
        break;
    case MMU_EVENT_FORK_SHARE:
        clock_charge(clock, COST_FORK_PAGE, 1);
        break;
    case MMU_EVENT_MAP:
        clock_charge(clock, COST_FRAME, event->refs_before == 0);
        clock_charge(clock, COST_PTE, 1);
        break;
    case MMU_EVENT_UNMAP:
        clock_charge(clock, COST_PTE, 1);
        clock_charge(clock, COST_FRAME, event->refs_after == 0);
        break;
    case MMU_EVENT_TAKEOVER:
    case MMU_EVENT_PROTECT:
        clock_charge(clock, COST_PTE, 1);
        break;
    case MMU_EVENT_FLUSH:
        clock_charge(clock, COST_CR3_LOAD, 1);
        break;
    case MMU_EVENT_INVALIDATE:
        clock_charge(clock, COST_INVLPG, 1);
        break;
    case MMU_EVENT_FORK:
        clock_charge(clock, COST_FORK, 1);
        break;
    case MMU_EVENT_EXEC:
        clock_charge(clock, COST_EXEC, 1);
        break;
    case MMU_EVENT_EXIT:
        clock_charge(clock, COST_EXIT, 1);
        break;
    case MMU_EVENT_FAULT: /* charged to the trap that it leads to */
    case MMU_EVENT_SEGV:
    case MMU_EVENT_KILL:
    case MMU_EVENT_KINDS:
        break;
    }
}

/* ---- what took how long ---- */

void clock_fault(struct clock *clock, uint64_t clocks)
{
    clock->fault_clocks += clocks;
}

bool clock_forked(struct clock *clock, uint64_t clocks)
{
    if (!clock->runs)
        return true;
    if (clocks > clock->fork_worst)
        clock->fork_worst = clocks;
    if (clock->fork_count == FORKS_KEPT)
        return true;
    if (clock->fork_count == clock->fork_capacity) {
        size_t capacity =
            clock->fork_capacity == 0 ? 64 : clock->fork_capacity * 2;
        uint64_t *grown = realloc(clock->fork_clocks, capacity * sizeof *grown);

        if (grown == NULL)
            return false;
        clock->fork_clocks = grown;
        clock->fork_capacity = capacity;
    }
    clock->fork_clocks[clock->fork_count++] = clocks;
    return true;
}
