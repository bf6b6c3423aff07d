/* Segments of a program's own LDT and of its threads' data: limits, rights,
 * expand-down, null, 16 bits; modify_ldt and set_thread_area themselves. Each
 * probe is in a child of its own. */
#include <asm/ldt.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE ((unsigned char *)0x20000000)
#define DATA ((unsigned char *)0x20010000)

static unsigned own_code, own_data, own_gs;
static unsigned flags_told = 0xCD5;

static unsigned known(unsigned selector)
{
    selector &= 0xFFFF;
    return selector == own_code   ? 0xC0DE
           : selector == own_data ? 0xDA7A
                                  : selector;
}

/* Runs with whatever ES, DS and GS there are until it has loaded its own. */
static void tell(int signal, siginfo_t *info, void *context)
{
    __asm__ volatile("mov %0, %%gs" ::"r"(own_gs) : "memory");
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    char line[256];
    int bytes = snprintf(
        line, sizeof line,
        "signal %d code %d trap %d error %x cs %x eip %x eax %x ebx %x ecx %x "
        "edx %x "
        "esi %x edi %x esp %x ss %x flags %x cr2 %lx\n",
        signal, info->si_code, r[REG_TRAPNO],
        (unsigned)r[REG_ERR] & (r[REG_TRAPNO] == 14 ? 0xF : 0xFFFF),
        known(r[REG_CS]), (unsigned)r[REG_EIP], (unsigned)r[REG_EAX],
        (unsigned)r[REG_EBX], (unsigned)r[REG_ECX], (unsigned)r[REG_EDX],
        (unsigned)r[REG_ESI], (unsigned)r[REG_EDI], (unsigned)r[REG_ESP],
        known(r[REG_SS]), (unsigned)r[REG_EFL] & flags_told,
        r[REG_TRAPNO] == 14 ? ((ucontext_t *)context)->uc_mcontext.cr2 : 0);
    (void)!write(1, line, (size_t)bytes);
    _exit(0);
}

static int set(unsigned entry, unsigned base, unsigned limit, unsigned contents,
               const char *flags)
{
    struct user_desc desc = {
        .entry_number = entry, .base_addr = base, .limit = limit};
    desc.contents = contents & 3;
    desc.seg_32bit = strchr(flags, '3') != NULL;
    desc.read_exec_only = strchr(flags, 'r') != NULL;
    desc.limit_in_pages = strchr(flags, 'p') != NULL;
    desc.seg_not_present = strchr(flags, 'n') != NULL;
    desc.useable = strchr(flags, 'u') != NULL;
    return (int)syscall(SYS_modify_ldt, strchr(flags, 'o') != NULL ? 1 : 0x11,
                        &desc, sizeof desc);
}

#define SELECTOR(entry) ((entry) << 3 | 7)

/* Runs code with EAX = a selector; EBX, ESI and EDI = offset; ECX = 3; EDX =
 * 0x12345678. */
static void run(const char *name, unsigned selector, unsigned offset,
                const char *bytes, size_t count)
{
    int status;
    /* Makers differ in what a fault leaves of the flags of a repeated SCAS. */
    flags_told = strcmp(name, "es scas") == 0 ? 0x400 : 0xCD5;
    printf("%s %x %x: ", name, selector, offset);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        memset(CODE, 0xF4, 256);
        memcpy(CODE, bytes, count);
        *(unsigned *)(DATA + 0x800) = selector << 16;
        __asm__ volatile(
            "mov %0, %%esp\n\tcld\n\tpushl $0x20000000\n\tmov %%ebx, "
            "%%esi\n\tmov "
            "%%ebx, %%edi\n\txor %%ebp, %%ebp\n\tret" ::"r"(DATA + 0xF00),
            "a"(selector), "b"(offset), "c"(3), "d"(0x12345678)
            : "memory");
    }
    waitpid(child, &status, 0);
    if (status != 0)
        printf("status %x\n", status);
}

#define RUN(name, selector, offset, bytes) \
    run(name, selector, offset, bytes, sizeof bytes - 1)

static void probe(const char *name, unsigned entry, const unsigned *offsets)
{
    unsigned s = SELECTOR(entry);
    printf("%s\n", name);
    RUN("lar", s, 0, "\x0F\x02\xC0");
    RUN("lsl", s, 0, "\x0F\x03\xC0");
    RUN("verr", s, 0, "\x0F\x00\xE0");
    RUN("verw", s, 0, "\x0F\x00\xE8");
    RUN("mov ss", s, 0, "\x8E\xD0");
    RUN("jmp far", s, 0, "\x66\x50\x6A\x00\x66\x5A\xFF\x2C\x24");
    for (; *offsets != 0x77777777; offsets++) {
        unsigned o = *offsets;
        RUN("fs load", s, o, "\x8E\xE0\x64\x8B\x13");
        RUN("fs byte", s, o, "\x8E\xE0\x64\x8A\x13");
        RUN("fs store", s, o, "\x8E\xE0\x64\x89\x13");
        RUN("gs rmw", s, o, "\x8E\xE8\x65\xFF\x03");
        RUN("ds load", s, o, "\x8E\xD8\x8B\x13");
        RUN("ds store", s, o, "\x8E\xD8\x66\x89\x13");
        RUN("ds moffs", s, o, "\x8E\xD8\xA1\x10\x00\x00\x00");
        RUN("es stos", s, o, "\x8E\xC0\xAB");
        RUN("es rep stos", s, o, "\x8E\xC0\xF3\xAB");
        RUN("es scas", s, o, "\x8E\xC0\xF2\xAE");
        RUN("ds lods", s, o, "\x8E\xD8\xAC");
        RUN("fs xlat", s, o, "\x8E\xE0\x30\xC0\x64\xD7");
        RUN("gs fld", s, o, "\x8E\xE8\x65\xDD\x03");
        RUN("fs push", s, o, "\x8E\xE0\x64\xFF\x33");
        RUN("fs pop", s, o, "\x8E\xE0\x64\x8F\x03");
        RUN("fs lea", s, o, "\x8E\xE0\x64\x8D\x13");
    }
}

static void probe_stack(unsigned entry, unsigned esp)
{
    unsigned s = SELECTOR(entry);
    RUN("ss push", s, esp, "\x8E\xD0\x89\xDC\x52");
    RUN("ss pop", s, esp, "\x8E\xD0\x89\xDC\x59");
    RUN("ss push16", s, esp, "\x8E\xD0\x89\xDC\x66\x52");
    RUN("ss call", s, esp, "\x8E\xD0\x89\xDC\xE8\x00\x00\x00\x00");
    RUN("ss pusha", s, esp, "\x8E\xD0\x89\xDC\x60");
    RUN("ss pushf", s, esp, "\x8E\xD0\x89\xDC\x9C\x59");
    RUN("ss enter", s, esp, "\x8E\xD0\x89\xDC\xC8\x10\x00\x00");
    RUN("ss leave", s, esp, "\x8E\xD0\x89\xDD\xC9");
    RUN("ss ebp", s, esp, "\x8E\xD0\x89\xDD\x8B\x4D\x00");
    RUN("ss int", s, esp,
        "\x8E\xD0\x89\xDC\xB8\x14\x00\x00\x00\xCD\x80\x31\xC0");
}

/* Jumps to the segment's start, where `bytes` are. */
static void run_there(const char *name, unsigned entry, unsigned offset,
                      const char *bytes, size_t count)
{
    unsigned char code[] = {0xEA, 0, 0, 0, 0, 0, 0};
    unsigned selector = SELECTOR(entry);
    memcpy(code + 1, &offset, 4);
    memcpy(code + 5, &selector, 2);
    memset(DATA, 0xF4, 256);
    memcpy(DATA + offset, bytes, count);
    run(name, selector, offset, (const char *)code, sizeof code);
}

#define RUN_THERE(name, entry, offset, bytes) \
    run_there(name, entry, offset, bytes, sizeof bytes - 1)

static void probe_code(unsigned entry)
{
    RUN_THERE("hlt", entry, 0, "\xF4");
    RUN_THERE("mov imm", entry, 0, "\xB8\x44\x33\x22\x11\xF4\xF4");
    RUN_THERE("lea", entry, 0, "\x67\x8D\x43\x05\x8D\x43\x05\xF4");
    RUN_THERE("push pop", entry, 0, "\x52\x59\x66\x52\x66\x5E\xF4");
    RUN_THERE("call ret", entry, 0, "\xE8\x03\x00\x90\x90\x90\xF4\xF4");
    RUN_THERE("loop", entry, 0, "\x40\xE2\xFD\xF4");
    RUN_THERE("cs load", entry, 0, "\x2E\x67\x8B\x05\x08\x00\x00\x00\xF4");
    RUN_THERE("jmp out", entry, 0, "\xE9\x00\x20\x00\x00\xF4");
    RUN_THERE("jcc out", entry, 0, "\x31\xC0\x74\x7F\xF4");
    RUN_THERE("jmp eax", entry, 0, "\xFF\xE0");
    RUN_THERE("last byte", entry, 0x3F, "\x90\x90");
    RUN_THERE("runs out", entry, 0x3D, "\xB8\x01\x02\x03\x04");
    RUN_THERE("int", entry, 0, "\x31\xC0\xB0\x14\xCD\x80\x31\xC0\xF4");
    RUN_THERE("int 8", entry, 0, "\xCD\x08");
    RUN_THERE("div", entry, 0, "\x31\xC9\xF7\xF1");
    RUN_THERE("store", entry, 0, "\x67\x89\x15\x00\x08\x01\x20\xF4");
    RUN_THERE("rep movs", entry, 0, "\xF3\xA4\xF4");
    RUN_THERE("pushf", entry, 0, "\x9C\x58\x9D\xF4");
    RUN_THERE("retf", entry, 0, "\x0E\x68\x20\x00\xCB");
}

static void write_and_read(void)
{
    static struct user_desc out;
    unsigned long long table[16];
    printf("empty: %ld\n", syscall(SYS_modify_ldt, 0, table, sizeof table));
    printf("sizes: %ld %d", syscall(SYS_modify_ldt, 1, &out, 15), errno);
    printf(" %ld %d\n", syscall(SYS_modify_ldt, 3, &out, 16), errno);
    printf("entry: %d %d\n", set(8192, 1, 1, 0, "3"), errno);
    printf("conforming: %d %d", set(0, 1, 1, 3, "3"), errno);
    printf(" %d", set(0, 1, 1, 3, "3n"));
    printf(" %d\n", set(0, 1, 1, 3, "3no"));
    printf("bad: %ld %d\n", syscall(SYS_modify_ldt, 0x11, (void *)8, 16),
           errno);
    set(2, 0x12345678, 0xABCDE, 0, "3pu");
    set(5, 0x12345678, 0xABCDE, 2, "3rpou");
    memset(table, 0xEE, sizeof table);
    printf("read: %ld\n", syscall(SYS_modify_ldt, 0, table, sizeof table));
    for (int i = 0; i < 16; i++)
        printf(" %llx", table[i]);
    printf("\nshort: %ld\n", syscall(SYS_modify_ldt, 0, table, 20));
    printf("cleared: %d %d", set(2, 0, 0, 0, "rn"), set(5, 0, 0, 0, "o"));
    printf(" %ld", syscall(SYS_modify_ldt, 0, table, sizeof table));
    for (int i = 0; i < 6; i++)
        printf(" %llx", table[i]);
    printf("\n");
}

static int thread_area(int call, struct user_desc *desc, unsigned flags)
{
    long result = syscall(call, desc);
    int error = errno;
    (void)flags;
    return result == 0 ? 0 : error;
}

static void thread_areas(void)
{
    struct user_desc desc = {
        .entry_number = 0xFFFFFFFF, .base_addr = 0x20010000, .limit = 0x3F};
    desc.seg_32bit = 1;
    printf("set: %d", thread_area(SYS_set_thread_area, &desc, 0));
    unsigned entry = desc.entry_number, selector = entry << 3 | 3;
    int status;
    static const unsigned offsets[] = {0, 0x3C, 0x3D, 0x3F, 0x40, 0xFFFFFFFF};
    printf(" %d\n", (int)entry > 0);
    for (unsigned i = 0; i < 6; i++) {
        printf("tls ");
        fflush(stdout);
        if (fork() == 0) {
            signal(SIGSEGV, SIG_DFL);
            unsigned value;
            __asm__ volatile("mov %1, %%fs\n\tmov %%fs:(%2), %0"
                             : "=r"(value)
                             : "r"(selector), "r"(offsets[i]));
            printf("%x ", value);
            fflush(stdout);
            _exit(0);
        }
        wait(&status);
        printf("%x\n", status);
    }
    memset(&desc, 0, sizeof desc);
    desc.entry_number = entry;
    printf("get: %d %x %x %d%d%d%d%d%d\n",
           thread_area(SYS_get_thread_area, &desc, 0), desc.base_addr,
           desc.limit, desc.seg_32bit, desc.contents, desc.read_exec_only,
           desc.limit_in_pages, desc.seg_not_present, desc.useable);
    desc.seg_32bit = 0;
    printf("16 bits: %d\n", thread_area(SYS_set_thread_area, &desc, 0));
    desc.seg_32bit = 1;
    desc.contents = 2;
    printf("code: %d\n", thread_area(SYS_set_thread_area, &desc, 0));
    desc.contents = 0;
    desc.seg_not_present = 1;
    printf("absent: %d\n", thread_area(SYS_set_thread_area, &desc, 0));
    desc.entry_number = 5;
    desc.seg_not_present = 0;
    printf("entry 3: %d", thread_area(SYS_set_thread_area, &desc, 0));
    desc.entry_number = 3;
    printf(" %d\n", thread_area(SYS_get_thread_area, &desc, 0));
    memset(&desc, 0, sizeof desc);
    desc.entry_number = entry;
    printf("cleared: %d\n", thread_area(SYS_set_thread_area, &desc, 0));
    if (fork() == 0) {
        signal(SIGSEGV, SIG_DFL);
        __asm__ volatile("mov %0, %%fs" ::"r"(selector));
        _exit(0);
    }
    wait(&status);
    printf("cleared: %x\n", status);
}

int main(void)
{
    static const unsigned small[] = {
        0, 0x3C, 0x3D, 0x3F, 0x40, 0x1000, 0xFFFFFFFC, 0xFFFFFFFF, 0x77777777};
    static const unsigned down[] = {
        0,      0x3C,   0x3F,    0x40,       0x41,       0xFFFC,
        0xFFFE, 0xFFFF, 0x10000, 0xFFFFFFFC, 0xFFFFFFFE, 0x77777777};
    static const unsigned one[] = {0x10, 0x77777777};
    static char stack[65536];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = tell,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    static const int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS};
    __asm__("mov %%cs, %0\n\tmov %%ds, %1\n\tmov %%gs, %2"
            : "=r"(own_code), "=r"(own_data), "=r"(own_gs));
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    mmap(CODE, 0x20000, PROT_READ | PROT_WRITE | PROT_EXEC,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    write_and_read();
    thread_areas();
    RUN("fs null", 0, 0x10, "\x64\x8B\x13");
    RUN("ds null", 0, 0x10, "\x8E\xD8\x8B\x13");
    RUN("es null", 0, 0x10, "\x8E\xC0\xAB");
    RUN("es null rep", 0, 0x10, "\x8E\xC0\x31\xC9\xF3\xAB");
    RUN("ds null push", 0, 0x10, "\x8E\xD8\x52\x59\x8E\xD8\xFF\x33");
    RUN("ds null jump", 3, 0x10, "\x8E\xD8\xFF\x23");
    RUN("ds null int", 2, 0,
        "\x8E\xD8\x8E\xC0\xB8\x14\x00\x00\x00\xCD\x80\x31\xC0\xA1\x00\x00\x00"
        "\x00");
    set(0, 0x20010000, 0x3F, 0, "3");
    probe("small", 0, small);
    set(1, 0x20010000, 0x3F, 0, "3r");
    probe("read-only", 1, one);
    set(2, 0x20010000, 0x3F, 1, "3");
    probe("down", 2, down);
    set(3, 0x20010000, 0x3F, 1, "");
    probe("down 16", 3, down);
    set(4, 0x20010000, 0x0F, 0, "3p");
    probe("pages", 4, one);
    set(5, 0x20010000, 0x3F, 0, "3n");
    probe("absent", 5, one);
    set(6, 0x20010000, 0x3F, 2, "3");
    probe("code", 6, one);
    set(7, 0x20010000, 0x3F, 2, "3r");
    probe("execute-only", 7, one);
    set(8, 0, 0xFFFFF, 0, "3p");
    probe("flat", 8, small);
    set(9, 0x20010000, 0xFFFF, 0, "");
    set(10, 0x20010000, 0x3F, 2, "");
    set(11, 0x20010000, 0xFFFFF, 2, "3p");
    set(12, 0, 0xFFFFF, 2, "3p");
    set(13, 0x20010000, 0xFFFF, 2, "r");
    probe_stack(0, 0x3C);
    probe_stack(0, 0x40);
    probe_stack(0, 2);
    probe_stack(2, 0x50);
    probe_stack(9, 0x12340100);
    probe_stack(9, 0xABCD0000);
    probe_stack(9, 2);
    probe_stack(3, 0x10000);
    probe_code(6);
    probe_code(7);
    probe_code(10);
    probe_code(11);
    probe_code(12);
    probe_code(13);
    return 0;
}
