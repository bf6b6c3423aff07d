/* Each INT n, and other instructions that trap, in a child of its own: what the
 * handler of the signal finds. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned char *code;

static void tell(int signal, siginfo_t *info, void *context)
{
    const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    char line[128];
    int bytes = snprintf(
        line, sizeof line, "signal %d code %d trap %d error %x eip +%d\n",
        signal, info->si_code, registers[REG_TRAPNO],
        (unsigned)registers[REG_ERR], registers[REG_EIP] - (int)code);
    (void)!write(1, line, (size_t)bytes);
    _exit(0);
}

static void run_at(unsigned char *at, const char *name, unsigned number,
                   const unsigned char *bytes, size_t count)
{
    int status;
    printf("%s %u: ", name, number);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        memset(code, 0xF4, 64);
        memcpy(at, bytes, count);
        __asm__ volatile("call *%0" ::"r"(at), "a"(0), "d"(0) : "memory");
        _exit(1);
    }
    waitpid(child, &status, 0);
    if (status != 0)
        printf("status %x\n", status);
}

static void run(const char *name, unsigned number, const unsigned char *bytes,
                size_t count)
{
    run_at(code, name, number, bytes, count);
}

int main(void)
{
    /* OUTS, and behind it what runs into the next page, which is missing:
     * nobody looks at that. */
    static const unsigned char at_end[] = {0x6F, 0x00, 0x20, 0xC5, 0xF2, 0x5D,
                                           0x61, 0xF2, 0x26, 0x0F, 0xB5, 0xBC};
    static const unsigned char others[][8] = {
        {0xCC},                         /* INT3 */
        {0xF3, 0xCC},                   /* with a prefix */
        {0xCE},                         /* INTO, no overflow: HLT behind it */
        {0xB0, 0x7F, 0x04, 0x01, 0xCE}, /* INTO with an overflow */
        {0xF4},                         /* HLT */
        {0xFA},                         /* CLI */
        {0x0F, 0x0B},                   /* UD2 */
        {0xF7, 0xF0},                   /* DIV by zero */
        {0xD4, 0x00},                   /* AAM 0 */
        {0xEB, 0x02, 0xCD, 0x0D, 0xF4}, /* behind what looks like INT 13, */
        {0xEB, 0x02, 0xCD, 0x00, 0xF7, 0xF0}, /* INT 0, */
        {0xEB, 0x02, 0xCD, 0x06, 0x0F, 0x0B}, /* INT 6 */
        {0xEB, 0x02, 0xCD, 0x03, 0xCC},       /* or INT 3 */
    };
    struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO};
    static const int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    code = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    for (unsigned n = 0; n < 256; n++) {
        const unsigned char plain[] = {0xCD, (unsigned char)n};
        const unsigned char prefixed[] = {0x66, 0xF2, 0xCD, (unsigned char)n};
        if (n == 0x80)
            continue;
        run("int", n, plain, sizeof plain);
        if (n % 16 < 4)
            run("prefixed int", n, prefixed, sizeof prefixed);
    }
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        run("other", i, others[i], sizeof others[i]);
    run_at(code + 4096 - sizeof at_end, "at end", 0, at_end, sizeof at_end);
    return 0;
}
