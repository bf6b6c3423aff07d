/* sigframe.h: what a signal handler finds on its stack, and the way back: the
 * layouts of Linux's i386 interface.
 *
 *   one argument      SA_SIGINFO
 *   +-------------+   +-------------+ ESP of the handler
 *   | return to   |   | return to   | sa_restorer, or the trampoline below
 *   | signal      |   | signal      |
 *   | sigcontext  |   | -> siginfo  |
 *   | unused      |   | -> ucontext |
 *   | mask, high  |   | siginfo     |
 *   | trampoline  |   | ucontext    | holds the sigcontext and the mask
 *   +-------------+   | trampoline  |
 *   | FPU         |   +-------------+
 *   +-------------+   | FPU         | fpustate.h; the sigcontext points to it
 *                     +-------------+
 *
 * The handler finds the FPU as a program does that starts, DS and ES flat, FS
 * and GS as they were; sigreturn loads all four and the FPU's state from the
 * frame, whatever the handler wrote there.
 */
#ifndef MMU386_SIGFRAME_H
#define MMU386_SIGFRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/trap.h"
#include "linux/signals.h"

struct kernel;
struct process;

#define SIGINFO_WORDS 32u

struct signal_stack {
    uint32_t start, flags, bytes; /* stack_t */
};

/* Pushes the frame on the stack that `action` asks for and points *frame and
 * the process's general registers at the handler; `mask` is what sigreturn puts
 * back. 0; or -EFAULT, and nothing has changed. */
int sigframe_push(struct kernel *kernel, struct process *process,
                  uint32_t signal, const struct signal_info *info,
                  const struct signal_action *action, uint64_t mask,
                  struct user_frame *frame);

/* sigreturn, or rt_sigreturn where `with_info`: restores registers, FPU, mask
 * and (of the latter) the alternate stack from the frame that the current
 * process's ESP belongs to. 0; or -EFAULT where the frame cannot be read or
 * holds selectors other than the user's. */
int sigframe_pop(struct kernel *kernel, struct process *process,
                 bool with_info);

/* The siginfo of a signal. */
void siginfo_fill(uint32_t siginfo[SIGINFO_WORDS], uint32_t signal,
                  const struct signal_info *info);

/* sigaltstack(2), with ESP at `esp`: what there is, and a change of it: 0,
 * -EPERM, -EINVAL or -ENOMEM. */
struct signal_stack alt_stack_get(const struct signals *signals, uint32_t esp);
int alt_stack_set(struct signals *signals, uint32_t esp,
                  const struct signal_stack *stack);

#endif
