/* machine.c: see machine.h. */
#include "machine/machine.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cpu/decode.h"
#include "machine/deadline.h"

/* ---- events ---- */

void machine_listen_to(struct machine *machine, struct mmu_event_sink listener,
                       uint32_t kinds)
{
    assert(machine->listener_count < MACHINE_LISTENERS_MAX && !machine->ended);
    if (machine->listener_count == MACHINE_LISTENERS_MAX)
        return;
    machine->listener_kinds[machine->listener_count] = kinds;
    machine->listeners[machine->listener_count++] = listener;
    machine->kinds_heard |= kinds;
}

void machine_listen(struct machine *machine, struct mmu_event_sink listener)
{
    machine_listen_to(machine, listener, UINT32_MAX);
}

static bool gives_new_contents(enum mmu_event_kind kind)
{
    return kind == MMU_EVENT_ZERO_FILL || kind == MMU_EVENT_FILE ||
           kind == MMU_EVENT_COPY || kind == MMU_EVENT_FORK_COPY;
}

void machine_emit(void *arg, const struct mmu_event *event)
{
    struct machine *machine = arg;
    assert(!machine->ended);
    if (gives_new_contents(event->kind))
        cpu_frame_written(machine->cpu, event->frame_after);
    clock_charge_event(&machine->clock, event);
    machine->sequence++;
    const uint32_t kind = 1u << event->kind;
    if ((machine->kinds_heard & kind) == 0)
        return;
    struct mmu_event stamped = *event;
    stamped.sequence = machine->sequence;
    stamped.cycle = clock_cycles(&machine->clock);
    stamped.instructions = cpu_instructions(machine->cpu);
    stamped.eip = machine->trap_eip;
    if (machine->supervisor.stamp != NULL)
        machine->supervisor.stamp(machine->supervisor.arg, &stamped);
    for (uint32_t i = 0; i < machine->listener_count; i++)
        if ((machine->listener_kinds[i] & kind) != 0)
            mmu_event_emit(&machine->listeners[i], &stamped);
}

/* ---- making one ---- */

static const char *map_memory(struct machine *machine)
{
    size_t bytes = (size_t)machine->options.ram_frames << MMU_PAGE_SHIFT;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return "the host has not enough memory";
#ifdef MADV_HUGEPAGE
    /* Frames come into use in order: the host may as well bring in 512 at
     * once. */
    (void)madvise(base, bytes, MADV_HUGEPAGE);
#endif
    machine->mem = (struct mmu_physmem){base, machine->options.ram_frames};
    machine->frame_table =
        calloc(machine->mem.frames, sizeof *machine->frame_table);
    if (machine->frame_table == NULL)
        /* cppcheck-suppress memleak ; machine_destroy unmaps it */
        return "the host has not enough memory";
    mmu_frames_init(&machine->frames, &machine->mem, machine->frame_table);
    /* cppcheck-suppress memleak ; machine_destroy unmaps it */
    return NULL;
}

const char *machine_init(struct machine *machine,
                         const struct machine_options *options,
                         const struct supervisor *supervisor)
{
    *machine = (struct machine){
        .options = *options,
        .supervisor = *supervisor,
        .sink = {machine_emit, machine},
        .budget = {.limit = BUDGET_BYTES},
        .instructions_left = options->max_instructions,
    };
    const char *why = map_memory(machine);
    if (why != NULL)
        return why;
    machine->cpu = options->replays
                       ? cpu_new_replay(options->generation, &machine->mem,
                                        &machine->sink, &why)
                       : cpu_new(options->generation, &machine->mem,
                                 &machine->sink, options->clocked, &why);
    if (machine->cpu == NULL)
        return why;
    machine->actions.mmu = cpu_mmu(machine->cpu);
    machine->clock = (struct clock){.cpu = machine->cpu,
                                    .mmu = cpu_mmu(machine->cpu),
                                    .frames = &machine->frames,
                                    .actions = &machine->actions};
    return NULL;
}

void machine_start_clock(struct machine *machine)
{
    const struct machine_options *options = &machine->options;
    if (options->clocked)
        clock_start(&machine->clock, options->generation, options->costs,
                    options->wait_states);
}

void machine_end(struct machine *machine)
{
    if (machine->ended)
        return;
    machine->listener_count = 0;
    machine->kinds_heard = 0;
    machine->actions.sink = (struct action_sink){0};
    machine->waits = (struct wait_sink){0};
    machine->contents = (struct content_source){0};
    if (machine->cpu != NULL) {
        (void)cpu_watch(machine->cpu, NULL);
        cpu_observe(machine->cpu, NULL);
        cpu_mmu(machine->cpu)->miss_observer = NULL;
    }
    machine->ended = true;
}

void machine_destroy(struct machine *machine)
{
    machine_end(machine);
    cpu_free(machine->cpu);
    clock_free(&machine->clock);
    free(machine->frame_table);
    if (machine->mem.base != NULL)
        (void)munmap(machine->mem.base,
                     (size_t)machine->mem.frames << MMU_PAGE_SHIFT);
}

/* ---- running ---- */

/* Instructions that run before somebody looks at the clock on the wall. */
#define BETWEEN_LOOKS UINT64_C(5000000)

/* Runs at most `budget` instructions (CPU_NO_BUDGET: no limit), and no more
 * than the run has left. The instructions that ran, where there is a limit. */
static uint64_t run_granted(struct machine *machine, uint64_t budget,
                            struct cpu_exit *exit)
{
    uint64_t used = 0;
    if (machine->options.max_instructions != 0 &&
        budget > machine->instructions_left)
        budget = machine->instructions_left;
    do {
        uint64_t granted = budget == CPU_NO_BUDGET ? budget : budget - used;
        if (deadline_is_set() && granted > BETWEEN_LOOKS)
            granted = BETWEEN_LOOKS;
        cpu_run(machine->cpu, granted, exit);
        if (granted != CPU_NO_BUDGET)
            used += granted - cpu_budget_left(machine->cpu);
    } while (exit->stop == CPU_STOP_BUDGET && used < budget &&
             !deadline_passed());
    if (machine->options.max_instructions != 0)
        machine->instructions_left -= used;
    return used;
}

static bool limit_reached(struct machine *machine)
{
    if (machine->options.max_instructions != 0 &&
        machine->instructions_left == 0)
        machine->limit = "--max-instructions";
    else if (deadline_passed())
        machine->limit = "--max-seconds";
    return machine->limit != NULL;
}

void machine_run(struct machine *machine)
{
    const struct supervisor *supervisor = &machine->supervisor;
    uint64_t granted;
    struct cpu_exit exit;
    while (machine->broken == NULL && machine->limit == NULL &&
           supervisor->resume(supervisor->arg, &granted)) {
        uint64_t ran = run_granted(machine, granted, &exit);
        if (exit.stop == CPU_STOP_BROKEN) {
            machine->broken = exit.why;
            return;
        }
        supervisor->trap(supervisor->arg, &exit, ran);
        if (machine->budget.starved)
            machine->broken = "the host has not enough memory";
        else if (limit_reached(machine))
            return;
    }
}

uint32_t machine_insn_length(const uint8_t *code, uint32_t bytes)
{
    return decode_length(code, bytes);
}
