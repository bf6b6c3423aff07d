/* fpuhost.c: see fpuhost.h. */
#include "cpu/fpuhost.h"

#include <stdlib.h>

#if defined(__x86_64__) && defined(__linux__)

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "hash.h"

#define SLOTS      64u
#define SLOT_BYTES 128u

/* Code around instructions that came up before, by their bytes. */
struct slot {
    uint8_t bytes; /* 0: free */
    uint8_t code[FPU_HOST_INSN_BYTES];
};

struct fpu_host {
    uint8_t *page;
    struct slot slot[SLOTS];
};

/* RBX holds the run. */
static const uint8_t before[] = {
    0x53,                                     /* push rbx */
    0x48, 0x89, 0xFB,                         /* mov rbx, rdi */
    0x0F, 0xAE, 0x0B,                         /* fxrstor [rbx] */
    0x48, 0x8D, 0xB3, 0x00, 0x02, 0x00, 0x00, /* lea rsi, [rbx + operand] */
    0x8B, 0x83, 0x00, 0x04, 0x00, 0x00,       /* mov eax, [rbx + general] */
    0xFF, 0xB3, 0x08, 0x04, 0x00, 0x00,       /* push [rbx + flags] */
    0x9D,                                     /* popfq */
};

static const uint8_t behind[] = {
    0x9C,                                     /* pushfq */
    0x8F, 0x83, 0x08, 0x04, 0x00, 0x00,       /* pop [rbx + flags] */
    0x89, 0x83, 0x00, 0x04, 0x00, 0x00,       /* mov [rbx + general], eax */
    0x0F, 0xAE, 0x03,                         /* fxsave [rbx] */
    0xDB, 0xE3,                               /* fninit */
    0x0F, 0xAE, 0x93, 0x10, 0x04, 0x00, 0x00, /* ldmxcsr [rbx + host_mxcsr] */
    0x5B,                                     /* pop rbx */
    0xC3,                                     /* ret */
};

_Static_assert(offsetof(struct fpu_host_run, operand) == 0x200 &&
                   offsetof(struct fpu_host_run, general) == 0x400 &&
                   offsetof(struct fpu_host_run, flags) == 0x408 &&
                   offsetof(struct fpu_host_run, host_mxcsr) == 0x410,
               "what the code says");
_Static_assert(sizeof before + FPU_HOST_INSN_BYTES + sizeof behind <=
                   SLOT_BYTES,
               "it fits");

/* ---- SSE's exceptions, which are the host's SIGFPE ---- */

/* There is one host, and one handler of a signal. */
static struct {
    sigjmp_buf back;
    volatile sig_atomic_t armed;
    volatile uint32_t mxcsr;
} trap;

static void on_exception(int signal_number, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;
    (void)info;
    if (!trap.armed) {
        /* it comes again, and is the simulator's own */
        (void)signal(signal_number, SIG_DFL);
        return;
    }
    trap.mxcsr = interrupted->uc_mcontext.fpregs->mxcsr;
    siglongjmp(trap.back, 1);
}

static bool catch_exceptions(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};
    action.sa_sigaction = on_exception;
    return sigaction(SIGFPE, &action, NULL) == 0;
}

/* ---- running code ---- */

struct fpu_host *fpu_host_new(void)
{
    struct fpu_host *host = calloc(1, sizeof *host);
    if (host == NULL || !catch_exceptions()) {
        free(host);
        return NULL;
    }
    const int access = PROT_READ | PROT_WRITE | PROT_EXEC;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    /* cppcheck-suppress invalidFunctionArg ; there is no file */
    void *page = mmap(NULL, SLOTS * SLOT_BYTES, access, flags, -1, 0);
    if (page == MAP_FAILED) {
        free(host);
        return NULL;
    }
    host->page = page;
    return host;
}

void fpu_host_free(struct fpu_host *host)
{
    if (host == NULL)
        return;
    (void)munmap(host->page, SLOTS * SLOT_BYTES);
    free(host);
}

static uint32_t slot_of(const uint8_t *code, uint32_t bytes)
{
    return (uint32_t)(XXH3_64bits(code, bytes) % SLOTS);
}

static const uint8_t *code_around(struct fpu_host *host, const uint8_t *code,
                                  uint32_t bytes)
{
    uint32_t number = slot_of(code, bytes);
    struct slot *slot = &host->slot[number];
    uint8_t *at = host->page + (size_t)number * SLOT_BYTES;
    if (slot->bytes == bytes && memcmp(slot->code, code, bytes) == 0)
        return at;
    slot->bytes = (uint8_t)bytes;
    memcpy(slot->code, code, bytes);
    memcpy(at, before, sizeof before);
    memcpy(at + sizeof before, code, bytes);
    memcpy(at + sizeof before + bytes, behind, sizeof behind);
    return at;
}

typedef void execute_function(struct fpu_host_run *run);

static bool execute_armed(execute_function *execute, struct fpu_host_run *run)
{
    if (sigsetjmp(trap.back, 0) != 0) {
        trap.armed = 0;
        return false;
    }
    trap.armed = 1;
    execute(run);
    trap.armed = 0;
    return true;
}

bool fpu_host_execute(struct fpu_host *host, const uint8_t *code,
                      uint32_t bytes, struct fpu_host_run *run)
{
    const uint8_t *at = code_around(host, code, bytes);
    execute_function *execute;
    memcpy(&execute, &at, sizeof execute);
    run->host_mxcsr = MXCSR_INITIAL;
    if (execute_armed(execute, run))
        return true;
    run->state.mxcsr = trap.mxcsr;
    return false;
}

#else

struct fpu_host *fpu_host_new(void)
{
    return NULL;
}

void fpu_host_free(struct fpu_host *host)
{
    (void)host;
}

bool fpu_host_execute(struct fpu_host *host, const uint8_t *code,
                      uint32_t bytes, struct fpu_host_run *run)
{
    (void)host;
    (void)code;
    (void)bytes;
    (void)run;
    return false;
}

#endif
