/* test_clocks.c: programs whose clocks were added up by hand from the 80386
 * manual (clocks/), run on a clocked processor: whole, twice, without a budget,
 * and by a few instructions at a time. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "addrspace.h"
#include "cpu/cpu.h"
#include "flat.h"
#include "frames.h"
#include "mmu.h"
#include "physmem.h"
#include "program/program.h"

/* the GDT; then a page with an IRET; then a stack */
#define KERNEL       0xC0000000u
#define GDT_ENTRIES  8u
#define ABSENT       0x30000000u /* see clocks/program.inc */
#define ABSENT_PAGES 8u
#define FRAMES       256u
#define BUDGET       100000u /* instructions; no program has as many */
#define PROGRAMS_MIN 170u
#define PROGRAMS_MAX 1000u
/* clocks of a REP before its iterations: 80386 manual, REP */
#define REPEAT_SETUP   5u
#define SYSTEM_CALL    0x80u
#define INT_BYTES      2u
#define RET            0xC3
#define NAME_BYTES_MAX 64u

/* As clocks/table.S lays it out. */
struct entry {
    uint32_t name;
    uint32_t start;
    uint32_t general[GENERAL_REGISTERS];
    uint32_t faults;
    uint32_t has_result;
    uint32_t result; /* of EAX */
    uint32_t end;    /* the closing INT 0x80 */
    uint32_t clocks;
};

struct suite {
    struct program *program;
    struct entry entries[PROGRAMS_MAX];
    char names[PROGRAMS_MAX][NAME_BYTES_MAX];
    uint32_t count;
};

/* A processor with the programs in its memory. */
struct world {
    const struct suite *suite;
    struct mmu_physmem mem;
    struct mmu_frame *table;
    struct mmu_frames frames;
    struct mmu_addrspace space;
    struct cpu *cpu;
    uint32_t faults; /* of the run */
};

/* What one run came to. */
struct outcome {
    bool ended; /* at its END */
    uint64_t clocks;
    uint64_t instructions;
    uint32_t resumed; /* times that it went on in the midst of a REP */
};

static const char *programs_path;
static struct suite suite;

/* ---- the table ---- */

static void read_program(const struct program *program, uint32_t linear,
                         void *to, uint32_t bytes)
{
    uint8_t page[MMU_PAGE_SIZE];
    uint8_t *at = to;
    for (uint32_t i = 0; i < bytes; i++) {
        const uint32_t page_linear = (linear + i) & MMU_PAGE_MASK;
        const struct segment *segment = program_segment(program, page_linear);
        assert_non_null(segment);
        if (i == 0 || (linear + i) % MMU_PAGE_SIZE == 0)
            program_page(program, segment, page_linear, page);
        at[i] = page[(linear + i) % MMU_PAGE_SIZE];
    }
}

static int open_suite(void **state)
{
    char why[128];
    int error_number = 0;
    uint32_t table[2];
    (void)state;
    int fd = open(programs_path, O_RDONLY | O_CLOEXEC);
    suite.program = program_open(fd, "clock-programs", KERNEL, &error_number,
                                 why, sizeof why);
    (void)close(fd);
    if (suite.program == NULL) {
        print_error("%s %s\n", programs_path, why);
        return -1;
    }
    read_program(suite.program, suite.program->entry, table, sizeof table);
    suite.count = (table[1] - table[0]) / sizeof suite.entries[0];
    assert_true(suite.count <= PROGRAMS_MAX);
    read_program(suite.program, table[0], suite.entries,
                 suite.count * sizeof suite.entries[0]);
    for (uint32_t i = 0; i < suite.count; i++) {
        read_program(suite.program, suite.entries[i].name, suite.names[i],
                     NAME_BYTES_MAX - 1);
        suite.names[i][NAME_BYTES_MAX - 1] = '\0';
    }
    return 0;
}

static int close_suite(void **state)
{
    (void)state;
    program_put(suite.program);
    return 0;
}

/* ---- the world ---- */

static uint8_t *map(struct world *w, uint32_t linear, uint32_t flags)
{
    uint32_t frame = mmu_frame_alloc(
        &w->frames, flags & MMU_PTE_US ? MMU_FRAME_USER : MMU_FRAME_KERNEL);
    assert_int_not_equal(frame, MMU_FRAME_NONE);
    assert_int_equal(mmu_addrspace_map(&w->space, linear, frame, flags), 0);
    return mmu_physmem_frame(&w->mem, frame);
}

/* And one of 64 KiB and one of 3 GiB. */
static void write_gdt(uint8_t *at)
{
    static const uint32_t others[2][2] = {{0x0000FFFF, 0x0040F300},
                                          {0x0000FFFF, 0x00CBF300}};
    flat_write_gdt(at);
    memcpy(at + (size_t)FLAT_ENTRIES * 8, others, sizeof others);
}

/* Calls `visit` for each page of the programs. */
static void each_page(struct world *w,
                      void (*visit)(struct world *, uint32_t linear,
                                    const struct segment *segment))
{
    const struct program *program = w->suite->program;
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        uint32_t end = segment->linear + segment->memory_bytes;
        for (uint32_t page = segment->linear & MMU_PAGE_MASK; page < end;
             page += MMU_PAGE_SIZE)
            visit(w, page, segment);
    }
}

static void map_page(struct world *w, uint32_t linear,
                     const struct segment *segment)
{
    program_page(w->suite->program, segment, linear,
                 map(w, linear, MMU_PTE_RW | MMU_PTE_US));
}

static void restore_page(struct world *w, uint32_t linear,
                         const struct segment *segment)
{
    uint32_t frame =
        *mmu_addrspace_entry(&w->space, linear, NULL) >> MMU_PAGE_SHIFT;
    program_page(w->suite->program, segment, linear,
                 mmu_physmem_frame(&w->mem, frame));
    cpu_frame_written(w->cpu, frame);
}

static void world_init(struct world *w)
{
    static const struct mmu_event_sink nobody = {NULL, NULL};
    const struct cpu_segments segments = flat_segments(KERNEL, GDT_ENTRIES);
    const char *why;
    *w = (struct world){.suite = &suite};
    w->mem = (struct mmu_physmem){
        aligned_alloc(MMU_PAGE_SIZE, FRAMES * MMU_PAGE_SIZE), FRAMES};
    w->table = calloc(FRAMES, sizeof *w->table);
    assert_non_null(w->mem.base);
    assert_non_null(w->table);
    memset(w->mem.base, 0, FRAMES * MMU_PAGE_SIZE);
    mmu_frames_init(&w->frames, &w->mem, w->table);
    assert_int_equal(
        mmu_addrspace_init(&w->space, &w->frames, &nobody, KERNEL, NULL), 0);
    w->cpu = cpu_new(mmu_generation_of(MMU_GENERATION_I386), &w->mem, &nobody,
                     true, &why);
    assert_non_null(w->cpu);
    write_gdt(map(w, KERNEL, MMU_PTE_RW));
    *map(w, KERNEL + MMU_PAGE_SIZE, MMU_PTE_RW) = FLAT_IRET;
    (void)map(w, KERNEL + 2 * MMU_PAGE_SIZE, MMU_PTE_RW);
    each_page(w, map_page);
    mmu_load_cr0(cpu_mmu(w->cpu), MMU_CR0_PE | MMU_CR0_PG);
    cpu_load_cr3(w->cpu, mmu_addrspace_cr3(&w->space));
    assert_true(cpu_enter_user(w->cpu, &segments));
}

static void world_destroy(struct world *w)
{
    cpu_free(w->cpu);
    free(w->table);
    free(w->mem.base);
}

static void set_registers(struct world *w, const struct entry *entry)
{
    struct registers *registers = cpu_registers(w->cpu);
    memcpy(registers->general, entry->general, sizeof registers->general);
    registers->eip = entry->start;
    registers->eflags = EFLAGS_ONE | EFLAGS_IF;
    w->faults = 0;
}

/* As the program found it the first time. */
static void restore(struct world *w)
{
    each_page(w, restore_page);
    for (uint32_t i = 0; i < ABSENT_PAGES; i++)
        (void)mmu_addrspace_unmap(&w->space, ABSENT + i * MMU_PAGE_SIZE);
    for (enum segment_register s = DS; s <= GS; s++)
        assert_true(cpu_load_selector(w->cpu, s, s == DS ? 0x2B : 0));
    assert_true(cpu_load_selector(w->cpu, ES, 0x2B));
    cpu_load_segments(w->cpu);
    cpu_load_cr3(w->cpu, mmu_addrspace_cr3(&w->space));
}

/* ---- running ---- */

/* Maps the page that the fault asks for, full of RETs; false where none should
 * be missing. */
static bool serve_fault(struct world *w, uint32_t linear)
{
    if (linear - ABSENT >= ABSENT_PAGES * MMU_PAGE_SIZE)
        return false;
    w->faults++;
    memset(map(w, linear & MMU_PAGE_MASK, MMU_PTE_RW | MMU_PTE_US), RET,
           MMU_PAGE_SIZE);
    cpu_frame_written(w->cpu, *mmu_addrspace_entry(&w->space, linear, NULL) >>
                                  MMU_PAGE_SHIFT);
    return true;
}

static bool ended(const struct world *w, const struct entry *entry,
                  const struct cpu_exit *exit)
{
    const struct registers *registers = cpu_registers(w->cpu);
    return exit->stop == CPU_STOP_INTERRUPT && exit->vector == SYSTEM_CALL &&
           registers->eip == entry->end + INT_BYTES &&
           w->faults == entry->faults &&
           (!entry->has_result || registers->general[EAX] == entry->result);
}

/* True where a string instruction with REP is at EIP. */
static bool at_repeat(const struct world *w)
{
    uint8_t code[INSN_MAX_BYTES];
    uint32_t bytes =
        cpu_read_code(w->cpu, cpu_registers(w->cpu)->eip, code, sizeof code);
    bool repeats = false;
    uint32_t i = 0;
    for (; i < bytes &&
           memchr("\xF2\xF3\x26\x2E\x36\x3E\x64\x65\x66\x67", code[i], 10);
         i++)
        repeats |= code[i] == 0xF2 || code[i] == 0xF3;
    return repeats && i < bytes &&
           ((code[i] >= 0xA4 && code[i] <= 0xA7) ||
            (code[i] >= 0xAA && code[i] <= 0xAF));
}

/* Which of the program's instructions, from 0, the processor goes on in the
 * midst of. */
struct trace {
    uint8_t midst[BUDGET];
};

/* Runs the program by `step` instructions at a time. With steps of 1, notes
 * where a REP goes on; with others, counts from that how often one did. */
static struct outcome run(struct world *w, const struct entry *entry,
                          uint64_t step, struct trace *trace)
{
    const struct registers *registers = cpu_registers(w->cpu);
    const uint64_t clocks = cpu_clocks(w->cpu);
    const uint64_t instructions = cpu_instructions(w->cpu);
    struct outcome outcome = {0};
    struct cpu_exit exit;
    set_registers(w, entry);
    for (;;) {
        uint32_t eip = registers->eip;
        cpu_run(w->cpu, step, &exit);
        uint64_t done = cpu_instructions(w->cpu) - instructions;
        if (exit.stop == CPU_STOP_FAULT && serve_fault(w, exit.fault.linear)) {
            if (trace != NULL) /* it went on after the fault, which the table
                                  knows of */
                outcome.resumed -= trace->midst[done];
            if (trace != NULL)
                trace->midst[done] = 0;
            continue;
        }
        if (exit.stop != CPU_STOP_BUDGET || done >= BUDGET)
            break;
        if (trace != NULL && step == 1)
            trace->midst[done] = registers->eip == eip && at_repeat(w);
        if (trace != NULL)
            outcome.resumed += trace->midst[done];
    }
    outcome.ended = ended(w, entry, &exit);
    outcome.clocks = cpu_clocks(w->cpu) - clocks;
    outcome.instructions = cpu_instructions(w->cpu) - instructions;
    return outcome;
}

/* True where the program ended as it should and took `clocks`; else tells. */
static bool check(uint32_t i, const struct outcome *outcome, uint64_t clocks,
                  const char *how)
{
    if (outcome->ended && outcome->clocks == clocks)
        return true;
    print_error("%s%s: %llu clocks, not %llu%s\n", suite.names[i], how,
                (unsigned long long)outcome->clocks, (unsigned long long)clocks,
                outcome->ended ? "" : "; and it did not end as it should");
    return false;
}

static bool check_instructions(uint32_t i, const struct outcome *outcome,
                               uint64_t instructions, const char *how)
{
    if (outcome->instructions == instructions)
        return true;
    print_error("%s%s: %llu instructions, not %llu\n", suite.names[i], how,
                (unsigned long long)outcome->instructions,
                (unsigned long long)instructions);
    return false;
}

/* ---- the tests ---- */

static void test_there_are_enough(void **state)
{
    (void)state;
    assert_true(suite.count >= PROGRAMS_MIN);
    print_message("%u programs\n", suite.count);
}

static void test_whole_and_again(void **state)
{
    uint32_t failed = 0;
    (void)state;
    for (uint32_t i = 0; i < suite.count; i++) {
        const struct entry *entry = &suite.entries[i];
        struct world w;
        world_init(&w);
        struct outcome first = run(&w, entry, BUDGET, NULL);
        failed += check(i, &first, entry->clocks, "") ? 0 : 1;
        restore(&w);
        struct outcome again = run(&w, entry, BUDGET, NULL);
        failed += check(i, &again, first.clocks, ", run again") ? 0 : 1;
        restore(&w);
        struct outcome unlimited = run(&w, entry, CPU_NO_BUDGET, NULL);
        failed +=
            check(i, &unlimited, first.clocks, ", without a budget") ? 0 : 1;
        world_destroy(&w);
    }
    assert_int_equal(failed, 0);
}

/* All programs one after the other, on one processor. */
static void test_one_after_the_other(void **state)
{
    uint32_t failed = 0;
    struct world w;
    (void)state;
    world_init(&w);
    for (uint32_t i = 0; i < suite.count; i++) {
        struct outcome outcome = run(&w, &suite.entries[i], BUDGET, NULL);
        failed += check(i, &outcome, suite.entries[i].clocks, ", after others")
                      ? 0
                      : 1;
        restore(&w);
    }
    world_destroy(&w);
    assert_int_equal(failed, 0);
}

/* Where a segment is not flat, instructions run one by one. */
static void test_one_by_one(void **state)
{
    uint32_t failed = 0;
    struct world w;
    (void)state;
    world_init(&w);
    for (uint32_t i = 0; i < suite.count; i++) {
        assert_true(cpu_load_selector(w.cpu, ES, 0x3B));
        struct outcome outcome =
            run(&w, &suite.entries[i], CPU_NO_BUDGET, NULL);
        failed +=
            check(i, &outcome, suite.entries[i].clocks, ", one by one") ? 0 : 1;
        restore(&w);
    }
    world_destroy(&w);
    assert_int_equal(failed, 0);
}

/* A REP that goes on after a stop pays its setup again; nothing else knows of
 * stops. */
static void test_in_steps(void **state)
{
    static const uint32_t steps[] = {1, 2, 3, 7};
    static struct trace trace;
    uint32_t failed = 0;
    struct world w;
    (void)state;
    world_init(&w);
    for (uint32_t i = 0; i < suite.count; i++) {
        const struct entry *entry = &suite.entries[i];
        uint64_t instructions = 0;
        memset(&trace, 0, sizeof trace);
        for (uint32_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
            char how[32];
            struct outcome outcome = run(&w, entry, steps[j], &trace);
            (void)snprintf(how, sizeof how, ", in steps of %u", steps[j]);
            failed += check(i, &outcome,
                            entry->clocks + REPEAT_SETUP * outcome.resumed, how)
                          ? 0
                          : 1;
            instructions = j == 0 ? outcome.instructions : instructions;
            failed +=
                check_instructions(i, &outcome, instructions, how) ? 0 : 1;
            restore(&w);
        }
    }
    world_destroy(&w);
    assert_int_equal(failed, 0);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_are_enough),
        cmocka_unit_test(test_whole_and_again),
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_in_steps),
    };
    if (argc < 2) {
        (void)fprintf(stderr, "usage: test_clocks PROGRAMS\n");
        return 2;
    }
    programs_path = argv[1];
    return cmocka_run_group_tests(tests, open_suite, close_suite);
}
