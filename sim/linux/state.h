/* state.h: what the kernel keeps: itself, its processes, and what links these.
 * Data alone: what is done with it is in the files that include this one. */
#ifndef MMU386_STATE_H
#define MMU386_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addrspace.h"
#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "fork.h"
#include "linux/file.h"
#include "linux/heap.h"
#include "linux/ldt.h"
#include "linux/mapping.h"
#include "linux/pagecache.h"
#include "linux/rlimit.h"
#include "linux/signals.h"
#include "machine/machine.h"

struct call_entry;
struct process;
struct program;
struct program_list;
struct tree;

/* ---- whose children they are (family.h) ---- */

#define KERNEL_PID  1u
#define PID_BUCKETS 1024u

/* In order of pid. */
struct children {
    struct process *first, *last;
    struct heap dead; /* those that are to be reaped, by pid */
};

/* All zeros is one of nobody. */
struct family {
    struct process *last; /* of all; kernel->processes is the first */
    struct process *by_pid[PID_BUCKETS];
    struct children orphans; /* the kernel's */
};

/* A process's places in it. */
struct kin {
    struct process *before;       /* of all; `next` is the process's own */
    struct process *next_of_pid;  /* in the same bucket */
    struct process *elder, *next; /* child of the same parent */
    struct children children;
    struct heap_node dead;
    bool is_orphan; /* among the kernel's children, whatever process has its
                     * pid */
};

/* ---- whose turn it is (schedule.h) ---- */

#define WAIT_BUCKETS 1024u

/* All zeros is one of nobody. */
struct schedule {
    struct heap runnable[2]; /* by pid: of this round, and of the next */
    uint32_t round;          /* which of the two is this round's */
    struct process *running; /* whose turn it is: it is in neither, and waits
                                for nothing yet */
    uint32_t last_pid;       /* that of the last one to have a turn */
    struct heap sleepers;    /* by the time at which they wake */
    struct heap alarms;      /* by the time at which they ring */
    struct process *waiting[WAIT_BUCKETS]; /* by a hash of the channel */
};

/* A process's places in it. */
struct schedule_place {
    struct heap_node runnable, sleeper, alarm;
    struct process *next;  /* in the same bucket */
    struct process **link; /* what points to it there; NULL: it is in none */
};

/* ---- a process ---- */

enum process_state {
    PROCESS_RUNNABLE,
    PROCESS_WAITING, /* in a system call that is tried again when `waits_for` is
                        woken */
    PROCESS_ZOMBIE,
};

struct process {
    struct process *next;
    uint32_t pid, parent_pid, group, session;
    enum process_state state;
    struct schedule_place place;
    struct kin kin;

    struct mmu_addrspace space;
    bool has_space; /* a zombie has none */
    struct mappings mappings;
    uint32_t brk_start, brk; /* linear */
    struct program *program;

    uint32_t stack_slot;  /* of its kernel stack */
    uint32_t stack_frame; /* frame */
    uint32_t kernel_esp;  /* while it does not run: where its trap frame is */
    uint32_t general[GENERAL_REGISTERS]; /* as the kernel's entry saved them */
    struct cpu_context *context;
    struct segment_entry tls[3];
    struct ldt ldt;

    struct files files;
    struct signals signals;
    struct limits limits;
    char cwd[256]; /* in the guest's tree */
    uint32_t umask;

    const void *waits_for; /* what wakes it: any address, compared only */
    uint64_t wakes_at_ns;  /* or the time, if not 0 */
    uint64_t progress;     /* of the system call that waits: bytes done, a
                              deadline... 0 at first */
    bool in_call;          /* a system call waits to be tried again */
    bool yields;           /* gives the processor up (sched_yield) */
    uint32_t set_tid; /* linear: its pid is written there when it first runs
                         (clone) */
    uint32_t vfork_parent; /* pid of the parent that waits until this one execs
                              or exits; or 0 */
    bool borrows_memory;   /* its parent's, while that one waits: see
                              process_end_vfork */
    int32_t wait_status;   /* of a zombie */
    uint64_t trap_clocks;  /* what its last trap has taken so far */
    bool trap_is_fault;    /* and that was a page fault */
    bool forked;           /* the system call that it is in made a process */
    bool at_ring_3;        /* known in a replay only */
    int32_t interrupted_call; /* number of the system call that a signal cut
                                 short, or -1 */
    char name[16];
};

/* ---- the kernel ---- */

#define SYSTEM_CALLS_MAX 512u

/* The machine's own are in struct machine. */
struct kernel_options {
    const struct mmu_fork_policy *policy;
    uint32_t max_processes; /* at a time, zombies included; 0: no limit */
    bool verbose;           /* name unknown system calls, once each */
    int host_fd[3];         /* what the guest's descriptors 0 to 2 are */
    const char *root;       /* a host directory that guests may read, or NULL */
};

/* Counts that no event carries. */
struct kernel_counts {
    uint64_t forks;
    uint64_t processes;
    uint64_t copied_at_fork; /* frames */
    uint64_t system_calls;
};

/* The process that the machine runs, and for how long. */
struct turn {
    struct process *process; /* NULL: nobody's */
    bool limited;  /* there is somebody else to give the processor to: */
    uint64_t left; /* instructions of its quantum, which began when there was */
    bool served;   /* a trap of its was */
};

struct kernel {
    struct machine machine;
    struct kernel_options options;
    struct mmu_addrspace space; /* its kernel part is that of every address
                                   space */
    uint32_t system_frame;

    struct page_cache page_cache;
    uint32_t process_count;    /* zombies included */
    struct process *processes; /* a list in order of pid */
    struct family family;
    struct schedule schedule;
    struct turn turn;
    struct process *current; /* whose address space and context are loaded; or
                                NULL */
    uint32_t next_pid;
    uint32_t subject; /* pid of the process that is made or ended by the current
                       * one, whose memory events are about; 0: the current
                       * one's */
    uint8_t *stack_slots; /* PROCESSES_MAX flags */
    struct process *init;

    struct program *program; /* what the first process ran; guests may exec it
                                by its name */
    struct program_list *programs; /* all that ran, by name */
    uint64_t program_count;
    struct tree *tree; /* the root directory, or NULL */
    uint64_t now_ns;   /* the guests' time since boot */
    uint64_t random;   /* state of the guests' random numbers */
    /* by number; NULL: unknown */
    const struct call_entry *calls[SYSTEM_CALLS_MAX];
    bool named[SYSTEM_CALLS_MAX]; /* unknown, and said so already */
    struct kernel_counts counts;
    char deadlock[1024]; /* who waited for what, when nobody could go on: see
                            deadlock.h */
};

#endif
