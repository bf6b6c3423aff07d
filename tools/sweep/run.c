/* run.c: see run.h. One loop waits for all that can happen: signals come
 * through a descriptor, as what the children write does. */
#include "sweep/run.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "plain.h"

/* Of each child: what it writes to standard output, and to standard error. */
enum stream { OUTPUT, ERROR, STREAMS };

struct child {
    pid_t pid; /* 0: none */
    size_t job;
    int fd[STREAMS]; /* -1: at its end */
    char *output;
    size_t output_bytes;
    bool too_much;
    bool no_memory;
    char line[SWEEP_SAID_BYTES]; /* that it is writing to standard error */
    size_t line_bytes;
    char said[SWEEP_SAID_BYTES]; /* the line before, if that is not empty */
};

struct floor {
    const struct sweep_crew *crew;
    struct child *children;
    struct pollfd *polls; /* of the signals, then STREAMS of each child */
    size_t next;          /* job to begin */
    size_t running;
    int signals;
    sigset_t mask; /* as it was */
};

static bool failed(const char *what)
{
    complain(what, "%s", strerror(errno));
    return false;
}

/* ---- signals ---- */

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};

#define STOPPING (sizeof(stopping) / sizeof(stopping[0]))

/* From here on signals wait until they are read. One that is ignored stays so:
 * that is what nohup asks for. */
static bool hold_signals(struct floor *floor)
{
    sigset_t held;
    struct sigaction action;

    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    for (size_t i = 0; i < STOPPING; i++)
        if (sigaction(stopping[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            sigaddset(&held, stopping[i]);
    if (sigprocmask(SIG_BLOCK, &held, &floor->mask) != 0)
        return failed("signals");
    floor->signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
    if (floor->signals == -1) {
        (void)sigprocmask(SIG_SETMASK, &floor->mask, NULL);
        return failed("signals");
    }
    return true;
}

static void release_signals(struct floor *floor)
{
    close(floor->signals);
    (void)sigprocmask(SIG_SETMASK, &floor->mask, NULL);
}

/* The signal that is to stop everything, or 0. */
static int read_signals(struct floor *floor)
{
    struct signalfd_siginfo info;
    int stop = 0;

    while (read(floor->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        if (info.ssi_signo != SIGCHLD)
            stop = (int)info.ssi_signo;
    return stop;
}

/* ---- a child's beginning ---- */

/* In the child: becomes the job. What would stop the sweep is the parent's to
 * hear of, which then kills this one, as its death does. */
static _Noreturn void become(const struct floor *floor, char *const arguments[],
                             const int fd[STREAMS], pid_t parent)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    for (size_t i = 0; i < STOPPING; i++)
        signal(stopping[i], SIG_IGN);
    (void)sigprocmask(SIG_SETMASK, &floor->mask, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(EXIT_SIMULATOR);
    if (nothing == -1 || dup2(nothing, STDIN_FILENO) == -1 ||
        dup2(fd[OUTPUT], STDOUT_FILENO) == -1 ||
        dup2(fd[ERROR], STDERR_FILENO) == -1)
        _exit(EXIT_SIMULATOR);
    execv(floor->crew->program, arguments);
    dprintf(STDERR_FILENO, "mmu386: %s: %s\n", floor->crew->program,
            strerror(errno));
    _exit(EXIT_NOT_FOUND);
}

static void close_ends(int ends[STREAMS][2], unsigned which)
{
    for (int i = 0; i < STREAMS; i++)
        if (ends[i][which] != -1)
            close(ends[i][which]);
}

static bool start(struct floor *floor, struct child *child,
                  char *const arguments[])
{
    int ends[STREAMS][2] = {{-1, -1}, {-1, -1}};
    pid_t parent = getpid();

    if (pipe2(ends[OUTPUT], O_CLOEXEC) != 0 ||
        pipe2(ends[ERROR], O_CLOEXEC) != 0 || (child->pid = fork()) == -1) {
        child->pid = 0;
        (void)failed("job");
        close_ends(ends, 0);
        close_ends(ends, 1);
        return false;
    }
    if (child->pid == 0) {
        const int fd[STREAMS] = {ends[OUTPUT][1], ends[ERROR][1]};

        become(floor, arguments, fd, parent);
    }
    close_ends(ends, 1);
    for (int i = 0; i < STREAMS; i++) {
        child->fd[i] = ends[i][0];
        (void)fcntl(child->fd[i], F_SETFL, O_NONBLOCK);
    }
    floor->running++;
    return true;
}

static bool start_next(struct floor *floor, struct child *child)
{
    char **arguments = floor->crew->arguments(floor->crew->arg, floor->next);
    bool good;

    if (arguments == NULL) {
        complain("job", "%s", strerror(ENOMEM));
        return false;
    }
    *child = (struct child){.job = floor->next++, .fd = {-1, -1}};
    good = start(floor, child, arguments);
    free((void *)arguments);
    return good;
}

/* ---- what it writes ---- */

static void end_line(struct child *child)
{
    if (child->line_bytes != 0)
        memcpy(child->said, child->line, child->line_bytes);
    child->said[child->line_bytes != 0 ? child->line_bytes
                                       : strlen(child->said)] = '\0';
    child->line_bytes = 0;
}

static void take_error(struct child *child, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char byte = bytes[i];

        if (byte == '\n' || byte == '\r')
            end_line(child);
        else if (child->line_bytes < SWEEP_SAID_BYTES - 1)
            child->line[child->line_bytes++] = plain_ascii(byte);
    }
}

static void take_output(struct child *child, const char *bytes, size_t count)
{
    char *output;

    if (child->too_much || child->no_memory)
        return;
    if (count > SWEEP_OUTPUT_MAX - child->output_bytes) {
        child->too_much = true;
        (void)kill(child->pid, SIGKILL);
        return;
    }
    output = realloc(child->output, child->output_bytes + count + 1);
    if (output == NULL) {
        child->no_memory = true;
        return;
    }
    memcpy(output + child->output_bytes, bytes, count);
    child->output = output;
    child->output_bytes += count;
    output[child->output_bytes] = '\0';
}

static void close_stream(struct child *child, enum stream stream)
{
    if (child->fd[stream] != -1)
        close(child->fd[stream]);
    child->fd[stream] = -1;
}

/* Reads what there is, to so many bytes, so that one child that writes without
 * end is no reason to neglect the others. */
static void listen_to(struct child *child, enum stream stream)
{
    char bytes[16384];

    for (int i = 0; i < 64 && child->fd[stream] != -1; i++) {
        ssize_t count = read(child->fd[stream], bytes, sizeof(bytes));

        if (count > 0) {
            if (stream == OUTPUT)
                take_output(child, bytes, (size_t)count);
            else
                take_error(child, bytes, (size_t)count);
        } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_stream(child, stream);
        } else {
            return;
        }
    }
}

/* ---- its end ---- */

static void forget(struct floor *floor, struct child *child)
{
    close_stream(child, OUTPUT);
    close_stream(child, ERROR);
    free(child->output);
    child->output = NULL;
    child->pid = 0;
    floor->running--;
}

/* Hands over what became of a child that has ended. Others that it started may
 * still hold its streams: what they write is nobody's. */
static bool finish(struct floor *floor, struct child *child, int wait_status)
{
    struct sweep_outcome outcome = {.wait_status = wait_status};
    bool good = true;

    listen_to(child, OUTPUT);
    listen_to(child, ERROR);
    end_line(child);
    outcome.too_much = child->too_much;
    outcome.output = child->output != NULL ? child->output : "";
    outcome.output_bytes = child->output_bytes;
    memcpy(outcome.said, child->said, sizeof(outcome.said));
    if (child->no_memory) {
        complain("job", "%s", strerror(ENOMEM));
        good = false;
    } else {
        good = floor->crew->done(floor->crew->arg, child->job, &outcome);
    }
    forget(floor, child);
    return good;
}

static bool collect(struct floor *floor)
{
    for (unsigned i = 0; i < floor->crew->children; i++) {
        struct child *child = &floor->children[i];
        int wait_status;

        if (child->pid != 0 &&
            waitpid(child->pid, &wait_status, WNOHANG) == child->pid &&
            !finish(floor, child, wait_status))
            return false;
    }
    return true;
}

static void kill_all(struct floor *floor)
{
    for (unsigned i = 0; i < floor->crew->children; i++) {
        struct child *child = &floor->children[i];

        if (child->pid == 0)
            continue;
        (void)kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) == -1 && errno == EINTR)
            ;
        forget(floor, child);
    }
}

/* ---- all of them ---- */

static bool start_what_fits(struct floor *floor)
{
    for (unsigned i = 0;
         i < floor->crew->children && floor->next < floor->crew->jobs; i++)
        if (floor->children[i].pid == 0 &&
            !start_next(floor, &floor->children[i]))
            return false;
    return true;
}

static void wait_for_something(struct floor *floor)
{
    size_t count = 1 + (size_t)floor->crew->children * STREAMS;

    floor->polls[0] = (struct pollfd){.fd = floor->signals, .events = POLLIN};
    for (size_t i = 1; i < count; i++) {
        const struct child *child = &floor->children[(i - 1) / STREAMS];

        floor->polls[i] = (struct pollfd){
            .fd = child->pid != 0 ? child->fd[(i - 1) % STREAMS] : -1,
            .events = POLLIN};
    }
    if (poll(floor->polls, count, floor->crew->tick != NULL ? 1000 : -1) <= 0)
        return;
    for (size_t i = 1; i < count; i++)
        if (floor->polls[i].revents != 0)
            listen_to(&floor->children[(i - 1) / STREAMS],
                      (enum stream)((i - 1) % STREAMS));
}

static int run_all(struct floor *floor)
{
    while (floor->next < floor->crew->jobs || floor->running > 0) {
        int stop;

        if (!start_what_fits(floor))
            return SWEEP_FAILED;
        wait_for_something(floor);
        stop = read_signals(floor);
        if (stop != 0)
            return stop;
        if (!collect(floor))
            return SWEEP_FAILED;
        if (floor->crew->tick != NULL)
            floor->crew->tick(floor->crew->arg);
    }
    return SWEEP_ALL_DONE;
}

int sweep_run(const struct sweep_crew *crew)
{
    struct floor floor = {.crew = crew};
    int result = SWEEP_FAILED;

    assert(crew->children > 0 && crew->children <= SWEEP_CHILDREN_MAX);
    floor.children = calloc(crew->children, sizeof(*floor.children));
    floor.polls =
        calloc(1 + (size_t)crew->children * STREAMS, sizeof(*floor.polls));
    if (floor.children == NULL || floor.polls == NULL) {
        complain("sweep", "%s", strerror(ENOMEM));
    } else if (hold_signals(&floor)) {
        result = run_all(&floor);
        kill_all(&floor);
        release_signals(&floor);
    }
    free(floor.children);
    free(floor.polls);
    return result;
}
