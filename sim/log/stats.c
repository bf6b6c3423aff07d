/* stats.c: counting events. */
#define _POSIX_C_SOURCE 200809L
#include "log/stats.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "machine/machine.h"

/* The events that count looks at. */
#define COUNTED                                                               \
    (1u << MMU_EVENT_FAULT | 1u << MMU_EVENT_ZERO_FILL |                      \
     1u << MMU_EVENT_FILE | 1u << MMU_EVENT_SEGV | 1u << MMU_EVENT_COPY |     \
     1u << MMU_EVENT_TAKEOVER | 1u << MMU_EVENT_KILL | 1u << MMU_EVENT_FORK | \
     1u << MMU_EVENT_INVALIDATE)

/* Something was done to a page: to service a fault, or else by the kernel's own
 * hand. */
static void count_service(struct stats *stats, const struct mmu_event *event,
                          uint64_t *by_fault, uint64_t *by_kernel)
{
    if (event->in_kernel) {
        (*by_kernel)++;
        return;
    }
    (*by_fault)++;
    stats->faults_open--;
}

static void count(void *listener, const struct mmu_event *event)
{
    struct stats *stats = listener;
    struct fault_stats *faults = &stats->faults;
    struct frame_stats *frames = &stats->frames;

    switch (event->kind) {
    case MMU_EVENT_FAULT:
        faults->total++;
        stats->faults_open++;
        break;
    case MMU_EVENT_ZERO_FILL:
        frames->zeroed++;
        count_service(stats, event, &faults->demand_zero,
                      &frames->zeroed_by_kernel);
        break;
    case MMU_EVENT_FILE:
        count_service(stats, event, &faults->file, &frames->loaded_by_kernel);
        break;
    case MMU_EVENT_SEGV:
        faults->segv++;
        stats->faults_open--;
        break;
    case MMU_EVENT_COPY:
        count_service(stats, event, &faults->cow_copy,
                      &frames->copied_by_kernel);
        break;
    case MMU_EVENT_TAKEOVER:
        count_service(stats, event, &faults->cow_reuse,
                      &frames->taken_over_by_kernel);
        break;
    case MMU_EVENT_KILL:
        /* A process killed in the midst of a fault, or of two if the kernel
         * went on for a while: there was no frame for it. */
        if (event->value == SIGKILL) {
            faults->oom += stats->faults_open;
            stats->faults_open = 0;
        }
        break;
    case MMU_EVENT_FORK:
        stats->fork_events++;
        break;
    case MMU_EVENT_INVALIDATE:
        tlb_misses_invalidated(&stats->tlb_misses, event->linear);
        break;
    default:
        break;
    }
}

static struct stats_parameters
parameters_of(const struct machine_options *options)
{
    const struct mmu_generation *generation = options->generation;
    struct stats_parameters parameters = {
        .data_tlb = generation->data_tlb,
        .code_tlb = generation->code_tlb,
        .large_tlb = generation->large_tlb,
        .wait_states = options->wait_states,
    };

    for (int cost = 0; cost < COSTS; cost++)
        parameters.costs[cost] =
            options->costs == NULL ||
                    options->costs[cost] ==
                        cost_row_of((enum cost)cost)->clocks[generation->id]
                ? COST_DEFAULT
                : options->costs[cost];
    return parameters;
}

void stats_listen(struct stats *stats, struct machine *machine,
                  const char *program, const char *policy)
{
    *stats = (struct stats){
        .program = program,
        .policy = policy,
        .cpu = machine->options.generation->name,
        .ram_frames = machine->options.ram_frames,
        .clocked = machine->options.clocked,
        .parameters = parameters_of(&machine->options),
    };
    tlb_misses_listen(&stats->tlb_misses, machine);
    memcpy(stats->at_boot, machine->frames.counts, sizeof(stats->at_boot));
    machine_listen_to(machine,
                      (struct mmu_event_sink){.emit = count, .listener = stats},
                      COUNTED);
}

static uint64_t leaked(const struct stats *stats,
                       const struct mmu_frames *frames)
{
    uint64_t in_use = 0;
    uint64_t at_boot = 0;

    for (unsigned kind = MMU_FRAME_USER; kind < MMU_FRAME_KINDS; kind++) {
        in_use += frames->counts[kind].in_use;
        at_boot += stats->at_boot[kind].in_use;
    }
    return in_use - at_boot;
}

static int compare_clocks(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a;
    uint64_t other = *(const uint64_t *)b;

    return (one > other) - (one < other);
}

static void take_clock(struct stats *stats, struct machine *machine)
{
    struct clock *clock = &machine->clock;

    stats->cycles = clock_cycles(clock);
    stats->clocks = clock_read(clock);
    stats->fault_clocks = clock->fault_clocks;
    stats->forks_timed = clock->fork_count;
    if (clock->fork_count == 0)
        return;
    qsort(clock->fork_clocks, clock->fork_count, sizeof *clock->fork_clocks,
          compare_clocks);
    stats->fork_median = clock->fork_clocks[(clock->fork_count - 1) / 2];
    stats->fork_worst = clock->fork_worst;
}

void stats_finish(struct stats *stats, struct machine *machine,
                  const struct process_counts *counts)
{
    const struct mmu_frame_counts *user =
        &machine->frames.counts[MMU_FRAME_USER];
    const struct mmu_frame_counts *table =
        &machine->frames.counts[MMU_FRAME_TABLE];
    const struct mmu_frame_counts *user_at_boot =
        &stats->at_boot[MMU_FRAME_USER];
    const struct mmu_frame_counts *table_at_boot =
        &stats->at_boot[MMU_FRAME_TABLE];

    stats->limit = machine->limit;
    stats->exit_status = WIFSIGNALED(counts->wait_status)
                             ? 128 + WTERMSIG(counts->wait_status)
                             : WEXITSTATUS(counts->wait_status);
    stats->instructions = cpu_instructions(machine->cpu);
    stats->uncited = cpu_uncited(machine->cpu);
    stats->forks = counts->forks;
    stats->processes = counts->processes;
    stats->frames.allocated = user->allocated - user_at_boot->allocated;
    stats->frames.freed = user->freed - user_at_boot->freed;
    stats->frames.peak = user->peak - user_at_boot->in_use;
    stats->frames.copied_at_fork = counts->copied_at_fork;
    stats->frames.leaked = leaked(stats, &machine->frames);
    stats->tables.allocated = table->allocated - table_at_boot->allocated;
    stats->tables.peak = table->peak - table_at_boot->in_use;
    stats->tlb = cpu_mmu(machine->cpu)->counts;
    tlb_misses_finish(&stats->tlb_misses);
    take_clock(stats, machine);
}

void stats_leave(struct stats *stats)
{
    tlb_misses_finish(&stats->tlb_misses);
}

static uint64_t faults_by_kind(const struct fault_stats *faults)
{
    return faults->demand_zero + faults->cow_copy + faults->cow_reuse +
           faults->file + faults->segv + faults->oom;
}

__attribute__((format(printf, 3, 4))) static const char *
tell(char *text, size_t text_bytes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, text_bytes, format, arguments);
    va_end(arguments);
    return text;
}

static const char *check_clock(const struct stats *stats, char *text,
                               size_t text_bytes)
{
    const struct clocks *clocks = &stats->clocks;
    uint64_t sum = clocks->execute + clocks->walk + clocks->trap +
                   clocks->fork + clocks->service;

    if (stats->cycles != sum)
        return tell(text, text_bytes,
                    "%" PRIu64 " cycles, but %" PRIu64 " clocks in all",
                    stats->cycles, sum);
    if (stats->fault_clocks > stats->cycles)
        return tell(text, text_bytes,
                    "%" PRIu64 " clocks of faults in %" PRIu64 " cycles",
                    stats->fault_clocks, stats->cycles);
    if (stats->forks_timed > stats->forks || stats->fork_worst > stats->cycles)
        return tell(text, text_bytes,
                    "%" PRIu64 " forks timed of %" PRIu64 ", the worst %" PRIu64
                    " clocks",
                    stats->forks_timed, stats->forks, stats->fork_worst);
    return NULL;
}

static uint64_t misses_by_cause(const struct tlb_side_stats *side)
{
    uint64_t sum = 0;

    for (int cause = 0; cause < TLB_MISS_CAUSES; cause++)
        sum += side->causes[cause];
    return sum;
}

static const char *check_tlb(const struct stats *stats, char *text,
                             size_t text_bytes)
{
    const struct tlb_side_stats *code = &stats->tlb_misses.code;
    const struct tlb_side_stats *data = &stats->tlb_misses.data;

    if (stats->tlb.misses > stats->tlb.lookups)
        return tell(text, text_bytes,
                    "%" PRIu64 " TLB misses in %" PRIu64 " lookups",
                    stats->tlb.misses, stats->tlb.lookups);
    if (!stats->tlb_misses.forgotten &&
        code->misses + data->misses != stats->tlb.misses)
        return tell(text, text_bytes,
                    "%" PRIu64 " TLB misses, but %" PRIu64
                    " of code and %" PRIu64 " of data",
                    stats->tlb.misses, code->misses, data->misses);
    if (!stats->tlb_misses.unknown &&
        misses_by_cause(code) + misses_by_cause(data) != stats->tlb.misses)
        return tell(text, text_bytes,
                    "%" PRIu64 " TLB misses, but %" PRIu64 " by cause",
                    stats->tlb.misses,
                    misses_by_cause(code) + misses_by_cause(data));
    return NULL;
}

const char *stats_check(const struct stats *stats, char *text,
                        size_t text_bytes)
{
    const struct fault_stats *faults = &stats->faults;
    const struct frame_stats *frames = &stats->frames;

    if (faults->total != faults_by_kind(faults))
        return tell(text, text_bytes,
                    "%" PRIu64 " faults, but %" PRIu64 " by kind",
                    faults->total, faults_by_kind(faults));
    if (frames->leaked != 0)
        return tell(text, text_bytes,
                    "%" PRIu64 " frames are in use after the last process",
                    frames->leaked);
    if (frames->allocated != frames->freed)
        return tell(text, text_bytes,
                    "%" PRIu64 " frames allocated, but %" PRIu64 " freed",
                    frames->allocated, frames->freed);
    if (frames->peak > frames->allocated)
        return tell(text, text_bytes,
                    "%" PRIu64 " frames at one time of %" PRIu64 " allocated",
                    frames->peak, frames->allocated);
    if (stats->forks != stats->fork_events)
        return tell(text, text_bytes,
                    "%" PRIu64 " forks, but %" PRIu64 " told of", stats->forks,
                    stats->fork_events);
    if (check_tlb(stats, text, text_bytes) != NULL)
        return text;
    return check_clock(stats, text, text_bytes);
}

double stats_fault_share(const struct stats *stats)
{
    return stats->cycles == 0
               ? 0
               : 100 * (double)stats->fault_clocks / (double)stats->cycles;
}
