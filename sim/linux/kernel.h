/* kernel.h: the Linux supervisor: processes, and whose turn it is to run on the
 * machine. */
#ifndef MMU386_KERNEL_H
#define MMU386_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addrspace.h"
#include "fork.h"
#include "linux/family.h"
#include "linux/pagecache.h"
#include "linux/schedule.h"
#include "machine/machine.h"

struct process;
struct tree;
struct program;
struct program_list;
struct call_entry;
struct mmu_audit_error;

#define SYSTEM_CALLS_MAX 512u

struct kernel_options {
    struct machine_options machine;
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

/* Makes a machine and boots the kernel on it. Returns NULL and sets *why
 * (static text). */
struct kernel *kernel_new(const struct kernel_options *options,
                          const char **why);

/* Brings everything to its end, wherever it stands: ends every process, and
 * tells of it; then ends the machine (machine_end). Whoever was told and is
 * freed before the kernel calls this first. Nothing where it was done
 * before. */
void kernel_end(struct kernel *kernel);

/* Ends it, where that was not done, and frees it with its machine. */
void kernel_free(struct kernel *kernel);

/* Makes the first process, which has no memory yet, the current one. NULL where
 * memory is short. */
struct process *kernel_first_process(struct kernel *kernel);

/* Starts `program` as the first process, pid 1's child: arguments and
 * environment as given. Guests see it in their root directory, under the last
 * component of its name, wherever the host has it, and may exec it by its whole
 * name, too. The kernel takes a reference to the program. Returns 0 or
 * -errno. */
int kernel_start(struct kernel *kernel, struct program *program,
                 char *const argv[], char *const envp[]);

/* Runs until the first process ends; what is left of the others is killed then,
 * as in a PID namespace. Returns its wait status (as wait(2) encodes it), or -1
 * with machine.broken set. */
int kernel_run(struct kernel *kernel);

/* Checks the numbers that must always add up (audit.h) over all processes: the
 * number of violations, or -ENOMEM. To be asked between events, not in the
 * midst of a fork or exec. */
int kernel_audit(const struct kernel *kernel, struct mmu_audit_error *first);

#endif
