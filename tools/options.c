/* options.c: what the subcommands that make a machine have in common in their
 * command lines: the defaults, and what goes with what. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "outputchoice.h"

#define RAM_DEFAULT (64ull << 20)

bool options_set_variable(void *options, const char *variable)
{
    size_t name_bytes = strcspn(variable, "=");
    char **at = ((struct options *)options)->environment;

    if (name_bytes == 0 || variable[name_bytes] == '\0') {
        complain("--env", "%.64s: not of the form NAME=VALUE", variable);
        return false;
    }
    while (*at != NULL && strncmp(*at, variable, name_bytes + 1) != 0)
        at++;
    *at = (char *)variable;
    return true;
}

static bool defaults(struct options *options, int argc)
{
    options->generation = mmu_generation_of(MMU_GENERATION_I386);
    options->clocked = true;
    options->sandbox = true;
    options->ram_frames = (uint32_t)(RAM_DEFAULT / MMU_PAGE_SIZE);
    options->input.waiting = complain_of_waiting;
    for (int cost = 0; cost < COSTS; cost++)
        options->costs[cost] = COST_DEFAULT;
    if (options->policy_count == 0)
        options->policies[options->policy_count++] = &mmu_fork_cow;
    options->environment = calloc((size_t)argc + 2, sizeof(char *));
    if (options->environment == NULL) {
        complain("options", "%s", strerror(ENOMEM));
        return false;
    }
    return options_set_variable(options, "PATH=/usr/bin:/bin");
}

void options_apply_tlb(struct options *options)
{
    if (options->tlb.entries == 0)
        return;
    options->own_generation = *options->generation;
    options->own_generation.data_tlb = options->tlb;
    if (options->own_generation.code_tlb.entries != 0)
        options->own_generation.code_tlb = options->tlb;
    options->generation = &options->own_generation;
}

/* The trace is read once for each policy. */
static bool trace_goes_with(const struct options *options)
{
    if (strcmp(options->program[0], "-") != 0 || options->policy_count == 1)
        return true;
    complain("-", "each policy would have to read it anew");
    return false;
}

/* ---- what goes with what ---- */

/* An option that would do nothing with, or without, another one is refused, not
 * ignored. */
struct clash {
    const char *option, *other;
    bool needs; /* `option` does nothing without `other`, where there is such an
                   option; else: with it */
    const char *why;
};

#define NO_CYCLES "there are no cycles with --functional"
#define OF_TRACES "is for traces, which --replay takes"

static const struct clash clashes[] = {
    {"profile", "functional", false, NO_CYCLES},
    {"cost", "functional", false, NO_CYCLES},
    {"wait-states", "functional", false, NO_CYCLES},
    {"tlb", "functional", false, "there is no TLB with --functional"},
    {"trace", "functional", false,
     "accesses are not told of with --functional"},
    {"quiet", "verbose", false, "does not go with --verbose"},
    {"color", "profile", true, "is the profile's, which --profile writes"},
    {"jobs", "profile", false, "does not go with --profile"},
    {"functional", "replay", false, "a trace is replayed with the clock"},
    {"profile", "replay", false, "a trace has no symbols"},
    {"root", "replay", false, "a trace opens no files"},
    {"root-as", "root", true, "is about --root"},
    {"max-instructions", "replay", false, "a trace has its own end"},
    {"max-seconds", "replay", false, "a trace has its own end"},
    {"max-processes", "replay", false, "a trace has the processes that it has"},
    {"env", "replay", false, "a trace has no environment"},
    {"argv0", "replay", false, "a trace has its arguments"},
    {"map", "replay", true, OF_TRACES},
    {"input", "replay", true, OF_TRACES},
    {"fold64", "replay", true, OF_TRACES},
};

/* Whether there is a file that --force could be about. */
static bool writes_files(const struct options *options)
{
    return options->stats != NULL || options->profile != NULL ||
           options->log != NULL || options->trace != NULL ||
           options->output != NULL;
}

static bool all_do_something(const struct options *options,
                             const struct command_line *line)
{
    for (size_t i = 0; i < sizeof(clashes) / sizeof(clashes[0]); i++) {
        const struct clash *clash = &clashes[i];

        if (command_line_takes(line, clash->other) &&
            option_given(&options->given, clash->option) &&
            option_given(&options->given, clash->other) != clash->needs)
            return option_wrong(clash->option, clash->why);
    }
    if (options->formats_profile && options->profile == NULL)
        return option_wrong("format",
                            "is the profile's, which --profile writes");
    return !options->force || writes_files(options) || force_is_idle();
}

/* Whether the words that were read make a whole; tells what does not. */
static bool settle(struct options *options, const struct command_line *line)
{
    if (!all_do_something(options, line))
        return false;
    if (options->replay && options->program[1] != NULL) {
        complain(options->program[1], "a trace takes no arguments");
        return false;
    }
    output_spare(options->program[0], options->replay
                                          ? "is the trace itself"
                                          : "is the program itself");
    if (options->replay)
        return trace_goes_with(options);
    options_apply_tlb(options);
    return true;
}

enum options_outcome options_read(struct options *options,
                                  const struct command_line *line, int argc,
                                  char *argv[])
{
    enum options_outcome outcome;

    if (!defaults(options, argc))
        return OPTIONS_WRONG;
    outcome = command_line_read(line, argc, argv, options, &options->given,
                                &options->program);
    if (outcome == OPTIONS_GO && options->program[0] == NULL) {
        complain_of_missing_word(line);
        outcome = OPTIONS_WRONG;
    }
    if (outcome == OPTIONS_GO && !settle(options, line))
        outcome = OPTIONS_WRONG;
    if (outcome != OPTIONS_GO)
        options_free(options);
    return outcome;
}

void options_free(struct options *options)
{
    free(options->environment);
    options->environment = NULL;
}
