/* grow.c: makes one thing after another until the kernel refuses, and says with
 * which error. What it makes stays. Natively run it is to be kept within limits
 * by the shell. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static long made;

static int ends(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    fprintf(stderr, "made %ld\n", made);
    fflush(stdout);
    kill(0, SIGKILL);
    return 0;
}

/* A child goes on where its parent cannot, with the descriptors that the parent
 * has closed again.
 */
static void hand_on(void)
{
    pid_t child = fork();

    if (child == -1)
        exit(ends("fork"));
    if (child > 0) {
        pause();
        exit(1);
    }
    for (int fd = 3; fd < 256; fd++)
        close(fd);
}

/* `whole`: both ends stay open, else the read end alone, which holds what is in
 * it. */
static int grow_pipes(int whole)
{
    static char full[65536];

    for (;;) {
        int end[2];

        if (pipe2(end, O_NONBLOCK) == 0) {
            made++;
            if (write(end[1], full, sizeof(full)) != (ssize_t)sizeof(full))
                return ends("write");
            if (!whole)
                close(end[1]);
        } else if (errno == EMFILE) {
            hand_on();
        } else {
            return ends("pipe");
        }
    }
}

/* Every second page has other rights: as many mappings as there may be; then
 * children that have as many. */
static int grow_mappings(void)
{
    size_t pages = 120000;
    char *memory =
        mmap(NULL, pages * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return ends("mmap");
    for (size_t page = 0; page < pages; page += 2) {
        if (mprotect(memory + page * 4096, 4096, PROT_NONE) != 0)
            break;
        made++;
    }
    for (;;)
        hand_on();
}

static int grow_processes(void)
{
    for (;; made++)
        hand_on();
}

/* Children that have ended and are not waited for. */
static int grow_zombies(void)
{
    for (;; made++) {
        pid_t child = fork();

        if (child == -1)
            return ends("fork");
        if (child == 0)
            _exit(0);
    }
}

/* Open files; directories are listed, too. */
static int grow_files(const char *path, int list)
{
    static char entries[32768];

    for (;;) {
        int fd = open(path, O_RDONLY);

        if (fd >= 0) {
            made++;
            if (list &&
                syscall(220 /* getdents64 */, fd, entries, sizeof(entries)) < 0)
                return ends("getdents64");
        } else if (errno == EMFILE) {
            hand_on();
        } else {
            return ends("open");
        }
    }
}

/* Programs /p0, /p1, ... one after the other, each of which exits with 7. */
static int grow_programs(void)
{
    for (;; made++) {
        char path[32];
        int status;
        pid_t child;

        snprintf(path, sizeof(path), "/p%ld", made);
        child = fork();
        if (child == 0) {
            char *argv[] = {path, NULL};

            execve(path, argv, NULL);
            _exit(errno);
        }
        if (child == -1 || waitpid(child, &status, 0) != child)
            return ends("fork");
        if (WEXITSTATUS(status) != 7) {
            errno = WEXITSTATUS(status);
            return ends("execve");
        }
    }
}

/* New code at a new place, again and again. It ends by itself. */
static int grow_code(long functions)
{
    size_t bytes = 8u << 20;
    unsigned char *code = mmap(NULL, bytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned sum = 0;

    if (code == MAP_FAILED)
        return ends("mmap");
    memset(code, 0x90, bytes);
    for (; made < functions; made++) {
        unsigned char *at = code + (size_t)made * 64 % (bytes - 128);

        at[0] = 0xB8; /* mov eax, made */
        memcpy(at + 1, &made, 4);
        at[50] = 0xC3;
        sum += ((unsigned (*)(void))(void *)at)();
    }
    printf("%u\n", sum);
    return 0;
}

int main(int argc, char *argv[])
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *path = argc > 2 ? argv[2] : "/dev/null";

    setpgid(0, 0);
    if (strcmp(what, "pipes") == 0)
        return grow_pipes(1);
    if (strcmp(what, "half-pipes") == 0)
        return grow_pipes(0);
    if (strcmp(what, "mappings") == 0)
        return grow_mappings();
    if (strcmp(what, "processes") == 0)
        return grow_processes();
    if (strcmp(what, "zombies") == 0)
        return grow_zombies();
    if (strcmp(what, "files") == 0)
        return grow_files(path, 0);
    if (strcmp(what, "listings") == 0)
        return grow_files(path, 1);
    if (strcmp(what, "programs") == 0)
        return grow_programs();
    if (strcmp(what, "code") == 0)
        return grow_code(atol(path));
    return 2;
}
