/* stats.h: what a run cost, counted from the stream of events and from the
 * machine's own counts.
 *
 * Frames are those of user pages; page tables and directories are counted
 * apart. The tables that the kernel made when it booted are no program's doing
 * and are left out of every number.
 */
#ifndef MMU386_STATS_H
#define MMU386_STATS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "frames.h"
#include "log/tlbmisses.h"
#include "machine/clock.h"
#include "machine/costs.h"
#include "mmu.h"

struct machine;

/* Page faults, by what was done about each. */
struct fault_stats {
    uint64_t total;
    uint64_t demand_zero;
    uint64_t cow_copy;
    uint64_t cow_reuse; /* the last reference, taken over */
    uint64_t file;
    uint64_t segv;
    uint64_t oom; /* no frame was left, and the process was killed */
};

struct frame_stats {
    uint64_t allocated;
    uint64_t freed;
    uint64_t peak; /* most in use at one time */
    uint64_t copied_at_fork;
    uint64_t zeroed;
    uint64_t zeroed_by_kernel; /* without a fault: the stack that a program
                                  starts with */
    uint64_t loaded_by_kernel; /* the same of the program's pages */
    uint64_t copied_by_kernel; /* without a fault, where the processor has no
                                  CR0.WP */
    uint64_t taken_over_by_kernel;
    uint64_t leaked; /* in use at the end: of user pages, tables and kernel
                        stacks */
};

struct table_stats {
    uint64_t allocated;
    uint64_t peak;
};

/* What else the machine was made with. */
struct stats_parameters {
    struct mmu_tlb_geometry data_tlb, code_tlb, large_tlb;
    uint32_t wait_states;
    uint32_t costs[COSTS]; /* clocks; COST_DEFAULT: the processor's own */
};

struct stats {
    const char *program; /* the caller's: names, as given or static */
    const char *policy;
    const char *cpu;
    uint32_t ram_frames;
    const char *limit; /* the option whose limit ended the run, or NULL */
    int exit_status;   /* of the first process; 128 + signal where it was
                        * killed */
    bool clocked;      /* instructions, tlb and the clock's are known */
    uint64_t instructions;
    uint64_t uncited; /* of them, those that took another processor's clocks */
    uint64_t forks;
    uint64_t processes;
    struct fault_stats faults;
    struct frame_stats frames;
    struct table_stats tables;
    struct mmu_counts tlb;
    struct tlb_misses tlb_misses;
    struct stats_parameters parameters;
    uint64_t cycles;
    struct clocks clocks;
    uint64_t fault_clocks;
    uint64_t forks_timed; /* those that came back to their caller */
    uint64_t fork_median; /* clocks; of an even number, the lower of the two in
                             the middle */
    uint64_t fork_worst;

    struct mmu_frame_counts at_boot[MMU_FRAME_KINDS];
    uint64_t fork_events;
    uint64_t faults_open; /* raised, and nothing has been done about them yet */
};

/* What no event carries, and the machine does not count. */
struct process_counts {
    uint64_t forks;
    uint64_t processes;
    uint64_t copied_at_fork; /* frames */
    int wait_status;         /* of the first process */
};

/* Zeroes `stats` and makes it listen to `machine`, which has booted and started
 * nothing yet, and whose processes fork by `policy`. */
void stats_listen(struct stats *stats, struct machine *machine,
                  const char *program, const char *policy);

/* Takes what the machine itself counted, and `counts`. */
void stats_finish(struct stats *stats, struct machine *machine,
                  const struct process_counts *counts);

/* Listens no more. Of stats that are finished, nothing is left to do. */
void stats_leave(struct stats *stats);

/* Checks what must always add up. NULL, or `text` with what does not. */
const char *stats_check(const struct stats *stats, char *text,
                        size_t text_bytes);

/* What part of all cycles page faults took, in percent; 0 without the clock. */
double stats_fault_share(const struct stats *stats);

/* The stats as a JSON object, a new reference; NULL where memory is short.
 * Without the clock `instructions`, `tlb` and what is the clock's are null. */
json_t *stats_json(const struct stats *stats);

#endif
