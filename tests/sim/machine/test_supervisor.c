/* The machine under a supervisor of its own, that is no Linux: it maps each
 * page that is asked for where it is in memory, and counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "addrspace.h"
#include "flat.h"
#include "machine/machine.h"

#define FRAMES    256u
#define RAM_BYTES (FRAMES * MMU_PAGE_SIZE)
#define KERNEL    0xC0000000u
#define CODE      0x00080000u
#define DONE      0x80u /* the INT with which the program ends */

struct tiny {
    struct machine machine;
    struct mmu_addrspace space;
    uint32_t faults, calls, stamps;
    bool done;
};

static uint8_t *map_kernel(struct tiny *tiny, uint32_t linear)
{
    uint32_t frame = mmu_frame_alloc(&tiny->machine.frames, MMU_FRAME_KERNEL);
    assert_int_equal(mmu_addrspace_map(&tiny->space, linear, frame, MMU_PTE_RW),
                     0);
    return mmu_physmem_frame(&tiny->machine.mem, frame);
}

static bool resume(void *arg, uint64_t *instructions)
{
    const struct tiny *tiny = arg;
    *instructions = CPU_NO_BUDGET;
    return !tiny->done;
}

/* Frames come in their order: those passed over stay unused. */
static bool take_frame(struct tiny *tiny, uint32_t wanted)
{
    uint32_t frame;
    do
        frame = mmu_frame_alloc(&tiny->machine.frames, MMU_FRAME_USER);
    while (frame != MMU_FRAME_NONE && frame < wanted);
    return frame == wanted;
}

/* Linear addresses are physical ones. */
static void map_identity(struct tiny *tiny, uint32_t linear)
{
    uint32_t frame = linear >> MMU_PAGE_SHIFT;
    const struct mmu_event event = {
        .kind = MMU_EVENT_ZERO_FILL, .linear = linear, .frame_after = frame};
    tiny->faults++;
    if (!take_frame(tiny, frame) ||
        mmu_addrspace_map(&tiny->space, linear & MMU_PAGE_MASK, frame,
                          MMU_PTE_RW | MMU_PTE_US) != 0)
        tiny->machine.broken = "outside its memory";
    else
        mmu_event_emit(&tiny->machine.sink, &event);
}

static void trap(void *arg, const struct cpu_exit *exit, uint64_t ran)
{
    struct tiny *tiny = arg;
    (void)ran;
    if (exit->stop == CPU_STOP_FAULT) {
        map_identity(tiny, exit->fault.linear);
        return;
    }
    tiny->calls++;
    tiny->done = true;
}

static void stamp(void *arg, struct mmu_event *event)
{
    struct tiny *tiny = arg;
    tiny->stamps++;
    event->pid = 7;
}

static void hear(void *arg, const struct mmu_event *event)
{
    uint32_t *of_seven = arg;
    *of_seven += event->pid == 7 && event->kind == MMU_EVENT_ZERO_FILL;
}

/* Flat segments of ring 0 and ring 3 (80386 manual, figure 5-3). */
static void boot(struct tiny *tiny)
{
    const struct cpu_segments segments = flat_segments(KERNEL, FLAT_ENTRIES);
    struct machine *machine = &tiny->machine;
    assert_int_equal(mmu_addrspace_init(&tiny->space, &machine->frames,
                                        &machine->sink, KERNEL, NULL),
                     0);
    flat_write_gdt(map_kernel(tiny, KERNEL));
    *map_kernel(tiny, KERNEL + MMU_PAGE_SIZE) = FLAT_IRET;
    (void)map_kernel(tiny, KERNEL + 2 * MMU_PAGE_SIZE);
    mmu_load_cr0(cpu_mmu(machine->cpu), MMU_CR0_PE | MMU_CR0_PG);
    cpu_load_cr3(machine->cpu, mmu_addrspace_cr3(&tiny->space));
    assert_true(cpu_enter_user(machine->cpu, &segments));
}

/* Stores to each of eight pages, and reads the last one again. */
static void load_program(struct tiny *tiny)
{
    static const uint8_t code[] = {
        0xBF, 0x00, 0x00, 0x09, 0x00,    /* MOV EDI, 90000h */
        0xB9, 0x08, 0x00, 0x00, 0x00,    /* MOV ECX, 8 */
        0x89, 0x0F,                      /* MOV [EDI], ECX */
        0x8B, 0x07,                      /* MOV EAX, [EDI] */
        0x81, 0xC7, 0x00, 0x10, 0,    0, /* ADD EDI, 1000h */
        0xE2, 0xF4,                      /* LOOP to the MOV to memory */
        0xCD, DONE,
    };
    struct registers *registers = cpu_registers(tiny->machine.cpu);
    memcpy(tiny->machine.mem.base + CODE, code, sizeof code);
    registers->eip = CODE;
}

static void run_tiny(bool clocked)
{
    struct tiny tiny = {0};
    uint32_t heard = 0;
    const struct machine_options options = {
        .generation = mmu_generation_of(MMU_GENERATION_I386),
        .ram_frames = FRAMES,
        .clocked = clocked};
    const struct supervisor supervisor = {resume, trap, stamp, &tiny};
    assert_null(machine_init(&tiny.machine, &options, &supervisor));
    boot(&tiny);
    machine_start_clock(&tiny.machine);
    machine_listen_to(&tiny.machine, (struct mmu_event_sink){hear, &heard},
                      1u << MMU_EVENT_ZERO_FILL);
    load_program(&tiny);
    uint64_t before = clock_cycles(&tiny.machine.clock);
    machine_run(&tiny.machine);
    assert_null(tiny.machine.broken);
    assert_int_equal(tiny.faults, 9); /* the code's page, and eight */
    assert_int_equal(tiny.calls, 1);
    assert_int_equal(heard, 9);
    assert_true(tiny.stamps >= 9);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(tiny.machine.mem.base[0x90000 + i * MMU_PAGE_SIZE],
                         8 - i);
    assert_int_equal(cpu_registers(tiny.machine.cpu)->general[EAX], 1);
    assert_int_equal(clock_cycles(&tiny.machine.clock) > before, clocked);
    machine_destroy(&tiny.machine);
}

static void test_functional(void **state)
{
    (void)state;
    run_tiny(false);
}

static void test_clocked(void **state)
{
    (void)state;
    run_tiny(true);
}

/* Nobody to run: nothing runs. A page that is not there breaks the machine, and
 * ends the run. */
static void test_ends(void **state)
{
    struct tiny tiny = {.done = true};
    const struct machine_options options = {
        .generation = mmu_generation_of(MMU_GENERATION_I386),
        .ram_frames = FRAMES};
    const struct supervisor supervisor = {resume, trap, NULL, &tiny};
    (void)state;
    assert_null(machine_init(&tiny.machine, &options, &supervisor));
    boot(&tiny);
    machine_run(&tiny.machine);
    assert_int_equal(tiny.faults + tiny.calls, 0);
    tiny.done = false;
    cpu_registers(tiny.machine.cpu)->eip = RAM_BYTES;
    machine_run(&tiny.machine);
    assert_int_equal(tiny.faults, 1);
    assert_string_equal(tiny.machine.broken, "outside its memory");
    machine_destroy(&tiny.machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functional),
        cmocka_unit_test(test_clocked),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
