/* machine.h: the machine around the MMU: memory, processor, clock, and the
 * stream of events that tells of them. Whoever serves its traps is plugged
 * in. */
#ifndef MMU386_MACHINE_H
#define MMU386_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "event.h"
#include "frames.h"
#include "machine/action.h"
#include "machine/budget.h"
#include "machine/clock.h"
#include "physmem.h"

#define MACHINE_LISTENERS_MAX 4u

struct machine_options {
    const struct mmu_generation *generation;
    uint32_t ram_frames;
    bool clocked;
    bool replays;              /* no program is executed: see cpu_new_replay */
    const uint32_t *costs;     /* COSTS of them, or COST_DEFAULT; NULL: the
                                  generation's own */
    uint32_t wait_states;      /* of each bus cycle of a walk */
    uint64_t max_instructions; /* of ring 3, after which the run is ended; 0: no
                                  limit */
};

/* Who knows what pages hold, where memory does not: a replay. */
struct content_source {
    /* or NULL: look into memory */
    bool (*find)(void *arg, uint32_t page, uint64_t *hash);
    void *arg;
};

/* Who serves the machine's traps, and knows in whose name it runs. */
struct supervisor {
    /* Has the processor ready to run, for at most *instructions (CPU_NO_BUDGET:
     * no limit). False where nobody is to run any more, or the machine is
     * broken. */
    bool (*resume)(void *arg, uint64_t *instructions);
    /* The processor stopped as `exit` says, after `ran` instructions (0 where
     * it had no limit): by a trap that is to be served, or by its budget. */
    void (*trap)(void *arg, const struct cpu_exit *exit, uint64_t ran);
    /* Sets the event's pid, and what else is known of who caused it. NULL:
     * nobody did. */
    void (*stamp)(void *arg, struct mmu_event *event);
    void *arg;
};

struct machine {
    struct machine_options options;
    struct supervisor supervisor;
    struct mmu_physmem mem;
    struct mmu_frames frames;
    struct mmu_frame *frame_table;
    struct cpu *cpu;

    struct mmu_event_sink sink; /* everything emits here; machine_emit stamps
                                   and hands on */
    struct mmu_event_sink listeners[MACHINE_LISTENERS_MAX];
    /* what each wants to hear of */
    uint32_t listener_kinds[MACHINE_LISTENERS_MAX];
    uint32_t kinds_heard; /* what any of them wants */
    uint32_t listener_count;
    struct actions actions;
    struct wait_sink waits;
    struct content_source contents;
    uint64_t sequence;
    uint32_t trap_eip; /* where the last trap came from: what events are stamped
                          with */
    struct clock clock;

    struct budget budget; /* of the host's memory, for what guests make the
                             supervisor keep */
    uint64_t instructions_left; /* of max_instructions */
    const char *limit;  /* the option whose limit ended the run, or NULL */
    const char *broken; /* why the machine cannot go on, or NULL */
    bool ended;         /* machine_end was called */
};

/* Makes a machine with nothing in memory, whose clock does not run yet. NULL,
 * or why not (static text): then machine_destroy is to be called
 * nevertheless. */
const char *machine_init(struct machine *machine,
                         const struct machine_options *options,
                         const struct supervisor *supervisor);
void machine_destroy(struct machine *machine);

/* Starts the clock, once the supervisor has set up what does not count; nothing
 * where the machine has none. */
void machine_start_clock(struct machine *machine);

/* Lets go of everybody who listened to the machine, recorded it or watched its
 * processor, and tells nobody of anything any more. Nothing where it was done
 * before. */
void machine_end(struct machine *machine);

/* Adds a listener to the stream of events, or to those of some kinds (bits 1 <<
 * enum mmu_event_kind). It must be there until machine_end. */
void machine_listen(struct machine *machine, struct mmu_event_sink listener);
void machine_listen_to(struct machine *machine, struct mmu_event_sink listener,
                       uint32_t kinds);

/* Runs until the supervisor has nobody to run; or machine->limit or
 * machine->broken is set. */
void machine_run(struct machine *machine);

/* Charges what the event tells of, stamps it with the clock as it is then, and
 * hands it to every listener. */
void machine_emit(void *arg, const struct mmu_event *event);

/* The length of the instruction of 32-bit code that begins at `code`, of which
 * `bytes` bytes are at hand: at most INSN_MAX_BYTES; 0 where there is none. Of
 * no machine: any thread may ask. */
uint32_t machine_insn_length(const uint8_t *code, uint32_t bytes);

#endif
