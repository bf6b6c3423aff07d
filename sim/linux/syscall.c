/* syscall.c: see syscall.h. */
#include "linux/syscall.h"

#include <errno.h>
#include <stdio.h>

#include "linux/calls.h"
#include "linux/process.h"
#include "linux/state.h"

#define CALL_NS 1000u /* how much later it is after a system call */

void system_calls_init(struct kernel *kernel)
{
    const struct call_entry *const groups[] = {
        process_calls, wait_calls,   identity_calls, machine_calls,
        segment_calls, memory_calls, file_calls,     time_calls,
        signal_calls,  kill_calls,   alarm_calls,    limit_calls};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (const struct call_entry *entry = groups[i]; entry->call != NULL;
             entry++)
            kernel->calls[entry->number] = entry;
}

static void name_unknown(struct kernel *kernel, const struct process *process,
                         uint32_t number)
{
    if (!kernel->options.verbose)
        return;
    if (number < SYSTEM_CALLS_MAX) {
        if (kernel->named[number])
            return;
        kernel->named[number] = true;
    }
    (void)fprintf(stderr, "mmu386: pid %u: unknown system call %u (ENOSYS)\n",
                  process->pid, number);
}

static int32_t serve_call(struct kernel *kernel, struct process *process,
                          uint32_t number)
{
    const uint32_t *r = process->general;
    const uint32_t arg[6] = {r[EBX], r[ECX], r[EDX], r[ESI], r[EDI], r[EBP]};
    const struct call_entry *entry =
        number < SYSTEM_CALLS_MAX ? kernel->calls[number] : NULL;
    if (entry != NULL)
        return entry->call(kernel, process, arg);
    name_unknown(kernel, process, number);
    return -ENOSYS;
}

/* fork, clone and vfork by their numbers. */
static bool makes_process(uint32_t number)
{
    return number == 2 || number == 120 || number == 190;
}

void system_call_mark(struct kernel *kernel, enum trace_mark mark)
{
    action_begin(&kernel->machine.actions);
    clock_fork_call(&kernel->machine.clock, mark == TRACE_FORK_BEGINS);
    action_end(&kernel->machine.actions,
               &(struct trace_event){.kind = TRACE_MARK, .mark = mark});
}

void system_call_serve(struct kernel *kernel, struct process *process)
{
    uint32_t number = process->general[EAX];
    system_call_mark(kernel, makes_process(number) ? TRACE_FORK_BEGINS
                                                   : TRACE_CALL_BEGINS);
    if (!process->in_call) {
        clock_charge(&kernel->machine.clock, COST_ENTRY, 1);
        clock_charge(&kernel->machine.clock, COST_CALL, 1);
        kernel->now_ns += CALL_NS;
        kernel->counts.system_calls++;
        process->progress = 0;
    }
    int32_t result = serve_call(kernel, process, number);
    system_call_mark(kernel, TRACE_CALL_ENDS);
    if (process->state == PROCESS_ZOMBIE)
        return;
    process->in_call =
        result == CALL_WAITS && process->state == PROCESS_WAITING;
    if (process->in_call)
        return;
    process->interrupted_call = result == -EINTR ? (int32_t)number : -1;
    process->general[EAX] = (uint32_t)result;
}
