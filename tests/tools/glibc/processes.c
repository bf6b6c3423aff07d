/* processes.c: fork, exec and wait as the C library wraps them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static char *self;
static volatile int shared;

static void print_status(const char *what, int status)
{
    if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    else
        printf("%s: status %d\n", what, WEXITSTATUS(status));
}

static void spawn(const char *path, char *argument)
{
    char *argv[] = {"spawned", argument, NULL};
    char *envp[] = {"E=spawned", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 1, 7);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    fflush(stdout);
    int error = posix_spawn(&pid, path, &actions, NULL, argv, envp);
    posix_spawn_file_actions_destroy(&actions);
    printf("spawn: %s\n", strerror(error));
    if (error == 0 && waitpid(pid, &status, 0) == pid)
        print_status("spawned", status);
}

/* A vfork's child writes to its parent's memory. */
static void borrow(void)
{
    int status;
    volatile int local = 1;
    fflush(stdout);
    pid_t pid = vfork();
    if (pid == 0) {
        shared = 5;
        local = 6;
        _exit(3);
    }
    waitpid(pid, &status, 0);
    printf("vfork: %d %d, ", shared, local);
    print_status("exit", status);
    pid = vfork();
    if (pid == 0) {
        local = 7;
        execl(self, self, "echo", "after vfork", (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    printf("vfork: %d, ", local);
    print_status("exec", status);
    pid = vfork();
    if (pid == 0) {
        local = 8;
        raise(SIGKILL);
    }
    waitpid(pid, &status, 0);
    printf("vfork: %d, ", local);
    print_status("kill", status);
    pid = vfork();
    if (pid == 0) {
        execl("/nonexistent", "x", (char *)NULL);
        shared = errno;
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    printf("vfork: %s\n", strerror(shared));
}

static void many_arguments(void)
{
    static char *argv[3003];
    int status;
    argv[0] = self;
    argv[1] = "count";
    for (int i = 2; i < 3002; i++)
        argv[i] = "an argument of some length";
    fflush(stdout);
    if (fork() == 0) {
        execv(self, argv);
        _exit(1);
    }
    wait(&status);
    print_status("many", status);
    char *big = malloc(200000);
    memset(big, 'x', 199999);
    big[199999] = '\0';
    argv[2] = big;
    argv[3] = NULL;
    if (execv(self, argv) < 0)
        printf("big: %s\n", strerror(errno));
    big[100000] = '\0';
    fflush(stdout);
    if (fork() == 0) {
        argv[3] = argv[4] = big;
        argv[5] = NULL;
        execv(self, argv);
        printf("%s\n", strerror(errno));
        fflush(stdout);
        _exit(1);
    }
    wait(&status);
    print_status("three big", status);
    free(big);
}

static void pipes(void)
{
    int fds[2], status;
    char buffer[3000];
    uint32_t total = 0, sum = 0;
    ssize_t bytes;
    if (pipe(fds) != 0)
        abort();
    fflush(stdout);
    if (fork() == 0) {
        close(fds[0]);
        for (int i = 0; i < 300; i++) {
            memset(buffer, i, 1000);
            if (write(fds[1], buffer, 1000) != 1000)
                _exit(1);
        }
        _exit(0);
    }
    close(fds[1]);
    while ((bytes = read(fds[0], buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < bytes; i++, total++)
            sum = sum * 31 + (unsigned char)buffer[i];
    close(fds[0]);
    wait(&status);
    printf("piped %u, %08x, ", total, sum);
    print_status("writer", status);
}

static void readiness(void)
{
    int fds[2];
    fd_set set;
    struct timeval time = {0, 1000};
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
        abort();
    struct pollfd wanted[3] = {
        {fds[0], POLLIN, 0}, {fds[1], POLLOUT, 0}, {200, POLLIN, 0}};
    int result = poll(wanted, 3, 0);
    printf("poll %d: %x %x %x\n", result, wanted[0].revents, wanted[1].revents,
           wanted[2].revents);
    char block[4096] = {0};
    int blocks = 0;
    while (write(fds[1], block, sizeof block) > 0)
        blocks++;
    printf("full after %d: %s, ", blocks, strerror(errno));
    result = poll(wanted, 2, -1);
    printf("poll %d: %x %x\n", result, wanted[0].revents, wanted[1].revents);
    FD_ZERO(&set);
    FD_SET(fds[1], &set);
    printf("select %d %d, ", select(fds[1] + 1, NULL, &set, NULL, &time),
           FD_ISSET(fds[1], &set));
    close(fds[1]);
    while (read(fds[0], block, sizeof block) > 0)
        blocks--;
    result = poll(wanted, 1, -1);
    printf("left %d, poll %d: %x\n", blocks, result, wanted[0].revents);
    close(fds[0]);
}

static void failures(void)
{
    int status;
    printf("%d ", execl("/nonexistent", "x", (char *)NULL));
    printf("%s, ", strerror(errno));
    printf("%d ", execl("/dev/null", "x", (char *)NULL));
    printf("%s, ", strerror(errno));
    printf("%d ", waitpid(1234567, &status, 0));
    printf("%s, ", strerror(errno));
    printf("%d ", kill(1234567, 0));
    printf("%s, ", strerror(errno));
    printf("%d ", (int)read(99, &status, 4));
    printf("%s, ", strerror(errno));
    printf("%d ", (int)read(1000000, &status, 4));
    printf("%s, ", strerror(errno));
    printf("%d ", waitpid(-1, &status, 0x4000));
    printf("%s, ", strerror(errno));
    printf("%d ", (int)lseek(0, 0, 99));
    printf("%s\n", strerror(errno));
}

int main(int argc, char **argv)
{
    int status;
    self = argv[0];
    if (argc > 1 && strcmp(argv[1], "count") == 0) {
        printf("%d arguments\n", argc);
        return argc % 256;
    }
    if (argc > 1 && strcmp(argv[1], "echo") == 0) {
        printf("%s: %s %s %d\n", argv[0] == self ? "echo" : "",
               argv[2] ? argv[2] : "-", getenv("E") ? getenv("E") : "no E",
               (int)write(7, "seven\n", 6));
        return 12;
    }
    if (argc > 1 && strcmp(argv[1], "nested") == 0)
        return getppid() == 0;
    spawn(self, "echo");
    spawn("/proc/self/exe", "echo");
    spawn("/nonexistent", "echo");
    spawn("/dev/null", "echo");
    borrow();
    pipes();
    readiness();
    many_arguments();
    failures();
    for (int i = 0; i < 30; i++)
        if (fork() == 0)
            _exit(i);
    int sum = 0;
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    printf("thirty children: %d\n", sum);
    setsid();
    printf("session %d %d\n", getsid(0) == getpgrp(),
           setpgid(0, 0) < 0 || getpgrp() == getpid());
    signal(SIGCHLD, SIG_DFL);
    return 99;
}
