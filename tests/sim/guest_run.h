/* guest_run.h: runs a guest program in a machine of the test's own, and keeps
 * all that happened. */
#ifndef MMU386_TEST_GUEST_RUN_H
#define MMU386_TEST_GUEST_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "frames.h"
#include "linux/kernel.h"

struct guest_options {
    const char *cpu;     /* NULL: i386 */
    const char *policy;  /* NULL: cow */
    uint32_t ram_frames; /* 0: 64 MiB */
    bool clocked;
    bool audit;            /* check the sums at every fault */
    const uint32_t *costs; /* as in machine_options */
    uint32_t wait_states;
    const char *log; /* the fault log to make, over any file; NULL: none */
    /* a processor of its own instead of cpu */
    const struct mmu_generation *generation;
    /* before the program starts; or NULL */
    void (*prepare)(void *arg, struct kernel *kernel);
    /* when it has ended; or NULL */
    void (*finish)(void *arg, struct kernel *kernel);
    void *arg;
};

struct guest_run {
    int status; /* wait status; -1: the machine broke */
    const char *broken;
    char output[8192]; /* of descriptors 1 and 2, NUL-terminated */
    struct mmu_event *events;
    size_t count, capacity;
    uint32_t violations; /* of the sums, at faults and at the end */
    struct mmu_frame_counts frames, tables;
    uint32_t tables_at_boot;
    struct kernel_counts counts;
    uint64_t instructions;
    struct mmu_counts mmu;
    uint64_t cycles, fault_clocks;
    struct clocks clocks;
    size_t forks_timed;
    uint64_t fork_worst;
    const char *const *arguments;
    struct kernel *kernel; /* while it runs */
};

/* Runs DIRECTORY/NAME with the arguments, NULL-terminated, the program's name
 * left out. Fails the test where the program cannot be opened or started. */
void guest_run(struct guest_run *run, const char *directory, const char *name,
               const char *const arguments[],
               const struct guest_options *options);
void guest_run_free(struct guest_run *run);

/* The first event of that kind at index `from` or later; NULL where there is
 * none. */
const struct mmu_event *guest_event(const struct guest_run *run,
                                    enum mmu_event_kind kind, size_t from);
size_t guest_count(const struct guest_run *run, enum mmu_event_kind kind);
size_t guest_index(const struct guest_run *run, const struct mmu_event *event);

#endif
