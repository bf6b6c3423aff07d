/* values.c: see values.h. */
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "machine/clock.h"
#include "tlb.h"

/* Reads digits and what follows them, `end`. False where they are not there, or
 * too many. */
static bool read_number(const char **at, uint64_t most, char end,
                        uint64_t *number)
{
    char *rest;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *number = strtoull(*at, &rest, 10);
    if (errno != 0 || *number > most || *rest != end)
        return false;
    *at = end != '\0' ? rest + 1 : rest;
    return true;
}

bool read_count(const char *text, uint64_t most, uint64_t *number)
{
    return read_number(&text, most, '\0', number);
}

/* The same of a smaller number. */
static bool read_small(const char *text, uint32_t highest, uint32_t *number)
{
    uint64_t value;

    if (!read_count(text, highest, &value))
        return false;
    *number = (uint32_t)value;
    return true;
}

bool complain_of_value(const char *option, const char *value, const char *what,
                       const char *(*value_at)(unsigned number))
{
    char names[400] = "";
    size_t at = 0;

    for (unsigned i = 0; value_at(i) != NULL && at < sizeof(names); i++) {
        const char *between = value_at(i + 1) == NULL ? " and " : ", ";

        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
                               i == 0 ? "" : between, value_at(i));
    }
    complain(option, "%.64s: no such %s (there are %s)", value, what, names);
    return false;
}

const char *policy_value(unsigned number)
{
    static const struct mmu_fork_policy *const policies[] = {&mmu_fork_eager,
                                                             &mmu_fork_cow};

    return number < 2 ? policies[number]->name : NULL;
}

const struct mmu_fork_policy *read_policy(const char *option, const char *name)
{
    const struct mmu_fork_policy *policy = mmu_fork_policy_named(name);

    if (policy == NULL)
        (void)complain_of_value(option, name, "policy", policy_value);
    return policy;
}

const char *cpu_value(unsigned number)
{
    return number < MMU_GENERATIONS
               ? mmu_generation_of((enum mmu_generation_id)number)->name
               : NULL;
}

const struct mmu_generation *read_cpu(const char *name)
{
    const struct mmu_generation *generation = mmu_generation_named(name);

    if (generation == NULL)
        (void)complain_of_value("--cpu", name, "processor", cpu_value);
    return generation;
}

/* POLICY of --tlb, with its seed. */
static bool read_tlb_policy(const char *text, struct mmu_tlb_geometry *geometry)
{
    static const char *const names[] = {[MMU_TLB_POINTER] = "pointer",
                                        [MMU_TLB_PLRU] = "plru",
                                        [MMU_TLB_LRU] = "lru",
                                        [MMU_TLB_RANDOM] = "random"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            geometry->policy = (enum mmu_tlb_policy)i;
            return true;
        }
    }
    if (strncmp(text, "random:", 7) != 0)
        return false;
    text += 7;
    geometry->policy = MMU_TLB_RANDOM;
    return read_number(&text, UINT64_MAX, '\0', &geometry->seed) &&
           geometry->seed != 0;
}

bool read_tlb(const char *value, struct mmu_tlb_geometry *chosen)
{
    const char *at = value;
    struct mmu_tlb_geometry geometry = {.seed = 1};
    uint64_t entries, ways;

    if (!read_number(&at, UINT32_MAX, ',', &entries) ||
        !read_number(&at, UINT32_MAX, ',', &ways) ||
        !read_tlb_policy(at, &geometry)) {
        complain("--tlb",
                 "%.64s: not of the form ENTRIES,WAYS,POLICY (pointer, plru, "
                 "lru, random or "
                 "random:SEED, SEED from 1)",
                 value);
        return false;
    }
    geometry.entries = (uint32_t)entries;
    geometry.ways = (uint32_t)ways;
    if (!mmu_tlb_geometry_valid(geometry)) {
        complain("--tlb",
                 "%.64s: no such TLB (both are powers of two, ENTRIES up to "
                 "%u, WAYS up to "
                 "ENTRIES, with plru up to %u, with pointer up to %u)",
                 value, MMU_TLB_MAX_ENTRIES, MMU_TLB_PLRU_MAX_WAYS,
                 MMU_TLB_POINTER_MAX_WAYS);
        return false;
    }
    *chosen = geometry;
    return true;
}

/* The first `name_bytes` of `name`, 64 at most, are none. */
static bool no_such_cost(size_t name_bytes, const char *name)
{
    char names[512] = "";
    size_t at = 0;

    for (int cost = 0; cost < COSTS; cost++)
        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s",
                               cost == 0 ? "" : ", ",
                               cost_row_of((enum cost)cost)->name);
    complain("--cost", "%.*s: no such cost (there are %s)",
             name_bytes < 64 ? (int)name_bytes : 64, name, names);
    return false;
}

bool read_cost(const char *value, uint32_t costs[COSTS])
{
    char name[32];
    size_t name_bytes = strcspn(value, "=");
    enum cost cost;

    if (value[name_bytes] == '\0') {
        complain("--cost", "%.64s: not of the form NAME=CLOCKS", value);
        return false;
    }
    if (name_bytes >= sizeof(name))
        return no_such_cost(name_bytes, value);
    memcpy(name, value, name_bytes);
    name[name_bytes] = '\0';
    cost = cost_named(name);
    if (cost == COSTS)
        return no_such_cost(name_bytes, value);
    if (read_small(value + name_bytes + 1, COST_HIGHEST, &costs[cost]))
        return true;
    complain("--cost", "%s: %.64s: not a number of clocks, 0 to %u", name,
             value + name_bytes + 1, COST_HIGHEST);
    return false;
}

/* "trap=", and so on. */
const char *cost_value(unsigned number)
{
    static char value[40];

    if (number >= COSTS)
        return NULL;
    (void)snprintf(value, sizeof(value),
                   "%s=", cost_row_of((enum cost)number)->name);
    return value;
}

bool read_wait_states(const char *value, uint32_t *wait_states)
{
    if (read_small(value, WAIT_STATES_HIGHEST, wait_states))
        return true;
    complain("--wait-states", "%.64s: not a number, 0 to %u", value,
             WAIT_STATES_HIGHEST);
    return false;
}

bool read_limit(const char *option, const char *value, uint64_t most,
                uint64_t *limit)
{
    if (read_count(value, most, limit) && *limit != 0)
        return true;
    complain(option, "%.64s: not a number, 1 to %" PRIu64, value, most);
    return false;
}

static const char *const formats[] = {
    [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};

const char *format_value(unsigned number)
{
    return number < sizeof(formats) / sizeof(formats[0]) ? formats[number]
                                                         : NULL;
}

bool read_format(const char *value, enum format *format)
{
    for (unsigned i = 0; format_value(i) != NULL; i++) {
        if (strcmp(value, format_value(i)) == 0) {
            *format = (enum format)i;
            return true;
        }
    }
    return complain_of_value("--format", value, "format", format_value);
}

static const char *const trace_formats[] = {
    [TRACE_FORMAT_AUTO] = "auto", [TRACE_FORMAT_NATIVE] = "native",
    [TRACE_FORMAT_TEXT] = "text", [TRACE_FORMAT_LACKEY] = "lackey",
    [TRACE_FORMAT_DIN] = "din",
};

const char *input_value(unsigned number)
{
    return number < sizeof(trace_formats) / sizeof(trace_formats[0])
               ? trace_formats[number]
               : NULL;
}

bool trace_format_named(const char *name, enum trace_format *format)
{
    for (unsigned i = 0; input_value(i) != NULL; i++) {
        if (strcmp(name, input_value(i)) == 0) {
            *format = (enum trace_format)i;
            return true;
        }
    }
    return false;
}

const char *trace_format_name(enum trace_format format)
{
    return trace_formats[format];
}

bool read_input(const char *value, enum trace_format *format)
{
    return trace_format_named(value, format) ||
           complain_of_value("--input", value, "format", input_value);
}

const char *map_value(unsigned number)
{
    static const char *const ways[] = {"touch", "strict"};

    return number < 2 ? ways[number] : NULL;
}

bool option_format(void *to, const char *value)
{
    return read_format(value, to);
}

bool option_input(void *to, const char *value)
{
    return read_input(value, to);
}

void print_costs(void)
{
    printf("%-10s", "cost");
    for (int i = 0; i < MMU_GENERATIONS; i++)
        printf("  %7s", mmu_generation_of((enum mmu_generation_id)i)->name);
    puts("  clocks of");
    for (int cost = 0; cost < COSTS; cost++) {
        const struct cost_row *row = cost_row_of((enum cost)cost);

        printf("%-10s", row->name);
        for (int i = 0; i < MMU_GENERATIONS; i++)
            printf("  %7" PRIu32, row->clocks[i]);
        printf("  %s\n", row->what);
    }
}
