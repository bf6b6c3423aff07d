/* handlers.c: signals and their handlers, as a C program uses them. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t seen[65], nested, order[16], count;
static volatile int code, value, exit_status;
static sigjmp_buf back;

static void note(int signal)
{
    seen[signal]++;
    order[count++ % 16] = signal;
}

static void note_info(int signal, siginfo_t *info, void *context)
{
    (void)context;
    note(signal);
    code = info->si_code;
    value = info->si_value.sival_int;
    exit_status = signal == SIGCHLD ? info->si_status : 0;
}

static void jump(int signal)
{
    siglongjmp(back, signal);
}

static void raise_again(int signal)
{
    if (++nested < 3)
        raise(signal);
    order[count++ % 16] = 100 + nested;
}

static void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

static void masks(void)
{
    sigset_t set, before, held;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, &before);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&held);
    printf("held %d %d, seen %d\n", sigismember(&held, SIGUSR1),
           sigismember(&held, SIGHUP), (int)seen[SIGUSR1]);
    count = 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    printf("seen %d %d, in order %d %d\n", (int)seen[SIGUSR1],
           (int)seen[SIGUSR2], order[0], order[1]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    int taken = 0;
    sigwait(&set, &taken);
    struct timespec soon = {0, 1000000};
    printf("taken %d, ", taken);
    int result = sigtimedwait(&set, NULL, &soon);
    printf("then %d %s\n", result, strerror(errno));
    const union sigval sent = {.sival_int = 4711};
    siginfo_t info = {0};
    result = sigqueue(getpid(), SIGRTMIN, sent);
    int queued = sigtimedwait(&set, &info, &soon) == SIGRTMIN;
    printf("queued %d %d: %d %d\n", result, queued, info.si_code == SI_QUEUE,
           info.si_value.sival_int);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void interrupted(int flags)
{
    const struct itimerval timer = {.it_value = {0, 20000}};
    int fds[2];
    char byte;
    pid_t pid;
    if (pipe(fds) != 0)
        abort();
    handle(SIGALRM, note, flags);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        usleep(200000);
        _exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
    }
    setitimer(ITIMER_REAL, &timer, NULL);
    ssize_t bytes = read(fds[0], &byte, 1);
    printf("read: %d %s\n", (int)bytes, bytes < 0 ? strerror(errno) : "");
    while (waitpid(pid, NULL, 0) < 0)
        ;
    close(fds[0]);
    close(fds[1]);
}

static void child_died(void)
{
    struct sigaction action = {.sa_sigaction = note_info,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    siginfo_t info = {0};
    int status;
    sigaction(SIGCHLD, &action, NULL);
    fflush(stdout);
    if (fork() == 0)
        _exit(33);
    wait(&status);
    printf("child: %d, code %d, status %d\n", WEXITSTATUS(status),
           code == CLD_EXITED, exit_status);
    if (fork() == 0)
        raise(SIGKILL);
    wait(&status);
    printf("child: %d, code %d, status %d\n", WTERMSIG(status),
           code == CLD_KILLED, exit_status);
    signal(SIGCHLD, SIG_DFL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(44);
    int result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    printf("waitid: %d %d %d\n", result, info.si_code == CLD_EXITED,
           info.si_status);
    result = waitid(P_ALL, 0, &info, WEXITED);
    printf("waitid: %d %d %d\n", result, info.si_pid == pid, info.si_status);
    result = waitid(P_ALL, 0, &info, WEXITED);
    printf("waitid: %d %s\n", result, strerror(errno));
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(1);
    result = wait(&status);
    printf("ignored: %d %s\n", result, strerror(errno));
    signal(SIGCHLD, SIG_DFL);
}

static volatile int zero;

int main(void)
{
    static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    handle(SIGUSR1, note, 0);
    handle(SIGUSR2, note, 0);
    masks();
    handle(SIGHUP, raise_again, SA_NODEFER);
    count = 0;
    raise(SIGHUP);
    printf("nested %d: %d %d %d\n", (int)nested, order[0], order[1], order[2]);
    handle(SIGTERM, note, SA_RESETHAND);
    raise(SIGTERM);
    struct sigaction action;
    sigaction(SIGTERM, NULL, &action);
    printf("reset %d\n", action.sa_handler == SIG_DFL);
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++) {
        handle(faults[i], jump, 0);
        int signal = sigsetjmp(back, 1);
        if (signal == 0) {
            if (faults[i] == SIGFPE)
                zero = 1 / zero;
            else if (faults[i] == SIGILL)
                __asm__ volatile("ud2");
            else if (faults[i] == SIGSEGV)
                __asm__ volatile("hlt");
            else
                __asm__ volatile("int3");
        }
        printf("fault %d\n", signal);
    }
    interrupted(0);
    interrupted(SA_RESTART);
    child_died();
    alarm(1);
    printf("alarm %d, ", (int)alarm(0));
    handle(SIGALRM, note, 0);
    seen[SIGALRM] = 0;
    const struct itimerval often = {{0, 5000}, {0, 5000}};
    setitimer(ITIMER_REAL, &often, NULL);
    while (seen[SIGALRM] < 5)
        pause();
    printf("five of them\n");
    fflush(stdout);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    abort();
}
