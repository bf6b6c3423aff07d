/* test_trap.c: delivery of traps and IRET, against the 80386 manual's chapter
 * 9: the frames' words, gates, privilege, double fault and shutdown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/trap.h"

/* One table maps the first 4 MiB to themselves; what a test removes faults. */
enum {
    FRAMES = 64,
    DIRECTORY = 1,
    TABLE = 2,
    IDT = 3,
    TSS = 4,
    STACK = 5, /* the kernel stack's page; ESP0 is its top */
    HANDLERS = 0x8000,
    CODE0 = 0x60,
    DATA0 = 0x68,
    CODE3 = 0x73,
    DATA3 = 0x7B,
};

#define ESP0 ((STACK + 1u) * MMU_PAGE_SIZE)

struct world {
    struct mmu_physmem mem;
    struct mmu mmu;
    struct registers registers;
    struct trap_tables tables;
};

static uint8_t *at(struct world *w, uint32_t phys)
{
    return w->mem.base + phys;
}

static uint32_t word(struct world *w, uint32_t phys)
{
    return mmu_physmem_read32(&w->mem, phys);
}

static void set_word(struct world *w, uint32_t phys, uint32_t value)
{
    mmu_physmem_write32(&w->mem, phys, value);
}

static void set_page(struct world *w, uint32_t page, uint32_t flags)
{
    set_word(w, TABLE * MMU_PAGE_SIZE + page * 4,
             page << MMU_PAGE_SHIFT | flags);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->mem.frames = FRAMES;
    w->mem.base = aligned_alloc(MMU_PAGE_SIZE, FRAMES * MMU_PAGE_SIZE);
    assert_non_null(w->mem.base);
    memset(w->mem.base, 0, FRAMES * MMU_PAGE_SIZE);
    set_word(w, DIRECTORY * MMU_PAGE_SIZE,
             TABLE << MMU_PAGE_SHIFT | MMU_PTE_P | MMU_PTE_RW | MMU_PTE_US);
    for (uint32_t page = 0; page < FRAMES; page++)
        set_page(w, page, MMU_PTE_P | MMU_PTE_RW);
    for (uint32_t vector = 0; vector < 256; vector++)
        gate_encode(at(w, IDT * MMU_PAGE_SIZE + vector * 8), CODE0,
                    HANDLERS + vector, vector == VECTOR_SYSTEM_CALL ? 3 : 0,
                    vector != VECTOR_SYSTEM_CALL);
    set_word(w, TSS * MMU_PAGE_SIZE + 4, ESP0);
    set_word(w, TSS * MMU_PAGE_SIZE + 8, DATA0);
    w->tables =
        (struct trap_tables){IDT * MMU_PAGE_SIZE, 256 * 8, TSS * MMU_PAGE_SIZE};
    assert_int_equal(mmu_init(&w->mmu, mmu_generation_of(MMU_GENERATION_I386),
                              &w->mem, NULL, true),
                     0);
    mmu_load_cr3(&w->mmu, DIRECTORY * MMU_PAGE_SIZE);
    mmu_load_cr0(&w->mmu, MMU_CR0_PE | MMU_CR0_PG);
    w->registers.eip = 0x1234;
    w->registers.eflags = EFLAGS_ONE | EFLAGS_IF | EFLAGS_TF | EFLAGS_CF;
    w->registers.general[ESP] = 0x2000;
    w->registers.selector[CS] = CODE3;
    w->registers.selector[SS] = DATA3;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    mmu_destroy(&w->mmu);
    free(w->mem.base);
    free(w);
    return 0;
}

static enum trap_outcome deliver(struct world *w, struct trap trap,
                                 struct trap *delivered)
{
    return trap_deliver(&w->mmu, &w->registers, &w->tables, &trap, delivered);
}

static void test_page_fault_from_ring_3(void **state)
{
    struct world *w = *state;
    const struct registers before = w->registers;
    const struct trap trap = {.vector = VECTOR_PAGE_FAULT,
                              .error = MMU_PF_W | MMU_PF_U,
                              .linear = 0xDEADB000};
    assert_int_equal(deliver(w, trap, NULL), TRAP_DELIVERED);
    assert_int_equal(w->mmu.cr2, 0xDEADB000);
    assert_int_equal(w->registers.general[ESP], ESP0 - 24);
    assert_int_equal(word(w, ESP0 - 4), DATA3);
    assert_int_equal(word(w, ESP0 - 8), 0x2000);
    assert_int_equal(word(w, ESP0 - 12), before.eflags | EFLAGS_RF);
    assert_int_equal(word(w, ESP0 - 16), CODE3);
    assert_int_equal(word(w, ESP0 - 20), 0x1234);
    assert_int_equal(word(w, ESP0 - 24), MMU_PF_W | MMU_PF_U);
    assert_int_equal(w->registers.eip, HANDLERS + 14);
    assert_int_equal(w->registers.selector[CS], CODE0);
    assert_int_equal(w->registers.selector[SS], DATA0);
    assert_int_equal(w->registers.eflags, EFLAGS_ONE | EFLAGS_CF);
    w->registers.general[ESP] += 4;
    assert_true(trap_return(&w->mmu, &w->registers));
    assert_int_equal(w->registers.eflags, before.eflags | EFLAGS_RF);
    w->registers.eflags = before.eflags;
    assert_memory_equal(&w->registers, &before, sizeof before);
}

/* A selector of virtual-8086 mode that looks like one of ring 0 is none. */
static void test_virtual_mode_is_ring_3(void **state)
{
    struct world *w = *state;
    w->registers.selector[CS] = CODE0;
    w->registers.eflags |= EFLAGS_VM;
    const struct trap trap = {
        .vector = VECTOR_PAGE_FAULT, .error = MMU_PF_U, .linear = 0x5000};
    assert_int_equal(deliver(w, trap, NULL), TRAP_DELIVERED);
    assert_int_equal(w->registers.general[ESP], ESP0 - 24);
    assert_int_equal(word(w, ESP0 - 8), 0x2000);
    assert_int_equal(w->registers.selector[SS], DATA0);
}

static void test_same_ring_pushes_no_stack(void **state)
{
    struct world *w = *state;
    w->registers.selector[CS] = CODE0;
    w->registers.selector[SS] = DATA0;
    w->registers.general[ESP] = ESP0 - 100;
    const struct registers before = w->registers;
    const struct trap trap = {.vector = VECTOR_PAGE_FAULT,
                              .error = MMU_PF_W | MMU_PF_P,
                              .linear = 0x5000};
    assert_int_equal(deliver(w, trap, NULL), TRAP_DELIVERED);
    assert_int_equal(w->registers.general[ESP], ESP0 - 116);
    assert_int_equal(word(w, ESP0 - 104), before.eflags | EFLAGS_RF);
    assert_int_equal(word(w, ESP0 - 108), CODE0);
    assert_int_equal(word(w, ESP0 - 112), 0x1234);
    assert_int_equal(word(w, ESP0 - 116), MMU_PF_W | MMU_PF_P);
    w->registers.general[ESP] += 4;
    assert_true(trap_return(&w->mmu, &w->registers));
    assert_int_equal(w->registers.eflags, before.eflags | EFLAGS_RF);
    w->registers.eflags = before.eflags;
    assert_memory_equal(&w->registers, &before, sizeof before);
}

/* Manual, table 9-7: 8 and 10 to 14 have an error code (and 17, from the i486
 * on). */
static void test_which_vectors_have_an_error_code(void **state)
{
    struct world *w = *state;
    static const uint8_t with_error[] = {8, 10, 11, 12, 13, 14, 17};
    const struct registers before = w->registers;
    for (uint32_t vector = 0; vector < 32; vector++) {
        bool has = memchr(with_error, (int)vector, sizeof with_error) != NULL;
        w->registers = before;
        assert_int_equal(deliver(w, (struct trap){.vector = vector}, NULL),
                         TRAP_DELIVERED);
        assert_int_equal(w->registers.general[ESP], ESP0 - (has ? 24u : 20u));
        assert_int_equal(trap_has_error(vector), has);
    }
}

/* Manual 12.3.1.1: the image of EFLAGS that a fault pushes has RF, that of
 * anything else has not, nor have EFLAGS in the handler. */
static void test_faults_push_the_resume_flag(void **state)
{
    struct world *w = *state;
    static const uint8_t faults[] = {0,  5,  6,  7,  10, 11,
                                     12, 13, 14, 16, 17, 19};
    static const uint8_t others[] = {1, 2, 3, 4, 8, VECTOR_TIMER};
    const struct registers before = w->registers;
    for (size_t i = 0; i < sizeof faults + sizeof others; i++) {
        bool fault = i < sizeof faults;
        uint32_t vector = fault ? faults[i] : others[i - sizeof faults];
        w->registers = before;
        assert_int_equal(deliver(w, (struct trap){.vector = vector}, NULL),
                         TRAP_DELIVERED);
        uint32_t image = word(w, ESP0 - 12);
        assert_int_equal(image & EFLAGS_RF, fault ? EFLAGS_RF : 0);
        assert_int_equal(w->registers.eflags & EFLAGS_RF, 0);
    }
}

static void test_trap_gate_keeps_interrupts(void **state)
{
    struct world *w = *state;
    const struct trap trap = {.vector = VECTOR_SYSTEM_CALL, .software = true};
    assert_int_equal(deliver(w, trap, NULL), TRAP_DELIVERED);
    assert_int_equal(w->registers.eflags & EFLAGS_IF, EFLAGS_IF);
    assert_int_equal(w->registers.general[ESP], ESP0 - 20);
}

/* INT n through a gate of ring 0: #GP with the gate's selector, IDT bit set,
 * EXT clear. */
static void test_software_interrupt_needs_the_gates_privilege(void **state)
{
    struct world *w = *state;
    struct trap delivered;
    const struct trap trap = {.vector = VECTOR_PAGE_FAULT, .software = true};
    w->mmu.cr2 = 0x777;
    assert_int_equal(deliver(w, trap, &delivered), TRAP_DELIVERED);
    assert_int_equal(delivered.vector, VECTOR_PROTECTION);
    assert_int_equal(delivered.error, 14 * 8 + 2);
    assert_int_equal(word(w, ESP0 - 24), 14 * 8 + 2);
    assert_int_equal(w->registers.eip, HANDLERS + VECTOR_PROTECTION);
}

static void test_gate_beyond_the_limit(void **state)
{
    struct world *w = *state;
    struct trap delivered;
    w->tables.idt_bytes = 20 * 8;
    assert_int_equal(deliver(w, (struct trap){.vector = 32}, &delivered),
                     TRAP_DELIVERED);
    assert_int_equal(delivered.vector, VECTOR_PROTECTION);
    assert_int_equal(delivered.error, 32 * 8 + 3);
}

static void remove_gate(struct world *w, uint32_t vector)
{
    *at(w, IDT * MMU_PAGE_SIZE + vector * 8 + 5) &= 0x7F;
}

static void test_absent_gate_makes_a_double_fault(void **state)
{
    struct world *w = *state;
    struct trap delivered;
    remove_gate(w, VECTOR_PAGE_FAULT);
    const struct trap trap = {
        .vector = VECTOR_PAGE_FAULT, .error = MMU_PF_U, .linear = 0x9000};
    assert_int_equal(deliver(w, trap, &delivered), TRAP_DOUBLE_FAULT);
    assert_int_equal(delivered.vector, VECTOR_DOUBLE_FAULT);
    assert_int_equal(word(w, ESP0 - 24), 0);
    assert_int_equal(w->registers.eip, HANDLERS + VECTOR_DOUBLE_FAULT);
    assert_int_equal(w->mmu.cr2, 0x9000);
}

/* #NP while a benign exception is delivered is just an #NP. */
static void test_absent_gate_of_a_benign_exception(void **state)
{
    struct world *w = *state;
    struct trap delivered;
    remove_gate(w, VECTOR_BREAKPOINT);
    const struct trap trap = {.vector = VECTOR_BREAKPOINT};
    assert_int_equal(deliver(w, trap, &delivered), TRAP_DELIVERED);
    assert_int_equal(delivered.vector, VECTOR_NOT_PRESENT);
    assert_int_equal(delivered.error, 3 * 8 + 3);
}

static void test_missing_kernel_stack_shuts_down(void **state)
{
    struct world *w = *state;
    const struct registers before = w->registers;
    set_page(w, STACK, 0);
    const struct trap trap = {
        .vector = VECTOR_PAGE_FAULT, .error = MMU_PF_U, .linear = 0x9000};
    assert_int_equal(deliver(w, trap, NULL), TRAP_SHUTDOWN);
    /* the fault on the stack came last */
    assert_int_equal(w->mmu.cr2, ESP0 - 4);
    assert_memory_equal(&w->registers, &before, sizeof before);
}

/* The double fault's gate is missing as well: shutdown, though the stack is
 * there. */
static void test_triple_fault(void **state)
{
    struct world *w = *state;
    remove_gate(w, VECTOR_PAGE_FAULT);
    remove_gate(w, VECTOR_DOUBLE_FAULT);
    const struct trap trap = {
        .vector = VECTOR_PAGE_FAULT, .error = MMU_PF_U, .linear = 0x9000};
    assert_int_equal(deliver(w, trap, NULL), TRAP_SHUTDOWN);
}

static void test_missing_idt_page(void **state)
{
    struct world *w = *state;
    set_page(w, IDT, 0);
    assert_int_equal(deliver(w, (struct trap){.vector = VECTOR_DIVIDE}, NULL),
                     TRAP_SHUTDOWN);
}

static void test_return_through_a_missing_stack(void **state)
{
    struct world *w = *state;
    const struct registers before = w->registers;
    w->registers.selector[CS] = CODE0;
    set_page(w, 2, 0);
    assert_false(trap_return(&w->mmu, &w->registers));
    assert_int_equal(w->registers.eip, before.eip);
}

/* INT n is no exception, whatever its number: a gate that refuses it is a #GP
 * at the INT, never a part of a double fault, and no error code is pushed where
 * the gate lets it pass. */
static void test_every_software_interrupt(void **state)
{
    struct world *w = *state;
    const struct registers before = w->registers;
    for (uint32_t vector = 0; vector < 256; vector++) {
        const struct trap trap = {
            .vector = vector, .software = true, .insn_bytes = 2};
        struct trap delivered;
        bool passes = vector == VECTOR_SYSTEM_CALL;
        w->registers = before;
        assert_int_equal(deliver(w, trap, &delivered), TRAP_DELIVERED);
        assert_int_equal(delivered.vector, passes ? vector : VECTOR_PROTECTION);
        assert_int_equal(delivered.software, passes);
        if (passes)
            continue;
        assert_int_equal(word(w, ESP0 - 24), vector * 8 + 2);
        assert_int_equal(word(w, ESP0 - 20), before.eip - 2);
    }
    for (uint32_t vector = 0; vector < 256; vector++) {
        const struct trap trap = {
            .vector = vector, .software = true, .insn_bytes = 2};
        w->registers = before;
        *at(w, IDT * MMU_PAGE_SIZE + vector * 8 + 5) |= 0x60;
        assert_int_equal(deliver(w, trap, NULL), TRAP_DELIVERED);
        assert_int_equal(w->registers.eip, HANDLERS + vector);
        assert_int_equal(w->registers.general[ESP], ESP0 - 20);
        assert_int_equal(word(w, ESP0 - 20), before.eip);
    }
}

/* INT 8 whose gate refuses it, the #GP's gate missing too: a double fault, but
 * no shutdown. */
static void test_refused_interrupt_8(void **state)
{
    struct world *w = *state;
    struct trap delivered;
    const struct trap trap = {.vector = 8, .software = true, .insn_bytes = 2};
    remove_gate(w, VECTOR_PROTECTION);
    assert_int_equal(deliver(w, trap, &delivered), TRAP_DOUBLE_FAULT);
    assert_int_equal(delivered.vector, VECTOR_DOUBLE_FAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_page_fault_from_ring_3, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_virtual_mode_is_ring_3, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_same_ring_pushes_no_stack, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_which_vectors_have_an_error_code,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_push_the_resume_flag, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_trap_gate_keeps_interrupts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_software_interrupt_needs_the_gates_privilege, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_software_interrupt, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_refused_interrupt_8, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_gate_beyond_the_limit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_absent_gate_makes_a_double_fault,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_gate_of_a_benign_exception,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_kernel_stack_shuts_down,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_triple_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_idt_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_return_through_a_missing_stack,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
