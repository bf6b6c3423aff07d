/* What every way to load a selector comes to, each in a child of its own:
 * selectors of GDT entries that no program may use, of an LDT that is not
 * there, null, and the program's own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned char *code;
static unsigned own_code, own_data, own_gs;

/* The program's own selectors differ from one kernel to the next. */
static unsigned known(unsigned selector)
{
    return selector == own_code   ? 0xC0DE
           : selector == own_data ? 0xDA7A
                                  : selector;
}

/* Bit 4 of a page fault's is for pages that are not to be executed. */
static unsigned known_error(const greg_t *r)
{
    unsigned error = (unsigned)r[REG_ERR];
    return r[REG_TRAPNO] == 14            ? error & 0xF
           : error == (own_code & 0xFFFC) ? 0xC0DC
           : error == (own_data & 0xFFFC) ? 0xDA78
                                          : error;
}

/* The library finds its own data through GS. */
static void tell(int signal, siginfo_t *info, void *context)
{
    __asm__ volatile("mov %0, %%gs" ::"r"(own_gs) : "memory");
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    char line[256];
    int bytes = snprintf(line, sizeof line,
                         "signal %d code %d trap %d error %x eip +%d eax %x "
                         "ebx %x esp %d flags %x\n",
                         signal, info->si_code, r[REG_TRAPNO], known_error(r),
                         r[REG_EIP] - (int)code, known((unsigned)r[REG_EAX]),
                         known((unsigned)r[REG_EBX]), r[REG_ESP] - (int)code,
                         (unsigned)r[REG_EFL] & 0xDD5);
    (void)!write(1, line, (size_t)bytes);
    _exit(0);
}

/* Runs `bytes` with EAX the selector, EBX a pointer to { code + 0x100,
 * selector, flags }, which is on the stack, too. At code + 0x100 there is INT3,
 * behind the bytes HLT. */
static void run(const char *name, unsigned selector, const char *bytes,
                size_t count, unsigned flags)
{
    int status;
    unsigned *data = (unsigned *)(code + 0x800);
    printf("%s %x %x: ", name, known(selector), flags);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        memset(code, 0xF4, 64);
        memset(code + 0x100, 0xCC, 16);
        memcpy(code, bytes, count);
        for (size_t i = 0; i + 1 < count; i++)
            if (bytes[i] == 'S' && bytes[i + 1] == 'S')
                memcpy(code + i, &selector, 2);
        data[0] = (unsigned)(code + 0x100);
        data[1] = selector;
        data[2] = flags;
        __asm__ volatile(
            "mov %0, %%esp\n\tmov %%esp, %%ebx\n\tjmp *%1" ::"r"(data),
            "S"(code), "a"(selector)
            : "memory");
    }
    waitpid(child, &status, 0);
    if (status != 0)
        printf("status %x\n", status);
}

#define RUN(name, bytes) run(name, selector, bytes, sizeof bytes - 1, 2)

static void run_all(unsigned selector)
{
    RUN("mov es", "\x8E\xC0");
    RUN("mov ss", "\x8E\xD0");
    RUN("mov ds", "\x8E\xD8");
    RUN("mov fs", "\x8E\xE0");
    RUN("mov gs", "\x8E\xE8");
    RUN("mov es m", "\x8E\x43\x04");
    RUN("pop es", "\x58\x07");
    RUN("pop ss", "\x58\x17");
    RUN("pop ds", "\x58\x1F");
    RUN("pop fs", "\x58\x0F\xA1");
    RUN("pop gs", "\x58\x0F\xA9");
    RUN("pop16 gs", "\x58\x66\x0F\xA9");
    RUN("les", "\xC4\x03");
    RUN("lds", "\xC5\x03");
    RUN("lss", "\x0F\xB2\x03");
    RUN("lfs", "\x0F\xB4\x03");
    RUN("lgs", "\x0F\xB5\x03");
    RUN("les16", "\x66\xC4\x43\x02");
    RUN("jmp far", "\xEA\x00\x01\x00\x20SS");
    RUN("jmp far m", "\xFF\x2B");
    RUN("call far", "\x9A\x00\x01\x00\x20SS");
    RUN("call far m", "\xFF\x1B");
    RUN("retf", "\xCB");
    RUN("retf 8", "\xCA\x08\x00");
    RUN("iret", "\xCF");
    RUN("jmp far16 m", "\x66\xFF\x6B\x02");
    RUN("lar", "\x0F\x02\xC0");
    RUN("lsl", "\x0F\x03\xC0");
    RUN("lar16", "\x66\x0F\x02\xC0");
    RUN("verr", "\x0F\x00\xE0");
    RUN("verw", "\x0F\x00\xE8");
    RUN("verw m", "\x0F\x00\x6B\x04");
}

static void run_flags(unsigned selector)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        if (bit == 8 || bit == 16 || bit == 18 || bit == 21)
            continue; /* TF traps; RF is not seen; AC and ID depend on the
                         processor */
        run("iret", selector, "\xCF", 1, 1u << bit | 2);
        run("popf", selector, "\x83\xC4\x08\x9D\x9C\x58", 6, 1u << bit | 2);
        run("iret16", selector,
            "\x68\x02\x00\x00\x00\x66\x50\x66\x6A\x10\x66\xCF", 12, 1u << bit);
    }
    run("iret nt", selector, "\x9C\x80\x4C\x24\x01\x40\x9D\xCF", 8, 2);
    run("iret all", selector, "\xCF", 1, 0xFFDAFEFFu);
}

int main(void)
{
    static const unsigned selectors[] = {
        0,      1,      2,      3,      4,      7,    8,    9,     0xB,
        0x10,   0x13,   0x18,   0x80,   0x83,   0x88, 0xF7, 0x100, 0x107,
        0x1234, 0x7FF8, 0xFFF8, 0xFFFC, 0xFFFF, 0x17, 0x27};
    struct sigaction action = {.sa_sigaction = tell,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    static const int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS};
    static char stack[65536];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    __asm__("mov %%cs, %0\n\tmov %%ds, %1\n\tmov %%gs, %2"
            : "=r"(own_code), "=r"(own_data), "=r"(own_gs));
    code = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    for (unsigned i = 0; i < sizeof selectors / sizeof selectors[0]; i++)
        run_all(selectors[i]);
    run_all(own_code);
    run_all(own_data);
    run_flags(own_code);
    return 0;
}
