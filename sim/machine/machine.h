/* machine.h: the machine around the MMU: memory, processor, kernel, processes, and the stream of
 * events that tells of them. */
#ifndef MMU386_MACHINE_H
#define MMU386_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addrspace.h"
#include "cpu/cpu.h"
#include "event.h"
#include "fork.h"
#include "frames.h"
#include "linux/family.h"
#include "linux/pagecache.h"
#include "linux/schedule.h"
#include "machine/action.h"
#include "machine/budget.h"
#include "machine/clock.h"
#include "physmem.h"

struct process;
struct tree;
struct program;
struct program_list;
struct call_entry;
struct audit_error;

#define MACHINE_LISTENERS_MAX 4u
#define SYSTEM_CALLS_MAX      512u

struct machine_options {
    const struct generation *generation;
    const struct fork_policy *policy;
    uint32_t ram_frames;
    bool clocked;
    bool replays;              /* no program is executed: see cpu_new_replay */
    const uint32_t *costs;     /* COSTS of them, or COST_DEFAULT; NULL: the generation's own */
    uint32_t wait_states;      /* of each bus cycle of a walk */
    uint64_t max_instructions; /* of ring 3, after which the run is ended; 0: no limit */
    uint32_t max_processes;    /* at a time, zombies included; 0: no limit */
    bool verbose;              /* name unknown system calls, once each */
    int host_fd[3];            /* what the guest's descriptors 0 to 2 are */
    const char *root;          /* a host directory that guests may read, or NULL */
};

/* Who knows what pages hold, where memory does not: a replay. */
struct content_source {
    bool (*find)(void *arg, uint32_t page, uint64_t *hash); /* or NULL: look into memory */
    void *arg;
};

/* Counts that no event carries. */
struct machine_counts {
    uint64_t forks;
    uint64_t processes;
    uint64_t copied_at_fork; /* frames */
    uint64_t system_calls;
};

struct machine {
    struct machine_options options;
    struct physmem mem;
    struct frames frames;
    struct frame *frame_table;
    struct cpu *cpu;
    struct addrspace kernel_space; /* its kernel part is that of every address space */
    uint32_t system_frame;

    struct event_sink sink; /* everything emits here; machine_emit stamps and hands on */
    struct event_sink listeners[MACHINE_LISTENERS_MAX];
    uint32_t listener_kinds[MACHINE_LISTENERS_MAX]; /* what each wants to hear of */
    uint32_t kinds_heard;                           /* what any of them wants */
    uint32_t listener_count;
    struct actions actions;
    struct wait_sink waits;
    struct content_source contents;
    uint64_t sequence;
    struct clock clock;

    struct page_cache page_cache;
    struct budget budget;      /* of the host's memory, for what guests make the kernel keep */
    uint32_t process_count;    /* zombies included */
    struct process *processes; /* a list in order of pid */
    struct family family;
    struct schedule schedule;
    struct process *current; /* whose address space and context are loaded; or NULL */
    uint32_t next_pid;
    uint32_t subject;     /* pid of the process that is made or ended by the current one, whose
                           * memory events are about; 0: the current one's */
    uint32_t trap_eip;    /* where the last trap came from: what events are stamped with */
    uint8_t *stack_slots; /* PROCESSES_MAX flags */
    struct process *init;

    struct program *program;       /* what the first process ran; guests may exec it by its name */
    struct program_list *programs; /* all that ran, by name */
    uint64_t program_count;
    struct tree *tree;                                /* the root directory, or NULL */
    uint64_t now_ns;                                  /* the guests' time since boot */
    uint64_t random;                                  /* state of the guests' random numbers */
    const struct call_entry *calls[SYSTEM_CALLS_MAX]; /* by number; NULL: unknown */
    bool named[SYSTEM_CALLS_MAX];                     /* unknown, and said so already */
    struct machine_counts counts;
    uint64_t instructions_left; /* of max_instructions */
    const char *limit;          /* the option whose limit ended the run, or NULL */
    const char *broken;         /* why the machine cannot go on, or NULL */
    bool ended;                 /* machine_end was called */
    char deadlock[1024];        /* who waited for what, when nobody could go on: see deadlock.h */
};

/* Makes a machine and boots its kernel. Returns NULL and sets *why (static text). */
struct machine *machine_new(const struct machine_options *options, const char **why);

/* Brings the machine to its end, wherever it stands: ends every process, and tells of it; then lets
 * go of everybody who listened to it, recorded it or watched its processor, and tells nobody of
 * anything any more. Whoever was told and is freed before the machine calls this first. Nothing
 * where it was done before. */
void machine_end(struct machine *machine);

/* Ends the machine, where that was not done, and frees it. */
void machine_free(struct machine *machine);

/* Adds a listener to the stream of events, or to those of some kinds (bits 1 << enum event_kind).
 * It must be there until machine_end. */
void machine_listen(struct machine *machine, struct event_sink listener);
void machine_listen_to(struct machine *machine, struct event_sink listener, uint32_t kinds);

/* Makes the first process, which has no memory yet, the current one. NULL where memory is short. */
struct process *machine_first_process(struct machine *machine);

/* Starts `program` as the first process, pid 1's child: arguments and environment as given. Guests
 * see it in their root directory, under the last component of its name, wherever the host has it,
 * and may exec it by its whole name, too. The machine takes a reference to the program. Returns 0
 * or -errno. */
int machine_start(struct machine *machine, struct program *program, char *const argv[],
                  char *const envp[]);

/* Runs until the first process ends; what is left of the others is killed then, as in a PID
 * namespace. Returns its wait status (as wait(2) encodes it), or -1 with machine->broken set. */
int machine_run(struct machine *machine);

/* Checks the numbers that must always add up (audit.h) over all processes: the number of
 * violations, or -ENOMEM. To be asked between events, not in the midst of a fork or exec. */
int machine_audit(const struct machine *machine, struct audit_error *first);

/* Charges what the event tells of, stamps it with the clock as it is then, and hands it to every
 * listener. */
void machine_emit(void *arg, const struct event *event);

#endif
