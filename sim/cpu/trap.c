/* trap.c: see trap.h. */
#include "cpu/trap.h"

#include <string.h>

#define GATE_PRESENT   0x80u
#define GATE_TYPE      0x1Fu
#define GATE_INTERRUPT 0x0Eu /* 386 interrupt gate: clears IF */
#define GATE_TRAP      0x0Fu /* 386 trap gate */
#define ERROR_EXTERNAL 0x1u
#define ERROR_IN_IDT   0x2u
#define TSS_ESP0       4u
#define TSS_SS0        8u

struct gate {
    uint16_t selector;
    uint32_t handler;
    unsigned dpl;
    bool interrupt;
};

bool trap_has_error(uint32_t vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

void gate_encode(uint8_t gate[8], uint16_t selector, uint32_t handler,
                 unsigned dpl, bool interrupt)
{
    gate[0] = (uint8_t)handler;
    gate[1] = (uint8_t)(handler >> 8);
    gate[2] = (uint8_t)selector;
    gate[3] = (uint8_t)(selector >> 8);
    gate[4] = 0;
    gate[5] = (uint8_t)(GATE_PRESENT | dpl << 5 |
                        (interrupt ? GATE_INTERRUPT : GATE_TRAP));
    gate[6] = (uint8_t)(handler >> 16);
    gate[7] = (uint8_t)(handler >> 24);
}

void descriptor_encode(uint8_t descriptor[8], uint32_t base,
                       uint32_t limit_pages, uint8_t access)
{
    descriptor[0] = (uint8_t)limit_pages;
    descriptor[1] = (uint8_t)(limit_pages >> 8);
    descriptor[2] = (uint8_t)base;
    descriptor[3] = (uint8_t)(base >> 8);
    descriptor[4] = (uint8_t)(base >> 16);
    descriptor[5] = access;
    /* pages, 32-bit */
    descriptor[6] = (uint8_t)(0xC0u | (limit_pages >> 16 & 0x0Fu));
    descriptor[7] = (uint8_t)(base >> 24);
}

static void raise(struct trap *raised, uint32_t vector, uint32_t error)
{
    *raised = (struct trap){.vector = vector, .error = error};
}

static void raise_page_fault(struct trap *raised, const struct mmu_fault *fault)
{
    *raised = (struct trap){.vector = VECTOR_PAGE_FAULT,
                            .error = fault->error,
                            .linear = fault->linear};
}

static bool read_system(struct mmu *mmu, uint32_t linear, void *to,
                        uint32_t bytes, struct trap *raised)
{
    struct mmu_fault fault;
    if (mmu_read(mmu, linear, to, bytes, false, &fault))
        return true;
    raise_page_fault(raised, &fault);
    return false;
}

/* Reads the vector's gate. False with *raised set to the exception that reading
 * it is. */
static bool read_gate(struct mmu *mmu, const struct trap_tables *tables,
                      const struct trap *trap, struct gate *gate,
                      struct trap *raised)
{
    uint8_t raw[8];
    uint32_t offset = trap->vector * 8;
    uint32_t error =
        offset | ERROR_IN_IDT | (trap->software ? 0 : ERROR_EXTERNAL);
    if (offset + 7 >= tables->idt_bytes) {
        raise(raised, VECTOR_PROTECTION, error);
        return false;
    }
    if (!read_system(mmu, tables->idt_linear + offset, raw, sizeof raw, raised))
        return false;
    unsigned type = raw[5] & GATE_TYPE;
    *gate = (struct gate){
        .selector = (uint16_t)(raw[2] | raw[3] << 8),
        .handler = raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[6] << 16 |
                   (uint32_t)raw[7] << 24,
        .dpl = raw[5] >> 5 & 3,
        .interrupt = type == GATE_INTERRUPT,
    };
    if ((type != GATE_INTERRUPT && type != GATE_TRAP) ||
        (trap->software && gate->dpl < 3)) {
        raise(raised, VECTOR_PROTECTION, error);
        return false;
    }
    if ((raw[5] & GATE_PRESENT) == 0) {
        raise(raised, VECTOR_NOT_PRESENT, error);
        return false;
    }
    return true;
}

static bool push(struct mmu *mmu, uint32_t *esp, uint32_t value,
                 struct trap *raised)
{
    struct mmu_fault fault;
    if (mmu_write(mmu, *esp - 4, &value, 4, false, &fault)) {
        *esp -= 4;
        return true;
    }
    raise_page_fault(raised, &fault);
    return false;
}

/* INT n pushes none, whatever its number (manual 9.8.1). */
static bool pushes_error(const struct trap *trap)
{
    return !trap->software && trap_has_error(trap->vector);
}

/* 80386 manual, 12.3.1.1: entering the handler of a fault, the processor sets
 * RF in the image of EFLAGS that it pushes. Traps and INT n are no faults, nor
 * is a double fault. */
static bool pushes_resume_flag(const struct trap *trap)
{
    if (trap->software || trap->vector >= VECTOR_TIMER)
        return false;
    switch (trap->vector) {
    case VECTOR_DEBUG:
    case 2: /* NMI */
    case VECTOR_BREAKPOINT:
    case VECTOR_OVERFLOW:
    case VECTOR_DOUBLE_FAULT:
        return false;
    default:
        return true;
    }
}

/* One delivery. False with *raised set; the registers are as before then. */
static bool deliver(struct mmu *mmu, struct registers *r,
                    const struct trap_tables *tables, const struct trap *trap,
                    struct trap *raised)
{
    struct gate gate;
    bool outer = registers_ring(r) != 0;
    uint32_t esp = r->general[ESP];
    uint32_t ss = r->selector[SS];
    uint32_t eflags = r->eflags | (pushes_resume_flag(trap) ? EFLAGS_RF : 0);
    if (!read_gate(mmu, tables, trap, &gate, raised))
        return false;
    if (outer) {
        if (!read_system(mmu, tables->tss_linear + TSS_ESP0, &esp, 4, raised) ||
            !read_system(mmu, tables->tss_linear + TSS_SS0, &ss, 4, raised) ||
            !push(mmu, &esp, r->selector[SS], raised) ||
            !push(mmu, &esp, r->general[ESP], raised))
            return false;
    }
    if (!push(mmu, &esp, eflags, raised) ||
        !push(mmu, &esp, r->selector[CS], raised) ||
        !push(mmu, &esp, r->eip, raised) ||
        (pushes_error(trap) && !push(mmu, &esp, trap->error, raised)))
        return false;
    r->general[ESP] = esp;
    r->selector[SS] = (uint16_t)ss;
    r->selector[CS] = gate.selector;
    r->eip = gate.handler;
    r->eflags &=
        ~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | (gate.interrupt ? EFLAGS_IF : 0));
    return true;
}

/* Manual 9.8.8: a page fault, or one of the exceptions that come from bad
 * tables or selectors, while another of them is being delivered makes a double
 * fault. */
static bool contributory(uint32_t vector)
{
    return vector == VECTOR_DIVIDE ||
           (vector >= VECTOR_BAD_TSS && vector <= VECTOR_PROTECTION);
}

static bool makes_double_fault(const struct trap *first,
                               const struct trap *second)
{
    if (first->software)
        return false; /* INT n is no exception, whatever its number */
    if (first->vector == VECTOR_PAGE_FAULT)
        return contributory(second->vector) ||
               second->vector == VECTOR_PAGE_FAULT;
    return contributory(first->vector) && contributory(second->vector);
}

static void load_cr2(struct mmu *mmu, const struct trap *trap)
{
    if (trap->vector == VECTOR_PAGE_FAULT && !trap->software)
        mmu->cr2 = trap->linear;
}

enum trap_outcome trap_deliver(struct mmu *mmu, struct registers *registers,
                               const struct trap_tables *tables,
                               const struct trap *trap, struct trap *delivered)
{
    struct trap now = *trap;
    enum trap_outcome outcome = TRAP_DELIVERED;
    struct trap raised;
    uint32_t eip = registers->eip;
    load_cr2(mmu, trap);
    while (!deliver(mmu, registers, tables, &now, &raised)) {
        load_cr2(mmu, &raised);
        registers->eip = eip - trap->insn_bytes;
        if (now.vector == VECTOR_DOUBLE_FAULT && !now.software)
            return TRAP_SHUTDOWN;
        if (makes_double_fault(&now, &raised)) {
            raise(&raised, VECTOR_DOUBLE_FAULT, 0);
            outcome = TRAP_DOUBLE_FAULT;
        }
        now = raised;
    }
    if (delivered != NULL)
        *delivered = now;
    return outcome;
}

bool trap_return(struct mmu *mmu, struct registers *registers)
{
    uint32_t frame[5];
    struct mmu_fault fault;
    uint32_t esp = registers->general[ESP];
    if (!mmu_read(mmu, esp, frame, 12, false, &fault))
        return false;
    bool outer = (frame[1] & 3) != 0;
    if (outer && !mmu_read(mmu, esp + 12, frame + 3, 8, false, &fault))
        return false;
    registers->eip = frame[0];
    registers->selector[CS] = (uint16_t)frame[1];
    registers->eflags = frame[2];
    registers->general[ESP] = outer ? frame[3] : esp + 12;
    if (outer)
        registers->selector[SS] = (uint16_t)frame[4];
    return true;
}
