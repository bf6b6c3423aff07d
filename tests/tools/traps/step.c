/* Single steps (EFLAGS.TF) over instructions of all kinds: where each trap
 * finds the program, and what PUSHF and SAHF make of the flags meanwhile; with
 * a data segment that is flat, and not. */
#include <asm/ldt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned char *code;
static unsigned own_data, own_gs, own_code;
static unsigned steps, end;

static void step(int signal, siginfo_t *info, void *context)
{
    __asm__ volatile("mov %0, %%gs" ::"r"(own_gs) : "memory");
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    char line[128];
    unsigned at = (unsigned)r[REG_EIP] - (unsigned)code;
    int bytes = snprintf(
        line, sizeof line, "%d %d %d %x eax %x ecx %x flags %x\n", signal,
        info->si_code, r[REG_TRAPNO], at, (unsigned)r[REG_EAX],
        (unsigned)r[REG_ECX], (unsigned)r[REG_EFL] & 0x54D5D5 & ~0x240000);
    (void)!write(1, line, (size_t)bytes);
    if (++steps > 60 || at >= end || signal != SIGTRAP)
        _exit(0);
}

static void run(const char *name, const char *bytes, size_t count, unsigned es)
{
    printf("%s\n", name);
    fflush(stdout);
    if (fork() != 0) {
        wait(NULL);
        return;
    }
    memset(code, 0x90, 256);
    memcpy(code, bytes, count);
    for (size_t i = 0; i + 1 < count; i++) {
        if (bytes[i] == 'C' && bytes[i + 1] == 'C')
            memcpy(code + i, &own_code, 2);
        if (bytes[i] == 'D' && bytes[i + 1] == 'D')
            memcpy(code + i, &own_data, 2);
    }
    end = (unsigned)count;
    __asm__ volatile("mov %%edx, %%es\n\tlea 0xF00(%%ebx), %%esp\n\tlea "
                     "0x800(%%ebx), %%esi\n\t"
                     "mov %%esi, %%edi\n\tpushfl\n\torl $0x100, "
                     "(%%esp)\n\tpopfl\n\tjmp *%%ebx"
                     :
                     : "b"(code), "a"(0x11), "c"(3), "d"(es)
                     : "memory");
}

#define RUN(name, bytes) run(name, bytes, sizeof bytes - 1, es)

static void run_all(unsigned es)
{
    RUN("plain", "\x40\x43\x01\xC8\xEB\x01\x90\x40");
    RUN("pushf", "\x9C\x58\x9C\x9D\x40");
    RUN("popf clears", "\x9C\x81\x24\x24\xFF\xFE\xFF\xFF\x9D\x40\x40\x40");
    RUN("lahf", "\x9F\x9E\x40");
    RUN("rep", "\xF3\xA4\x40");
    RUN("rep stos", "\xF3\xAB\x40");
    RUN("loop", "\x40\xE2\xFD\x40");
    RUN("mov ss", "\x66\x8C\xD2\x8E\xD2\x40\x40");
    RUN("pop ss", "\x16\x17\x40\x40");
    RUN("mov ds", "\x8C\xDA\x8E\xDA\x40\x40");
    RUN("push ds", "\x1E\x1F\x40\x40");
    RUN("jmp far", "\xEA\x09\x00\x00\x20"
                   "CC\x40\x40\x40\x40");
    RUN("call far", "\x9A\x08\x00\x00\x20"
                    "CC\x40\x40\x40\x40");
    RUN("lar", "\x0F\x02\xC0\x40\x40");
    RUN("enter16", "\x66\xC8\x08\x00\x01\x40\x40");
    RUN("int 80", "\xB8\x14\x00\x00\x00\xCD\x80\x31\xC0\x40\x40");
    RUN("iret", "\x9C\x66\x68\x00\x00\x66\x68"
                "CC\x68\x15\x00\x00\x20\xCF\x90\x90\x40\x40");
    RUN("hlt", "\x40\xF4\x40");
    RUN("fs", "\x64\xA1\x00\x00\x00\x00\x40");
    RUN("cmpxchg8b", "\x0F\xC7\x0F\x40\x40");
    RUN("pusha", "\x60\x61\x40\x40");
    RUN("into itself", "\xEB\xFF\xC0\x40\x40");
    RUN("to itself", "\x40\xEB\xFE");
    RUN("int3", "\x40\xCC\x40");
}

int main(void)
{
    struct user_desc desc = {
        .entry_number = 0, .base_addr = 0, .limit = 0xBFFFF};
    static char stack[65536];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = step,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    __asm__("mov %%cs, %0\n\tmov %%ds, %1\n\tmov %%gs, %2"
            : "=r"(own_code), "=r"(own_data), "=r"(own_gs));
    code = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    desc.seg_32bit = 1;
    desc.limit_in_pages = 1;
    syscall(SYS_modify_ldt, 0x11, &desc, sizeof desc);
    run_all(own_data);
    run_all(7);
    return 0;
}
