/* entry.c: see entry.h. */
#include "linux/entry.h"

#include <string.h>

#include "linux/layout.h"
#include "linux/state.h"

static const struct trap_tables trap_tables = {
    .idt_linear = KERNEL_BASE + SYSTEM_IDT,
    .idt_bytes = IDT_ENTRIES * 8,
    .tss_linear = KERNEL_BASE + SYSTEM_TSS,
};

/* ---- into the kernel ---- */

static void emit_fault(struct kernel *kernel, const struct process *process,
                       const struct mmu_fault *fault)
{
    struct mmu_event event = {.kind = MMU_EVENT_FAULT,
                              .linear = fault->linear,
                              .error = fault->error};
    const uint32_t *pte =
        mmu_addrspace_entry(&process->space, fault->linear, &event.pde_before);
    event.pte_before = pte == NULL ? 0 : *pte;
    if (mmu_entry_holds(event.pte_before))
        event.frame_before = event.pte_before >> MMU_PAGE_SHIFT;
    mmu_event_emit(&kernel->machine.sink, &event);
}

static struct trap trap_of(const struct cpu_exit *exit)
{
    switch (exit->stop) {
    case CPU_STOP_FAULT:
        return (struct trap){.vector = VECTOR_PAGE_FAULT,
                             .error = exit->fault.error,
                             .linear = exit->fault.linear};
    case CPU_STOP_INTERRUPT:
        return (struct trap){.vector = exit->vector,
                             .software = true,
                             .insn_bytes = exit->insn_bytes};
    case CPU_STOP_EXCEPTION:
        return (struct trap){.vector = exit->vector, .error = exit->error};
    default:
        return (struct trap){.vector = VECTOR_TIMER};
    }
}

/* Delivers the trap; on success ESP is at the saved EIP, the error code popped
 * into *error, and *vector is the gate whose entry was reached. */
static bool deliver(struct kernel *kernel, const struct trap *trap,
                    uint32_t *vector, uint32_t *error)
{
    struct mmu *mmu = cpu_mmu(kernel->machine.cpu);
    struct registers *r = cpu_registers(kernel->machine.cpu);
    struct mmu_fault fault;
    struct trap delivered;
    bool from_user = registers_ring(r) == 3;
    clock_charge(&kernel->machine.clock, from_user ? COST_TRAP : COST_TRAP_SAME,
                 1);
    if (trap_deliver(mmu, r, &trap_tables, trap, &delivered) == TRAP_SHUTDOWN) {
        kernel->machine.broken = "triple fault: the processor shut down";
        return false;
    }
    *error = 0;
    *vector = r->eip - (KERNEL_BASE + SYSTEM_ENTRY);
    if (!delivered.software && trap_has_error(*vector)) {
        (void)mmu_read(mmu, r->general[ESP], error, 4, false, &fault);
        r->general[ESP] += 4;
    }
    return true;
}

/* What a recorder is told of a trap. Of a fault: the access that faulted. */
static struct trace_event action_of(const struct kernel *kernel,
                                    const struct cpu_exit *exit,
                                    const struct trap *trap,
                                    struct trace_slot *slot)
{
    bool write = (exit->fault.error & MMU_PF_W) != 0;
    if (exit->stop != CPU_STOP_FAULT)
        return (struct trace_event){.kind = TRACE_TRAP,
                                    .trap = {.vector = (uint8_t)trap->vector,
                                             .software = trap->software,
                                             .eip = kernel->machine.trap_eip}};
    *slot = trace_slot_of(0, write ? TRACE_WRITE : TRACE_READ, 1,
                          (exit->fault.error & MMU_PF_U) == 0);
    return (struct trace_event){.kind = TRACE_TRY,
                                .try = {.linear = kernel->machine.trap_eip,
                                        .slots = slot,
                                        .slot_count = 1,
                                        .addresses = &exit->fault.linear}};
}

static enum trace_outcome told_outcome(enum pager_outcome outcome)
{
    switch (outcome) {
    case PAGER_SERVICED:
        return TRACE_SERVICED;
    case PAGER_NO_FRAME:
        return TRACE_NO_FRAME;
    case PAGER_SEGV:
        break;
    }
    return TRACE_REFUSED;
}

static bool enter(struct kernel *kernel, struct process *process,
                  const struct cpu_exit *exit, const struct trap *trap,
                  struct entry *entry)
{
    struct registers *r = cpu_registers(kernel->machine.cpu);
    entry->began = clock_cycles(&kernel->machine.clock);
    memcpy(process->general, r->general, sizeof process->general);
    if (entry->fault)
        emit_fault(kernel, process, &exit->fault);
    if (!deliver(kernel, trap, &entry->vector, &entry->error))
        return false;
    if (trap->software && entry->vector != trap->vector)
        kernel->machine.trap_eip -= trap->insn_bytes; /* INT n was refused: the
                                                         fault is the INT's */
    process->kernel_esp = r->general[ESP];
    if (entry->vector == VECTOR_PAGE_FAULT)
        entry->outcome = pager_fault(
            kernel, process, cpu_mmu(kernel->machine.cpu)->cr2, entry->error);
    return true;
}

bool entry_enter(struct kernel *kernel, struct process *process,
                 const struct cpu_exit *exit, struct entry *entry)
{
    const struct trap trap = trap_of(exit);
    struct trace_slot slot;
    kernel->machine.trap_eip = cpu_place(kernel->machine.cpu);
    *entry = (struct entry){.fault = exit->stop == CPU_STOP_FAULT};
    action_begin(&kernel->machine.actions);
    bool entered = enter(kernel, process, exit, &trap, entry);
    struct trace_event action = action_of(kernel, exit, &trap, &slot);
    if (entry->fault)
        action.try.outcome = (uint8_t)told_outcome(entry->outcome);
    action_end(&kernel->machine.actions, &action);
    return entered;
}

void entry_leave(struct kernel *kernel, struct process *process,
                 const struct entry *entry)
{
    process->trap_clocks = clock_cycles(&kernel->machine.clock) - entry->began;
    process->trap_is_fault = entry->fault;
    if (process->trap_is_fault)
        clock_fault(&kernel->machine.clock, process->trap_clocks);
    action_tell(
        &kernel->machine.actions,
        &(struct trace_event){.kind = TRACE_MARK, .mark = TRACE_SERVED});
}

enum pager_outcome entry_own_fault(struct kernel *kernel,
                                   struct process *process,
                                   const struct mmu_fault *fault)
{
    struct registers *r = cpu_registers(kernel->machine.cpu);
    const struct trap trap = {.vector = VECTOR_PAGE_FAULT,
                              .error = fault->error,
                              .linear = fault->linear};
    uint32_t user_eip = kernel->machine.trap_eip;
    uint32_t vector;
    uint32_t error;
    r->eip = KERNEL_BASE + SYSTEM_COPY;
    r->selector[CS] = SELECTOR_KERNEL_CODE;
    r->selector[SS] = SELECTOR_KERNEL_DATA;
    r->general[ESP] = process->kernel_esp;
    kernel->machine.trap_eip = r->eip;
    uint64_t before = clock_cycles(&kernel->machine.clock);
    emit_fault(kernel, process, fault);
    if (!deliver(kernel, &trap, &vector, &error))
        return PAGER_SEGV;
    enum pager_outcome outcome =
        pager_fault(kernel, process, cpu_mmu(kernel->machine.cpu)->cr2, error);
    clock_charge(&kernel->machine.clock, COST_IRET_SAME, 1);
    (void)trap_return(cpu_mmu(kernel->machine.cpu), r);
    clock_fault(&kernel->machine.clock,
                clock_cycles(&kernel->machine.clock) - before);
    kernel->machine.trap_eip = user_eip;
    return outcome;
}

/* ---- out of it ---- */

/* The IRET took so many clocks: with it the trap is over. */
static void end_trap(struct kernel *kernel, struct process *process,
                     uint64_t clocks)
{
    if (process->trap_is_fault)
        clock_fault(&kernel->machine.clock, clocks);
    if (process->forked &&
        !clock_forked(&kernel->machine.clock, process->trap_clocks + clocks))
        kernel->machine.broken = "the host has not enough memory";
    process->trap_is_fault = false;
    process->forked = false;
}

static bool return_to_ring_3(struct kernel *kernel, struct process *process)
{
    struct registers *r = cpu_registers(kernel->machine.cpu);
    memcpy(r->general, process->general, sizeof process->general);
    r->general[ESP] = process->kernel_esp;
    r->selector[CS] = SELECTOR_KERNEL_CODE;
    uint64_t before = clock_cycles(&kernel->machine.clock);
    clock_charge(&kernel->machine.clock, COST_IRET, 1);
    if (!trap_return(cpu_mmu(kernel->machine.cpu), r))
        return false;
    end_trap(kernel, process, clock_cycles(&kernel->machine.clock) - before);
    return true;
}

bool entry_return(struct kernel *kernel, struct process *process)
{
    action_begin(&kernel->machine.actions);
    bool returned = return_to_ring_3(kernel, process);
    action_end(&kernel->machine.actions,
               &(struct trace_event){.kind = TRACE_RETURN});
    return returned;
}
