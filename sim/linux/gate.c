/* gate.c: see gate.h. */
#include "linux/gate.h"

#include <signal.h>

#include "linux/entry.h"
#include "linux/sigforce.h"
#include "linux/state.h"
#include "linux/syscall.h"

static uint32_t signal_of_vector(uint32_t vector)
{
    switch (vector) {
    case VECTOR_DIVIDE:
    case VECTOR_FPU:
    case VECTOR_SIMD:
        return SIGFPE;
    case VECTOR_DEBUG:
    case VECTOR_BREAKPOINT:
        return SIGTRAP;
    case VECTOR_INVALID:
        return SIGILL;
    case VECTOR_NOT_PRESENT:
    case VECTOR_STACK:
    case VECTOR_ALIGNMENT:
        return SIGBUS;
    default:
        return SIGSEGV;
    }
}

/* What a page fault leads to that the pager does not do. */
static void finish_page_fault(struct kernel *kernel, struct process *process,
                              const struct entry *entry)
{
    switch (entry->outcome) {
    case PAGER_SERVICED:
        break;
    case PAGER_SEGV:
        process->signals.fault_linear = cpu_mmu(kernel->machine.cpu)->cr2;
        process->signals.fault_vector = VECTOR_PAGE_FAULT;
        process->signals.fault_error = entry->error;
        signal_force(kernel, process, SIGSEGV);
        break;
    case PAGER_NO_FRAME:
        signal_force_no_memory(kernel, process);
        break;
    }
}

/* The handler of each gate, by its entry point. */
static void serve(struct kernel *kernel, struct process *process,
                  const struct entry *entry)
{
    uint32_t vector = entry->vector;
    if (vector == VECTOR_PAGE_FAULT) {
        finish_page_fault(kernel, process, entry);
        return;
    }
    if (vector == VECTOR_SYSTEM_CALL) {
        system_call_serve(kernel, process);
        return;
    }
    clock_charge(&kernel->machine.clock, COST_ENTRY, 1);
    if (vector < VECTOR_TIMER) {
        process->signals.fault_vector = vector;
        process->signals.fault_error = entry->error;
        process->signals.fault_stepped =
            (cpu_debug_status(kernel->machine.cpu) & DR6_BS) != 0;
        signal_force(kernel, process, signal_of_vector(vector));
    }
}

void gate_trap(struct kernel *kernel, struct process *process,
               const struct cpu_exit *exit)
{
    struct entry entry;
    if (!entry_enter(kernel, process, exit, &entry))
        return;
    serve(kernel, process, &entry);
    entry_leave(kernel, process, &entry);
}
