/* clock.c: see clock.h. */
#include "machine/clock.h"

#include <stdlib.h>

#include "machine/machine.h"

#define FORKS_KEPT ((size_t)1 << 22)

static uint64_t bus_cycles(const struct machine *machine)
{
    const struct mmu_counts *counts = &cpu_mmu(machine->cpu)->counts;

    return counts->bus_reads + counts->bus_writes;
}

static uint64_t tables_made(const struct machine *machine)
{
    return machine->frames.counts[FRAME_TABLE].allocated;
}

void clock_start(struct machine *machine)
{
    const struct machine_options *options = &machine->options;
    struct clock *clock = &machine->clock;

    if (!options->clocked)
        return;
    costs_choose(clock->costs, options->generation->id, options->costs);
    clock->bus_clocks = BUS_CLOCKS + options->wait_states;
    clock->bus_at_boot = bus_cycles(machine);
    clock->tables_at = tables_made(machine);
    clock->runs = true;
}

void clock_free(struct clock *clock)
{
    free(clock->fork_clocks);
    clock->fork_clocks = NULL;
}

struct clocks machine_clocks(const struct machine *machine)
{
    const struct clock *clock = &machine->clock;
    struct clocks clocks = clock->charged;

    if (!clock->runs)
        return clocks;
    clocks.execute = cpu_clocks(machine->cpu);
    clocks.walk = (bus_cycles(machine) - clock->bus_at_boot) * clock->bus_clocks;
    return clocks;
}

uint64_t machine_cycles(const struct machine *machine)
{
    const struct clocks clocks = machine_clocks(machine);

    return clocks.execute + clocks.walk + clocks.trap + clocks.fork + clocks.service;
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

void machine_charge(struct machine *machine, enum cost cost, uint64_t times)
{
    struct clock *clock = &machine->clock;

    if (clock->runs)
        *account_of(clock, cost) += clock->costs[cost] * times;
    if (times != 0 && action_is_due(machine))
        action_tell(machine,
                    &(struct trace_event){.kind = TRACE_CHARGE,
                                          .charge = {.cost = cost, .times = (uint32_t)times}});
}

/* No event tells of a new table: the frames' counts do. Asked before anything that can follow one
 * is charged, so that it is charged to whom it belongs. */
static void charge_tables(struct machine *machine)
{
    uint64_t made = tables_made(machine);

    machine_charge(machine, COST_TABLE_NEW, made - machine->clock.tables_at);
    machine->clock.tables_at = made;
}

void clock_fork_call(struct machine *machine, bool begins)
{
    if (!machine->clock.runs)
        return;
    charge_tables(machine);
    machine->clock.forking = begins;
}

void clock_charge_event(struct machine *machine, const struct event *event)
{
    if (!machine->clock.runs)
        return;
    charge_tables(machine);
    switch (event->kind) {
    case EVENT_ZERO_FILL: /* an EVENT_MAP tells of its entry and its frame, as of a file's */
        machine_charge(machine, COST_PAGE_ZERO, 1);
        break;
    case EVENT_FILE: /* a page that another process has already is not read again */
        machine_charge(machine, COST_PAGE_LOAD, event->refs_before == 0);
        break;
    case EVENT_COPY:
        machine_charge(machine, COST_FRAME, 1);
        machine_charge(machine, COST_PAGE_COPY, 1);
        machine_charge(machine, COST_PTE, 1);
        break;
    case EVENT_FORK_COPY:
        machine_charge(machine, COST_FRAME, 1);
        machine_charge(machine, COST_PAGE_COPY, 1);
        machine_charge(machine, COST_FORK_PAGE, 1);
        break;
    case EVENT_FORK_SHARE:
        machine_charge(machine, COST_FORK_PAGE, 1);
        break;
    case EVENT_MAP:
        machine_charge(machine, COST_FRAME, event->refs_before == 0);
        machine_charge(machine, COST_PTE, 1);
        break;
    case EVENT_UNMAP:
        machine_charge(machine, COST_PTE, 1);
        machine_charge(machine, COST_FRAME, event->refs_after == 0);
        break;
    case EVENT_TAKEOVER:
    case EVENT_PROTECT:
        machine_charge(machine, COST_PTE, 1);
        break;
    case EVENT_FLUSH:
        machine_charge(machine, COST_CR3_LOAD, 1);
        break;
    case EVENT_INVALIDATE:
        machine_charge(machine, COST_INVLPG, 1);
        break;
    case EVENT_FORK:
        machine_charge(machine, COST_FORK, 1);
        break;
    case EVENT_EXEC:
        machine_charge(machine, COST_EXEC, 1);
        break;
    case EVENT_EXIT:
        machine_charge(machine, COST_EXIT, 1);
        break;
    case EVENT_FAULT: /* charged to the trap that it leads to */
    case EVENT_SEGV:
    case EVENT_KILL:
    case EVENT_KINDS:
        break;
    }
}

/* ---- what took how long ---- */

void clock_fault(struct machine *machine, uint64_t clocks)
{
    machine->clock.fault_clocks += clocks;
}

void clock_forked(struct machine *machine, uint64_t clocks)
{
    struct clock *clock = &machine->clock;

    if (!clock->runs)
        return;
    if (clocks > clock->fork_worst)
        clock->fork_worst = clocks;
    if (clock->fork_count == FORKS_KEPT)
        return;
    if (clock->fork_count == clock->fork_capacity) {
        size_t capacity = clock->fork_capacity == 0 ? 64 : clock->fork_capacity * 2;
        uint64_t *grown = realloc(clock->fork_clocks, capacity * sizeof *grown);

        if (grown == NULL) {
            machine->broken = "the host has not enough memory";
            return;
        }
        clock->fork_clocks = grown;
        clock->fork_capacity = capacity;
    }
    clock->fork_clocks[clock->fork_count++] = clocks;
}
