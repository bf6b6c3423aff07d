/* entry.c: see entry.h. */
#include "linux/entry.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "linux/layout.h"
#include "linux/pager.h"
#include "linux/sigforce.h"
#include "linux/signals.h"
#include "linux/state.h"
#include "linux/syscall.h"

/* Access bytes of descriptors, present and accessed (80386 manual, 5.1.1
 * and 7.2). */
#define ACCESS_KERNEL_CODE 0x9Bu
#define ACCESS_KERNEL_DATA 0x93u
#define ACCESS_USER_CODE   0xFBu
#define ACCESS_USER_DATA   0xF3u
#define ACCESS_TSS         0x8Bu
#define LIMIT_4_GIB        0xFFFFFu

static const struct trap_tables trap_tables = {
    .idt_linear = KERNEL_BASE + SYSTEM_IDT,
    .idt_bytes = IDT_ENTRIES * 8,
    .tss_linear = KERNEL_BASE + SYSTEM_TSS,
};

/* ---- boot ---- */

static uint8_t *system_page(struct kernel *kernel)
{
    return mmu_physmem_frame(&kernel->machine.mem, kernel->system_frame);
}

static void fill_gdt(uint8_t *page)
{
    uint8_t *gdt = page + SYSTEM_GDT;
    descriptor_encode(gdt + SELECTOR_KERNEL_CODE, 0, LIMIT_4_GIB,
                      ACCESS_KERNEL_CODE);
    descriptor_encode(gdt + SELECTOR_KERNEL_DATA, 0, LIMIT_4_GIB,
                      ACCESS_KERNEL_DATA);
    descriptor_encode(gdt + (SELECTOR_USER_CODE & ~7u), 0, LIMIT_4_GIB,
                      ACCESS_USER_CODE);
    descriptor_encode(gdt + (SELECTOR_USER_DATA & ~7u), 0, LIMIT_4_GIB,
                      ACCESS_USER_DATA);
    descriptor_encode(gdt + SELECTOR_TSS, KERNEL_BASE + SYSTEM_TSS, 0,
                      ACCESS_TSS);
}

/* INT3, INTO and the system call may come from ring 3; BOUND is no INT n. */
static unsigned gate_dpl(uint32_t vector)
{
    return vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW ||
                   vector == VECTOR_SYSTEM_CALL
               ? 3
               : 0;
}

static void fill_idt(uint8_t *page)
{
    for (uint32_t vector = 0; vector < IDT_ENTRIES; vector++)
        gate_encode(page + SYSTEM_IDT + (size_t)vector * 8,
                    SELECTOR_KERNEL_CODE, KERNEL_BASE + SYSTEM_ENTRY + vector,
                    gate_dpl(vector), vector != VECTOR_SYSTEM_CALL);
}

static void fill_system_page(struct kernel *kernel)
{
    uint8_t *page = system_page(kernel);
    const uint32_t ss0 = SELECTOR_KERNEL_DATA;
    memset(page, 0, MMU_PAGE_SIZE);
    fill_gdt(page);
    fill_idt(page);
    memcpy(page + SYSTEM_TSS + 8, &ss0, sizeof ss0);
    page[SYSTEM_IRET] = 0xCF;
}

/* Every directory is a copy of the kernel's, so its tables must be there before
 * the first one. */
static int make_stack_tables(struct kernel *kernel)
{
    struct mmu_addrspace *space = &kernel->space;
    const uint32_t end = KERNEL_STACKS + PROCESSES_MAX * 2 * MMU_PAGE_SIZE;
    for (uint32_t linear = KERNEL_STACKS; linear < end;
         linear += 1u << MMU_LARGE_PAGE_SHIFT) {
        int error = mmu_addrspace_map(space, linear, kernel->system_frame, 0);
        if (error != 0)
            return error;
        mmu_addrspace_unmap(space, linear);
    }
    return 0;
}

/* The window has a page of 512 entries behind each of its own: which one does
 * not matter. Nobody is told of it. */
static void map_ldt_window(struct kernel *kernel)
{
    for (uint32_t page = 0; page < KERNEL_LDT_PAGES; page++) {
        uint32_t *entry = mmu_addrspace_entry(
            &kernel->space, KERNEL_LDT + page * MMU_PAGE_SIZE, NULL);
        *entry =
            kernel->system_frame << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_RW;
        mmu_frame_get(&kernel->machine.frames, kernel->system_frame,
                      MMU_REFERENCE_PLAIN);
    }
}

static int make_kernel_space(struct kernel *kernel)
{
    struct mmu_addrspace *space = &kernel->space;
    int error = mmu_addrspace_init(space, &kernel->machine.frames,
                                   &kernel->machine.sink, KERNEL_BASE, NULL);
    if (error != 0)
        return error;
    kernel->system_frame =
        mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_KERNEL);
    if (kernel->system_frame == MMU_FRAME_NONE)
        return -ENOMEM;
    error =
        mmu_addrspace_map(space, KERNEL_BASE, kernel->system_frame, MMU_PTE_RW);
    if (error != 0)
        return error;
    map_ldt_window(kernel);
    return make_stack_tables(kernel);
}

static uint32_t stack_top(uint32_t slot)
{
    return KERNEL_STACKS + (slot + 1) * 2 * MMU_PAGE_SIZE;
}

static bool enter_user(struct kernel *kernel)
{
    const struct cpu_segments segments = {
        .gdt_linear = KERNEL_BASE + SYSTEM_GDT,
        .gdt_bytes = GDT_ENTRIES * 8,
        .kernel_code = SELECTOR_KERNEL_CODE,
        .kernel_data = SELECTOR_KERNEL_DATA,
        .user_code = SELECTOR_USER_CODE,
        .user_data = SELECTOR_USER_DATA,
        .iret_linear = KERNEL_BASE + SYSTEM_IRET,
        .stack_linear = stack_top(0),
    };
    uint32_t frame = mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_KERNEL);
    uint32_t page = stack_top(0) - MMU_PAGE_SIZE;
    if (frame == MMU_FRAME_NONE ||
        mmu_addrspace_map(&kernel->space, page, frame, MMU_PTE_RW) != 0)
        return false;
    bool entered = cpu_enter_user(kernel->machine.cpu, &segments);
    mmu_addrspace_unmap(&kernel->space, page);
    return entered;
}

const char *entry_boot(struct kernel *kernel)
{
    struct mmu *mmu = cpu_mmu(kernel->machine.cpu);
    if (make_kernel_space(kernel) != 0)
        return "memory is too small for the kernel";
    fill_system_page(kernel);
    mmu_load_cr3(mmu, mmu_addrspace_cr3(&kernel->space));
    mmu_load_cr0(mmu, MMU_CR0_PE | MMU_CR0_PG | MMU_CR0_WP);
    return enter_user(kernel) ? NULL : "the processor does not enter ring 3";
}

/* ---- kernel stacks ---- */

int entry_stack_init(struct kernel *kernel, struct process *process)
{
    const uint8_t *unused = memchr(kernel->stack_slots, 0, PROCESSES_MAX);
    if (unused == NULL)
        return -EAGAIN;
    uint32_t slot = (uint32_t)(unused - kernel->stack_slots);
    uint32_t frame = mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_KERNEL);
    if (frame == MMU_FRAME_NONE)
        return -ENOMEM;
    int error = mmu_addrspace_map(
        &kernel->space, stack_top(slot) - MMU_PAGE_SIZE, frame, MMU_PTE_RW);
    if (error != 0) {
        mmu_frame_free(&kernel->machine.frames, frame);
        return error;
    }
    kernel->stack_slots[slot] = 1;
    process->stack_slot = slot;
    process->stack_frame = frame;
    process->kernel_esp = stack_top(slot);
    return 0;
}

/* The frame of a trap is still on the stack when a process ends itself, but
 * nobody returns. */
void entry_stack_free(struct kernel *kernel, struct process *process)
{
    uint32_t page = stack_top(process->stack_slot) - MMU_PAGE_SIZE;
    mmu_addrspace_unmap(&kernel->space, page);
    mmu_invalidate(cpu_mmu(kernel->machine.cpu), page);
    kernel->stack_slots[process->stack_slot] = 0;
}

/* The TSS names the stack that the next trap from ring 3 is to use. */
void entry_load_stack(struct kernel *kernel, const struct process *process)
{
    uint32_t esp0 = stack_top(process->stack_slot);
    memcpy(system_page(kernel) + SYSTEM_TSS + 4, &esp0, sizeof esp0);
}

void entry_load_tls(struct kernel *kernel, const struct process *process)
{
    memcpy(system_page(kernel) + SYSTEM_GDT + (size_t)GDT_TLS_FIRST * 8,
           process->tls, sizeof process->tls);
}

/* ---- trap frames ---- */

static void tell_frame(struct kernel *kernel, const struct process *process,
                       bool write)
{
    const struct trace_event action = {
        .kind = TRACE_KERNEL,
        .kernel = {.linear = process->kernel_esp,
                   .bytes = sizeof(struct user_frame),
                   .write = write}};
    action_end(&kernel->machine.actions, &action);
}

void entry_read_frame(struct kernel *kernel, struct process *process,
                      struct user_frame *frame)
{
    struct mmu_fault fault;
    action_begin(&kernel->machine.actions);
    (void)mmu_read(cpu_mmu(kernel->machine.cpu), process->kernel_esp, frame,
                   sizeof *frame, false, &fault);
    tell_frame(kernel, process, false);
}

void entry_write_frame(struct kernel *kernel, struct process *process,
                       const struct user_frame *frame)
{
    struct mmu_fault fault;
    action_begin(&kernel->machine.actions);
    (void)mmu_write(cpu_mmu(kernel->machine.cpu), process->kernel_esp, frame,
                    sizeof *frame, false, &fault);
    tell_frame(kernel, process, true);
}

void entry_frame_init(struct kernel *kernel, struct process *process,
                      uint32_t entry, uint32_t esp)
{
    const struct user_frame frame = {entry, SELECTOR_USER_CODE,
                                     EFLAGS_ONE | EFLAGS_IF, esp,
                                     SELECTOR_USER_DATA};
    process->kernel_esp =
        stack_top(process->stack_slot) - (uint32_t)sizeof frame;
    memcpy(mmu_physmem_frame(&kernel->machine.mem, process->stack_frame) +
               MMU_PAGE_SIZE - sizeof frame,
           &frame, sizeof frame);
    memset(process->general, 0, sizeof process->general);
}

/* ---- traps ---- */

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

void entry_trap(struct kernel *kernel, struct process *process,
                const struct cpu_exit *exit)
{
    struct entry entry;
    if (!entry_enter(kernel, process, exit, &entry))
        return;
    serve(kernel, process, &entry);
    entry_leave(kernel, process, &entry);
}

bool entry_own_fault(struct kernel *kernel, struct process *process,
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
        return false;
    enum pager_outcome outcome =
        pager_fault(kernel, process, cpu_mmu(kernel->machine.cpu)->cr2, error);
    clock_charge(&kernel->machine.clock, COST_IRET_SAME, 1);
    (void)trap_return(cpu_mmu(kernel->machine.cpu), r);
    clock_fault(&kernel->machine.clock,
                clock_cycles(&kernel->machine.clock) - before);
    kernel->machine.trap_eip = user_eip;
    if (outcome == PAGER_NO_FRAME)
        signal_force_no_memory(kernel, process);
    return outcome == PAGER_SERVICED;
}

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
