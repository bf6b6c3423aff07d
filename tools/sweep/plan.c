/* plan.c: see plan.h. */
#include "sweep/plan.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fork.h"
#include "paging.h"
#include "shellword.h"
#include "values.h"

/* ---- the options ---- */

static bool good_fork(const char *argument)
{
    return read_policy("--fork", argument) != NULL;
}

static bool good_cpu(const char *argument)
{
    return read_cpu(argument) != NULL;
}

static bool good_tlb(const char *argument)
{
    struct mmu_tlb_geometry geometry;

    return read_tlb(argument, &geometry);
}

static bool good_cost(const char *argument)
{
    uint32_t costs[COSTS];

    return read_cost(argument, costs);
}

static bool good_wait_states(const char *argument)
{
    uint32_t wait_states;

    return read_wait_states(argument, &wait_states);
}

static bool good_input(const char *argument)
{
    enum trace_format format;

    return trace_format_named(argument, &format) ||
           complain_of_value("--input", argument, "form", input_value);
}

static bool good_map(const char *argument)
{
    return strcmp(argument, "touch") == 0 || strcmp(argument, "strict") == 0 ||
           complain_of_value("--map", argument, "way", map_value);
}

static const struct sweep_option options[] = {
    {"fork", "POLICY", false, good_fork, "how fork clones memory: eager or cow",
     policy_value},
    {"cpu", "CPU", false, good_cpu, "the processor: i386, i486 or pentium",
     cpu_value},
    {"tlb", "ENTRIES,WAYS,POLICY", false, good_tlb, "the TLB for 4 KiB pages",
     NULL},
    {"ram", "SIZE", false, NULL, "memory in bytes, or in K, M or G", NULL},
    {"cost", "NAME=CLOCKS", true, good_cost,
     "what a piece of the kernel's work costs; `run --cost=help'\n"
     "lists them. To vary one: --vary='cost=trap=99|50'",
     cost_value},
    {"wait-states", "N", false, good_wait_states,
     "wait states of each bus cycle of a page walk", NULL},
    {"input", "FORM", false, good_input,
     "what the traces are: auto, native, text, lackey or din", input_value},
    {"fold64", NULL, false, NULL, "rename 64-bit addresses into 32 bits", NULL},
    {"map", "WAY", false, good_map,
     "what an access outside of any mapping does: touch makes one,\n"
     "strict faults",
     map_value},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

const struct sweep_option *sweep_option_at(size_t number)
{
    return number < OPTIONS ? &options[number] : NULL;
}

static bool no_memory(void)
{
    complain("sweep", "%s", strerror(ENOMEM));
    return false;
}

/* ---- choices ---- */

static void choice_free(struct sweep_choice *choice)
{
    free(choice->name);
    free(choice->value);
}

/* Puts a choice at its place among the others, or over the one of its name,
 * which is handed back in *choice. False where there is no room. */
static bool choices_put(struct sweep_choices *choices,
                        struct sweep_choice *choice)
{
    size_t at = 0;

    while (at < choices->count &&
           strcmp(choices->at[at].name, choice->name) < 0)
        at++;
    if (at < choices->count &&
        strcmp(choices->at[at].name, choice->name) == 0) {
        struct sweep_choice old = choices->at[at];

        choices->at[at] = *choice;
        *choice = old;
        return true;
    }
    if (choices->count == SWEEP_CHOICES_MAX)
        return false;
    memmove(&choices->at[at + 1], &choices->at[at],
            (choices->count - at) * sizeof(choices->at[0]));
    choices->at[at] = *choice;
    choices->count++;
    *choice = (struct sweep_choice){0};
    return true;
}

/* The bytes of the name in "tlb=32,4,lru" or "cost=trap=99"; 0 where there is
 * no such option. */
static size_t name_bytes(const char *text, const struct sweep_option **option)
{
    size_t bytes = strcspn(text, "=");

    for (size_t i = 0; i < OPTIONS; i++) {
        if (strlen(options[i].name) != bytes ||
            strncmp(options[i].name, text, bytes) != 0)
            continue;
        *option = &options[i];
        if (options[i].keyed && text[bytes] == '=')
            bytes += 1 + strcspn(text + bytes + 1, "=");
        return bytes;
    }
    return 0;
}

/* Whether an option may have that value: of a keyed one, NAME holds the key. */
static bool value_good(const struct sweep_option *option, const char *name,
                       const char *value)
{
    char *argument;
    bool good;

    if (option->good == NULL)
        return true;
    if (!option->keyed)
        return option->good(value);
    if (asprintf(&argument, "%s=%s", name + strlen(option->name) + 1, value) ==
        -1)
        return no_memory();
    good = option->good(argument);
    free(argument);
    return good;
}

bool sweep_plan_fix(struct sweep_plan *plan, const struct sweep_option *option,
                    const char *value)
{
    struct sweep_choice choice = {0};
    size_t key_bytes = 0;
    bool good;

    if (option->good != NULL && !option->good(value))
        return false;
    if (option->keyed)
        key_bytes = strcspn(value, "=");
    if (asprintf(&choice.name, "%s%s%.*s", option->name,
                 option->keyed ? "=" : "", (int)key_bytes,
                 option->keyed ? value : "") == -1)
        return no_memory();
    if (option->argument != NULL &&
        (choice.value =
             strdup(option->keyed ? value + key_bytes + 1 : value)) == NULL) {
        free(choice.name);
        return no_memory();
    }
    good = choices_put(&plan->fixed, &choice);
    choice_free(&choice);
    if (!good)
        complain(option->name, "more than %u options", SWEEP_CHOICES_MAX);
    return good;
}

/* ---- axes ---- */

static bool vary_wrong(const char *name, const char *why)
{
    complain("--vary", "%.64s: %s", name, why);
    return false;
}

/* Adds what is before the next '|', and moves *at behind that. */
static bool add_value(struct sweep_axis *axis,
                      const struct sweep_option *option, const char **at)
{
    size_t bytes = strcspn(*at, "|");
    char **values = realloc(axis->values, (axis->count + 1) * sizeof(*values));
    char *value;

    if (values == NULL)
        return no_memory();
    axis->values = values;
    if (bytes == 0)
        return vary_wrong(axis->name, "has an empty value");
    value = strndup(*at, bytes);
    if (value == NULL)
        return no_memory();
    axis->values[axis->count++] = value;
    for (size_t i = 0; i + 1 < axis->count; i++) {
        if (strcmp(axis->values[i], value) == 0) {
            complain("--vary", "%.64s: has the value %.64s twice", axis->name,
                     value);
            return false;
        }
    }
    *at += bytes + ((*at)[bytes] == '|' ? 1 : 0);
    return value_good(option, axis->name, value);
}

bool sweep_plan_vary(struct sweep_plan *plan, const char *text)
{
    const struct sweep_option *option = NULL;
    size_t bytes = name_bytes(text, &option);
    struct sweep_axis *axis = &plan->axes[plan->axis_count];
    const char *at = text + bytes;

    if (option == NULL) {
        complain(
            "--vary",
            "%.*s: no such option of replay (mmu386 sweep --help lists them)",
            (int)strcspn(text, "="), text);
        return false;
    }
    if (option->argument == NULL)
        return vary_wrong(option->name, "takes no value that could vary");
    if (*at != '=')
        return vary_wrong(text, option->keyed
                                    ? "not of the form NAME=KEY=VALUE|VALUE..."
                                    : "not of the form NAME=VALUE|VALUE...");
    if (plan->axis_count == SWEEP_AXES_MAX)
        return vary_wrong(text, "there are too many others");
    axis->name = strndup(text, bytes);
    if (axis->name == NULL)
        return no_memory();
    plan->axis_count++;
    for (size_t i = 0; i + 1 < plan->axis_count; i++)
        if (strcmp(plan->axes[i].name, axis->name) == 0)
            return vary_wrong(axis->name, "is varied twice");
    at++;
    do {
        if (!add_value(axis, option, &at))
            return false;
    } while (at[-1] == '|');
    return true;
}

bool sweep_plan_settle(const struct sweep_plan *plan, size_t traces)
{
    size_t jobs = traces;

    for (size_t i = 0; i < plan->axis_count; i++) {
        for (size_t j = 0; j < plan->fixed.count; j++)
            if (strcmp(plan->axes[i].name, plan->fixed.at[j].name) == 0)
                return vary_wrong(plan->axes[i].name,
                                  "is given a fixed value, too");
        jobs = jobs > SWEEP_JOBS_MAX ? jobs : jobs * plan->axes[i].count;
    }
    if (jobs > SWEEP_JOBS_MAX) {
        complain("sweep", "more than %u jobs", SWEEP_JOBS_MAX);
        return false;
    }
    if (plan->fixed.count + plan->axis_count > SWEEP_CHOICES_MAX) {
        complain("sweep", "more than %u options", SWEEP_CHOICES_MAX);
        return false;
    }
    return true;
}

size_t sweep_plan_combinations(const struct sweep_plan *plan)
{
    size_t combinations = 1;

    for (size_t i = 0; i < plan->axis_count; i++)
        combinations *= plan->axes[i].count;
    return combinations;
}

void sweep_plan_choices(const struct sweep_plan *plan, size_t combination,
                        struct sweep_choices *choices)
{
    *choices = plan->fixed;
    for (size_t i = plan->axis_count; i-- > 0;) {
        const struct sweep_axis *axis = &plan->axes[i];
        struct sweep_choice choice = {
            .name = axis->name,
            .value = axis->values[combination % axis->count]};

        combination /= axis->count;
        /* sweep_plan_settle saw that there is room */
        (void)choices_put(choices, &choice);
    }
}

void sweep_plan_free(struct sweep_plan *plan)
{
    for (size_t i = 0; i < plan->axis_count; i++) {
        for (size_t j = 0; j < plan->axes[i].count; j++)
            free(plan->axes[i].values[j]);
        free((void *)plan->axes[i].values);
        free(plan->axes[i].name);
    }
    for (size_t i = 0; i < plan->fixed.count; i++)
        choice_free(&plan->fixed.at[i]);
    *plan = (struct sweep_plan){0};
}

/* ---- as words ---- */

/* The bytes of --NAME=VALUE, with the NUL. */
static size_t word_bytes(const struct sweep_choice *choice)
{
    return strlen(choice->name) +
           (choice->value != NULL ? strlen(choice->value) + 1 : 0) + 3;
}

static void word_write(char *word, const struct sweep_choice *choice)
{
    (void)snprintf(word, word_bytes(choice), "--%s%s%s", choice->name,
                   choice->value != NULL ? "=" : "",
                   choice->value != NULL ? choice->value : "");
}

char *sweep_choices_text(const struct sweep_choices *choices)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = open_memstream(&text, &bytes);
    bool good = file != NULL;

    for (size_t i = 0; good && i < choices->count; i++) {
        char *word = malloc(word_bytes(&choices->at[i]));

        good = word != NULL;
        if (!good)
            break;
        word_write(word, &choices->at[i]);
        if (i != 0)
            fputc(' ', file);
        shellword_write(file, word);
        free(word);
    }
    if (file != NULL && fclose(file) != 0)
        good = false;
    if (!good) {
        free(text);
        text = NULL;
    }
    return text;
}

char **sweep_choices_arguments(const struct sweep_choices *choices,
                               const char *const leading[], const char *trace)
{
    size_t count = 0, bytes = 0, at = 0;
    char **arguments;
    char *words;

    while (leading[count] != NULL)
        count++;
    for (size_t i = 0; i < choices->count; i++)
        bytes += word_bytes(&choices->at[i]);
    arguments =
        malloc((count + choices->count + 3) * sizeof(*arguments) + bytes);
    if (arguments == NULL)
        return NULL;
    words = (char *)(arguments + count + choices->count + 3);
    for (; at < count; at++)
        arguments[at] = (char *)leading[at];
    for (size_t i = 0; i < choices->count; i++) {
        arguments[at++] = words;
        word_write(words, &choices->at[i]);
        words += word_bytes(&choices->at[i]);
    }
    arguments[at++] = (char *)"--";
    arguments[at++] = (char *)trace;
    arguments[at] = NULL;
    return arguments;
}
