/* session.c: makes the machine, has it listened to, runs it. */
#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "fault_line.h"
#include "layout.h"
#include "machine.h"

struct program *session_program(const char *path, int *exit_status)
{
    struct program *program;
    char why[256];
    int error;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd == -1) {
        complain(path, "%s", strerror(errno));
        *exit_status = errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
        return NULL;
    }
    program = program_open(fd, path, STACK_TOP - STACK_BYTES, &error, why, sizeof(why));
    close(fd);
    if (program == NULL) {
        complain(path, "%s", why);
        *exit_status = error == ENOMEM ? EXIT_SIMULATOR : EXIT_CANNOT_RUN;
    }
    return program;
}

static struct machine *boot(const struct options *options, const struct fork_policy *policy,
                            const int host_fd[3])
{
    const struct machine_options machine_options = {
        .generation = options->generation,
        .policy = policy,
        .ram_frames = options->ram_frames,
        .clocked = options->clocked,
        .costs = options->costs,
        .wait_states = options->wait_states,
        .verbose = options->verbose,
        .host_fd = {host_fd[0], host_fd[1], host_fd[2]},
        .root = options->root,
    };
    const char *why = NULL;
    struct machine *machine = machine_new(&machine_options, &why);

    if (machine == NULL)
        complain("machine", "%s", why);
    return machine;
}

static int start_failed(const struct program *program, int error)
{
    if (error == -ENOMEM)
        complain(program->name, "does not fit in the machine's memory");
    else
        complain(program->name, "%s", strerror(-error));
    return EXIT_CANNOT_RUN;
}

/* Adds the profile to its table. 0, or what to exit with. */
static int report_profile(struct profile *profile, const struct session_listeners *listeners,
                          const struct stats *stats)
{
    if (profile == NULL)
        return 0;
    if (!profile_finish(profile)) {
        complain("profile", "%s", strerror(ENOMEM));
        return EXIT_SIMULATOR;
    }
    profile_table_add(listeners->profile, stats->policy, profile);
    return 0;
}

/* Runs the machine to its end and takes its counts. */
static int run_to_end(struct machine *machine, const struct session_listeners *listeners,
                      struct profile *profile, struct stats *stats)
{
    char text[256];
    int wait_status = machine_run(machine);

    if (machine->broken != NULL) {
        complain("machine", "%s", machine->broken);
        return EXIT_SIMULATOR;
    }
    if (listeners->log != NULL)
        log_complete(listeners->log, wait_status);
    stats_finish(stats, machine, wait_status);
    if (stats_check(stats, text, sizeof(text)) != NULL) {
        complain("counts do not add up", "%s", text);
        return EXIT_SIMULATOR;
    }
    return report_profile(profile, listeners, stats);
}

/* Has those listen who want to. False where memory is short, which was told. */
static bool listen_all(const struct options *options, struct machine *machine,
                       const struct session_listeners *listeners, struct fault_line *fault_line,
                       struct profile **profile)
{
    if (listeners->faults_to != NULL)
        fault_line_listen(fault_line, machine, listeners->faults_to, options->verbose);
    if (listeners->log != NULL &&
        !log_listen(listeners->log, machine, options->program, MMU386_VERSION)) {
        complain(options->log, "%s", strerror(ENOMEM));
        return false;
    }
    if (listeners->profile != NULL && (*profile = profile_new(machine)) == NULL) {
        complain("profile", "%s", strerror(ENOMEM));
        return false;
    }
    return true;
}

int session_run(const struct options *options, const struct fork_policy *policy,
                struct program *program, const int host_fd[3],
                const struct session_listeners *listeners, struct stats *stats)
{
    struct fault_line fault_line;
    struct profile *profile = NULL;
    struct machine *machine = boot(options, policy, host_fd);
    int status = EXIT_SIMULATOR;

    if (machine == NULL)
        return EXIT_SIMULATOR;
    stats_listen(stats, machine, options->program[0]);
    if (listen_all(options, machine, listeners, &fault_line, &profile)) {
        int error = machine_start(machine, program, options->program, options->environment);

        status = error != 0 ? start_failed(program, error)
                            : run_to_end(machine, listeners, profile, stats);
    }
    profile_free(profile);
    machine_free(machine);
    return status;
}
