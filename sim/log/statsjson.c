/* statsjson.c: the counts of a run as JSON. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "log/stats.h"

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

static json_t *tlb_json(const struct mmu_counts *tlb)
{
    const struct field fields[] = {
        {"lookups", number(tlb->lookups)},
        {"misses", number(tlb->misses)},
        {"flushes", number(tlb->flushes)},
        {"page_invalidations", number(tlb->page_invalidations)},
    };

    return object_of(fields, FIELDS(fields));
}

static json_t *clocks_json(const struct clocks *clocks)
{
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
        {"tlb", stats->clocked ? tlb_json(&stats->tlb) : json_null()},
        {"clocks", stats->clocked ? clocks_json(&stats->clocks) : json_null()},
        {"fork_latency",
         stats->clocked ? fork_latency_json(stats) : json_null()},
        {"fault_clocks",
         stats->clocked ? number(stats->fault_clocks) : json_null()},
        {"uncited_instructions",
         stats->clocked ? number(stats->uncited) : json_null()},
    };

    return object_of(fields, FIELDS(fields));
}
