/* breakout.c: to be preloaded: at the first write of a guest's words "break" to
 * standard output the simulator makes the system call that $BREAKOUT names, and
 * tells what came of it, as one who has taken it over would. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long try_it(const char *what, const char *name)
{
    char *const nothing[] = {NULL};

    if (strcmp(what, "socket") == 0)
        return syscall(SYS_socket, 2, 1, 0);
    if (strcmp(what, "execve") == 0)
        return syscall(SYS_execve, "/bin/true", nothing, nothing);
    if (strcmp(what, "fork") == 0)
        return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (strcmp(what, "ptrace") == 0)
        return syscall(SYS_ptrace, 0, 0, 0, 0);
    if (strcmp(what, "kill") == 0)
        return syscall(SYS_kill, getppid(), 0);
    if (strcmp(what, "setuid") == 0)
        return syscall(SYS_setuid, 0);
    if (strcmp(what, "mount") == 0)
        return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, 0);
    if (strcmp(what, "read") == 0)
        return syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);
    if (strcmp(what, "write") == 0)
        return syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT, 0600);
    if (strcmp(what, "exec-memory") == 0)
        return (long)syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
}

ssize_t write(int fd, const void *from, size_t bytes)
{
    const char *what = getenv("BREAKOUT");
    char said[128];

    if (what != NULL && bytes >= 5 && memmem(from, bytes, "break", 5) != NULL) {
        long result = try_it(what, getenv("BREAKOUT_FILE"));
        int length = snprintf(said, sizeof(said), "%s: %s\n", what,
                              result == -1 ? strerror(errno) : "done");

        (void)syscall(SYS_write, fd, said, (size_t)length);
    }
    return syscall(SYS_write, fd, from, bytes);
}
