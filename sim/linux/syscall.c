/* syscall.c: see syscall.h. */
#include "linux/syscall.h"

#include <errno.h>
#include <stdio.h>

#include "linux/process.h"
#include "machine/machine.h"

#define CALL_NS 1000u /* how much later it is after a system call */

void system_calls_init(struct machine *machine)
{
    const struct call_entry *const groups[] = {process_calls, memory_calls, file_calls,
                                               time_calls,    signal_calls, limit_calls,
                                               segment_calls};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (const struct call_entry *entry = groups[i]; entry->call != NULL; entry++)
            machine->calls[entry->number] = entry;
}

static void name_unknown(struct machine *machine, const struct process *process, uint32_t number)
{
    if (!machine->options.verbose)
        return;
    if (number < SYSTEM_CALLS_MAX) {
        if (machine->named[number])
            return;
        machine->named[number] = true;
    }
    (void)fprintf(stderr, "mmu386: pid %u: unknown system call %u (ENOSYS)\n", process->pid,
                  number);
}

static int32_t serve_call(struct machine *machine, struct process *process, uint32_t number)
{
    const uint32_t *r = process->general;
    const uint32_t arg[6] = {r[EBX], r[ECX], r[EDX], r[ESI], r[EDI], r[EBP]};
    const struct call_entry *entry = number < SYSTEM_CALLS_MAX ? machine->calls[number] : NULL;
    if (entry != NULL)
        return entry->call(machine, process, arg);
    name_unknown(machine, process, number);
    return -ENOSYS;
}

/* fork, clone and vfork by their numbers. */
static bool makes_process(uint32_t number)
{
    return number == 2 || number == 120 || number == 190;
}

void system_call_mark(struct machine *machine, enum trace_mark mark)
{
    action_begin(machine);
    clock_fork_call(machine, mark == TRACE_FORK_BEGINS);
    action_end(machine, &(struct trace_event){.kind = TRACE_MARK, .mark = mark});
}

void system_call_serve(struct machine *machine, struct process *process)
{
    uint32_t number = process->general[EAX];
    system_call_mark(machine, makes_process(number) ? TRACE_FORK_BEGINS : TRACE_CALL_BEGINS);
    if (!process->in_call) {
        machine_charge(machine, COST_ENTRY, 1);
        machine_charge(machine, COST_CALL, 1);
        machine->now_ns += CALL_NS;
        machine->counts.system_calls++;
        process->progress = 0;
    }
    int32_t result = serve_call(machine, process, number);
    system_call_mark(machine, TRACE_CALL_ENDS);
    if (process->state == PROCESS_ZOMBIE)
        return;
    process->in_call = result == CALL_WAITS && process->state == PROCESS_WAITING;
    if (process->in_call)
        return;
    process->interrupted_call = result == -EINTR ? (int32_t)number : -1;
    process->general[EAX] = (uint32_t)result;
}
