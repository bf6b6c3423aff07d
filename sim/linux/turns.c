/* turns.c: see turns.h. */
#include "linux/turns.h"

#include "linux/deadlock.h"
#include "linux/entry.h"
#include "linux/family.h"
#include "linux/gate.h"
#include "linux/process.h"
#include "linux/schedule.h"
#include "linux/sigdeliver.h"
#include "linux/sigsend.h"
#include "linux/state.h"
#include "linux/syscall.h"
#include "linux/uaccess.h"

#define QUANTUM    50000u   /* instructions */
#define QUANTUM_NS 1000000u /* how much later it is when one is used up */

static void reap_orphans(struct kernel *kernel)
{
    struct process *dead;
    while ((dead = family_first_dead(&kernel->family.orphans)) != NULL)
        process_reap(kernel, dead);
}

/* What a process does before it gets back to ring 3: true if it does get
 * there. */
static bool return_to_user(struct kernel *kernel, struct process *process)
{
    if (process->set_tid != 0) {
        (void)copy_out(kernel, process->set_tid, &process->pid,
                       sizeof process->pid);
        process->set_tid = 0;
    }
    if (process->in_call)
        system_call_serve(kernel, process);
    if (process->state != PROCESS_RUNNABLE)
        return false;
    signals_deliver(kernel, process, process->interrupted_call);
    process->interrupted_call = -1;
    if (process->state != PROCESS_RUNNABLE)
        return false;
    if (!entry_return(kernel, process))
        kernel->machine.broken = "a trap frame cannot be read back";
    return kernel->machine.broken == NULL;
}

/* Who has the next turn, at a later time if none can run now. NULL: there is
 * none, ever. */
static struct process *next_process(struct kernel *kernel)
{
    struct process *process;
    do {
        schedule_wake_sleepers(kernel);
        while ((process = schedule_due_alarm(kernel)) != NULL)
            signals_ring(kernel, process);
        process = schedule_next(kernel);
    } while (process == NULL && schedule_skip_time(kernel));
    return process;
}

static bool begin_turn(struct kernel *kernel)
{
    struct process *process = next_process(kernel);
    if (process == NULL)
        return false;
    kernel->turn = (struct turn){.process = process};
    process_switch_to(kernel, process);
    return true;
}

static void end_turn(struct kernel *kernel)
{
    kernel->turn.process = NULL;
    schedule_end_turn(kernel);
    reap_orphans(kernel);
}

/* Whether the process, a trap of which was served, has used its quantum up or
 * yields. */
static bool turn_is_over(struct kernel *kernel)
{
    struct turn *turn = &kernel->turn;
    if (!turn->served)
        return false;
    if (turn->limited && turn->left == 0) {
        kernel->now_ns += QUANTUM_NS;
        return true;
    }
    bool yields = turn->process->yields;
    turn->process->yields = false;
    return yields;
}

/* The quantum begins when there is somebody else to give the processor to. */
static uint64_t instructions_of(struct kernel *kernel)
{
    struct turn *turn = &kernel->turn;
    turn->limited = schedule_others(kernel);
    if (turn->limited && turn->left == 0)
        turn->left = QUANTUM;
    return turn->limited ? turn->left : CPU_NO_BUDGET;
}

static bool resume(void *arg, uint64_t *instructions)
{
    struct kernel *kernel = arg;
    struct turn *turn = &kernel->turn;
    if (turn->process != NULL && turn_is_over(kernel))
        end_turn(kernel);
    while (kernel->machine.broken == NULL) {
        if (turn->process == NULL && kernel->init->state == PROCESS_ZOMBIE)
            return false;
        if (turn->process == NULL && !begin_turn(kernel)) {
            deadlock_break(kernel);
            continue;
        }
        if (return_to_user(kernel, turn->process)) {
            *instructions = instructions_of(kernel);
            return true;
        }
        end_turn(kernel);
    }
    return false;
}

static void trap(void *arg, const struct cpu_exit *exit, uint64_t ran)
{
    struct kernel *kernel = arg;
    struct turn *turn = &kernel->turn;
    turn->left = turn->limited ? turn->left - ran : 0;
    turn->served = true;
    gate_trap(kernel, turn->process, exit);
}

/* Whose doing it is; of a page at fork `value` is the child's pid. */
static void stamp(void *arg, struct mmu_event *event)
{
    const struct kernel *kernel = arg;
    event->pid = kernel->current == NULL ? 0 : kernel->current->pid;
    if (kernel->subject == 0)
        return;
    if (event->kind == MMU_EVENT_FORK_COPY ||
        event->kind == MMU_EVENT_FORK_SHARE)
        event->value = kernel->subject;
    else
        event->pid = kernel->subject;
}

struct supervisor turns_supervisor(struct kernel *kernel)
{
    return (struct supervisor){resume, trap, stamp, kernel};
}

void turns_end(struct kernel *kernel)
{
    if (kernel->turn.process != NULL)
        end_turn(kernel);
}
