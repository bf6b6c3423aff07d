/* summary.c: see summary.h. */
#include "summary.h"

#include <inttypes.h>

#include "plain.h"

#define COUNT_COLUMNS 15
#define NAME_COLUMNS  28

/* ---- lines ---- */

static double ratio(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static void write_count(uint64_t count, const char *name, FILE *to)
{
    fprintf(to, "%*" PRIu64 "  %s\n", COUNT_COLUMNS, count, name);
}

/* A count, and what part it is: "# 1.42 % of all accesses". */
static void write_part(uint64_t count, const char *name, uint64_t whole,
                       const char *what, FILE *to)
{
    if (whole == 0)
        write_count(count, name, to);
    else
        fprintf(to, "%*" PRIu64 "  %-*s #%8.2f %% of %s\n", COUNT_COLUMNS,
                count, NAME_COLUMNS, name, 100 * ratio(count, whole), what);
}

/* A count, and how many there are for each of others: "# 2.077 per
 * instruction". */
static void write_rate(uint64_t count, const char *name, uint64_t others,
                       const char *other, FILE *to)
{
    if (others == 0)
        write_count(count, name, to);
    else
        fprintf(to, "%*" PRIu64 "  %-*s #%8.3f per %s\n", COUNT_COLUMNS, count,
                NAME_COLUMNS, name, ratio(count, others), other);
}

/* ---- what it is of ---- */

static void write_head(const struct stats *stats, FILE *to)
{
    fputs("\n Counts of '", to);
    for (const char *at = stats->program; *at != '\0'; at++)
        fputc(plain_in_line(*at), to);
    fprintf(to, "' (%s, %s, %" PRIu32 " KiB of memory%s):\n\n", stats->cpu,
            stats->policy, stats->ram_frames * 4,
            stats->clocked ? "" : ", without the clock");
}

/* ---- the clock ---- */

static void write_clocks(const struct stats *stats, FILE *to)
{
    static const char all[] = "all clocks";
    const struct clocks *clocks = &stats->clocks;
    uint64_t cycles = stats->cycles;

    write_count(stats->instructions, "instructions", to);
    write_rate(cycles, "clocks", stats->instructions, "instruction", to);
    write_part(clocks->execute, "  execute", cycles, all, to);
    write_part(clocks->walk, "  walk", cycles, all, to);
    write_part(clocks->trap, "  trap", cycles, all, to);
    write_part(clocks->fork, "  fork", cycles, all, to);
    write_part(clocks->service, "  service", cycles, all, to);
    write_part(stats->fault_clocks, "of page faults", cycles, all, to);
    fputc('\n', to);
}

/* ---- the TLB ---- */

static void write_side(const struct tlb_side_stats *side, bool unknown,
                       const char *const names[4], FILE *to)
{
    static const char *const causes[TLB_MISS_CAUSES] = {
        [TLB_MISS_COMPULSORY] = "    compulsory",
        [TLB_MISS_FLUSH] = "    after a flush",
        [TLB_MISS_FAULT] = "    after a page fault",
        [TLB_MISS_DIRTY] = "    to set the D bit",
        [TLB_MISS_CAPACITY] = "    capacity or conflict",
    };

    write_part(side->lookups - side->misses, names[0], side->lookups, names[2],
               to);
    write_part(side->misses, names[1], side->lookups, names[2], to);
    for (int cause = 0; cause < TLB_MISS_CAUSES && !unknown; cause++)
        write_part(side->causes[cause], causes[cause], side->misses, names[3],
                   to);
}

static void write_tlb(const struct stats *stats, FILE *to)
{
    static const char *const code[4] = {"  hits of instructions",
                                        "  misses of instructions",
                                        "their accesses", "these misses"};
    static const char *const data[4] = {"  hits of data", "  misses of data",
                                        "their accesses", "these misses"};
    const struct mmu_counts *tlb = &stats->tlb;
    const struct tlb_misses *misses = &stats->tlb_misses;

    write_rate(tlb->lookups, "accesses, through the TLB", stats->instructions,
               "instruction", to);
    write_part(tlb->lookups - tlb->misses, "TLB hits", tlb->lookups,
               "all accesses", to);
    write_part(tlb->misses, "TLB misses", tlb->lookups, "all accesses", to);
    write_side(&misses->code, misses->unknown, code, to);
    write_side(&misses->data, misses->unknown, data, to);
    write_count(tlb->flushes, "TLB flushes", to);
    write_count(tlb->page_invalidations, "TLB page invalidations", to);
    if (misses->unknown)
        fputs("                 (too many pages to tell why it missed)\n", to);
    fputc('\n', to);
}

/* ---- memory and processes ---- */

static void write_faults(const struct fault_stats *faults, FILE *to)
{
    static const char all[] = "all page faults";
    uint64_t total = faults->total;

    write_count(total, "page faults", to);
    write_part(faults->demand_zero, "  demand-zero", total, all, to);
    write_part(faults->file, "  of the program's file", total, all, to);
    write_part(faults->cow_copy, "  copied on write", total, all, to);
    write_part(faults->cow_reuse, "  taken over on write", total, all, to);
    write_part(faults->segv, "  that no mapping allows", total, all, to);
    write_part(faults->oom, "  for want of a frame", total, all, to);
    fputc('\n', to);
}

static void write_memory(const struct stats *stats, FILE *to)
{
    static const char all[] = "frames allocated";
    const struct frame_stats *frames = &stats->frames;

    write_count(frames->allocated, "frames allocated", to);
    write_part(frames->peak, "  at one time", frames->allocated, all, to);
    write_part(frames->copied_at_fork, "  copied at fork", frames->allocated,
               all, to);
    write_part(stats->faults.cow_copy, "  copied on a fault", frames->allocated,
               all, to);
    write_part(frames->copied_by_kernel, "  copied by the kernel",
               frames->allocated, all, to);
    write_count(stats->tables.allocated, "page tables and directories", to);
    write_count(stats->processes, "processes", to);
    write_count(stats->forks, "forks", to);
}

void summary_write(const struct stats *stats, FILE *to)
{
    write_head(stats, to);
    if (stats->clocked) {
        write_clocks(stats, to);
        write_tlb(stats, to);
    }
    write_faults(&stats->faults, to);
    write_memory(stats, to);
    fprintf(to, "\n%*d  exit status\n\n", COUNT_COLUMNS, stats->exit_status);
}
