/* recordparameters.c: see recordparameters.h. */
#include "replay/recordparameters.h"

#include <inttypes.h>
#include <stdio.h>

#include "linux/kernel.h"
#include "machine/tlbtext.h"
#include "replay/recordout.h"

static void add_parameter(struct record_out *out, const char *name,
                          const char *value)
{
    char cut[TRACE_TEXT_MAX + 1];

    (void)snprintf(cut, sizeof(cut), "%s", value);
    record_add(out, &(struct trace_event){.kind = TRACE_PARAMETER,
                                          .parameter = {name, cut}});
}

static void add_number(struct record_out *out, const char *name,
                       uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    add_parameter(out, name, text);
}

static void add_arguments(struct record_out *out, char *const argv[])
{
    char joined[TRACE_TEXT_MAX + 1] = "";
    size_t at = 0;

    add_parameter(out, "program", argv[0]);
    for (size_t i = 1; argv[i] != NULL && at < sizeof(joined); i++)
        at += (size_t)snprintf(joined + at, sizeof(joined) - at, "%s%s",
                               i == 1 ? "" : " ", argv[i]);
    add_parameter(out, "arguments", joined);
}

/* The TLB, where it is not the processor's own. */
static void add_tlb(struct record_out *out,
                    const struct mmu_generation *generation)
{
    const struct mmu_tlb_geometry *tlb = &generation->data_tlb;
    char text[80];
    int length;

    if (generation == mmu_generation_of(generation->id))
        return;
    length = snprintf(text, sizeof(text), "%" PRIu32 ",%" PRIu32 ",%s",
                      tlb->entries, tlb->ways, tlb_policy_name(tlb->policy));
    if (tlb->policy == MMU_TLB_RANDOM)
        (void)snprintf(text + length, sizeof(text) - (size_t)length,
                       ":%" PRIu64, (uint64_t)tlb->seed);
    add_parameter(out, "tlb", text);
}

static void add_costs(struct record_out *out, const uint32_t *costs)
{
    char name[TRACE_NAME_MAX + 1];

    for (int cost = 0; costs != NULL && cost < COSTS; cost++) {
        if (costs[cost] == COST_DEFAULT)
            continue;
        (void)snprintf(name, sizeof(name), "cost.%s",
                       cost_row_of((enum cost)cost)->name);
        add_number(out, name, costs[cost]);
    }
}

void record_parameters(struct record_out *out, const struct kernel *kernel,
                       char *const argv[], const char *version)
{
    const struct machine_options *options = &kernel->machine.options;

    add_arguments(out, argv);
    add_parameter(out, "policy", kernel->options.policy->name);
    add_parameter(out, "cpu", options->generation->name);
    add_number(out, "ram_frames", options->ram_frames);
    add_tlb(out, options->generation);
    add_number(out, "wait_states", options->wait_states);
    add_costs(out, options->costs);
    add_parameter(out, "mmu386_version", version);
}
