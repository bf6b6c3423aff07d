/* process.h: a process and what the kernel keeps of it. */
#ifndef MMU386_PROCESS_H
#define MMU386_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "addrspace.h"
#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "linux/family.h"
#include "linux/file.h"
#include "linux/ldt.h"
#include "linux/mapping.h"
#include "linux/rlimit.h"
#include "linux/schedule.h"
#include "linux/signals.h"

struct kernel;
struct program;

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

/* What a system call returns when the process has to wait: it is called again,
 * with the same arguments, when process_wake names what it waits for. */
#define CALL_WAITS INT32_MIN

/* Puts the process to sleep until `channel` is woken, or `until_ns` has come if
 * it is not 0; returns CALL_WAITS. */
int32_t process_wait_for(struct process *process, const void *channel,
                         uint64_t until_ns);

/* Wakes every process that waits for `channel`. */
void process_wake(struct kernel *kernel, const void *channel);

/* Makes a process: pid, kernel stack, context; no address space yet. NULL where
 * something is short.
 */
struct process *process_new(struct kernel *kernel, uint32_t parent_pid);

/* Fork of the current process by the kernel's policy. The child's pid, -ENOMEM
 * or -EAGAIN; nothing is left of a child that could not be made. */
int32_t process_fork(struct kernel *kernel, struct process *parent);

/* The child, which was just forked, runs in its parent's memory, while that one
 * waits: vfork. */
void process_borrow(struct kernel *kernel, struct process *parent,
                    struct process *child);

/* Tells that the current process is about to be ended by a signal. */
void process_emit_kill(struct kernel *kernel, uint32_t signal);

/* Ends a process: everything it holds is given back, its parent told. The
 * parent reaps it. */
void process_exit(struct kernel *kernel, struct process *process,
                  int32_t wait_status);

/* Lets the parent of a vfork go on. What the child ran in is the parent's
 * memory (vfork(2)): as the child has a copy, and nobody has used the original
 * since, the two are exchanged, and the child is left with what it is about to
 * drop. Nothing for any other process. */
void process_end_vfork(struct kernel *kernel, struct process *child);

/* Kills it for want of a frame: SIGKILL. */
void process_kill_for_memory(struct kernel *kernel, struct process *process);

/* Forgets a zombie. */
void process_reap(struct kernel *kernel, struct process *process);

/* Loads the process's address space and context into the processor. */
void process_switch_to(struct kernel *kernel, struct process *process);

struct process *process_by_pid(struct kernel *kernel, uint32_t pid);

#endif
