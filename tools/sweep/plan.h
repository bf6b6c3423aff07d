/* plan.h: the jobs of a sweep: each trace under each combination of the varied
 * options. */
#ifndef MMU386_SWEEP_PLAN_H
#define MMU386_SWEEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>

/* An option of `replay` that a sweep hands on. */
struct sweep_option {
    const char *name;
    const char *argument; /* as --help calls it; NULL: takes none */
    bool keyed; /* NAME=KEY=VALUE: each key is an option of its own, called
                   NAME=KEY */
    bool (*good)(const char *argument); /* complains where it is not; NULL: the
                                           job is to tell */
    const char *help;
    const char *(*value_at)(unsigned number); /* as in struct option_row */
};

/* The option of this number, from 0; NULL after the last. */
const struct sweep_option *sweep_option_at(size_t number);

#define SWEEP_AXES_MAX    16u
#define SWEEP_CHOICES_MAX 64u
#define SWEEP_JOBS_MAX    1000000u

/* One option as a job has it: --NAME=VALUE. */
struct sweep_choice {
    char *name;
    char *value; /* NULL: it takes none */
};

/* The options of one job, sorted by name, each name once. The texts are the
 * plan's. */
struct sweep_choices {
    struct sweep_choice at[SWEEP_CHOICES_MAX];
    size_t count;
};

struct sweep_axis {
    char *name;
    char **values;
    size_t count;
};

struct sweep_plan {
    struct sweep_choices fixed;
    struct sweep_axis axes[SWEEP_AXES_MAX]; /* as they were given */
    size_t axis_count;
};

/* Adds an axis: "tlb=16,4,lru|32,4,pointer". False where that is no good,
 * having told why. */
bool sweep_plan_vary(struct sweep_plan *plan, const char *text);

/* Fixes option `option` at `value`, over an older value. False as above. */
bool sweep_plan_fix(struct sweep_plan *plan, const struct sweep_option *option,
                    const char *value);

/* Checks the whole of it, for so many traces. False where that is no good,
 * having told why. */
bool sweep_plan_settle(const struct sweep_plan *plan, size_t traces);

/* How many combinations there are of the values, 1 where nothing varies. */
size_t sweep_plan_combinations(const struct sweep_plan *plan);

/* The options of a combination, from 0: the last axis varies first. */
void sweep_plan_choices(const struct sweep_plan *plan, size_t combination,
                        struct sweep_choices *choices);

void sweep_plan_free(struct sweep_plan *plan);

/* The options as a shell reads them, "--fork=cow --tlb=16,4,lru"; equal where
 * the options are. To be freed; NULL where memory is short. */
char *sweep_choices_text(const struct sweep_choices *choices);

/* What to run a job with, argv[0] first: `leading`, which ends with NULL, the
 * options, "--" and the trace. One block, to be freed as a whole; NULL where
 * memory is short. */
char **sweep_choices_arguments(const struct sweep_choices *choices,
                               const char *const leading[], const char *trace);

#endif
