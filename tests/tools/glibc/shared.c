/* shared.c: memory between parent and child, shared and not, and who may touch
 * it. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u

static volatile int private_word = 1;

static unsigned char *map(size_t pages, int rights, int kind)
{
    return mmap(NULL, pages * PAGE, rights, kind | MAP_ANONYMOUS, -1, 0);
}

/* The signal that a child dies of that reads or writes a byte; 0 where it
 * may. */
static int try_byte(volatile unsigned char *byte, int write)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (write)
            *byte = 1;
        else
            (void)*byte;
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void rights_of(const char *what, unsigned char *byte)
{
    printf("%s: read %d, write %d\n", what, try_byte(byte, 0),
           try_byte(byte, 1));
}

static void rights(int kind, const char *name)
{
    unsigned char *area = map(4, PROT_READ | PROT_WRITE, kind);
    printf("-- %s\n", name);
    area[0] = 1;
    rights_of("fresh", area);
    rights_of("untouched", area + PAGE);
    mprotect(area, 2 * PAGE, PROT_READ);
    rights_of("read-only", area);
    rights_of("untouched read-only", area + PAGE);
    mprotect(area, 2 * PAGE, PROT_NONE);
    rights_of("none", area);
    rights_of("untouched none", area + PAGE);
    mprotect(area, 2 * PAGE, PROT_READ | PROT_WRITE);
    rights_of("again", area);
    printf("kept: %d %d\n", area[0], area[PAGE]);
    area[0] = 77;
    printf("madvise: %d\n", madvise(area, PAGE, MADV_DONTNEED));
    printf("after DONTNEED: %d\n", area[0]);
    munmap(area, PAGE);
    rights_of("unmapped", area);
    munmap(area + PAGE, 3 * PAGE);
}

/* A chain of generations that all write to one shared page and to one private
 * page. */
static void generations(void)
{
    volatile int *shared =
        (volatile int *)map(1, PROT_READ | PROT_WRITE, MAP_SHARED);
    int depth = 0;
    int status;
    fflush(stdout);
    while (depth < 6 && fork() == 0)
        depth++;
    shared[depth] = depth * 11 + private_word;
    private_word += depth;
    if (depth < 6)
        wait(&status);
    shared[10 + depth] = private_word;
    if (depth > 0)
        _exit(0);
    for (int i = 0; i < 17; i++)
        printf("%d ", shared[i]);
    printf("private %d\n", private_word);
}

/* Two processes take turns through shared memory alone. */
static void turns(void)
{
    volatile int *turn =
        (volatile int *)map(1, PROT_READ | PROT_WRITE, MAP_SHARED);
    pid_t pid;
    fflush(stdout);
    pid = fork();
    for (int i = 0; i < 20; i++) {
        while (*turn % 2 != (pid == 0))
            usleep(100);
        ++*turn;
    }
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    printf("turns: %d\n", *turn);
}

/* A pipe's bytes come into a shared page and into a copy-on-write one. */
static void kernel_writes(void)
{
    unsigned char *shared = map(1, PROT_READ | PROT_WRITE, MAP_SHARED);
    unsigned char *private = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    int fds[2];
    strcpy((char *)shared, "old");
    strcpy((char *)private, "old");
    if (pipe(fds) != 0 || write(fds[1], "new\0new", 8) != 8)
        abort();
    fflush(stdout);
    if (fork() == 0)
        _exit(read(fds[0], shared, 4) == 4 && read(fds[0], private, 4) == 4
                  ? 0
                  : 1);
    wait(NULL);
    printf("kernel wrote: shared %s, private %s\n", (char *)shared,
           (char *)private);
}

int main(void)
{
    rights(MAP_PRIVATE, "private");
    rights(MAP_SHARED, "shared");
    generations();
    turns();
    kernel_writes();
    return 0;
}
