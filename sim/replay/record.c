/* record.c: see record.h.
 *
 * That nothing is missing is checked as it goes: each look-up in the TLB, each
 * instruction and each clock belongs to a block or an action that was told
 * of. */
#include "replay/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "linux/kernel.h"
#include "replay/recordblock.h"
#include "replay/recordcode.h"
#include "replay/recordout.h"
#include "replay/recordparameters.h"
#include "replay/recordtry.h"
#include "trace/tracefile.h"

struct record {
    struct record_out out;
    struct kernel *kernel;
    struct record_codes *codes;
    const char *root;
    bool keeps_up;

    /* What has been told of. */
    uint64_t lookups, instructions, clocks, uncited;
    struct record_try begun;
    struct record_try next; /* by the block that is looked at */

    struct record_accesses accesses; /* of the block being written */
};

static uint64_t lookups_now(const struct record *record)
{
    return cpu_mmu(record->kernel->machine.cpu)->counts.lookups;
}

/* ---- blocks ---- */

/* The data accesses of the block that ran: those of its first `completed`
 * instructions into record->accesses, the others' to what is begun. *lookups is
 * raised by the look-ups of the block's. */
static void sort_accesses(struct record *record,
                          const struct watched_block *ran,
                          const struct record_block *block, uint32_t completed,
                          uint64_t *lookups)
{
    struct record_accesses *sorted = &record->accesses;
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
            record_try_access(&record->next, slot, access->linear);
            continue;
        }
        *lookups += 1 + record_crosses(access->linear, bytes);
        sorted->slots[count] = slot;
        sorted->addresses[count++] = access->linear;
    }
    sorted->count = count;
}

static uint64_t fetch_lookups(const struct record_block *block, uint32_t count,
                              bool again)
{
    uint64_t lookups = count - (count != 0 && again);

    for (uint32_t i = again; block->crosses && i < count; i++)
        lookups += record_crosses(block->linear + block->insns[i].offset,
                                  block->insns[i].bytes);
    return lookups;
}

/* What was begun before the block was told of: taken up by it without another
 * fetch, or told of. Its first instruction, where that is resumed, tells of all
 * its accesses once more. */
static uint64_t take_up_begun(struct record *record,
                              const struct watched_block *ran, uint64_t lookups,
                              uint64_t implied, bool whole)
{
    struct record_try *begun = &record->begun;
    uint64_t both = begun->lookups + lookups;
    bool resumed =
        ran->resumed && !begun->followed && begun->linear == ran->linear;

    if (resumed || (whole && begun->slot_count == 0 && both == implied)) {
        *begun = (struct record_try){0};
        return both;
    }
    record_try_flush(begun, &record->out, record->kernel->machine.cpu);
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
        record->out.error = ENOMEM;
        return;
    }
    if (instructions_told - record->instructions != ran->insns ||
        ran->insns > block->insn_count)
        record_flaw(&record->out,
                    "%" PRIu64 " instructions of %" PRIu32 " at %08" PRIx32,
                    instructions_told - record->instructions, ran->insns,
                    ran->linear);

    uint32_t completed =
        ran->insns < block->insn_count ? ran->insns : block->insn_count;
    bool whole = completed == block->insn_count;
    uint64_t implied = fetch_lookups(block, completed, ran->again);

    sort_accesses(record, ran, block, completed, &implied);
    if (record->begun.lookups != 0)
        lookups = take_up_begun(record, ran, lookups, implied, whole);
    if (lookups < implied || (whole && lookups - implied > 2))
        record_flaw(&record->out,
                    "%" PRIu64 " look-ups of %" PRIu64 " at %08" PRIx32,
                    lookups, implied, ran->linear);
    if (completed != 0)
        record_block_tell(&record->out, block, completed, ran->again,
                          &record->accesses, clocks);
    else
        record_clocks_tell(&record->out, clocks);
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
        record_add(&record->out,
                   &(struct trace_event){
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
        record_add(&record->out, &file);
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
        record_add(&record->out, action);
        return;
    }
    tell_uncited(record);
    if (action->kind == TRACE_TRY) {
        record->begun.lookups += untold;
        record_try_fault(&record->begun, &record->out,
                         record->kernel->machine.cpu, &action->try);
    } else {
        if (untold != 0)
            record_flaw(&record->out, "%" PRIu64 " look-ups before event %d",
                        untold, action->kind);
        record_try_flush(&record->begun, &record->out,
                         record->kernel->machine.cpu);
        if (action->kind == TRACE_FILE)
            add_file(record, action);
        else
            record_add(&record->out, action);
    }
    record->lookups = lookups_now(record);
}

/* Memory events come of actions, and of nothing else. Of a long action there
 * are many. */
static void hear_event(void *arg, const struct mmu_event *event)
{
    struct record *record = arg;

    trace_writer_look(record->out.writer);
    if (record->kernel->machine.actions.depth == 0)
        record_flaw(&record->out, "memory event %d of no action", event->kind);
}

/* ---- from begin to end ---- */

struct record *record_new(FILE *file)
{
    struct record *record = calloc(1, sizeof(*record));

    if (record == NULL)
        return NULL;
    record->out.writer = trace_writer_new(file);
    record->codes = record_codes_new();
    if (record->out.writer != NULL && record->codes != NULL)
        return record;
    if (record->out.writer != NULL)
        (void)trace_writer_end(record->out.writer, false);
    record_codes_free(record->codes);
    free(record);
    return NULL;
}

/* The machine is about to wait for the host. */
static void hear_wait(void *arg)
{
    struct record *record = arg;

    trace_writer_flush(record->out.writer);
}

void record_keep_up(struct record *record, int fd)
{
    trace_writer_keep_up(record->out.writer, fd);
    record->keeps_up = true;
}

bool record_listen(struct record *record, struct kernel *kernel,
                   char *const argv[], const char *version)
{
    const struct watcher watcher = {
        .block = hear_block, .arg = record, .accesses = true};

    record->kernel = kernel;
    record->root = kernel->options.root;
    record_parameters(&record->out, kernel, argv, version);
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
        record_try_flush(&record->begun, &record->out,
                         record->kernel->machine.cpu);
        tell_uncited(record);
    }
    good =
        trace_writer_end(record->out.writer, whole && record->out.error == 0);
    if (record->out.error == 0 && !good)
        record->out.error = errno != 0 ? errno : EIO;
    if (record->out.error != 0)
        (void)snprintf(why, why_bytes, "%s", strerror(record->out.error));
    else if (record->out.flaw[0] != '\0')
        (void)snprintf(why, why_bytes, "the trace is not complete: %s",
                       record->out.flaw);
    good = record->out.error == 0 && record->out.flaw[0] == '\0';
    record_codes_free(record->codes);
    free(record);
    return good;
}
