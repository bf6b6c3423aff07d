/* statsjson.c: the counts of a run as JSON. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "log/stats.h"
#include "machine/tlbtext.h"

struct field {
    const char *name;
    json_t *value; /* NULL: memory was short when it was made */
};

#define FIELDS(array) (sizeof(array) / sizeof((array)[0]))

/* An object of those fields in that order, whose values it takes over; NULL
 * where one is missing.
 */
static json_t *object_of(const struct field *fields, size_t count)
{
    json_t *object = json_object();
    bool whole = object != NULL;

    for (size_t i = 0; i < count; i++)
        if (json_object_set_new(object, fields[i].name, fields[i].value) != 0)
            whole = false;
    if (whole)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* A text that need not be UTF-8, as JSON has to: where it is not, what is not
 * ASCII becomes '?'. */
static json_t *string(const char *text)
{
    json_t *plain = json_string(text);

    if (plain != NULL)
        return plain;

    char *ascii = strdup(text);

    if (ascii == NULL)
        return NULL;
    for (char *at = ascii; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    plain = json_string(ascii);
    free(ascii);
    return plain;
}

static json_t *faults_json(const struct fault_stats *faults)
{
    const struct field fields[] = {
        {"total", number(faults->total)},
        {"demand_zero", number(faults->demand_zero)},
        {"cow_copy", number(faults->cow_copy)},
        {"cow_reuse", number(faults->cow_reuse)},
        {"file", number(faults->file)},
        {"segv", number(faults->segv)},
        {"oom", number(faults->oom)},
    };

    return object_of(fields, FIELDS(fields));
}

/* Each copy on a fault is of one frame. */
static json_t *frames_json(const struct stats *stats)
{
    const struct frame_stats *frames = &stats->frames;
    const struct field fields[] = {
        {"allocated", number(frames->allocated)},
        {"freed", number(frames->freed)},
        {"peak", number(frames->peak)},
        {"copied_at_fork", number(frames->copied_at_fork)},
        {"copied_on_fault", number(stats->faults.cow_copy)},
        {"zeroed", number(frames->zeroed)},
        {"leaked", number(frames->leaked)},
        {"copied_by_kernel", number(frames->copied_by_kernel)},
        {"taken_over_by_kernel", number(frames->taken_over_by_kernel)},
    };

    return object_of(fields, FIELDS(fields));
}

static json_t *tables_json(const struct table_stats *tables)
{
    const struct field fields[] = {
        {"allocated", number(tables->allocated)},
        {"peak", number(tables->peak)},
    };

    return object_of(fields, FIELDS(fields));
}

/* Of code, or of data; causes that are not known are null. */
static json_t *tlb_side_json(const struct tlb_side_stats *side, bool unknown)
{
    struct field fields[2 + TLB_MISS_CAUSES] = {
        {"lookups", number(side->lookups)},
        {"misses", number(side->misses)},
    };

    for (int cause = 0; cause < TLB_MISS_CAUSES; cause++)
        fields[2 + cause] = (struct field){
            tlb_miss_cause_name((enum tlb_miss_cause)cause),
            unknown ? json_null() : number(side->causes[cause]),
        };
    return object_of(fields, FIELDS(fields));
}

static json_t *tlb_json(const struct stats *stats)
{
    const struct mmu_counts *tlb = &stats->tlb;
    const struct tlb_misses *misses = &stats->tlb_misses;
    const struct field fields[] = {
        {"lookups", number(tlb->lookups)},
        {"misses", number(tlb->misses)},
        {"flushes", number(tlb->flushes)},
        {"page_invalidations", number(tlb->page_invalidations)},
        {"code", tlb_side_json(&misses->code, misses->unknown)},
        {"data", tlb_side_json(&misses->data, misses->unknown)},
    };

    return object_of(fields, FIELDS(fields));
}

static json_t *clocks_json(const struct stats *stats)
{
    const struct clocks *clocks = &stats->clocks;
    const struct field fields[] = {
        {"execute", number(clocks->execute)}, {"walk", number(clocks->walk)},
        {"trap", number(clocks->trap)},       {"fork", number(clocks->fork)},
        {"service", number(clocks->service)},
    };

    return object_of(fields, FIELDS(fields));
}

/* Of no fork at all there are two nulls, so that the names are the same in
 * every run. */
static json_t *fork_latency_json(const struct stats *stats)
{
    bool any = stats->forks_timed != 0;
    const struct field fields[] = {
        {"median", any ? number(stats->fork_median) : json_null()},
        {"worst", any ? number(stats->fork_worst) : json_null()},
    };

    return object_of(fields, FIELDS(fields));
}

static json_t *geometry_json(const struct mmu_tlb_geometry *geometry)
{
    const struct field fields[] = {
        {"entries", number(geometry->entries)},
        {"ways", number(geometry->ways)},
        {"policy", json_string(tlb_policy_name(geometry->policy))},
        {"seed", geometry->policy == MMU_TLB_RANDOM ? number(geometry->seed)
                                                    : json_null()},
    };

    return object_of(fields, FIELDS(fields));
}

/* A TLB that the processor does not have is null. */
static json_t *geometries_json(const struct stats_parameters *parameters)
{
    const struct field fields[] = {
        {"data", geometry_json(&parameters->data_tlb)},
        {"code", parameters->code_tlb.entries != 0
                     ? geometry_json(&parameters->code_tlb)
                     : json_null()},
        {"large", parameters->large_tlb.entries != 0
                      ? geometry_json(&parameters->large_tlb)
                      : json_null()},
    };

    return object_of(fields, FIELDS(fields));
}

/* Those that are not the processor's own. */
static json_t *costs_json(const uint32_t *costs)
{
    struct field fields[COSTS];
    size_t count = 0;

    for (int cost = 0; cost < COSTS; cost++)
        if (costs[cost] != COST_DEFAULT)
            fields[count++] = (struct field){cost_row_of((enum cost)cost)->name,
                                             number(costs[cost])};
    return object_of(fields, count);
}

static json_t *parameters_json(const struct stats *stats)
{
    const struct stats_parameters *parameters = &stats->parameters;
    bool clocked = stats->clocked;
    const struct field fields[] = {
        {"cpu", string(stats->cpu)},
        {"fork", string(stats->policy)},
        {"ram_frames", number(stats->ram_frames)},
        {"functional", json_boolean(!clocked)},
        {"tlb", clocked ? geometries_json(parameters) : json_null()},
        {"wait_states",
         clocked ? number(parameters->wait_states) : json_null()},
        {"costs", clocked ? costs_json(parameters->costs) : json_null()},
    };

    return object_of(fields, FIELDS(fields));
}

json_t *stats_json(const struct stats *stats)
{
    const struct field fields[] = {
        {"program", string(stats->program)},
        {"policy", string(stats->policy)},
        {"cpu", string(stats->cpu)},
        {"exit_status", number((uint64_t)stats->exit_status)},
        {"instructions",
         stats->clocked ? number(stats->instructions) : json_null()},
        {"cycles", stats->clocked ? number(stats->cycles) : json_null()},
        {"forks", number(stats->forks)},
        {"processes", number(stats->processes)},
        {"faults", faults_json(&stats->faults)},
        {"frames", frames_json(stats)},
        {"tables", tables_json(&stats->tables)},
        {"tlb", stats->clocked ? tlb_json(stats) : json_null()},
        {"clocks", stats->clocked ? clocks_json(stats) : json_null()},
        {"fork_latency",
         stats->clocked ? fork_latency_json(stats) : json_null()},
        {"fault_clocks",
         stats->clocked ? number(stats->fault_clocks) : json_null()},
        {"uncited_instructions",
         stats->clocked ? number(stats->uncited) : json_null()},
        {"parameters", parameters_json(stats)},
    };

    return object_of(fields, FIELDS(fields));
}
