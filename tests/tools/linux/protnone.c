/* Pages of PROT_NONE: what faults on them tell, that they keep what they hold,
 * and that nobody else reads them, the kernel included. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096u

static sigjmp_buf back;
static volatile unsigned long trapno, error, address;
static volatile int code;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *user = context;
    (void)signal;
    trapno = (unsigned long)user->uc_mcontext.gregs[REG_TRAPNO];
    error = (unsigned long)user->uc_mcontext.gregs[REG_ERR];
    address = user->uc_mcontext.cr2;
    code = info->si_code;
    siglongjmp(back, 1);
}

enum { READ, WRITE, MODIFY, FETCH, KINDS };
static const char *const kind_names[] = {"read", "write", "modify", "fetch"};

static void touch(volatile char *at, int kind)
{
    if (kind == READ)
        (void)*at;
    else if (kind == WRITE)
        *at = 1;
    else if (kind == MODIFY)
        __asm__ volatile("incb %0" : "+m"(*at));
    else
        __asm__ volatile("call *%0"
                         :
                         : "r"(at)
                         : "eax", "ecx", "edx", "memory");
}

/* Of the error code the bit of fetches is left out, which processors with NX
 * have. */
static void tell(const char *what, char *at, int kinds)
{
    for (volatile int kind = 0; kind < kinds; kind++) {
        if (sigsetjmp(back, 1) == 0) {
            touch(at, kind);
            printf("%s, %s: done\n", what, kind_names[kind]);
        } else {
            printf("%s, %s: trap %lu, error %lu, address +%lx, code %d\n", what,
                   kind_names[kind], trapno, error & ~16ul,
                   address - (unsigned long)at, code);
        }
    }
}

static char *map(size_t pages, int rights, int flags)
{
    char *at = mmap(NULL, pages * PAGE, rights, MAP_ANONYMOUS | flags, -1, 0);
    if (at == MAP_FAILED)
        exit(1);
    return at;
}

/* alone in its page */
static const char text[PAGE] __attribute__((aligned(PAGE))) = "constants";
static char data[3 * PAGE] __attribute__((aligned(PAGE))) = "data";
static char zero[3 * PAGE] __attribute__((aligned(PAGE)));

static void tell_rights(void)
{
    char *none = map(1, PROT_NONE, MAP_PRIVATE);
    char *once = map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    char *shared = map(1, PROT_READ | PROT_WRITE, MAP_SHARED);
    char *only = map(1, PROT_READ, MAP_PRIVATE);
    tell("never touched", none, KINDS);
    once[5] = 55;
    mprotect(once, PAGE, PROT_NONE);
    tell("touched", once, KINDS);
    mprotect(once, PAGE, PROT_READ);
    printf("kept %d\n", once[5]);
    tell("readable again", once, FETCH);
    mprotect(once, PAGE, PROT_READ | PROT_WRITE);
    once[6] = 66;
    printf("kept %d, wrote %d\n", once[5], once[6]);
    shared[7] = 77;
    mprotect(shared, PAGE, PROT_NONE);
    tell("shared", shared, KINDS);
    mprotect(shared, PAGE, PROT_READ | PROT_WRITE);
    printf("kept %d\n", shared[7]);
    (void)*(volatile char *)only;
    mprotect(only, PAGE, PROT_NONE);
    tell("only ever read", only, KINDS);
    mprotect(only, PAGE, PROT_READ);
    tell("and readable again", only, FETCH);
    mprotect(data, PAGE, PROT_NONE);
    tell("the program's data", data, KINDS);
    mprotect(data, PAGE, PROT_READ | PROT_WRITE);
    printf("kept %s\n", data);
    mprotect(zero, 3 * PAGE, PROT_NONE);
    tell("zeroes", zero + PAGE, KINDS);
    mprotect(zero, 3 * PAGE, PROT_READ | PROT_WRITE);
    zero[PAGE] = 1;
    mprotect((char *)text, PAGE, PROT_NONE);
    tell("the program's constants", (char *)text, FETCH);
    mprotect((char *)text, PAGE, PROT_READ);
    printf("kept %s\n", text);
    munmap(none, PAGE);
    tell("unmapped", none, FETCH);
}

/* A copy-on-write page whose owners take their rights to it away, and give them
 * back. */
static void tell_fork(void)
{
    char *area = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    int status;
    for (int i = 0; i < 4; i++)
        area[i * PAGE] = (char)(10 + i);
    mprotect(area, PAGE, PROT_NONE);
    fflush(stdout);
    if (fork() == 0) {
        tell("in the child", area, MODIFY);
        mprotect(area, PAGE, PROT_READ | PROT_WRITE);
        printf("child: kept %d\n", area[0]);
        area[0] = 20;
        mprotect(area + PAGE, PAGE, PROT_NONE);
        tell("the child's own", area + PAGE, MODIFY);
        if (fork() == 0) {
            mprotect(area + PAGE, PAGE, PROT_READ | PROT_WRITE);
            area[PAGE]++;
            printf("grandchild: %d %d\n", area[0], area[PAGE]);
            exit(0);
        }
        wait(NULL);
        mprotect(area + PAGE, PAGE, PROT_READ);
        printf("child: %d %d\n", area[0], area[PAGE]);
        exit(0);
    }
    wait(&status);
    tell("in the parent", area, MODIFY);
    mprotect(area, PAGE, PROT_READ | PROT_WRITE);
    area[PAGE]++;
    printf("parent: %d %d, status %d\n", area[0], area[PAGE], status);
}

static void tell_calls(void)
{
    char *area = map(3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    char bytes[16] = "0123456789";
    int fds[2];
    if (pipe(fds) != 0)
        exit(1);
    memset(area, 'x', 3 * PAGE);
    mprotect(area + PAGE, PAGE, PROT_NONE);
    printf("write: %d", (int)write(fds[1], area + PAGE, 3));
    printf(" errno %d\n", errno);
    if (write(fds[1], bytes, 10) != 10)
        exit(1);
    printf("read: %d", (int)read(fds[0], area + PAGE, 3));
    printf(" errno %d\n", errno);
    printf("and what was to be read: %d, %.10s\n", (int)read(fds[0], bytes, 10),
           bytes);
    printf("path: %d", access(area + PAGE, 0));
    printf(" errno %d\n", errno);
    printf("path across: %d", access(area + PAGE - 4, 0));
    printf(" errno %d\n", errno);
    printf("pipe: %d", pipe((int *)(area + PAGE)));
    printf(" errno %d\n", errno);

    /* Moved, dropped, and given up without rights. */
    char *moved = mremap(area + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    tell("moved", moved, MODIFY);
    mprotect(moved, 2 * PAGE, PROT_READ);
    printf("moved: %c %d\n", moved[PAGE - 1], moved[PAGE]);
    mprotect(moved, 2 * PAGE, PROT_NONE);
    madvise(moved, 2 * PAGE, MADV_DONTNEED);
    mprotect(moved, 2 * PAGE, PROT_READ);
    printf("dropped: %d\n", moved[PAGE - 1]);
    mprotect(moved, 2 * PAGE, PROT_NONE);
    munmap(moved, 2 * PAGE);
    mprotect(area, PAGE, PROT_NONE); /* and so it stays to the end */
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    tell_rights();
    tell_fork();
    tell_calls();
    return 0;
}
