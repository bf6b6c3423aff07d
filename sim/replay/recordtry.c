/* recordtry.c: see recordtry.h. */
#include "replay/recordtry.h"

#include <inttypes.h>

#include "replay/recordcode.h"
#include "replay/recordout.h"

/* Look-ups of the data accesses. */
static uint64_t slot_lookups(const struct trace_slot *slots,
                             const uint32_t *addresses, uint32_t count)
{
    uint64_t lookups = count;

    for (uint32_t i = 0; i < count; i++)
        lookups += record_crosses(addresses[i], trace_slot_bytes(slots[i]));
    return lookups;
}

/* How many bytes of the instruction at `linear` were fetched, by so many
 * look-ups. */
static uint32_t bytes_fetched(const struct cpu *cpu, uint32_t linear,
                              uint64_t lookups)
{
    uint32_t length = record_codes_length(cpu, linear);
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
static void tell_try(const struct record_try *begun, struct record_out *out,
                     const struct cpu *cpu, uint64_t fetches,
                     enum trace_outcome outcome)
{
    uint8_t code[INSN_MAX_BYTES];
    const struct trace_event event = {
        .kind = TRACE_TRY,
        .try = {.linear = begun->linear,
                .bytes = (uint8_t)bytes_fetched(cpu, begun->linear, fetches),
                .outcome = (uint8_t)outcome,
                .slot_count = (uint8_t)begun->slot_count,
                .code_bytes = (uint8_t)cpu_read_code(cpu, begun->linear, code,
                                                     sizeof(code)),
                .slots = begun->slots,
                .addresses = begun->addresses,
                .code = code}};

    if (fetches > 2)
        record_flaw(out, "%" PRIu64 " look-ups for the fetch at %08" PRIx32,
                    fetches, begun->linear);
    record_add(out, &event);
}

void record_try_flush(struct record_try *begun, struct record_out *out,
                      const struct cpu *cpu)
{
    if (begun->lookups == 0)
        return;
    if (begun->followed)
        record_flaw(out, "%" PRIu64 " look-ups behind %08" PRIx32,
                    begun->lookups, begun->linear);
    tell_try(begun, out, cpu,
             begun->lookups - slot_lookups(begun->slots, begun->addresses,
                                           begun->slot_count),
             TRACE_NO_FAULT);
    begun->lookups = 0;
    begun->slot_count = 0;
}

void record_try_access(struct record_try *begun, struct trace_slot slot,
                       uint32_t linear)
{
    if (begun->slot_count == TRACE_TRY_SLOTS_MAX)
        return;
    begun->slots[begun->slot_count] =
        trace_slot_of(0, trace_slot_access(slot), trace_slot_bytes(slot),
                      trace_slot_supervisor(slot));
    begun->addresses[begun->slot_count++] = linear;
}

void record_try_fault(struct record_try *begun, struct record_out *out,
                      const struct cpu *cpu, const struct trace_try *fault)
{
    uint32_t here = MMU_PAGE_SIZE - (fault->linear & ~MMU_PAGE_MASK);
    uint32_t before = fault->addresses[0] - fault->linear;
    uint64_t data =
        slot_lookups(begun->slots, begun->addresses, begun->slot_count);
    bool fetched = !begun->again;
    bool by_fetch =
        begun->slot_count == 0 && fetched && (before == 0 || before == here) &&
        before < INSN_MAX_BYTES && begun->lookups == 1 + (before == here);
    uint32_t length = record_codes_length(cpu, fault->linear);

    if (by_fetch && before == here && length != 0 && length <= here)
        by_fetch = false; /* the instruction ends where the data begin */
    begun->linear = fault->linear;
    if (!by_fetch &&
        begun->lookups > data + (fetched ? 1 + (length > here) : 0))
        record_try_access(begun, fault->slots[0], fault->addresses[0]);
    data = slot_lookups(begun->slots, begun->addresses, begun->slot_count);
    if (begun->lookups < data || begun->lookups - data > 2)
        record_flaw(out,
                    "%" PRIu64 " look-ups of %" PRIu64
                    " at the fault at %08" PRIx32,
                    begun->lookups, data, fault->linear);
    tell_try(begun, out, cpu, begun->lookups - data,
             (enum trace_outcome)fault->outcome);
    *begun = (struct record_try){0};
}
