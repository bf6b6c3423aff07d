/* signals.h: signals, as Linux's i386 interface has them: what a process does
 * about each, which are pending, and which of them are blocked. */
#ifndef MMU386_SIGNALS_H
#define MMU386_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#define SIGNALS 64 /* 1..64 */

enum signal_number {
    SIGNAL_ILL = 4,
    SIGNAL_TRAP = 5,
    SIGNAL_BUS = 7,
    SIGNAL_FPE = 8,
    SIGNAL_KILL = 9,
    SIGNAL_SEGV = 11,
    SIGNAL_PIPE = 13,
    SIGNAL_ALRM = 14,
    SIGNAL_TERM = 15,
    SIGNAL_CHLD = 17,
    SIGNAL_CONT = 18,
    SIGNAL_STOP = 19,
    SIGNAL_TSTP = 20,
    SIGNAL_TTIN = 21,
    SIGNAL_TTOU = 22,
    SIGNAL_URG = 23,
    SIGNAL_WINCH = 28,
    SIGNAL_SYS = 31,
};

/* Handlers that are none. */
#define SIGNAL_DEFAULT 0u
#define SIGNAL_IGNORE  1u

/* Flags of an action, as sigaction(2) has them. */
#define ACTION_NO_CHILD_WAIT 0x00000002u
#define ACTION_INFO          0x00000004u
#define ACTION_RESTORER      0x04000000u
#define ACTION_ALT_STACK     0x08000000u
#define ACTION_RESTART       0x10000000u
#define ACTION_NO_DEFER      0x40000000u
#define ACTION_ONCE          0x80000000u

/* Flags of the alternate stack, as sigaltstack(2) has them. */
#define ALT_STACK_IN_USE     0x00000001u
#define ALT_STACK_DISABLED   0x00000002u
#define ALT_STACK_AUTODISARM 0x80000000u

/* struct kernel_sigaction of the i386 interface. */
struct signal_action {
    uint32_t handler; /* linear; 0: default, 1: ignore */
    uint32_t flags;
    uint32_t restorer;
    uint64_t mask;
};

/* Why a signal came, for those who watch the machine: siginfo cannot always
 * tell. */
enum signal_cause {
    CAUSE_UNKNOWN,
    CAUSE_SENT, /* by a process: `sender` */
    CAUSE_EXCEPTION,
    CAUSE_PIPE,        /* a write to one that nobody reads */
    CAUSE_ALARM,       /* it is due */
    CAUSE_NO_STACK,    /* a handler cannot be called, for want of a stack */
    CAUSE_BAD_FRAME,   /* sigreturn found no good one */
    CAUSE_NO_MEMORY,   /* no frame is left */
    CAUSE_DEADLOCK,    /* nobody can go on */
    CAUSE_FIRST_ENDED, /* the first process has, and nobody outlives it */
};

/* si_code values, asm-generic/siginfo.h. */
enum signal_code {
    CODE_USER = 0,
    CODE_TKILL = -6,
    CODE_KERNEL = 0x80,
    CODE_FPE_INTDIV = 1,
    CODE_FPE_FLTDIV = 3,
    CODE_FPE_FLTOVF = 4,
    CODE_FPE_FLTUND = 5,
    CODE_FPE_FLTRES = 6,
    CODE_FPE_FLTINV = 7,
    CODE_ILL_ILLOPN = 2,
    CODE_TRAP_BRKPT = 1,
    CODE_TRAP_TRACE = 2,
    CODE_SEGV_MAPERR = 1,
    CODE_SEGV_ACCERR = 2,
    CODE_BUS_ADRALN = 1,
    CODE_BUS_ADRERR = 2,
    CODE_CHILD_EXITED = 1,
    CODE_CHILD_KILLED = 2,
};

/* What siginfo tells of a signal beyond its number. */
struct signal_info {
    int32_t code;     /* enum signal_code */
    uint32_t word[3]; /* sender's pid, its uid, a child's status or sigqueue's
                         value; or of a fault the linear address */
    enum signal_cause cause;
    uint32_t sender; /* pid */
};

struct signals {
    struct signal_action action[SIGNALS + 1]; /* by signal number */
    struct signal_info info[SIGNALS + 1];     /* of those pending */
    uint64_t pending;                         /* bit N-1: signal N */
    uint64_t blocked;
    uint64_t saved_blocked;        /* what signals_resume puts back */
    bool suspended;                /* and whether it does */
    uint32_t alt_stack, alt_bytes; /* sigaltstack */
    uint32_t alt_flags;
    uint32_t fault_linear; /* of a pending SIGSEGV: what siginfo shows */
    uint32_t fault_vector, fault_error;
    bool fault_stepped; /* of #DB: a single step, else F1 */
    /* when SIGALRM is due, 0: never; and from then on */
    uint64_t alarm_ns, alarm_interval_ns;
};

/* The signal's bit in a mask. */
static inline uint64_t signal_bit(uint32_t signal)
{
    return (uint64_t)1 << (signal - 1);
}

/* What a mask cannot hold. */
#define SIGNALS_UNBLOCKABLE \
    (((uint64_t)1 << (SIGNAL_KILL - 1)) | ((uint64_t)1 << (SIGNAL_STOP - 1)))

/* A process that starts with every action at its default; a fork inherits all
 * but what is pending and its alarm; an exec puts handlers back to their
 * defaults. */
void signals_init(struct signals *signals);
void signals_fork(struct signals *child, const struct signals *parent);
void signals_exec(struct signals *signals);

/* Changes the action; what is pending and now ignored is dropped. */
void signals_set_action(struct signals *signals, uint32_t signal,
                        const struct signal_action *action);

/* True where a signal of that number would be dropped, by its action or by
 * default. There is no job control: SIGSTOP and its like are ignored by
 * default. */
bool signals_ignore(const struct signals *signals, uint32_t signal);

/* True where the process has said that it will not wait for its children: they
 * leave no zombies. */
bool signals_no_child_wait(const struct signals *parent);

/* Puts `mask` in place of what is blocked while a call waits; and back what it
 * was, once the handler is chosen or the call has ended. Nothing where none was
 * put. */
void signals_suspend(struct signals *signals, uint64_t mask);
void signals_resume(struct signals *signals);

/* Makes it pending. A signal is pending once, real-time signals too. */
void signals_add(struct signals *signals, uint32_t signal,
                 const struct signal_info *info);

/* The same, and nothing keeps the process from it: a signal that is blocked or
 * ignored gets its default action, and kills, as Linux does. */
void signals_force(struct signals *signals, uint32_t signal,
                   const struct signal_info *info);

/* True when a signal is pending that is not blocked: a system call that waits
 * returns -EINTR. */
bool signals_pending(const struct signals *signals);

/* True where one of them is to kill the process. */
bool signals_kill(const struct signals *signals);

/* Takes the next signal in `set` that is pending: SIGKILL, then those that
 * instructions raise, then the lowest. 0: none. */
uint32_t signals_take(struct signals *signals, uint64_t set);

#endif
