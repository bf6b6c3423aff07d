/* Pages that may be executed only: this paging has no way to refuse that they
 * are read, and the kernel must not, either. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* mov eax, 42; ret */
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};

static int run(void *at)
{
    int result;
    __asm__ volatile("call *%1"
                     : "=a"(result)
                     : "r"(at)
                     : "ecx", "edx", "memory");
    return result;
}

int main(void)
{
    char *filled = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *fresh =
        mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fds[2];
    memcpy(filled, code, sizeof code);
    mprotect(filled, 8192, PROT_EXEC);
    printf("runs: %d\n", run(filled));
    printf("reads: %d\n", filled[1]);
    printf("reads what was never touched: %d %d\n", filled[4096], fresh[0]);
    if (pipe(fds) != 0)
        return 1;
    printf("the kernel reads: %d\n", (int)write(fds[1], filled, 6));
    printf("the kernel writes: %d\n", (int)read(fds[0], filled, 6));
    return 0;
}
