/* clock.h: the machine's clock: where every one of its cycles went.
 *
 *   execute  instructions of ring 3, by the manual's figures (insnclocks.h)
 *   walk     the bus cycles of page walks, the kernel's own accesses' too: 2
 * clocks each and the wait states trap     the processor's delivery of traps,
 * and IRET fork     what the kernel does in the system calls fork, vfork and
 * clone service  whatever else the kernel does
 *
 * The clock is the sum of the five. It stands still while the kernel boots, and
 * while every process waits. Nothing that a program can see depends on it:
 * their time is the kernel's now_ns.
 */
#ifndef MMU386_CLOCK_H
#define MMU386_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/costs.h"

struct actions;
struct cpu;
struct mmu_event;
struct mmu_frames;
struct mmu_generation;
struct mmu;

#define WAIT_STATES_HIGHEST 255u
/* a bus cycle without wait states (80386 hardware manual, 3.1) */
#define BUS_CLOCKS 2u

struct clocks {
    uint64_t execute, walk, trap, fork, service;
};

struct clock {
    const struct cpu *cpu; /* whose instructions it counts, */
    const struct mmu *mmu; /* and whose walks */
    const struct mmu_frames *frames;
    struct actions *actions; /* who is told of what is charged */
    bool runs;               /* never without machine_options.clocked */
    uint32_t costs[COSTS];   /* clocks */
    uint32_t bus_clocks;     /* of one bus cycle */
    uint64_t bus_at_boot;    /* bus cycles of walks before the clock ran */
    uint64_t tables_at;      /* page tables made so far, and charged */
    bool forking; /* the kernel is in a system call that makes a process */
    struct clocks charged; /* trap, fork and service */
    uint64_t fault_clocks; /* see clock_trapped */
    uint64_t *fork_clocks; /* of the first 4,194,304 forks, in the order of
                              their ends */
    size_t fork_count, fork_capacity; /* of those kept */
    uint64_t fork_worst;              /* of all */
};

/* Starts the clock. `costs`: COSTS of them, or COST_DEFAULT; NULL: the
 * generation's own. `wait_states` are those of each bus cycle of a walk. */
void clock_start(struct clock *clock, const struct mmu_generation *generation,
                 const uint32_t *costs, uint32_t wait_states);
void clock_free(struct clock *clock);

/* Clocks so far; 0 without the clock. */
uint64_t clock_cycles(const struct clock *clock);
struct clocks clock_read(const struct clock *clock);

/* The kernel, or the processor, does `cost` that often. */
void clock_charge(struct clock *clock, enum cost cost, uint64_t times);

/* The same of what an event of the stream tells has been done: its work is
 * charged nowhere else. */
void clock_charge_event(struct clock *clock, const struct mmu_event *event);

/* The kernel begins or ends a system call that makes a process. */
void clock_fork_call(struct clock *clock, bool begins);

/* A page fault's clocks are those from the delivery of its trap to the end of
 * its service, and those of the IRET that ends it; not those of a signal it may
 * lead to. */
void clock_fault(struct clock *clock, uint64_t clocks);

/* A fork came back to its caller. Its clocks are those of the kernel, the
 * processor and the walks from the delivery of its trap to the end of the call,
 * and those of its IRET; not those of others who ran in between, as a vfork's
 * child does. False where the host has no memory. */
bool clock_forked(struct clock *clock, uint64_t clocks);

#endif
