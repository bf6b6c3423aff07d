/* session.c: makes the kernel, has it listened to, runs it. */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "linux/answers.h"
#include "linux/kernel.h"
#include "linux/layout.h"
#include "linux/path.h"
#include "linux/tree.h"
#include "log/fault_line.h"
#include "machine/deadline.h"
#include "output.h"
#include "reader.h"
#include "sandbox.h"

struct program *session_program(const char *path, int *exit_status)
{
    struct program *program;
    char why[256];
    int error;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd == -1) {
        complain(path, "%s", strerror(errno));
        *exit_status = errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND
                                                           : EXIT_CANNOT_RUN;
        return NULL;
    }
    program = program_open(fd, path, STACK_TOP - STACK_BYTES, &error, why,
                           sizeof(why));
    close(fd);
    if (program == NULL) {
        complain(path, "%s", why);
        *exit_status = error == ENOMEM ? EXIT_SIMULATOR : EXIT_CANNOT_RUN;
    }
    return program;
}

bool session_boot(struct session *session, const struct mmu_fork_policy *policy,
                  const int host_fd[3])
{
    const struct options *options = session->options;
    const struct machine_options machine = {
        .generation = options->generation,
        .ram_frames = options->ram_frames,
        .clocked = options->clocked,
        .replays = options->replay,
        .costs = options->costs,
        .wait_states = options->wait_states,
        .max_instructions = options->max_instructions,
    };
    const struct kernel_options kernel_options = {
        .policy = policy,
        .max_processes = options->max_processes,
        /* Of system calls, which a trace has none of. */
        .verbose = options->verbose && !options->replay,
        .host_fd = {host_fd[0], host_fd[1], host_fd[2]},
        .root = options->root,
    };
    const char *why = NULL;

    session->kernel = kernel_new(&machine, &kernel_options, &why);
    if (session->kernel == NULL)
        complain("machine", "%s", why);
    return session->kernel != NULL;
}

static int start_failed(const struct kernel *kernel,
                        const struct program *program, int error)
{
    if (error == -ENOMEM && kernel->machine.budget.starved) {
        complain("machine", "the host has not enough memory");
        return EXIT_SIMULATOR;
    }
    if (error == -ENOMEM)
        complain(program->name, "does not fit in the machine's memory");
    else
        complain(program->name, "%s", strerror(-error));
    return EXIT_CANNOT_RUN;
}

/* Adds the profile to its table. 0, or what to exit with. */
static int report_profile(struct session *session)
{
    if (session->profile == NULL)
        return 0;
    if (!profile_finish(session->profile)) {
        complain("profile", "%s", strerror(ENOMEM));
        return EXIT_SIMULATOR;
    }
    profile_table_add(session->listeners->profile, session->stats->policy,
                      session->profile);
    return 0;
}

int session_finish(struct session *session, int wait_status)
{
    const struct process_counts counts = {
        .forks = session->kernel->counts.forks,
        .processes = session->kernel->counts.processes,
        .copied_at_fork = session->kernel->counts.copied_at_fork,
        .wait_status = wait_status};
    char text[256];

    if (session->kernel->machine.broken != NULL) {
        complain("machine", "%s", session->kernel->machine.broken);
        return EXIT_SIMULATOR;
    }
    if (session->kernel->machine.limit != NULL)
        complain(session->kernel->machine.limit, "reached: the run was ended");
    if (session->listeners->log != NULL)
        log_complete(session->listeners->log, wait_status);
    stats_finish(session->stats, &session->kernel->machine, &counts);
    if (stats_check(session->stats, text, sizeof(text)) != NULL) {
        complain("counts do not add up", "%s", text);
        return EXIT_SIMULATOR;
    }
    return report_profile(session);
}

static bool listen_recorder(struct session *session, char *const argv[])
{
    if (session->listeners->trace == NULL)
        return true;
    session->record = record_new(session->listeners->trace);
    if (session->record != NULL)
        record_keep_up(session->record, session->listeners->trace_fd);
    if (session->record != NULL &&
        record_listen(session->record, session->kernel, argv, MMU386_VERSION))
        return true;
    complain("trace", "%s", strerror(ENOMEM));
    return false;
}

bool session_listen(struct session *session, char *const argv[])
{
    const struct session_listeners *listeners = session->listeners;
    struct machine *machine = &session->kernel->machine;
    const struct subjects subjects = kernel_subjects(session->kernel);
    const struct log_run run = {argv, session->kernel->options.policy->name,
                                MMU386_VERSION};

    if (listeners->faults_to != NULL)
        fault_line_listen(&session->fault_line, machine, &subjects,
                          listeners->faults_to, session->options->verbose);
    if (listeners->log != NULL &&
        !log_listen(listeners->log, machine, &subjects, &run)) {
        complain(session->options->log, "%s", strerror(ENOMEM));
        return false;
    }
    if (listeners->profile != NULL &&
        (session->profile = profile_new(machine, &subjects)) == NULL) {
        complain("profile", "%s", strerror(ENOMEM));
        return false;
    }
    return listen_recorder(session, argv);
}

bool session_end(struct session *session, bool whole)
{
    char why[256];
    bool good;

    stats_leave(session->stats);
    kernel_end(session->kernel); /* first: of what is left of it those who
                                    listen are told */
    good = session->record == NULL ||
           record_free(session->record, whole, why, sizeof(why));
    if (!good)
        complain(session->options->trace, "%s", why);
    profile_free(session->profile);
    kernel_free(session->kernel);
    return good;
}

void session_keep_records(const struct session *session)
{
    if (session->listeners->keep != NULL)
        *session->listeners->keep = true;
}

bool session_confine(const struct options *options)
{
    bool replays = options->replay;
    const struct sandbox sandbox = {
        .root = options->root,
        .read =
            replays && options->policy_count > 1 ? options->program[0] : NULL,
        .written = {options->stats, options->log, options->profile,
                    options->trace, options->output},
        .reads_any = replays && (options->log != NULL || options->verbose),
        .begins_anew = options->policy_count > 1,
    };

    return !options->sandbox || sandbox_enter(&sandbox);
}

/* From here on files are read as whom they may be. */
static bool begin_reading(const struct session *session)
{
    const struct options *options = session->options;

    if (options->root == NULL || options->root_as_self)
        return true;
    if (!reader_begin())
        return false;
    if (tree_is_searchable(session->kernel->tree))
        return true;
    complain(options->root, "nobody, as whom root reads it, may not search it "
                            "(--root-as=self reads as root)");
    return false;
}

static int run_to_end(struct session *session, struct program *program)
{
    const struct options *options = session->options;
    char *named = options->program[0];
    int error;

    if (options->max_seconds != 0 && !deadline_start(options->max_seconds)) {
        complain("--max-seconds", "%s", strerror(errno));
        return EXIT_SIMULATOR;
    }
    options->program[0] = options->argv0 != NULL ? (char *)options->argv0
                                                 : (char *)path_last(named);
    error = kernel_start(session->kernel, program, options->program,
                         options->environment);
    options->program[0] = named;

    if (error != 0)
        return start_failed(session->kernel, program, error);
    session_keep_records(session);
    return session_finish(session, kernel_run(session->kernel));
}

static int run_confined(struct session *session, struct program *program)
{
    int status = EXIT_SIMULATOR;

    /* The sandbox first: nobody may not even find the directory that it is to
     * leave open. */
    if (session_confine(session->options) && begin_reading(session))
        status = run_to_end(session, program);
    reader_end();
    return status;
}

int session_run(const struct options *options,
                const struct mmu_fork_policy *policy, struct program *program,
                const int host_fd[3], const struct session_listeners *listeners,
                struct stats *stats)
{
    struct session session = {
        .options = options, .listeners = listeners, .stats = stats};
    int status = EXIT_SIMULATOR;

    if (!session_boot(&session, policy, host_fd))
        return EXIT_SIMULATOR;
    stats_listen(stats, &session.kernel->machine, options->program[0],
                 session.kernel->options.policy->name);
    if (listeners->counts_unasked)
        tlb_misses_forget(&stats->tlb_misses);
    if (session_listen(&session, options->program))
        status = run_confined(&session, program);
    return session_end(&session, status == 0) ? status : EXIT_SIMULATOR;
}

bool session_write_stats(const struct stats *stats, struct output *output)
{
    if (output_json(output->file, stats_json(stats), JSON_INDENT(2), "\n"))
        return true;
    complain(output->name, "out of memory");
    return false;
}
