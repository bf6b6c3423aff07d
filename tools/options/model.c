/* model.c: the options that say which machine it is, and how its kernel
 * forks. */
#include "options/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "values.h"

#define RAM_LOWEST  (256ull << 10)
#define RAM_HIGHEST (3ull << 30)

/* ---- fork ---- */

static bool add_policy(struct options *options, const char *option,
                       const char *name)
{
    const struct mmu_fork_policy *policy = read_policy(option, name);

    if (policy == NULL)
        return false;
    for (uint32_t i = 0; i < options->policy_count; i++) {
        if (options->policies[i] == policy) {
            complain(option, "%s is named twice", name);
            return false;
        }
    }
    if (options->policy_count == POLICIES_MAX) {
        complain(option, "more than %u policies", POLICIES_MAX);
        return false;
    }
    options->policies[options->policy_count++] = policy;
    return true;
}

static bool set_fork(void *to, const char *value)
{
    struct options *options = to;

    options->policy_count = 0;
    return add_policy(options, "--fork", value);
}

static bool set_policies(void *to, const char *value)
{
    struct options *options = to;
    char *names = strdup(value);
    char *rest = names;
    char *name;
    bool good = names != NULL;

    options->policy_count = 0;
    while (good && (name = strsep(&rest, ",")) != NULL)
        good = add_policy(options, "--policies", name);
    free(names);
    return good;
}

static const struct option_row fork_rows[] = {
    {"fork", 0, "POLICY",
     "how fork clones memory: eager copies it, cow shares it until a\n"
     "write (default cow)",
     .of_trace =
         "how fork clones memory: eager copies it, cow shares it until a\n"
         "write (default: as it was recorded, else cow)",
     .set = set_fork, .value_at = policy_value},
};

static const struct option_row policies_rows[] = {
    {"policies", 0, "POLICIES",
     "the fork policies to compare, with commas between them\n"
     "(default eager,cow)",
     .set = set_policies, .value_at = policy_value, .listed = true},
};

const struct option_group fork_options = {OPTION_GROUP(fork_rows)};
const struct option_group policies_options = {OPTION_GROUP(policies_rows)};

/* ---- the machine ---- */

static bool set_cpu(void *to, const char *value)
{
    const struct mmu_generation **generation = to;

    *generation = read_cpu(value);
    return *generation != NULL;
}

static bool set_tlb(void *to, const char *value)
{
    return read_tlb(value, to);
}

/* The bytes of a unit by its letter; 0 where it is none. */
static unsigned long long unit_bytes(const char *unit)
{
    if (unit[0] == '\0')
        return 1;
    if (unit[1] != '\0')
        return 0;
    switch (unit[0]) {
    case 'k':
    case 'K':
        return 1ull << 10;
    case 'm':
    case 'M':
        return 1ull << 20;
    case 'g':
    case 'G':
        return 1ull << 30;
    default:
        return 0;
    }
}

static bool set_ram(void *to, const char *value)
{
    uint32_t *ram_frames = to;
    char *unit;

    errno = 0;

    unsigned long long count = strtoull(value, &unit, 10);
    unsigned long long each = unit_bytes(unit);

    if (value[0] < '0' || value[0] > '9' || each == 0) {
        complain("--ram",
                 "%.64s: not a size (a number of bytes, with K, M or G of its "
                 "units)",
                 value);
        return false;
    }
    if (errno != 0 || count > RAM_HIGHEST / each || count * each < RAM_LOWEST) {
        complain("--ram", "%.64s: out of range (256K to 3G)", value);
        return false;
    }
    *ram_frames =
        (uint32_t)((count * each + MMU_PAGE_SIZE - 1) / MMU_PAGE_SIZE);
    return true;
}

/* Over an older value of the same cost. */
static bool set_cost(void *to, const char *value)
{
    return read_cost(value, to);
}

static bool set_wait_states(void *to, const char *value)
{
    return read_wait_states(value, to);
}

static const struct option_row processor_rows[] = {
    {"cpu", 0, "CPU", "the processor: i386, i486 or pentium (default i386)",
     .of_trace = "the processor: i386, i486 or pentium (default: as it was\n"
                 "recorded, else i386)",
     .set = set_cpu, .at = offsetof(struct options, generation),
     .value_at = cpu_value},
    {"tlb", 0, "ENTRIES,WAYS,POLICY",
     "the TLB for 4 KiB pages instead of the processor's own, on a\n"
     "pentium both of them; POLICY, which names the entry that goes,\n"
     "is pointer, plru, lru, random or random:SEED (default 1)",
     .set = set_tlb, .at = offsetof(struct options, tlb)},
};

static const struct option_row functional_rows[] = {
    {"functional", 0, NULL, "run faster, without the clock and without a TLB",
     .set = option_unflag, .at = offsetof(struct options, clocked)},
};

static const struct option_row memory_rows[] = {
    {"ram", 0, "SIZE",
     "memory in bytes, or in K, M or G of 1024, 1024^2, 1024^3 bytes:\n"
     "256K to 3G (default 64M)",
     .of_trace =
         "memory in bytes, or in K, M or G of 1024, 1024^2, 1024^3 bytes:\n"
         "256K to 3G (default: as it was recorded, else 64M)",
     .set = set_ram, .at = offsetof(struct options, ram_frames)},
    {"cost", 0, "NAME=CLOCKS",
     "set what a piece of the kernel's work costs; may be repeated,\n"
     "the last of a name counts; --cost=help lists them",
     .set = set_cost, .at = offsetof(struct options, costs), .repeatable = true,
     .list = print_costs, .value_at = cost_value},
    {"wait-states", 0, "N",
     "wait states of each bus cycle of a page walk: 0 to 255\n"
     "(default 0)",
     .of_trace = "wait states of each bus cycle of a page walk: 0 to 255\n"
                 "(default: as it was recorded, else 0)",
     .set = set_wait_states, .at = offsetof(struct options, wait_states)},
};

const struct option_group processor_options = {OPTION_GROUP(processor_rows)};
const struct option_group functional_options = {OPTION_GROUP(functional_rows)};
const struct option_group memory_options = {OPTION_GROUP(memory_rows)};
