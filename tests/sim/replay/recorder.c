/* recorder.c: see recorder.h. */
#include "recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/decode.h"
#include "cpu/watch.h"

#define BLOCK_INSNS_MAX 1024u
#define BLOCK_BYTES_MAX MMU_PAGE_SIZE

/* Called from within the engine, which no failing test may leave. */
__attribute__((format(printf, 2, 3))) static void
wrong(struct recorder *recorder, const char *format, ...)
{
    va_list arguments;

    if (recorder->wrong[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(recorder->wrong, sizeof recorder->wrong, format, arguments);
    va_end(arguments);
}

static struct mmu *mmu_of(const struct recorder *recorder)
{
    return cpu_mmu(recorder->kernel->machine.cpu);
}

/* ---- the naive MMU ---- */

#define SAME(field)                                    \
    (mmu->counts.field - recorder->mmu_before.field == \
     naive->field - recorder->naive_before.field)

static void compare_counts(struct recorder *recorder, const char *when,
                           uint32_t linear)
{
    const struct mmu *mmu = mmu_of(recorder);
    const struct naive_counts *naive = naive_counts(recorder->naive);

    if (!SAME(lookups) || !SAME(misses) || !SAME(flushes) ||
        !SAME(page_invalidations) || !SAME(bus_reads) || !SAME(bus_writes))
        wrong(
            recorder,
            "%s %08x, access %llu: lookups %llu misses %llu bus %llu+%llu, not "
            "%llu, "
            "%llu, %llu+%llu",
            when, linear, (unsigned long long)recorder->accesses,
            (unsigned long long)(mmu->counts.lookups -
                                 recorder->mmu_before.lookups),
            (unsigned long long)(mmu->counts.misses -
                                 recorder->mmu_before.misses),
            (unsigned long long)(mmu->counts.bus_reads -
                                 recorder->mmu_before.bus_reads),
            (unsigned long long)(mmu->counts.bus_writes -
                                 recorder->mmu_before.bus_writes),
            (unsigned long long)(naive->lookups -
                                 recorder->naive_before.lookups),
            (unsigned long long)(naive->misses - recorder->naive_before.misses),
            (unsigned long long)(naive->bus_reads -
                                 recorder->naive_before.bus_reads),
            (unsigned long long)(naive->bus_writes -
                                 recorder->naive_before.bus_writes));
}

static struct naive_outcome access_naively(struct recorder *recorder,
                                           uint32_t linear,
                                           enum mmu_access access, bool user)
{
    static const enum naive_kind kinds[] = {[MMU_ACCESS_READ] = NAIVE_READ,
                                            [MMU_ACCESS_WRITE] = NAIVE_WRITE,
                                            [MMU_ACCESS_FETCH] = NAIVE_FETCH};
    const struct mmu *mmu = mmu_of(recorder);
    uint32_t pde =
        mmu_physmem_read32(mmu->mem, (mmu->control.cr3 & MMU_PAGE_MASK) +
                                         4 * mmu_directory_index(linear));
    uint32_t pte = mmu_physmem_read32(
        mmu->mem, (pde & MMU_PAGE_MASK) + 4 * mmu_table_index(linear));

    recorder->accesses++;
    return naive_access(recorder->naive, linear, kinds[access], user, pde, pte);
}

/* Where a TLB grants what the tables do not, or leads elsewhere, the kernel
 * forgot to tell it. */
static void compare_tables(struct recorder *recorder, uint32_t linear,
                           enum mmu_access access, bool user,
                           const struct naive_outcome *outcome)
{
    struct mmu_fault fault = {0};
    uint32_t phys = 0;
    bool granted =
        mmu_probe(mmu_of(recorder), linear, access, user, &phys, &fault);

    if (granted != outcome->granted || phys != outcome->phys ||
        fault.error != outcome->error)
        wrong(recorder,
              "access %llu, %08x: the tables grant %d phys %08x error %x, not "
              "%d %08x %x",
              (unsigned long long)recorder->accesses, linear, granted, phys,
              fault.error, outcome->granted, outcome->phys, outcome->error);
}

static void note_observed(struct recorder *recorder, uint32_t linear,
                          enum mmu_access access)
{
    if (recorder->observed_count == RECORDED_MAX) {
        wrong(recorder, "%u accesses without a block", RECORDED_MAX);
        return;
    }
    recorder->observed[recorder->observed_count++] = (struct recorded){
        access == MMU_ACCESS_FETCH ? linear & MMU_PAGE_MASK : linear, access};
}

static uint64_t naive_bus_cycles(const struct recorder *recorder)
{
    const struct naive_counts *counts = naive_counts(recorder->naive);

    return counts->bus_reads + counts->bus_writes;
}

static void on_access(void *arg, uint32_t linear, enum mmu_access access,
                      bool user, uint32_t times)
{
    struct recorder *recorder = arg;
    uint64_t bus_cycles = naive_bus_cycles(recorder);

    if (recorder->refused)
        wrong(recorder, "no fault at %08x, error %x, before access %llu",
              recorder->refused_linear, recorder->refused_error,
              (unsigned long long)recorder->accesses);
    compare_counts(recorder, "before the access to", linear);
    for (uint32_t i = 0; i < times; i++) {
        struct naive_outcome outcome =
            access_naively(recorder, linear, access, user);

        if (i == 0)
            compare_tables(recorder, linear, access, user, &outcome);
        if (recorder->watches && outcome.granted && user)
            note_observed(recorder, linear, access);
        recorder->refused = !outcome.granted;
        recorder->refused_access = access;
        recorder->refused_linear = linear;
        recorder->refused_error = outcome.error;
    }
    if (!user)
        return;
    recorder->bus_cycles += naive_bus_cycles(recorder) - bus_cycles;
}

/* ---- events ---- */

/* An instruction whose second page is refused has been fetched from the first,
 * and is of no block. `others`: the accesses before it. */
static void drop_half_a_fetch(struct recorder *recorder, uint32_t others)
{
    const struct recorded *last = &recorder->observed[others];

    if (recorder->refused && recorder->refused_access == MMU_ACCESS_FETCH &&
        recorder->observed_count == others + 1 &&
        last->access == MMU_ACCESS_FETCH &&
        last->linear + MMU_PAGE_SIZE == recorder->refused_linear)
        recorder->observed_count--;
}

static void on_fault(struct recorder *recorder, const struct mmu_event *fault)
{
    if (!recorder->refused || fault->linear != recorder->refused_linear ||
        fault->error != recorder->refused_error)
        wrong(recorder,
              "a fault at %08x, error %x, after access %llu: refused %d at "
              "%08x, error %x",
              fault->linear, fault->error,
              (unsigned long long)recorder->accesses, recorder->refused,
              recorder->refused_linear, recorder->refused_error);
    drop_half_a_fetch(recorder, 0);
    recorder->refused = false;
    recorder->bus_cycles = 0;
}

static void on_event(void *arg, const struct mmu_event *event)
{
    struct recorder *recorder = arg;

    if (event->kind == MMU_EVENT_FLUSH)
        naive_load_cr3(recorder->naive);
    if (event->kind == MMU_EVENT_INVALIDATE)
        naive_invalidate(recorder->naive, event->linear);
    if (event->kind == MMU_EVENT_FAULT)
        on_fault(recorder, event);
}

/* ---- blocks ---- */

static void expect(struct recorder *recorder, uint32_t linear,
                   enum mmu_access access)
{
    if (recorder->expected_count < RECORDED_MAX)
        recorder->expected[recorder->expected_count++] =
            (struct recorded){linear, access};
}

/* Where each instruction of the block begins: offsets, with the block's end
 * behind the last. Returns how many there are. */
static uint32_t insns_in(struct recorder *recorder,
                         const struct watched_block *block,
                         uint32_t offsets[BLOCK_INSNS_MAX + 1])
{
    uint8_t code[BLOCK_BYTES_MAX];
    uint32_t bytes =
        block->bytes < sizeof code ? block->bytes : (uint32_t)sizeof code;
    uint32_t read = cpu_read_code(recorder->kernel->machine.cpu, block->linear,
                                  code, bytes);
    uint32_t insns = 0;
    uint32_t at = 0;

    while (at < read && insns < BLOCK_INSNS_MAX) {
        uint32_t length = decode_length(code + at, read - at);

        offsets[insns++] = at;
        if (length == 0)
            break;
        at += length;
    }
    offsets[insns] = block->bytes;
    return insns;
}

/* A fetch of each page that the instruction has a byte in. */
static void expect_fetch(struct recorder *recorder, uint32_t linear,
                         uint32_t bytes)
{
    uint32_t first = linear & MMU_PAGE_MASK;
    uint32_t last = (linear + (bytes - 1)) & MMU_PAGE_MASK;

    expect(recorder, first, MMU_ACCESS_FETCH);
    if (first != last)
        expect(recorder, last, MMU_ACCESS_FETCH);
}

static void expect_access(struct recorder *recorder,
                          const struct watched_access *access)
{
    uint32_t last = access->linear + (access->bytes - 1u);

    if (access->system || access->again)
        return;
    expect(recorder, access->linear, (enum mmu_access)access->access);
    if (access->access == MMU_ACCESS_WRITE &&
        ((access->linear ^ last) & MMU_PAGE_MASK) != 0)
        expect(recorder, last & MMU_PAGE_MASK, MMU_ACCESS_WRITE);
}

static bool is_of(const struct watched_access *access, uint32_t offset,
                  bool last)
{
    return access->insn == offset || (last && access->insn == WATCH_LAST_INSN);
}

/* What ran of the block is fetched, and the instruction that did not complete,
 * if any. */
static void expect_block(struct recorder *recorder,
                         const struct watched_block *block)
{
    uint32_t offsets[BLOCK_INSNS_MAX + 1];
    uint32_t insns = insns_in(recorder, block, offsets);
    uint32_t started = block->insns < insns ? block->insns + 1 : insns;
    uint32_t next = 0;

    recorder->expected_count = 0;
    for (uint32_t insn = 0; insn < started; insn++) {
        if (!block->again && !(block->resumed && insn == 0))
            expect_fetch(recorder, block->linear + offsets[insn],
                         offsets[insn + 1] - offsets[insn]);
        for (;
             next < block->access_count &&
             is_of(&block->accesses[next], offsets[insn], insn + 1 == started);
             next++)
            expect_access(recorder, &block->accesses[next]);
    }
    if (next < block->access_count)
        wrong(recorder, "block %08x: an access by instruction %u of %u",
              block->linear, block->accesses[next].insn, started);
    if (recorder->refused && recorder->refused_access == MMU_ACCESS_WRITE &&
        block->insns < insns &&
        recorder->expected_count == recorder->observed_count + 1)
        recorder->expected_count--; /* the part of a store that is refused in
                                       the second page */
}

static void compare_accesses(struct recorder *recorder,
                             const struct watched_block *block)
{
    uint32_t count = recorder->expected_count;

    if (count != recorder->observed_count)
        wrong(recorder, "block %08x, %u insns%s: %u accesses, not %u",
              block->linear, block->insns, block->again ? " again" : "", count,
              recorder->observed_count);
    for (uint32_t i = 0; i < count && i < recorder->observed_count; i++) {
        const struct recorded *expected = &recorder->expected[i];
        const struct recorded *observed = &recorder->observed[i];

        if (expected->linear != observed->linear ||
            expected->access != observed->access)
            wrong(
                recorder,
                "block %08x, %u insns: access %u is %d at %08x, not %d at %08x",
                block->linear, block->insns, i, (int)expected->access,
                expected->linear, (int)observed->access, observed->linear);
    }
}

static void on_block(void *arg, const struct watched_block *block)
{
    struct recorder *recorder = arg;
    bool system = false;

    for (uint32_t i = 0; i < block->access_count; i++)
        system |= block->accesses[i].system;
    expect_block(recorder, block);
    drop_half_a_fetch(recorder, recorder->expected_count);
    compare_accesses(recorder, block);
    if (!system && block->bus_cycles != recorder->bus_cycles)
        wrong(recorder, "block %08x, %u insns: %llu bus cycles, not %llu",
              block->linear, block->insns,
              (unsigned long long)block->bus_cycles,
              (unsigned long long)recorder->bus_cycles);
    recorder->blocks++;
    recorder->blocks_with_system_accesses += system;
    recorder->insns += block->insns;
    recorder->clocks += block->clocks;
    recorder->bus_cycles = 0;
    recorder->observed_count = 0;
}

/* ---- from the beginning to the end ---- */

void recorder_init(struct recorder *recorder)
{
    *recorder = (struct recorder){
        .observed = calloc(RECORDED_MAX, sizeof *recorder->observed),
        .expected = calloc(RECORDED_MAX, sizeof *recorder->expected),
    };
    assert_non_null(recorder->observed);
    assert_non_null(recorder->expected);
}

/* A flush forgets all but what the random policy has drawn so far. */
static struct naive_shape shape_of(const struct mmu_tlb *tlb)
{
    static const enum naive_policy policies[] = {
        [MMU_TLB_POINTER] = NAIVE_POINTER,
        [MMU_TLB_PLRU] = NAIVE_PLRU,
        [MMU_TLB_LRU] = NAIVE_LRU,
        [MMU_TLB_RANDOM] = NAIVE_RANDOM};

    return (struct naive_shape){.entries = tlb->geometry.entries,
                                .ways = tlb->geometry.ways,
                                .policy = policies[tlb->geometry.policy],
                                .seed = tlb->random};
}

void recorder_follow(struct recorder *recorder, struct kernel *kernel,
                     bool watch)
{
    struct mmu *mmu = cpu_mmu(kernel->machine.cpu);
    const struct mmu_generation *generation = mmu->control.generation;
    const struct naive_processor processor = {
        .write_protect = generation->write_protect,
        .invlpg = generation->invlpg,
        .large_pages = generation->large_pages,
        .data = shape_of(&mmu->data_tlb),
        .code = shape_of(&mmu->code_tlb),
        .large = shape_of(&mmu->large_tlb)};
    const struct watcher watcher = {on_block, recorder, true};

    recorder->kernel = kernel;
    recorder->naive = naive_new(&processor);
    assert_non_null(recorder->naive);
    cpu_load_cr3(kernel->machine.cpu, mmu->control.cr3);
    naive_load_cr4(recorder->naive, mmu->control.cr4);
    naive_load_cr0(recorder->naive, mmu->control.cr0);
    recorder->mmu_before = mmu->counts;
    recorder->naive_before = *naive_counts(recorder->naive);
    recorder->observer = (struct mmu_observer){on_access, recorder};
    cpu_observe(kernel->machine.cpu, &recorder->observer);
    machine_listen(&kernel->machine,
                   (struct mmu_event_sink){on_event, recorder});
    recorder->watches = watch;
    if (watch)
        assert_true(cpu_watch(kernel->machine.cpu, &watcher));
}

void recorder_finish(struct recorder *recorder)
{
    const struct cpu *cpu = recorder->kernel->machine.cpu;

    compare_counts(recorder, "at the end", 0);
    if (recorder->refused)
        wrong(recorder, "no fault at the end");
    if (recorder->blocks > 0 && (recorder->insns != cpu_instructions(cpu) ||
                                 recorder->clocks != cpu_clocks(cpu)))
        wrong(recorder,
              "blocks: %llu instructions, %llu clocks, not %llu and %llu",
              (unsigned long long)recorder->insns,
              (unsigned long long)recorder->clocks,
              (unsigned long long)cpu_instructions(cpu),
              (unsigned long long)cpu_clocks(cpu));
}

void recorder_free(struct recorder *recorder)
{
    naive_free(recorder->naive);
    free(recorder->observed);
    free(recorder->expected);
}
