/* replaysession.c: a trace, replayed to its end in a fresh machine: see
 * session.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "linux/kernel.h"
#include "replay/replay.h"
#include "session.h"
#include "values.h"

/* A number that the trace tells; false where it tells none that is in range. */
static bool number_of(const struct replay *replay, const char *name,
                      uint32_t most, uint32_t *number)
{
    const char *value = replay_parameter(replay, name);
    uint64_t read;

    if (value == NULL || !read_count(value, most, &read))
        return false;
    *number = (uint32_t)read;
    return true;
}

static void take_costs(struct options *options, const struct replay *replay)
{
    for (int cost = 0; cost < COSTS; cost++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "cost.%s",
                       cost_row_of((enum cost)cost)->name);
        if (options->costs[cost] == COST_DEFAULT)
            (void)number_of(replay, name, COST_HIGHEST, &options->costs[cost]);
    }
}

/* What was not asked for is as it was when the trace was recorded. The TLB is
 * that of the recording's processor, so that another processor has its own. */
static bool take_parameters(struct options *options,
                            const struct replay *replay)
{
    const char *cpu = replay_parameter(replay, "cpu");
    const char *policy = replay_parameter(replay, "policy");
    const char *tlb = replay_parameter(replay, "tlb");
    uint32_t number;

    if (!option_given(&options->given, "cpu") && cpu != NULL &&
        mmu_generation_named(cpu) != NULL)
        options->generation = mmu_generation_named(cpu);
    if (!option_given(&options->given, "fork") && policy != NULL &&
        mmu_fork_policy_named(policy) != NULL)
        options->policies[0] = mmu_fork_policy_named(policy);
    if (!option_given(&options->given, "ram") &&
        number_of(replay, "ram_frames", 3u << 18, &number) && number >= 64)
        options->ram_frames = number;
    if (!option_given(&options->given, "wait-states") &&
        number_of(replay, "wait_states", WAIT_STATES_HIGHEST, &number))
        options->wait_states = number;
    if (!option_given(&options->given, "cpu") && options->tlb.entries == 0 &&
        tlb != NULL && !read_tlb(tlb, &options->tlb))
        return false;
    take_costs(options, replay);
    options_apply_tlb(options);
    return true;
}

/* On a terminal, in a line of its own that is written over. */
static void show_progress(void *arg, uint64_t instructions)
{
    (void)arg;
    (void)fprintf(stderr, "\rmmu386: %.0f million instructions replayed",
                  (double)instructions / 1e6);
    (void)fflush(stderr);
}

static bool shows_progress(const struct options *options)
{
    return isatty(STDERR_FILENO) && !options->verbose && !options->quiet;
}

static void clear_progress(const struct options *options)
{
    if (shows_progress(options))
        (void)fprintf(stderr, "\r%*s\r", 60, "");
}

static int run_to_end(struct session *session, struct replay *replay)
{
    const struct options *options = session->options;
    int wait_status = 0;
    enum replay_end end = replay_run(replay, session->kernel, &wait_status);

    clear_progress(options);
    if (session->kernel->machine.budget.starved) {
        complain("machine", "the host has not enough memory");
        return EXIT_SIMULATOR;
    }
    if (end == REPLAY_WRONG) {
        complain("trace", "%s", replay_why(replay));
        return EXIT_SIMULATOR;
    }
    session_keep_records(session);
    if (end == REPLAY_CUT && !session->listeners->cut_told)
        complain("cut short", "%s", replay_why(replay));
    if (options->log != NULL && replay_missing_file(replay) != NULL)
        complain(replay_missing_file(replay),
                 "not there as it was recorded: the log has no code or symbols "
                 "of it");
    return session_finish(session, wait_status);
}

static int replay_in_machine(struct session *session, struct options *options,
                             const struct mmu_fork_policy *policy,
                             struct replay *replay, char *argv[])
{
    static const int none[3] = {-1, -1, -1};
    int status = EXIT_SIMULATOR;

    if (!take_parameters(options, replay) ||
        !session_boot(session, policy != NULL ? policy : options->policies[0],
                      none))
        return EXIT_SIMULATOR;
    stats_listen(session->stats, &session->kernel->machine, argv[0],
                 session->kernel->options.policy->name);
    if (session_listen(session, argv) && session_confine(options))
        status = run_to_end(session, replay);
    return session_end(session, status == 0) ? status : EXIT_SIMULATOR;
}

static int replay_input(struct session *session, struct options *options,
                        const struct mmu_fork_policy *policy,
                        struct trace_input *input, char *program)
{
    struct replay_options how = {.touch = options->touch,
                                 .strict = options->strict,
                                 .files =
                                     options->log != NULL || options->verbose};

    if (shows_progress(options))
        how.progress.tell = show_progress;
    struct replay *replay = replay_new(input, &how);
    const char *name;
    char *argv[3] = {program, NULL, NULL};
    int status;

    if (replay == NULL) {
        complain("trace", "%s", strerror(ENOMEM));
        return EXIT_SIMULATOR;
    }
    name = replay_parameter(replay, "program");
    (void)snprintf(program, TRACE_TEXT_MAX + 1, "%s",
                   name != NULL ? name : options->program[0]);
    argv[1] = (char *)replay_parameter(replay, "arguments");
    if (argv[1] != NULL && argv[1][0] == '\0')
        argv[1] = NULL;
    status = replay_in_machine(session, options, policy, replay, argv);
    replay_free(replay);
    return status;
}

int session_replay(const struct options *options,
                   const struct mmu_fork_policy *policy, const char *name,
                   const struct session_listeners *listeners,
                   struct stats *stats, char program[TRACE_TEXT_MAX + 1])
{
    struct options own = *options; /* with what the trace says in it */
    struct session session = {
        .options = &own, .listeners = listeners, .stats = stats};
    const char *why;
    struct trace_input *input = trace_input_open(name, &options->input, &why);
    int status;

    if (input == NULL) {
        complain(name, "%s", why);
        return EXIT_SIMULATOR;
    }
    status = replay_input(&session, &own, policy, input, program);
    trace_input_close(input);
    return status;
}
