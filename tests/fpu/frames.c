/* frames.c: what a signal's handler finds and leaves of FPU, SSE and segment
 * registers. Prints the same natively and here: of selectors only what they are
 * compared with others. */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "fxsave.h"

/* What sigcontext.fpstate points to. */
struct fpu_frame {
    uint32_t control, status, tags, offsets[4];
    uint8_t st[8][10];
    uint16_t status_again, magic;
    struct fxsave fx;
};

static struct fxsave image __attribute__((aligned(16)));
static void (*volatile in_handler)(ucontext_t *context);
static volatile uint32_t flat_ds;

static uint16_t ds(void)
{
    uint16_t value;
    __asm__("mov %%ds, %0" : "=r"(value));
    return value;
}

static uint16_t es(void)
{
    uint16_t value;
    __asm__("mov %%es, %0" : "=r"(value));
    return value;
}

static uint16_t fs(void)
{
    uint16_t value;
    __asm__("mov %%fs, %0" : "=r"(value));
    return value;
}

static uint16_t gs(void)
{
    uint16_t value;
    __asm__("mov %%gs, %0" : "=r"(value));
    return value;
}

static void print_image(const char *what, const struct fxsave *fx)
{
    printf("%s: control %04x status %04x valid %02x mxcsr %04x\n", what,
           fx->control, fx->status, fx->valid, fx->mxcsr);
    for (int i = 0; i < 8; i++) {
        for (int k = 9; k >= 0; k--)
            printf("%02x", fx->st[i][k]);
        printf(" ");
        for (int k = 15; k >= 0; k--)
            printf("%02x", fx->xmm[i][k]);
        printf("\n");
    }
}

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    in_handler(context);
}

/* ---- the handler's own state, and what it does to the other's ---- */

static void look(ucontext_t *context)
{
    static struct fxsave now __attribute__((aligned(16)));
    __asm__ volatile("fxsave %0" : "=m"(now));
    print_image("handler", &now);
    const struct fpu_frame *frame =
        (const struct fpu_frame *)context->uc_mcontext.fpregs;
    printf("frame: control %08x status %08x tags %08x again %04x magic %04x "
           "aligned %u\n",
           frame->control, frame->status, frame->tags, frame->status_again,
           frame->magic, (unsigned)((uintptr_t)&frame->fx & 63));
    for (int i = 0; i < 8; i++) {
        for (int k = 9; k >= 0; k--)
            printf("%02x", frame->st[i][k]);
        printf("%s", i % 4 == 3 ? "\n" : " ");
    }
    print_image("frame", &frame->fx);
    printf("stack aligned: %u\n",
           (unsigned)((uintptr_t)&context->uc_flags & 3));
    /* Change everything. */
    static const uint32_t mxcsr = 0x5FA0;
    __asm__ volatile("fninit; fld1; fldz; fldpi; fmul %%st(1); fldcw %0" ::"m"(
        *(const uint16_t[]){0x0F7F}));
    __asm__ volatile(
        "ldmxcsr %0; pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm7, %%xmm7" ::"m"(
            mxcsr)
        : "xmm0", "xmm7");
}

static void change_frame(ucontext_t *context)
{
    struct fpu_frame *frame = (struct fpu_frame *)context->uc_mcontext.fpregs;
    static const uint8_t half[10] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xFE, 0x3F};
    frame->control = 0x0C7F;
    frame->status = 0x3000; /* ST(0) is register 6 */
    frame->tags = 0xFFFF0FFF;
    memcpy(frame->st[0], half, sizeof half);
    frame->fx.control = 0x1111; /* not looked at */
    frame->fx.st[0][9] = 0x12;
    frame->fx.mxcsr = 0x7F80;
    memset(frame->fx.xmm[3], 0x33, 16);
}

static void no_frame(ucontext_t *context)
{
    context->uc_mcontext.fpregs = NULL;
}

/* Somewhere else, at an odd address. */
static uint8_t elsewhere[sizeof(struct fpu_frame) + 1024]
    __attribute__((aligned(64)));

static void move_frame(ucontext_t *context)
{
    memcpy(elsewhere + 64 + 1, context->uc_mcontext.fpregs,
           sizeof(struct fpu_frame));
    /* A kernel with XSAVE is told that this is all there is. */
    memset(elsewhere + 64 + 1 + offsetof(struct fpu_frame, fx.unused), 0, 224);
    context->uc_mcontext.fpregs = (void *)(elsewhere + 64 + 1);
}

static void fill_registers(void)
{
    static const uint32_t mxcsr = 0x3F80;
    static const uint16_t control = 0x077F;
    static uint8_t pattern[8][16];
    for (int i = 0; i < 128; i++)
        pattern[i / 16][i % 16] = (uint8_t)(i * 7 + 1);
    __asm__ volatile(
        "fninit; fld1; fldpi; fldl2e; fldz; fldcw %0; fcom %%st(1)" ::"m"(
            control));
    __asm__ volatile(
        "movups (%0), %%xmm0; movups 16(%0), %%xmm1; movups 32(%0), %%xmm2;"
        "movups 48(%0), %%xmm3; movups 64(%0), %%xmm4; movups 80(%0), %%xmm5;"
        "movups 96(%0), %%xmm6; movups 112(%0), %%xmm7; ldmxcsr %1" ::"r"(
            pattern),
        "m"(mxcsr)
        : "memory");
}

static void across(const char *what, void (*does)(ucontext_t *context))
{
    in_handler = does;
    fill_registers();
    __asm__ volatile("int3; fxsave %0; fninit" : "=m"(image) : : "memory");
    static const uint32_t mxcsr = 0x1F80;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
    print_image(what, &image);
}

/* ---- a frame that is nowhere ---- */

static sigjmp_buf out;

static void bad_frame(ucontext_t *context)
{
    context->uc_mcontext.fpregs = (void *)0x10;
}

static void kernel_frame(ucontext_t *context)
{
    context->uc_mcontext.fpregs = (void *)0xFFFFF000;
}

static void escape(int signal, siginfo_t *info, void *context)
{
    (void)context;
    printf("signal %d code %d\n", signal, info->si_code);
    siglongjmp(out, 1);
}

static void forged(void (*does)(ucontext_t *context))
{
    in_handler = does;
    if (sigsetjmp(out, 1) == 0) {
        __asm__ volatile("int3");
        printf("went on\n");
    }
    __asm__ volatile("fxsave %0" : "=m"(image));
    printf("after: control %04x status %04x mxcsr %04x\n", image.control,
           image.status & 0x3800, image.mxcsr & 0x7FC0);
}

/* ---- segment registers ---- */

static uint16_t seen[4];

static void look_at_segments(ucontext_t *context)
{
    const greg_t *r = context->uc_mcontext.gregs;
    seen[0] = (uint16_t)r[REG_DS];
    seen[1] = (uint16_t)r[REG_ES];
    seen[2] = (uint16_t)r[REG_FS];
    seen[3] = (uint16_t)r[REG_GS];
    printf("handler: ds %s es %s\n", ds() == flat_ds ? "flat" : "other",
           es() == flat_ds ? "flat" : "other");
}

/* Leaves without the segment that thread-local storage is in. */
static void change_segments(ucontext_t *context)
{
    look_at_segments(context);
    __asm__ volatile("mov %0, %%fs" ::"r"(flat_ds));
    __asm__ volatile("mov %0, %%gs" ::"r"(flat_ds));
}

static void ask_for_segments(ucontext_t *context)
{
    greg_t *r = context->uc_mcontext.gregs;
    r[REG_FS] = (int)flat_ds;
    r[REG_ES] = 0;
}

static void ask_for_bad_segments(ucontext_t *context)
{
    greg_t *r = context->uc_mcontext.gregs;
    r[REG_FS] = 0x2F3;
    r[REG_ES] = 0x0B;
}

static const char *kind(uint16_t selector, uint16_t own)
{
    return selector == 0         ? "null"
           : selector == flat_ds ? "flat"
           : selector == own     ? "own"
                                 : "other";
}

static void segments(const char *what, void (*does)(ucontext_t *context),
                     uint32_t new_es)
{
    uint16_t own = gs();
    uint16_t now[4];
    in_handler = does;
    memset(seen, 0, sizeof seen);
    __asm__ volatile("push %%es; mov %1, %%es; int3; mov %%es, %0; pop %%es"
                     : "=r"(now[1])
                     : "0"((uint16_t)new_es)
                     : "memory");
    now[0] = ds();
    now[2] = fs();
    now[3] = gs();
    __asm__ volatile("mov %0, %%fs" ::"r"(0));
    printf("%s: seen %s %s %s %s, then %s %s %s %s\n", what, kind(seen[0], own),
           kind(seen[1], own), kind(seen[2], own), kind(seen[3], own),
           kind(now[0], own), kind(now[1], own), kind(now[2], own),
           kind(now[3], own));
}

/* ---- a sum that is interrupted ---- */

static volatile double spoilt;
static volatile long alarms;

static void spoil(ucontext_t *context)
{
    (void)context;
    double x = 1;
    for (int i = 1; i < 20; i++)
        x = x * 1.25 + i;
    spoilt = x;
    __asm__ volatile(
        "pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm2, %%xmm2" ::
            : "xmm0", "xmm1", "xmm2");
    alarms++;
}

__attribute__((target("sse2,fpmath=sse"))) static double sum_sse(long count)
{
    double sum = 0;
    for (long i = 1; i <= count || alarms < 3; i++)
        if (i <= count)
            sum += 1.0 / (double)i;
    return sum;
}

__attribute__((target("fpmath=387"))) static double sum_x87(long count)
{
    double sum = 0;
    for (long i = 1; i <= count || alarms < 3; i++)
        if (i <= count)
            sum += 1.0 / (double)i;
    return sum;
}

static void interrupted_sums(void)
{
    const struct itimerval often = {{0, 2000}, {0, 2000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    in_handler = spoil;
    alarms = 0;
    setitimer(ITIMER_REAL, &often, NULL);
    printf("sum %a\n", sum_sse(300000));
    alarms = 0;
    printf("sum %a\n", sum_x87(300000));
    setitimer(ITIMER_REAL, &never, NULL);
}

/* ---- contexts by hand ---- */

static ucontext_t first, second;
static char stack[65536];
static volatile double product = 1;

static void other_stack(void)
{
    for (int i = 1; i <= 5; i++) {
        product *= 1.5 + i;
        swapcontext(&second, &first);
    }
}

static void contexts(void)
{
    double sum = 0;
    getcontext(&second);
    second.uc_stack.ss_sp = stack;
    second.uc_stack.ss_size = sizeof stack;
    second.uc_link = &first;
    makecontext(&second, other_stack, 0);
    for (int i = 1; i <= 5; i++) {
        sum += 1.0 / i;
        swapcontext(&first, &second);
    }
    printf("contexts %a %a\n", sum, product);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    flat_ds = ds();
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    across("kept", look);
    across("changed", change_frame);
    across("none", no_frame);
    across("moved", move_frame);
    segments("looked", look_at_segments, flat_ds);
    segments("null", look_at_segments, 0);
    segments("changed", change_segments, flat_ds);
    segments("asked", ask_for_segments, flat_ds);
    segments("bad", ask_for_bad_segments, flat_ds);
    interrupted_sums();
    contexts();
    struct sigaction last = {.sa_sigaction = escape, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &last, NULL);
    forged(bad_frame);
    forged(kernel_frame);
    return 0;
}
