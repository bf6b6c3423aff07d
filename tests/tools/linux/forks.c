/* What a child has of its parent, and what not: alarms, timers, pending
 * signals; the end of the heap that a child of vfork moved. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tell_alarm(const char *who)
{
    struct itimerval timer;
    sigset_t pending;
    getitimer(ITIMER_REAL, &timer);
    sigpending(&pending);
    printf("%s: timer %s, every %ld s, alarm %s, SIGUSR1 %d\n", who,
           timerisset(&timer.it_value) ? "set" : "off",
           (long)timer.it_interval.tv_sec, alarm(0) == 0 ? "off" : "set",
           sigismember(&pending, SIGUSR1));
    fflush(stdout);
}

static void forks(void)
{
    static const struct itimerval timer = {{50, 0}, {100, 0}};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    raise(SIGUSR1);
    fflush(stdout);
    if (fork() == 0) {
        tell_alarm("child");
        _exit(0);
    }
    wait(NULL);
    if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
        tell_alarm("clone");
        _exit(0);
    }
    wait(NULL);
    tell_alarm("parent");
}

/* An alarm that the parent set rings in the parent alone. */
static volatile int rang;

static void on_alarm(int signal)
{
    (void)signal;
    rang++;
}

static void rings(void)
{
    static const struct itimerval timer = {{0, 0}, {0, 20000}};
    struct sigaction action = {.sa_handler = on_alarm};
    struct timespec while_ = {0, 60000000};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    if (fork() == 0) {
        nanosleep(&while_, NULL);
        _exit(rang);
    }
    int status;
    while (wait(&status) < 0)
        ;
    printf("rang: parent %d, child %d\n", rang > 0, WEXITSTATUS(status));
}

static char *heap_end(void)
{
    return (char *)syscall(SYS_brk, 0);
}

/* Raw: the C library would keep its own idea of the end. */
static void heaps(void)
{
    char *before = heap_end();
    char *at = (char *)(((unsigned long)before + 0x1fff) & ~0xffful);
    fflush(stdout);
    if (vfork() == 0) {
        syscall(SYS_brk, at + 0x3000);
        at[0x1234] = 42;
        _exit(0);
    }
    wait(NULL);
    printf("heap: moved %d, holds %d\n", heap_end() == at + 0x3000, at[0x1234]);
    if (vfork() == 0) {
        syscall(SYS_brk, at);
        _exit(0);
    }
    wait(NULL);
    printf("heap: back %d\n", heap_end() == at);
    if (fork() == 0) {
        syscall(SYS_brk, at + 0x5000);
        _exit(heap_end() == at + 0x5000);
    }
    int status;
    wait(&status);
    printf("heap: the child's own %d, the parent's %d\n", WEXITSTATUS(status),
           heap_end() == at);
}

int main(void)
{
    forks();
    rings();
    heaps();
    return 0;
}
