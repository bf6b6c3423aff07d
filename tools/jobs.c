/* jobs.c: see jobs.h. */
#include "jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "guardian.h"

/* Written by the child, as the last thing that it does. */
struct verdict {
    volatile bool reached;
    volatile int status;
};

struct job {
    pid_t pid;  /* 0: not begun */
    FILE *said; /* its standard error, or NULL */
    bool ended;
    int wait_status;
};

struct jobs {
    struct verdict *verdicts;
    struct job jobs[JOBS_MAX];
    uint32_t begun, running, told;
};

static int failed(const char *what)
{
    complain(what, "%s", strerror(errno));
    return EXIT_SIMULATOR;
}

static _Noreturn void be_child(struct jobs *jobs, uint32_t number, pid_t parent,
                               int (*work)(void *arg, uint32_t number),
                               void *arg)
{
    struct verdict *verdict = &jobs->verdicts[number];

    guardian_follow(parent);
    if (dup2(fileno(jobs->jobs[number].said), STDERR_FILENO) == -1)
        _exit(EXIT_SIMULATOR);
    verdict->status = work(arg, number);
    (void)fflush(stderr);
    verdict->reached = true;
    _exit(0);
}

/* Begins the next one: 0, or what to exit with. */
static int begin(struct jobs *jobs, int (*work)(void *arg, uint32_t number),
                 void *arg)
{
    struct job *job = &jobs->jobs[jobs->begun];
    pid_t parent = getpid();

    job->said = tmpfile();
    if (job->said == NULL)
        return failed("standard error");
    (void)fflush(NULL);
    job->pid = fork();
    if (job->pid == 0)
        be_child(jobs, jobs->begun, parent, work, arg);
    if (job->pid == -1) {
        job->pid = 0;
        return failed("simulator");
    }
    jobs->begun++;
    jobs->running++;
    return 0;
}

/* Waits until one has ended. */
static bool await(struct jobs *jobs)
{
    int wait_status;
    pid_t pid;

    do
        pid = waitpid(-1, &wait_status, 0);
    while (pid == -1 && errno == EINTR);
    for (uint32_t i = 0; i < jobs->begun; i++) {
        struct job *job = &jobs->jobs[i];

        if (job->pid == pid && !job->ended) {
            job->ended = true;
            job->wait_status = wait_status;
            jobs->running--;
        }
    }
    return pid != -1;
}

/* Writes what it told to this process's standard error. */
static void pass_on(struct job *job)
{
    char buffer[4096];
    size_t bytes;

    rewind(job->said);
    while ((bytes = fread(buffer, 1, sizeof(buffer), job->said)) > 0)
        (void)fwrite(buffer, 1, bytes, stderr);
    (void)fclose(job->said);
    job->said = NULL;
}

/* What a job that has ended came to. */
static int judge(const struct jobs *jobs, uint32_t number)
{
    const struct job *job = &jobs->jobs[number];

    if (jobs->verdicts[number].reached)
        return jobs->verdicts[number].status;
    if (WIFSIGNALED(job->wait_status))
        complain("simulator", "killed by signal %d, %s",
                 WTERMSIG(job->wait_status),
                 strsignal(WTERMSIG(job->wait_status)));
    else
        complain("simulator", "ended with status %d in the midst of its work",
                 WEXITSTATUS(job->wait_status));
    return EXIT_SIMULATOR;
}

/* Tells of those that have ended and have none before them that has not: 0, or
 * what the first that failed came to. */
static int tell(struct jobs *jobs)
{
    int status = 0;

    while (status == 0 && jobs->told < jobs->begun &&
           jobs->jobs[jobs->told].ended) {
        pass_on(&jobs->jobs[jobs->told]);
        status = judge(jobs, jobs->told++);
    }
    return status;
}

/* Ends those that still run, and forgets what is left. */
static void end_all(struct jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->begun; i++)
        if (!jobs->jobs[i].ended)
            (void)kill(jobs->jobs[i].pid, SIGKILL);
    while (jobs->running > 0 && await(jobs))
        ;
    for (uint32_t i = 0; i < JOBS_MAX; i++)
        if (jobs->jobs[i].said != NULL)
            (void)fclose(jobs->jobs[i].said);
    (void)munmap(jobs->verdicts, JOBS_MAX * sizeof(*jobs->verdicts));
}

int jobs_run(uint32_t count, uint32_t at_once,
             int (*work)(void *arg, uint32_t number), void *arg)
{
    struct jobs jobs = {0};
    int status = 0;

    jobs.verdicts =
        mmap(NULL, JOBS_MAX * sizeof(*jobs.verdicts), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (jobs.verdicts == MAP_FAILED)
        return failed("simulator");
    while (status == 0 && jobs.told < count) {
        if (jobs.begun < count && jobs.running < at_once)
            status = begin(&jobs, work, arg);
        else if (await(&jobs))
            status = tell(&jobs);
        else
            status = failed("simulator");
    }
    end_all(&jobs);
    return status;
}
