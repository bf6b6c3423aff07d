/* The runner of a sweep's jobs, and what it makes of how they end. A job is a
 * line of shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "complaint.h"
#include "sweep/result.h"
#include "sweep/run.h"

#define JOBS_MAX 64

struct crew {
    const char *lines[JOBS_MAX];
    size_t ended;
    size_t order[JOBS_MAX]; /* in which they ended */
    struct sweep_result results[JOBS_MAX];
    char *outputs[JOBS_MAX];
    size_t stop_after; /* so many: `done` says no; 0: never */
    unsigned ticks;
};

static char **arguments(void *arg, size_t job)
{
    struct crew *crew = arg;
    char **words = malloc(4 * sizeof(*words));

    words[0] = (char *)"sh";
    words[1] = (char *)"-c";
    words[2] = (char *)crew->lines[job];
    words[3] = NULL;
    return words;
}

static bool done(void *arg, size_t job, const struct sweep_outcome *outcome)
{
    struct crew *crew = arg;

    crew->order[crew->ended++] = job;
    crew->outputs[job] = strdup(outcome->output);
    sweep_judge(outcome, &crew->results[job]);
    return crew->stop_after == 0 || crew->ended < crew->stop_after;
}

static void tick(void *arg)
{
    struct crew *crew = arg;

    crew->ticks++;
}

static int run(struct crew *crew, const char *program, unsigned children,
               size_t jobs)
{
    const struct sweep_crew sweep = {
        .program = program,
        .children = children,
        .jobs = jobs,
        .arguments = arguments,
        .done = done,
        .tick = tick,
        .arg = crew,
    };
    int result = sweep_run(&sweep);

    for (size_t i = 0; i < JOBS_MAX; i++)
        free(crew->outputs[i]);
    /* None is left, be it a zombie. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return result;
}

/* Runs one job and judges it. */
static struct sweep_result judge(const char *line)
{
    struct crew crew = {.lines = {line}};

    assert_int_equal(run(&crew, "/bin/sh", 1, 1), SWEEP_ALL_DONE);
    assert_int_equal(crew.ended, 1);
    return crew.results[0];
}

static void expect_failure(const char *line, int exit_status,
                           const char *message)
{
    struct sweep_result result = judge(line);

    assert_true(result.failed);
    assert_null(result.stats);
    assert_int_equal(result.exit_status, exit_status);
    assert_string_equal(result.message, message);
}

static void expect_success(const char *line, int exit_status,
                           const char *message)
{
    struct sweep_result result = judge(line);

    assert_false(result.failed);
    assert_int_equal(result.exit_status, exit_status);
    assert_string_equal(result.message, message);
}

static void test_success(void **state)
{
    (void)state;
    expect_success("echo '{\"cycles\": 7}'", 0, "");
    expect_success("echo '{\"exit_status\": 0}'", 0, "");
    expect_success("echo '{\"exit_status\": 3}'; exit 3", 3, "");
    expect_success("echo '{\"exit_status\": 125}'; exit 125", 125, "");
    expect_success("echo '{}'; echo one >&2; echo two >&2; echo >&2", 0, "two");
    expect_success("echo '{}'; printf 'no newline' >&2", 0, "no newline");
    expect_success("cat; echo '{}'", 0, ""); /* there is nothing to read */
}

static void test_failure(void **state)
{
    (void)state;
    expect_failure("exit 125", 125, "exit status 125");
    expect_failure("echo 'mmu386: a: is bad' >&2; exit 125", 125,
                   "mmu386: a: is bad");
    expect_failure("echo '{\"exit_status\": 0}'; echo late >&2; exit 125", 125,
                   "late");
    expect_failure("echo '{\"exit_status\": 1}'", 0, "exit status 0");
    expect_failure("printf 'a\\033[31m\\tb\\n' >&2; exit 1", 1, "a?[31m?b");
}

static void test_crash(void **state)
{
    (void)state;
    expect_failure("kill -SEGV $$", 139,
                   "was killed by signal 11 (Segmentation fault)");
    expect_failure("echo '{}'; echo why >&2; kill -KILL $$", 137,
                   "was killed by signal 9 (Killed): why");
}

static void test_garbage(void **state)
{
    (void)state;
    expect_failure("exit 0", 0, "wrote no statistics");
    expect_failure("echo garbage", 0, "wrote no statistics");
    expect_failure("echo '[1]'", 0, "wrote no statistics");
    expect_failure("echo '{\"cycles\": 1'", 0, "wrote no statistics");
    expect_failure("echo '{}{}'", 0, "wrote no statistics");
    expect_failure("printf '{}\\000x'", 0, "wrote no statistics");
    expect_failure("head -c 100000 /dev/urandom", 0, "wrote no statistics");
    expect_failure("exec cat /dev/zero", 137, "wrote more than 4 MiB");
}

/* A last line that is longer than anybody wants, and very many. */
static void test_much_said(void **state)
{
    struct sweep_result result =
        judge("echo '{}'; yes line | head -n 100000 >&2; head -c 5000 "
              "/dev/zero | tr '\\0' x >&2");

    (void)state;
    assert_false(result.failed);
    assert_int_equal(strlen(result.message), SWEEP_SAID_BYTES - 1);
    assert_int_equal(strspn(result.message, "x"), SWEEP_SAID_BYTES - 1);
}

static void test_no_program(void **state)
{
    struct crew crew = {.lines = {""}};

    (void)state;
    assert_int_equal(run(&crew, "/nowhere", 1, 1), SWEEP_ALL_DONE);
    assert_true(crew.results[0].failed);
    assert_int_equal(crew.results[0].exit_status, 127);
    assert_string_equal(crew.results[0].message,
                        "mmu386: /nowhere: No such file or directory");
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A slow job does not hold up the others, nor does what it leaves behind with
 * its streams open. */
static void test_slow(void **state)
{
    struct crew crew = {.lines = {"sleep 0.5; echo '{}'", "echo '{}'",
                                  "echo '{}'", "sleep 20 & echo '{}'"}};
    double began = seconds();

    (void)state;
    assert_int_equal(run(&crew, "/bin/sh", 2, 4), SWEEP_ALL_DONE);
    assert_int_equal(crew.ended, 4);
    assert_int_equal(crew.order[3], 0);
    for (size_t i = 0; i < 4; i++)
        assert_false(crew.results[i].failed);
    assert_true(seconds() - began < 15);
    assert_true(crew.ticks >= 1);
}

static void test_many(void **state)
{
    struct crew crew = {.lines = {0}};

    (void)state;
    for (size_t i = 0; i < JOBS_MAX; i++)
        crew.lines[i] =
            i % 3 == 0 ? "exit 1" : "echo '{\"a\": [1, 2, {\"b\": null}]}'";
    assert_int_equal(run(&crew, "/bin/sh", 7, JOBS_MAX), SWEEP_ALL_DONE);
    assert_int_equal(crew.ended, JOBS_MAX);
    for (size_t i = 0; i < JOBS_MAX; i++)
        assert_int_equal(crew.results[i].failed, i % 3 == 0);
}

/* Children end with what `done` does not want, and with a signal; afterwards
 * signals are as they were. */
static void test_stopped(void **state)
{
    struct crew refused = {
        .lines = {"exec sleep 60", "echo '{}'", "exec sleep 60"},
        .stop_after = 1};
    struct crew signalled = {
        .lines = {"exec sleep 60", "kill -TERM $PPID; exec sleep 60", ""}};
    struct crew hung_up = {.lines = {"kill -HUP $PPID; sleep 0.2; echo '{}'"}};
    sigset_t before, after;
    double began = seconds();

    (void)state;
    sigprocmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(run(&refused, "/bin/sh", 2, 3), SWEEP_FAILED);
    assert_int_equal(refused.ended, 1);
    assert_int_equal(run(&signalled, "/bin/sh", 2, 3), SIGTERM);
    assert_int_equal(signalled.ended, 0);
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(run(&hung_up, "/bin/sh", 1, 1), SWEEP_ALL_DONE);
    signal(SIGHUP, SIG_DFL);
    assert_true(seconds() - began < 30);
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int i = 1; i < SIGRTMIN; i++)
        assert_int_equal(sigismember(&before, i), sigismember(&after, i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success),   cmocka_unit_test(test_failure),
        cmocka_unit_test(test_crash),     cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_much_said), cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_slow),      cmocka_unit_test(test_many),
        cmocka_unit_test(test_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
