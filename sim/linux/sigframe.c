/* sigframe.c: see sigframe.h. */
#include "linux/sigframe.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "cpu/fpustate.h"
#include "cpu/registers.h"
#include "linux/kernelstack.h"
#include "linux/layout.h"
#include "linux/state.h"
#include "linux/uaccess.h"

#define ALT_STACK_MIN 2048u /* bytes: MINSIGSTKSZ */

/* What sigreturn takes of EFLAGS: the arithmetic flags, DF, TF, RF and AC. */
#define EFLAGS_RESTORED \
    (EFLAGS_STATUS | EFLAGS_DF | EFLAGS_TF | EFLAGS_RF | EFLAGS_AC)

struct sigcontext {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t trap, error;
    uint32_t eip, cs, eflags, esp_at_signal, ss;
    uint32_t fpu_state; /* linear; 0: none */
    uint32_t mask_low;
    uint32_t cr2;
};

struct plain_frame {
    uint32_t return_to;
    uint32_t signal;
    struct sigcontext context;
    uint8_t fpu_unused[sizeof(struct fpu_frame)];
    uint32_t mask_high;
    uint8_t trampoline[8];
};

struct info_frame {
    uint32_t return_to;
    uint32_t signal;
    uint32_t siginfo_linear, ucontext_linear;
    uint32_t siginfo[SIGINFO_WORDS];
    uint32_t flags, link; /* the ucontext, from here... */
    struct signal_stack stack;
    struct sigcontext context;
    uint32_t mask_low, mask_high; /* ...to here */
    uint8_t trampoline[8];
};

_Static_assert(sizeof(struct plain_frame) == 732, "the layout that Linux has");
_Static_assert(sizeof(struct info_frame) == 268, "the layout that Linux has");

static const uint8_t plain_trampoline[8] = {
    0x58,                /* pop eax */
    0xB8, 119,  0, 0, 0, /* mov eax, sigreturn */
    0xCD, 0x80,          /* int 0x80 */
};

static const uint8_t info_trampoline[8] = {
    0xB8, 173,  0, 0, 0, /* mov eax, rt_sigreturn */
    0xCD, 0x80,          /* int 0x80 */
};

void siginfo_fill(uint32_t siginfo[SIGINFO_WORDS], uint32_t signal,
                  const struct signal_info *info)
{
    memset(siginfo, 0, SIGINFO_WORDS * sizeof siginfo[0]);
    siginfo[0] = signal;
    siginfo[2] = (uint32_t)info->code;
    memcpy(&siginfo[3], info->word, sizeof info->word);
}

/* ---- the alternate stack ---- */

static bool in_alt_stack(const struct signals *signals, uint32_t esp)
{
    return esp > signals->alt_stack &&
           esp - signals->alt_stack <= signals->alt_bytes;
}

/* One that disarms itself is never in use: it is given up when a handler moves
 * to it. */
static bool on_alt_stack(const struct signals *signals, uint32_t esp)
{
    return (signals->alt_flags & ALT_STACK_AUTODISARM) == 0 &&
           in_alt_stack(signals, esp);
}

static void drop_alt_stack(struct signals *signals)
{
    signals->alt_stack = 0;
    signals->alt_bytes = 0;
    signals->alt_flags = ALT_STACK_DISABLED;
}

struct signal_stack alt_stack_get(const struct signals *signals, uint32_t esp)
{
    struct signal_stack stack = {signals->alt_stack, 0, signals->alt_bytes};
    if (signals->alt_bytes == 0)
        stack.flags = ALT_STACK_DISABLED;
    else if (on_alt_stack(signals, esp))
        stack.flags = ALT_STACK_IN_USE;
    stack.flags |= signals->alt_flags & ALT_STACK_AUTODISARM;
    return stack;
}

int alt_stack_set(struct signals *signals, uint32_t esp,
                  const struct signal_stack *stack)
{
    uint32_t mode = stack->flags & ~ALT_STACK_AUTODISARM;
    if (on_alt_stack(signals, esp))
        return -EPERM;
    if (mode != 0 && mode != ALT_STACK_IN_USE && mode != ALT_STACK_DISABLED)
        return -EINVAL;
    if (mode != ALT_STACK_DISABLED && stack->bytes < ALT_STACK_MIN)
        return -ENOMEM;
    signals->alt_stack = mode == ALT_STACK_DISABLED ? 0 : stack->start;
    signals->alt_bytes = mode == ALT_STACK_DISABLED ? 0 : stack->bytes;
    signals->alt_flags = stack->flags;
    return 0;
}

/* ---- what both ways need ---- */

/* A selector that cannot be loaded becomes null, as in Linux's return to
 * ring 3. */
static void restore_selector(struct kernel *kernel,
                             enum segment_register segment, uint32_t value)
{
    uint16_t selector = (uint16_t)value;
    if (selector != cpu_selector(kernel->machine.cpu, segment) &&
        !cpu_load_selector(kernel->machine.cpu, segment, selector))
        (void)cpu_load_selector(kernel->machine.cpu, segment, 0);
}

static void load_fresh_fpu(struct kernel *kernel)
{
    struct fpu_state state;
    fpu_state_init(&state);
    cpu_fpu_load(kernel->machine.cpu, &state);
}

/* ---- to the handler ---- */

/* Where a frame goes, and the FPU's above it. */
struct place {
    uint32_t frame, fpu; /* linear */
};

static struct sigcontext context_of(struct kernel *kernel,
                                    const struct process *process,
                                    const struct user_frame *frame,
                                    uint64_t mask, const struct place *place)
{
    const uint32_t *general = process->general;
    return (struct sigcontext){
        .gs = cpu_selector(kernel->machine.cpu, GS),
        .fs = cpu_selector(kernel->machine.cpu, FS),
        .es = cpu_selector(kernel->machine.cpu, ES),
        .ds = cpu_selector(kernel->machine.cpu, DS),
        .edi = general[EDI],
        .esi = general[ESI],
        .ebp = general[EBP],
        .esp = frame->esp,
        .ebx = general[EBX],
        .edx = general[EDX],
        .ecx = general[ECX],
        .eax = general[EAX],
        .trap = process->signals.fault_vector,
        .error = process->signals.fault_error,
        .eip = frame->eip,
        .cs = frame->cs,
        .eflags = frame->eflags,
        .esp_at_signal = frame->esp,
        .ss = frame->ss,
        .fpu_state = place->fpu,
        .mask_low = (uint32_t)mask,
        .cr2 = process->signals.fault_linear,
    };
}

/* Where a frame of so many bytes goes: with the ABI's alignment, ESP + 4 a
 * multiple of 16; FXSAVE's image in the FPU's with that of Linux, 64. -EFAULT
 * where it would leave the alternate stack. */
static int place_frame(const struct signals *signals,
                       const struct signal_action *action, uint32_t esp,
                       uint32_t bytes, struct place *place)
{
    bool alternate = on_alt_stack(signals, esp);
    if ((action->flags & ACTION_ALT_STACK) != 0 && !alternate &&
        signals->alt_bytes != 0) {
        esp = signals->alt_stack + signals->alt_bytes;
        alternate = true;
    }
    place->fpu = ((esp - (uint32_t)sizeof(struct fpu_state)) & ~63u) -
                 (uint32_t)offsetof(struct fpu_frame, state);
    place->frame = ((place->fpu - bytes + 4) & ~15u) - 4;
    return alternate && !in_alt_stack(signals, place->frame) ? -EFAULT : 0;
}

static int push_fpu(struct kernel *kernel, uint32_t at)
{
    struct fpu_state state;
    struct fpu_frame pushed;
    cpu_fpu_save(kernel->machine.cpu, &state);
    fpu_to_frame(&state, &pushed);
    return copy_out(kernel, at, &pushed, sizeof pushed);
}

static uint32_t return_address(const struct signal_action *action,
                               uint32_t trampoline)
{
    return (action->flags & ACTION_RESTORER) != 0 ? action->restorer
                                                  : trampoline;
}

static int push_plain(struct kernel *kernel, const struct process *process,
                      uint32_t signal, const struct signal_action *action,
                      uint64_t mask, const struct user_frame *frame,
                      const struct place *place)
{
    uint32_t at = place->frame;
    struct plain_frame pushed = {
        .return_to = return_address(
            action, at + (uint32_t)offsetof(struct plain_frame, trampoline)),
        .signal = signal,
        .context = context_of(kernel, process, frame, mask, place),
        .mask_high = (uint32_t)(mask >> 32),
    };
    memcpy(pushed.trampoline, plain_trampoline, sizeof pushed.trampoline);
    return copy_out(kernel, at, &pushed, sizeof pushed);
}

static int push_info(struct kernel *kernel, const struct process *process,
                     uint32_t signal, const struct signal_info *info,
                     const struct signal_action *action, uint64_t mask,
                     const struct user_frame *frame, const struct place *place)
{
    uint32_t at = place->frame;
    const struct signals *signals = &process->signals;
    struct info_frame pushed = {
        .return_to = return_address(
            action, at + (uint32_t)offsetof(struct info_frame, trampoline)),
        .signal = signal,
        .siginfo_linear = at + (uint32_t)offsetof(struct info_frame, siginfo),
        .ucontext_linear = at + (uint32_t)offsetof(struct info_frame, flags),
        .stack = {signals->alt_stack, signals->alt_flags, signals->alt_bytes},
        .context = context_of(kernel, process, frame, mask, place),
        .mask_low = (uint32_t)mask,
        .mask_high = (uint32_t)(mask >> 32),
    };
    siginfo_fill(pushed.siginfo, signal, info);
    memcpy(pushed.trampoline, info_trampoline, sizeof pushed.trampoline);
    return copy_out(kernel, at, &pushed, sizeof pushed);
}

int sigframe_push(struct kernel *kernel, struct process *process,
                  uint32_t signal, const struct signal_info *info,
                  const struct signal_action *action, uint64_t mask,
                  struct user_frame *frame)
{
    bool with_info = (action->flags & ACTION_INFO) != 0;
    uint32_t bytes =
        with_info ? sizeof(struct info_frame) : sizeof(struct plain_frame);
    struct place place;
    int error =
        place_frame(&process->signals, action, frame->esp, bytes, &place);
    if (error == 0)
        error = push_fpu(kernel, place.fpu);
    if (error == 0 && with_info)
        error = push_info(kernel, process, signal, info, action, mask, frame,
                          &place);
    else if (error == 0)
        error =
            push_plain(kernel, process, signal, action, mask, frame, &place);
    if (error != 0)
        return error;

    /* Handlers built to take their arguments in registers find them there
     * too. */
    process->general[EAX] = signal;
    process->general[EDX] =
        with_info ? place.frame + (uint32_t)offsetof(struct info_frame, siginfo)
                  : 0;
    process->general[ECX] =
        with_info ? place.frame + (uint32_t)offsetof(struct info_frame, flags)
                  : 0;
    frame->eip = action->handler;
    frame->esp = place.frame;
    frame->cs = SELECTOR_USER_CODE;
    frame->ss = SELECTOR_USER_DATA;
    frame->eflags &= ~(EFLAGS_DF | EFLAGS_RF | EFLAGS_TF);
    restore_selector(kernel, ES, SELECTOR_USER_DATA);
    restore_selector(kernel, DS, SELECTOR_USER_DATA);
    load_fresh_fpu(kernel);
    if ((process->signals.alt_flags & ALT_STACK_AUTODISARM) != 0)
        drop_alt_stack(&process->signals);
    return 0;
}

/* ---- and back ---- */

/* From the frame at `linear`; 0: a fresh state. */
static int restore_fpu(struct kernel *kernel, uint32_t linear)
{
    struct fpu_frame popped;
    struct fpu_state state;
    if (linear != 0 && copy_in(kernel, &popped, linear, sizeof popped) == 0) {
        fpu_from_frame(&popped, &state);
        cpu_fpu_load(kernel->machine.cpu, &state);
        return 0;
    }
    load_fresh_fpu(kernel);
    return linear == 0 ? 0 : -EFAULT;
}

static void restore_general(struct process *process,
                            const struct sigcontext *context)
{
    uint32_t *general = process->general;
    general[EDI] = context->edi;
    general[ESI] = context->esi;
    general[EBP] = context->ebp;
    general[EBX] = context->ebx;
    general[EDX] = context->edx;
    general[ECX] = context->ecx;
    general[EAX] = context->eax;
}

/* As Linux: where the FPU's state cannot be read all else has been restored. */
static int restore_context(struct kernel *kernel, struct process *process,
                           struct user_frame *frame,
                           const struct sigcontext *context)
{
    /* Linux loads them, whatever they are, and dies of it when it returns to
     * ring 3. */
    if ((context->cs & 0xFFFF) != SELECTOR_USER_CODE ||
        (context->ss & 0xFFFF) != SELECTOR_USER_DATA)
        return -EFAULT;
    restore_general(process, context);
    restore_selector(kernel, GS, context->gs);
    restore_selector(kernel, FS, context->fs);
    restore_selector(kernel, ES, context->es);
    restore_selector(kernel, DS, context->ds);
    frame->eip = context->eip;
    frame->esp = context->esp;
    frame->eflags = (frame->eflags & ~EFLAGS_RESTORED) |
                    (context->eflags & EFLAGS_RESTORED);
    kernel_stack_write_frame(kernel, process, frame);
    return restore_fpu(kernel, context->fpu_state);
}

static void restore_mask(struct signals *signals, uint32_t low, uint32_t high)
{
    signals->blocked = ((uint64_t)high << 32 | low) & ~SIGNALS_UNBLOCKABLE;
}

/* The handler's RET and the trampoline's POP have taken the frame's first two
 * words. */
static int pop_plain(struct kernel *kernel, struct process *process,
                     struct user_frame *frame)
{
    struct plain_frame popped;
    if (copy_in(kernel, &popped, frame->esp - 8, sizeof popped) != 0)
        return -EFAULT;
    restore_mask(&process->signals, popped.context.mask_low, popped.mask_high);
    return restore_context(kernel, process, frame, &popped.context);
}

/* The handler's RET has taken the frame's first word. */
static int pop_info(struct kernel *kernel, struct process *process,
                    struct user_frame *frame)
{
    struct info_frame popped;
    if (copy_in(kernel, &popped, frame->esp - 4, sizeof popped) != 0)
        return -EFAULT;
    restore_mask(&process->signals, popped.mask_low, popped.mask_high);
    if (restore_context(kernel, process, frame, &popped.context) != 0)
        return -EFAULT;
    /* as Linux: or keeps it */
    (void)alt_stack_set(&process->signals, frame->esp, &popped.stack);
    return 0;
}

int sigframe_pop(struct kernel *kernel, struct process *process, bool with_info)
{
    struct user_frame frame;
    kernel_stack_read_frame(kernel, process, &frame);
    return with_info ? pop_info(kernel, process, &frame)
                     : pop_plain(kernel, process, &frame);
}
