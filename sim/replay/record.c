/* record.c: see record.h.
 *
 * That nothing is missing is checked as it goes: each look-up in the TLB, each
 * instruction and each clock belongs to a block or an action that was told
 * of. */
#include "replay/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "linux/kernel.h"
#include "linux/process.h"
#include "program/program.h"
#include "replay/recordcode.h"
#include "trace/tracecheck.h"
#include "trace/tracefile.h"

/* An instruction that was begun and did not complete. What comes of it is not
 * yet known. */
struct begun {
    uint64_t lookups; /* that were made; 0: there is none */
    uint32_t linear;
    bool again;    /* not fetched */
    bool followed; /* a whole block, so that it has to be a fault of the
                    * fetch */
    uint32_t slot_count;
    struct trace_slot slots[TRACE_TRY_SLOTS_MAX];
    uint32_t addresses[TRACE_TRY_SLOTS_MAX];
};

struct record {
    struct trace_writer *writer;
    struct kernel *kernel;
    struct record_codes *codes;
    const char *root;
    bool keeps_up;
    int error; /* errno of the first write that failed */

    /* What has been told of. */
    uint64_t lookups, instructions, clocks, uncited;
    struct begun begun;
    struct begun next; /* by the block that is looked at */
    char flaw[128];    /* the first thing that was not told of; "": none */

    /* The block being written. */
    struct trace_slot slots[WATCH_ACCESSES_MAX];
    uint32_t addresses[WATCH_ACCESSES_MAX];
};

static void add(struct record *record, const struct trace_event *event)
{
    if (record->error != 0)
        return;
    if (trace_event_wrong(event) != NULL)
        record->error = EINVAL;
    else if (!trace_writer_add(record->writer, event))
        record->error = errno != 0 ? errno : EIO;
}

__attribute__((format(printf, 2, 3))) static void
note_flaw(struct record *record, const char *format, ...)
{
    va_list arguments;

    if (record->flaw[0] != '\0')
        return;
    va_start(arguments, format);
    (void)vsnprintf(record->flaw, sizeof(record->flaw), format, arguments);
    va_end(arguments);
}

static uint64_t lookups_now(const struct record *record)
{
    return cpu_mmu(record->kernel->machine.cpu)->counts.lookups;
}

static bool crosses(uint32_t linear, uint32_t bytes)
{
    return ((linear ^ (linear + (bytes - 1))) & MMU_PAGE_MASK) != 0;
}

/* ---- instructions that did not complete ---- */

/* Look-ups of the data accesses. */
static uint64_t slot_lookups(const struct trace_slot *slots,
                             const uint32_t *addresses, uint32_t count)
{
    uint64_t lookups = count;

    for (uint32_t i = 0; i < count; i++)
        lookups += crosses(addresses[i], trace_slot_bytes(slots[i]));
    return lookups;
}

/* How many bytes of the instruction at `linear` were fetched, by so many
 * look-ups. */
static uint32_t bytes_fetched(struct record *record, uint32_t linear,
                              uint64_t lookups)
{
    uint32_t length = record_codes_length(record->kernel->machine.cpu, linear);
    uint32_t here = MMU_PAGE_SIZE - (linear & ~MMU_PAGE_MASK);

    if (lookups == 0)
        return 0;
    if (lookups == 1)
        return length != 0 && length < here ? length
               : here < INSN_MAX_BYTES      ? here
                                            : 1;
    return length > here ? length : here + 1;
}

/* Tells of it, with the code there as far as there is any. */
static void tell_try(struct record *record, const struct begun *begun,
                     uint64_t fetches, enum trace_outcome outcome)
{
    uint8_t code[INSN_MAX_BYTES];
    const struct trace_event event = {
        .kind = TRACE_TRY,
        .try = {.linear = begun->linear,
                .bytes = (uint8_t)bytes_fetched(record, begun->linear, fetches),
                .outcome = (uint8_t)outcome,
                .slot_count = (uint8_t)begun->slot_count,
                .code_bytes =
                    (uint8_t)cpu_read_code(record->kernel->machine.cpu,
                                           begun->linear, code, sizeof(code)),
                .slots = begun->slots,
                .addresses = begun->addresses,
                .code = code}};

    if (fetches > 2)
        note_flaw(record, "%" PRIu64 " look-ups for the fetch at %08" PRIx32,
                  fetches, begun->linear);
    add(record, &event);
}

/* What was begun came to nothing, or is taken up again. */
static void flush_begun(struct record *record)
{
    struct begun *begun = &record->begun;

    if (begun->lookups == 0)
        return;
    if (begun->followed)
        note_flaw(record, "%" PRIu64 " look-ups behind %08" PRIx32,
                  begun->lookups, begun->linear);
    tell_try(record, begun,
             begun->lookups - slot_lookups(begun->slots, begun->addresses,
                                           begun->slot_count),
             TRACE_NO_FAULT);
    begun->lookups = 0;
    begun->slot_count = 0;
}

static void begin_access(struct begun *begun, struct trace_slot slot,
                         uint32_t linear)
{
    if (begun->slot_count == TRACE_TRY_SLOTS_MAX)
        return;
    begun->slots[begun->slot_count] =
        trace_slot_of(0, trace_slot_access(slot), trace_slot_bytes(slot),
                      trace_slot_supervisor(slot));
    begun->addresses[begun->slot_count++] = linear;
}

/* A page fault: `fault` has the access that faulted. */
static void tell_fault(struct record *record, const struct trace_try *fault)
{
    struct begun *begun = &record->begun;
    uint32_t here = MMU_PAGE_SIZE - (fault->linear & ~MMU_PAGE_MASK);
    uint32_t before = fault->addresses[0] - fault->linear;
    uint64_t data =
        slot_lookups(begun->slots, begun->addresses, begun->slot_count);
    bool fetched = !begun->again;
    bool by_fetch =
        begun->slot_count == 0 && fetched && (before == 0 || before == here) &&
        before < INSN_MAX_BYTES && begun->lookups == 1 + (before == here);
    uint32_t length =
        record_codes_length(record->kernel->machine.cpu, fault->linear);

    if (by_fetch && before == here && length != 0 && length <= here)
        by_fetch = false; /* the instruction ends where the data begin */
    begun->linear = fault->linear;
    if (!by_fetch &&
        begun->lookups > data + (fetched ? 1 + (length > here) : 0))
        begin_access(begun, fault->slots[0], fault->addresses[0]);
    data = slot_lookups(begun->slots, begun->addresses, begun->slot_count);
    if (begun->lookups < data || begun->lookups - data > 2)
        note_flaw(record,
                  "%" PRIu64 " look-ups of %" PRIu64
                  " at the fault at %08" PRIx32,
                  begun->lookups, data, fault->linear);
    tell_try(record, begun, begun->lookups - data,
             (enum trace_outcome)fault->outcome);
    *begun = (struct begun){0};
}

/* ---- blocks ---- */

/* The data accesses of the block that ran: those of its first `completed`
 * instructions into record->slots, the others' to what is begun. Returns how
 * many are the block's; *lookups is raised by the look-ups of these. */
static uint32_t sort_accesses(struct record *record,
                              const struct watched_block *ran,
                              const struct record_block *block,
                              uint32_t completed, uint64_t *lookups)
{
    uint32_t count = 0;
    uint32_t insn = 0;

    for (uint32_t i = 0; i < ran->access_count; i++) {
        const struct watched_access *access = &ran->accesses[i];
        uint32_t here = MMU_PAGE_SIZE - (access->linear & ~MMU_PAGE_MASK);
        uint32_t bytes = access->bytes;

        uint32_t index = access->insn < block->index_bytes
                             ? block->index_at[access->insn]
                             : block->insn_count - 1;

        insn = index > insn ? index : insn;
        if (access->access != MMU_ACCESS_WRITE && bytes > here)
            bytes = here; /* what is in the next page is told apart */

        struct trace_slot slot = trace_slot_of(
            insn, access->access == MMU_ACCESS_WRITE ? TRACE_WRITE : TRACE_READ,
            bytes, access->system);

        if (insn >= completed) {
            begin_access(&record->next, slot, access->linear);
            continue;
        }
        *lookups += 1 + crosses(access->linear, bytes);
        record->slots[count] = slot;
        record->addresses[count++] = access->linear;
    }
    return count;
}

static uint64_t fetch_lookups(const struct record_block *block, uint32_t count,
                              bool again)
{
    uint64_t lookups = count - (count != 0 && again);

    for (uint32_t i = again; block->crosses && i < count; i++)
        lookups += crosses(block->linear + block->insns[i].offset,
                           block->insns[i].bytes);
    return lookups;
}

static void write_block(struct record *record, const struct trace_shape *shape,
                        const uint32_t *addresses, uint32_t clocks)
{
    if (record->error == 0 &&
        !trace_writer_block(record->writer, shape, addresses, clocks))
        record->error = errno != 0 ? errno : EIO;
}

/* Writes the first `count` instructions of a block in pieces: it has more data
 * accesses than a trace's block has room for. */
static void tell_pieces(struct record *record, const struct record_block *block,
                        uint32_t count, bool again, uint32_t slot_count,
                        uint64_t clocks)
{
    struct trace_insn insns[TRACE_INSNS_MAX];
    uint32_t first = 0;
    uint32_t slot = 0;

    while (first < count) {
        uint32_t end = count;
        uint32_t slot_end = slot_count;
        uint32_t start = block->insns[first].offset;

        if (slot_count - slot > TRACE_SLOTS_MAX) {
            end = record->slots[slot + TRACE_SLOTS_MAX].insn;
            for (slot_end = slot; record->slots[slot_end].insn < end;)
                slot_end++;
        }
        if (end == first) { /* one instruction of more accesses than a block may
                               have */
            note_flaw(record,
                      "an instruction of too many accesses at %08" PRIx32,
                      block->linear + start);
            return;
        }
        for (uint32_t i = first; i < end; i++)
            insns[i - first] = (struct trace_insn){
                .offset = (uint16_t)(block->insns[i].offset - start),
                .bytes = block->insns[i].bytes};
        for (uint32_t i = slot; i < slot_end; i++)
            record->slots[i].insn = (uint16_t)(record->slots[i].insn - first);

        const struct trace_shape shape = {
            .linear = block->linear + start,
            .bytes = (uint32_t)block->insns[end - 1].offset +
                     block->insns[end - 1].bytes - start,
            .insn_count = (uint16_t)(end - first),
            .slot_count = (uint16_t)(slot_end - slot),
            .again = again && first == 0,
            .code_hash = (block->hash ^ (uint64_t)end << 32 ^ first) | 1,
            .insns = insns,
            .slots = record->slots + slot,
            .code = block->code + start,
        };

        write_block(record, &shape, record->addresses + slot,
                    end == count ? (uint32_t)clocks : 0);
        first = end;
        slot = slot_end;
    }
}

/* Writes the first `count` instructions, of which there is one at least. */
static void tell_block(struct record *record, const struct record_block *block,
                       uint32_t count, bool again, uint32_t slot_count,
                       uint64_t clocks)
{
    const struct trace_insn *last = &block->insns[count - 1];
    const struct trace_shape shape = {
        .linear = block->linear,
        .bytes = (uint32_t)last->offset + last->bytes,
        .insn_count = (uint16_t)count,
        .slot_count = (uint16_t)slot_count,
        .again = again,
        .code_hash = (block->hash ^ count) | 1,
        .insns = block->insns,
        .slots = record->slots,
        .code = block->code,
    };

    if (slot_count > TRACE_SLOTS_MAX)
        tell_pieces(record, block, count, again, slot_count, clocks);
    else
        write_block(record, &shape, record->addresses, (uint32_t)clocks);
}

/* Clocks of no instruction. */
static void tell_clocks(struct record *record, uint64_t clocks)
{
    const struct trace_shape nothing = {.code_hash = 1};

    if (clocks != 0)
        write_block(record, &nothing, NULL, (uint32_t)clocks);
}

/* What was begun before the block was told of: taken up by it without another
 * fetch, or told of. Its first instruction, where that is resumed, tells of all
 * its accesses once more. */
static uint64_t take_up_begun(struct record *record,
                              const struct watched_block *ran, uint64_t lookups,
                              uint64_t implied, bool whole)
{
    struct begun *begun = &record->begun;
    uint64_t both = begun->lookups + lookups;
    bool resumed =
        ran->resumed && !begun->followed && begun->linear == ran->linear;

    if (resumed || (whole && begun->slot_count == 0 && both == implied)) {
        *begun = (struct begun){0};
        return both;
    }
    flush_begun(record);
    return lookups;
}

static void hear_block(void *arg, const struct watched_block *ran)
{
    struct record *record = arg;
    const struct cpu *cpu = record->kernel->machine.cpu;
    const struct record_block *block = record_codes_find(
        record->codes, cpu, ran->linear, ran->bytes, ran->hash, ran->code);
    uint64_t lookups_told = lookups_now(record);
    uint64_t instructions_told = cpu_instructions(cpu);
    uint64_t clocks_told = cpu_clocks(cpu);
    uint64_t lookups = lookups_told - record->lookups;
    uint64_t clocks = clocks_told - record->clocks;

    if (block == NULL) {
        record->error = ENOMEM;
        return;
    }
    if (instructions_told - record->instructions != ran->insns ||
        ran->insns > block->insn_count)
        note_flaw(
            record, "%" PRIu64 " instructions of %" PRIu32 " at %08" PRIx32,
            instructions_told - record->instructions, ran->insns, ran->linear);

    uint32_t completed =
        ran->insns < block->insn_count ? ran->insns : block->insn_count;
    bool whole = completed == block->insn_count;
    uint64_t implied = fetch_lookups(block, completed, ran->again);
    uint32_t slot_count =
        sort_accesses(record, ran, block, completed, &implied);

    if (record->begun.lookups != 0)
        lookups = take_up_begun(record, ran, lookups, implied, whole);
    if (lookups < implied || (whole && lookups - implied > 2))
        note_flaw(record, "%" PRIu64 " look-ups of %" PRIu64 " at %08" PRIx32,
                  lookups, implied, ran->linear);
    if (completed != 0)
        tell_block(record, block, completed, ran->again, slot_count, clocks);
    else
        tell_clocks(record, clocks);
    if (lookups != implied || record->next.slot_count != 0) {
        record->begun = record->next;
        record->begun.lookups = lookups - implied;
        record->begun.again = ran->again && completed == 0;
        record->begun.followed = whole;
        record->begun.linear =
            ran->linear + (whole ? 0 : block->insns[completed].offset);
        record->next.slot_count = 0;
    }
    record->lookups = lookups_told;
    record->instructions = instructions_told;
    record->clocks = clocks_told;
}

/* ---- actions ---- */

static void tell_uncited(struct record *record)
{
    uint64_t uncited = cpu_uncited(record->kernel->machine.cpu);

    if (uncited != record->uncited)
        add(record, &(struct trace_event){
                        .kind = TRACE_UNCITED,
                        .count = (uint32_t)(uncited - record->uncited)});
    record->uncited = uncited;
}

/* Where the host has the file that guests see at `path`. */
static void add_file(struct record *record, const struct trace_event *event)
{
    char path[TRACE_TEXT_MAX + 1];
    struct trace_event file = *event;
    char *real = NULL;

    if (event->file.program == 1 || record->root == NULL)
        real = realpath(event->file.path, NULL);
    else if (snprintf(path, sizeof(path), "%s/%s", record->root,
                      event->file.path) < (int)sizeof(path))
        real = realpath(path, NULL);
    if (real != NULL && strlen(real) <= TRACE_TEXT_MAX) {
        file.file.path = real;
        add(record, &file);
    }
    free(real);
}

static void hear_action(void *arg, const struct trace_event *action)
{
    struct record *record = arg;
    const struct actions *actions = &record->kernel->machine.actions;
    uint64_t untold = actions->lookups - record->lookups;

    /* in the midst of one */
    if (action->kind == TRACE_CONTENT || action->kind == TRACE_CODE) {
        add(record, action);
        return;
    }
    tell_uncited(record);
    if (action->kind == TRACE_TRY) {
        record->begun.lookups += untold;
        tell_fault(record, &action->try);
    } else {
        if (untold != 0)
            note_flaw(record, "%" PRIu64 " look-ups before event %d", untold,
                      action->kind);
        flush_begun(record);
        if (action->kind == TRACE_FILE)
            add_file(record, action);
        else
            add(record, action);
    }
    record->lookups = lookups_now(record);
}

/* Memory events come of actions, and of nothing else. Of a long action there
 * are many. */
static void hear_event(void *arg, const struct mmu_event *event)
{
    struct record *record = arg;

    trace_writer_look(record->writer);
    if (record->kernel->machine.actions.depth == 0)
        note_flaw(record, "memory event %d of no action", event->kind);
}

/* ---- from begin to end ---- */

struct record *record_new(FILE *file)
{
    struct record *record = calloc(1, sizeof(*record));

    if (record == NULL)
        return NULL;
    record->writer = trace_writer_new(file);
    record->codes = record_codes_new();
    if (record->writer != NULL && record->codes != NULL)
        return record;
    if (record->writer != NULL)
        (void)trace_writer_end(record->writer, false);
    record_codes_free(record->codes);
    free(record);
    return NULL;
}

static void add_parameter(struct record *record, const char *name,
                          const char *value)
{
    char cut[TRACE_TEXT_MAX + 1];

    (void)snprintf(cut, sizeof(cut), "%s", value);
    add(record, &(struct trace_event){.kind = TRACE_PARAMETER,
                                      .parameter = {name, cut}});
}

static void add_number(struct record *record, const char *name, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    add_parameter(record, name, text);
}

static void add_arguments(struct record *record, char *const argv[])
{
    char joined[TRACE_TEXT_MAX + 1] = "";
    size_t at = 0;

    add_parameter(record, "program", argv[0]);
    for (size_t i = 1; argv[i] != NULL && at < sizeof(joined); i++)
        at += (size_t)snprintf(joined + at, sizeof(joined) - at, "%s%s",
                               i == 1 ? "" : " ", argv[i]);
    add_parameter(record, "arguments", joined);
}

/* The TLB, where it is not the processor's own. */
static void add_tlb(struct record *record,
                    const struct mmu_generation *generation)
{
    static const char *const names[] = {[MMU_TLB_POINTER] = "pointer",
                                        [MMU_TLB_PLRU] = "plru",
                                        [MMU_TLB_LRU] = "lru",
                                        [MMU_TLB_RANDOM] = "random"};
    const struct mmu_tlb_geometry *tlb = &generation->data_tlb;
    char text[80];
    int length;

    if (generation == mmu_generation_of(generation->id))
        return;
    length = snprintf(text, sizeof(text), "%" PRIu32 ",%" PRIu32 ",%s",
                      tlb->entries, tlb->ways, names[tlb->policy]);
    if (tlb->policy == MMU_TLB_RANDOM)
        (void)snprintf(text + length, sizeof(text) - (size_t)length,
                       ":%" PRIu64, (uint64_t)tlb->seed);
    add_parameter(record, "tlb", text);
}

static void add_costs(struct record *record, const uint32_t *costs)
{
    char name[TRACE_NAME_MAX + 1];

    for (int cost = 0; costs != NULL && cost < COSTS; cost++) {
        if (costs[cost] == COST_DEFAULT)
            continue;
        (void)snprintf(name, sizeof(name), "cost.%s",
                       cost_row_of((enum cost)cost)->name);
        add_number(record, name, costs[cost]);
    }
}

/* The machine is about to wait for the host. */
static void hear_wait(void *arg)
{
    struct record *record = arg;

    trace_writer_flush(record->writer);
}

void record_keep_up(struct record *record, int fd)
{
    trace_writer_keep_up(record->writer, fd);
    record->keeps_up = true;
}

bool record_listen(struct record *record, struct kernel *kernel,
                   char *const argv[], const char *version)
{
    const struct machine_options *options = &kernel->machine.options;
    const struct watcher watcher = {
        .block = hear_block, .arg = record, .accesses = true};

    record->kernel = kernel;
    record->root = kernel->options.root;
    add_arguments(record, argv);
    add_parameter(record, "policy", kernel->options.policy->name);
    add_parameter(record, "cpu", options->generation->name);
    add_number(record, "ram_frames", options->ram_frames);
    add_tlb(record, options->generation);
    add_number(record, "wait_states", options->wait_states);
    add_costs(record, options->costs);
    add_parameter(record, "mmu386_version", version);
    record->lookups = lookups_now(record);
    record->instructions = cpu_instructions(kernel->machine.cpu);
    record->clocks = cpu_clocks(kernel->machine.cpu);
    record->uncited = cpu_uncited(kernel->machine.cpu);
    kernel->machine.actions.sink = (struct action_sink){hear_action, record};
    if (record->keeps_up)
        kernel->machine.waits = (struct wait_sink){hear_wait, record};
    machine_listen(
        &kernel->machine,
        (struct mmu_event_sink){.emit = hear_event, .listener = record});
    return cpu_watch(kernel->machine.cpu, &watcher);
}

bool record_free(struct record *record, bool whole, char *why, size_t why_bytes)
{
    bool good;

    if (record->kernel != NULL) {
        kernel_end(record->kernel);
        flush_begun(record);
        tell_uncited(record);
    }
    good = trace_writer_end(record->writer, whole && record->error == 0);
    if (record->error == 0 && !good)
        record->error = errno != 0 ? errno : EIO;
    if (record->error != 0)
        (void)snprintf(why, why_bytes, "%s", strerror(record->error));
    else if (record->flaw[0] != '\0')
        (void)snprintf(why, why_bytes, "the trace is not complete: %s",
                       record->flaw);
    good = record->error == 0 && record->flaw[0] == '\0';
    record_codes_free(record->codes);
    free(record);
    return good;
}
