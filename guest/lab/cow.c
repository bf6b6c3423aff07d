/* cow.c: sixteen pages, a fork, and writes of both sides: who copies what? */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096
#define PAGES 16

static _Alignas(PAGE) char memory[PAGES][PAGE];

static __attribute__((noinline)) void child_writes(int pages)
{
    for (int i = 0; i < pages; i++)
        memory[i][0] = 'c';
}

static __attribute__((noinline)) void parent_writes(int pages)
{
    for (int i = 0; i < pages; i++)
        memory[i][0] = 'p';
}

int main(void)
{
    for (int i = 0; i < PAGES; i++)
        memory[i][0] = 'm';
    fflush(stdout);
    if (fork() == 0) {
        child_writes(4);
        printf("child: 4 pages are its own\n");
        return memory[4][0] != 'm';
    }
    wait(NULL);
    parent_writes(8);
    printf("parent: 8 pages are its own, and %s\n",
           memory[0][0] == 'p' && memory[8][0] == 'm' ? "hold what it wrote"
                                                      : "are spoilt");
    return 0;
}
