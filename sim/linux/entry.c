/* entry.c: see entry.h. */
#include "linux/entry.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "linux/layout.h"
#include "linux/pager.h"
#include "linux/process.h"
#include "linux/signals.h"
#include "linux/syscall.h"
#include "machine/machine.h"

/* Access bytes of descriptors, present and accessed (80386 manual, 5.1.1 and 7.2). */
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

static uint8_t *system_page(struct machine *machine)
{
    return physmem_frame(&machine->mem, machine->system_frame);
}

static void fill_gdt(uint8_t *page)
{
    uint8_t *gdt = page + SYSTEM_GDT;
    descriptor_encode(gdt + SELECTOR_KERNEL_CODE, 0, LIMIT_4_GIB, ACCESS_KERNEL_CODE);
    descriptor_encode(gdt + SELECTOR_KERNEL_DATA, 0, LIMIT_4_GIB, ACCESS_KERNEL_DATA);
    descriptor_encode(gdt + (SELECTOR_USER_CODE & ~7u), 0, LIMIT_4_GIB, ACCESS_USER_CODE);
    descriptor_encode(gdt + (SELECTOR_USER_DATA & ~7u), 0, LIMIT_4_GIB, ACCESS_USER_DATA);
    descriptor_encode(gdt + SELECTOR_TSS, KERNEL_BASE + SYSTEM_TSS, 0, ACCESS_TSS);
}

/* INT3, INTO and the system call may come from ring 3; BOUND is no INT n. */
static unsigned gate_dpl(uint32_t vector)
{
    return vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW || vector == VECTOR_SYSTEM_CALL
               ? 3
               : 0;
}

static void fill_idt(uint8_t *page)
{
    for (uint32_t vector = 0; vector < IDT_ENTRIES; vector++)
        gate_encode(page + SYSTEM_IDT + (size_t)vector * 8, SELECTOR_KERNEL_CODE,
                    KERNEL_BASE + SYSTEM_ENTRY + vector, gate_dpl(vector),
                    vector != VECTOR_SYSTEM_CALL);
}

static void fill_system_page(struct machine *machine)
{
    uint8_t *page = system_page(machine);
    const uint32_t ss0 = SELECTOR_KERNEL_DATA;
    memset(page, 0, PAGE_SIZE);
    fill_gdt(page);
    fill_idt(page);
    memcpy(page + SYSTEM_TSS + 8, &ss0, sizeof ss0);
    page[SYSTEM_IRET] = 0xCF;
}

/* Every directory is a copy of the kernel's, so its tables must be there before the first one. */
static int make_stack_tables(struct machine *machine)
{
    struct addrspace *space = &machine->kernel_space;
    const uint32_t end = KERNEL_STACKS + PROCESSES_MAX * 2 * PAGE_SIZE;
    for (uint32_t linear = KERNEL_STACKS; linear < end; linear += 1u << LARGE_PAGE_SHIFT) {
        int error = addrspace_map(space, linear, machine->system_frame, 0);
        if (error != 0)
            return error;
        addrspace_unmap(space, linear);
    }
    return 0;
}

/* The window has a page of 512 entries behind each of its own: which one does not matter. Nobody is
 * told of it. */
static void map_ldt_window(struct machine *machine)
{
    for (uint32_t page = 0; page < KERNEL_LDT_PAGES; page++) {
        uint32_t *entry =
            addrspace_entry(&machine->kernel_space, KERNEL_LDT + page * PAGE_SIZE, NULL);
        *entry = machine->system_frame << PAGE_SHIFT | PTE_P | PTE_RW;
        frame_get(&machine->frames, machine->system_frame, REFERENCE_PLAIN);
    }
}

static int make_kernel_space(struct machine *machine)
{
    struct addrspace *space = &machine->kernel_space;
    int error = addrspace_init(space, &machine->frames, &machine->sink, KERNEL_BASE, NULL);
    if (error != 0)
        return error;
    machine->system_frame = frame_alloc(&machine->frames, FRAME_KERNEL);
    if (machine->system_frame == FRAME_NONE)
        return -ENOMEM;
    error = addrspace_map(space, KERNEL_BASE, machine->system_frame, PTE_RW);
    if (error != 0)
        return error;
    map_ldt_window(machine);
    return make_stack_tables(machine);
}

static uint32_t stack_top(uint32_t slot)
{
    return KERNEL_STACKS + (slot + 1) * 2 * PAGE_SIZE;
}

static bool enter_user(struct machine *machine)
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
    uint32_t frame = frame_alloc(&machine->frames, FRAME_KERNEL);
    uint32_t page = stack_top(0) - PAGE_SIZE;
    if (frame == FRAME_NONE || addrspace_map(&machine->kernel_space, page, frame, PTE_RW) != 0)
        return false;
    bool entered = cpu_enter_user(machine->cpu, &segments);
    addrspace_unmap(&machine->kernel_space, page);
    return entered;
}

const char *kernel_boot(struct machine *machine)
{
    struct mmu *mmu = cpu_mmu(machine->cpu);
    if (make_kernel_space(machine) != 0)
        return "memory is too small for the kernel";
    fill_system_page(machine);
    mmu_load_cr3(mmu, addrspace_cr3(&machine->kernel_space));
    mmu_load_cr0(mmu, CR0_PE | CR0_PG | CR0_WP);
    return enter_user(machine) ? NULL : "the processor does not enter ring 3";
}

/* ---- kernel stacks ---- */

int kernel_stack_init(struct machine *machine, struct process *process)
{
    const uint8_t *unused = memchr(machine->stack_slots, 0, PROCESSES_MAX);
    if (unused == NULL)
        return -EAGAIN;
    uint32_t slot = (uint32_t)(unused - machine->stack_slots);
    uint32_t frame = frame_alloc(&machine->frames, FRAME_KERNEL);
    if (frame == FRAME_NONE)
        return -ENOMEM;
    int error = addrspace_map(&machine->kernel_space, stack_top(slot) - PAGE_SIZE, frame, PTE_RW);
    if (error != 0) {
        frame_free(&machine->frames, frame);
        return error;
    }
    machine->stack_slots[slot] = 1;
    process->stack_slot = slot;
    process->stack_frame = frame;
    process->kernel_esp = stack_top(slot);
    return 0;
}

/* The frame of a trap is still on the stack when a process ends itself, but nobody returns. */
void kernel_stack_free(struct machine *machine, struct process *process)
{
    uint32_t page = stack_top(process->stack_slot) - PAGE_SIZE;
    addrspace_unmap(&machine->kernel_space, page);
    mmu_invalidate(cpu_mmu(machine->cpu), page);
    machine->stack_slots[process->stack_slot] = 0;
}

/* The TSS names the stack that the next trap from ring 3 is to use. */
void kernel_load_stack(struct machine *machine, const struct process *process)
{
    uint32_t esp0 = stack_top(process->stack_slot);
    memcpy(system_page(machine) + SYSTEM_TSS + 4, &esp0, sizeof esp0);
}

void kernel_load_tls(struct machine *machine, const struct process *process)
{
    memcpy(system_page(machine) + SYSTEM_GDT + (size_t)GDT_TLS_FIRST * 8, process->tls,
           sizeof process->tls);
}

/* ---- trap frames ---- */

static void tell_frame(struct machine *machine, const struct process *process, bool write)
{
    const struct trace_event action = {.kind = TRACE_KERNEL,
                                       .kernel = {.linear = process->kernel_esp,
                                                  .bytes = sizeof(struct user_frame),
                                                  .write = write}};
    action_end(machine, &action);
}

void kernel_read_frame(struct machine *machine, struct process *process, struct user_frame *frame)
{
    struct fault fault;
    action_begin(machine);
    (void)mmu_read(cpu_mmu(machine->cpu), process->kernel_esp, frame, sizeof *frame, false, &fault);
    tell_frame(machine, process, false);
}

void kernel_write_frame(struct machine *machine, struct process *process,
                        const struct user_frame *frame)
{
    struct fault fault;
    action_begin(machine);
    (void)mmu_write(cpu_mmu(machine->cpu), process->kernel_esp, frame, sizeof *frame, false,
                    &fault);
    tell_frame(machine, process, true);
}

void kernel_frame_init(struct machine *machine, struct process *process, uint32_t entry,
                       uint32_t esp)
{
    const struct user_frame frame = {entry, SELECTOR_USER_CODE, EFLAGS_ONE | EFLAGS_IF, esp,
                                     SELECTOR_USER_DATA};
    process->kernel_esp = stack_top(process->stack_slot) - (uint32_t)sizeof frame;
    memcpy(physmem_frame(&machine->mem, process->stack_frame) + PAGE_SIZE - sizeof frame, &frame,
           sizeof frame);
    memset(process->general, 0, sizeof process->general);
}

/* ---- traps ---- */

static void emit_fault(struct machine *machine, const struct process *process,
                       const struct fault *fault)
{
    struct event event = {.kind = EVENT_FAULT, .linear = fault->linear, .error = fault->error};
    const uint32_t *pte = addrspace_entry(&process->space, fault->linear, &event.pde_before);
    event.pte_before = pte == NULL ? 0 : *pte;
    if (entry_holds(event.pte_before))
        event.frame_before = event.pte_before >> PAGE_SHIFT;
    event_emit(&machine->sink, &event);
}

static struct trap trap_of(const struct cpu_exit *exit)
{
    switch (exit->stop) {
    case CPU_STOP_FAULT:
        return (struct trap){
            .vector = VECTOR_PAGE_FAULT, .error = exit->fault.error, .linear = exit->fault.linear};
    case CPU_STOP_INTERRUPT:
        return (struct trap){
            .vector = exit->vector, .software = true, .insn_bytes = exit->insn_bytes};
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
static void finish_page_fault(struct machine *machine, struct process *process,
                              const struct kernel_entry *entry)
{
    switch (entry->outcome) {
    case PAGER_SERVICED:
        break;
    case PAGER_SEGV:
        process->signals.fault_linear = cpu_mmu(machine->cpu)->cr2;
        process->signals.fault_vector = VECTOR_PAGE_FAULT;
        process->signals.fault_error = entry->error;
        signal_force(machine, process, SIGSEGV);
        break;
    case PAGER_NO_FRAME:
        process_kill_for_memory(machine, process);
        break;
    }
}

/* The handler of each gate, by its entry point. */
static void serve(struct machine *machine, struct process *process,
                  const struct kernel_entry *entry)
{
    uint32_t vector = entry->vector;
    if (vector == VECTOR_PAGE_FAULT) {
        finish_page_fault(machine, process, entry);
        return;
    }
    if (vector == VECTOR_SYSTEM_CALL) {
        system_call_serve(machine, process);
        return;
    }
    machine_charge(machine, COST_ENTRY, 1);
    if (vector < VECTOR_TIMER) {
        process->signals.fault_vector = vector;
        process->signals.fault_error = entry->error;
        process->signals.fault_stepped = (cpu_debug_status(machine->cpu) & DR6_BS) != 0;
        signal_force(machine, process, signal_of_vector(vector));
    }
}

/* Delivers the trap; on success ESP is at the saved EIP, the error code popped into *error, and
 * *vector is the gate whose entry was reached. */
static bool deliver(struct machine *machine, const struct trap *trap, uint32_t *vector,
                    uint32_t *error)
{
    struct mmu *mmu = cpu_mmu(machine->cpu);
    struct registers *r = cpu_registers(machine->cpu);
    struct fault fault;
    struct trap delivered;
    bool from_user = registers_ring(r) == 3;
    machine_charge(machine, from_user ? COST_TRAP : COST_TRAP_SAME, 1);
    if (trap_deliver(mmu, r, &trap_tables, trap, &delivered) == TRAP_SHUTDOWN) {
        machine->broken = "triple fault: the processor shut down";
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
static struct trace_event action_of(const struct machine *machine, const struct cpu_exit *exit,
                                    const struct trap *trap, struct trace_slot *slot)
{
    bool write = (exit->fault.error & PF_W) != 0;
    if (exit->stop != CPU_STOP_FAULT)
        return (struct trace_event){.kind = TRACE_TRAP,
                                    .trap = {.vector = (uint8_t)trap->vector,
                                             .software = trap->software,
                                             .eip = machine->trap_eip}};
    *slot = trace_slot_of(0, write ? TRACE_WRITE : TRACE_READ, 1, (exit->fault.error & PF_U) == 0);
    return (struct trace_event){.kind = TRACE_TRY,
                                .try = {.linear = machine->trap_eip,
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

static bool enter(struct machine *machine, struct process *process, const struct cpu_exit *exit,
                  const struct trap *trap, struct kernel_entry *entry)
{
    struct registers *r = cpu_registers(machine->cpu);
    entry->began = machine_cycles(machine);
    memcpy(process->general, r->general, sizeof process->general);
    if (entry->fault)
        emit_fault(machine, process, &exit->fault);
    if (!deliver(machine, trap, &entry->vector, &entry->error))
        return false;
    if (trap->software && entry->vector != trap->vector)
        machine->trap_eip -= trap->insn_bytes; /* INT n was refused: the fault is the INT's */
    process->kernel_esp = r->general[ESP];
    if (entry->vector == VECTOR_PAGE_FAULT)
        entry->outcome = pager_fault(machine, process, cpu_mmu(machine->cpu)->cr2, entry->error);
    return true;
}

bool kernel_enter(struct machine *machine, struct process *process, const struct cpu_exit *exit,
                  struct kernel_entry *entry)
{
    const struct trap trap = trap_of(exit);
    struct trace_slot slot;
    machine->trap_eip = cpu_place(machine->cpu);
    *entry = (struct kernel_entry){.fault = exit->stop == CPU_STOP_FAULT};
    action_begin(machine);
    bool entered = enter(machine, process, exit, &trap, entry);
    struct trace_event action = action_of(machine, exit, &trap, &slot);
    if (entry->fault)
        action.try.outcome = (uint8_t)told_outcome(entry->outcome);
    action_end(machine, &action);
    return entered;
}

void kernel_leave(struct machine *machine, struct process *process,
                  const struct kernel_entry *entry)
{
    process->trap_clocks = machine_cycles(machine) - entry->began;
    process->trap_is_fault = entry->fault;
    if (process->trap_is_fault)
        clock_fault(machine, process->trap_clocks);
    action_tell(machine, &(struct trace_event){.kind = TRACE_MARK, .mark = TRACE_SERVED});
}

void kernel_trap(struct machine *machine, struct process *process, const struct cpu_exit *exit)
{
    struct kernel_entry entry;
    if (!kernel_enter(machine, process, exit, &entry))
        return;
    serve(machine, process, &entry);
    kernel_leave(machine, process, &entry);
}

bool kernel_own_fault(struct machine *machine, struct process *process, const struct fault *fault)
{
    struct registers *r = cpu_registers(machine->cpu);
    const struct trap trap = {
        .vector = VECTOR_PAGE_FAULT, .error = fault->error, .linear = fault->linear};
    uint32_t user_eip = machine->trap_eip;
    uint32_t vector;
    uint32_t error;
    r->eip = KERNEL_BASE + SYSTEM_COPY;
    r->selector[CS] = SELECTOR_KERNEL_CODE;
    r->selector[SS] = SELECTOR_KERNEL_DATA;
    r->general[ESP] = process->kernel_esp;
    machine->trap_eip = r->eip;
    uint64_t before = machine_cycles(machine);
    emit_fault(machine, process, fault);
    if (!deliver(machine, &trap, &vector, &error))
        return false;
    enum pager_outcome outcome = pager_fault(machine, process, cpu_mmu(machine->cpu)->cr2, error);
    machine_charge(machine, COST_IRET_SAME, 1);
    (void)trap_return(cpu_mmu(machine->cpu), r);
    clock_fault(machine, machine_cycles(machine) - before);
    machine->trap_eip = user_eip;
    if (outcome == PAGER_NO_FRAME)
        process_kill_for_memory(machine, process);
    return outcome == PAGER_SERVICED;
}

/* The IRET took so many clocks: with it the trap is over. */
static void end_trap(struct machine *machine, struct process *process, uint64_t clocks)
{
    if (process->trap_is_fault)
        clock_fault(machine, clocks);
    if (process->forked)
        clock_forked(machine, process->trap_clocks + clocks);
    process->trap_is_fault = false;
    process->forked = false;
}

static bool return_to_ring_3(struct machine *machine, struct process *process)
{
    struct registers *r = cpu_registers(machine->cpu);
    memcpy(r->general, process->general, sizeof process->general);
    r->general[ESP] = process->kernel_esp;
    r->selector[CS] = SELECTOR_KERNEL_CODE;
    uint64_t before = machine_cycles(machine);
    machine_charge(machine, COST_IRET, 1);
    if (!trap_return(cpu_mmu(machine->cpu), r))
        return false;
    end_trap(machine, process, machine_cycles(machine) - before);
    return true;
}

bool kernel_return(struct machine *machine, struct process *process)
{
    action_begin(machine);
    bool returned = return_to_ring_3(machine, process);
    action_end(machine, &(struct trace_event){.kind = TRACE_RETURN});
    return returned;
}
