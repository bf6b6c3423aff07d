/* state.h: what the parts of a processor share. Nobody else's. */
#ifndef MMU386_CPU_STATE_H
#define MMU386_CPU_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/barred.h"
#include "cpu/decode.h"
#include "cpu/exit.h"
#include "cpu/fetches.h"
#include "cpu/fpuexec.h"
#include "cpu/fpuflags.h"
#include "cpu/guards.h"
#include "cpu/meter.h"
#include "cpu/rewrite.h"
#include "cpu/search.h"
#include "cpu/segload.h"
#include "cpu/watch.h"
#include "frames.h"
#include "mmu.h"

#define NOWHERE   0xFFFFFFFFu
#define STALE_MAX 32u

/* Instructions that the model executes after the FPU's stack has faulted. */
#define FPU_WATCHED 64u

/* Of a processor that executes nothing: code in so many places is given it. */
#define CPU_CODE_PLACES 2

/* Why the engine was asked to stop. */
enum stopped {
    STOPPED_NOT,
    STOPPED_INTERRUPT, /* a vector arrived */
    STOPPED_BLOCK,     /* the next block has more instructions than are left */
    STOPPED_RELAX,     /* counting is not needed any more */
    STOPPED_NEW_GUARD, /* a block with an instruction to be guarded was
                          translated */
    STOPPED_FULL,      /* the engine's buffer of translated code is about to be
                        * full */
    STOPPED_GUARD,     /* the guarded instruction faults: fault is set */
    STOPPED_TIMESTAMP, /* the guarded instruction is RDTSC */
    STOPPED_FORBIDDEN, /* the guarded instruction raises an exception: vector is
                          set */
    STOPPED_SOFTWARE,  /* the guarded instruction is INT n */
    STOPPED_LOAD, /* the guarded instruction loads a segment register: load is
                     set */
    STOPPED_PUSH, /* the guarded instruction is PUSHF */
    STOPPED_FPU,  /* the guarded instruction is one of FPU or SSE, to be done by
                     the model */
    STOPPED_RETIRE,  /* guards of aligned operands have seen enough */
    STOPPED_EMULATE, /* the guarded instruction is one that the engine gets
                        wrong */
    STOPPED_SHADOW,  /* the instruction that ran from its shadow is done */
};

/* A page that the engine asked for and did not get. */
struct miss {
    enum {
        MISS_NONE,
        MISS_REFUSED,   /* by the MMU */
        MISS_REWRITING, /* by blocks_see_stores: code may be rewritten from now
                           on */
        MISS_CUT,       /* by accesses.c: the block's store to itself */
        MISS_SEARCHED,  /* by fills.c: what was found comes before the
                         * page */
        MISS_CROWDED,   /* it is run one instruction at a time */
    } why;
    uint32_t page;
    enum mmu_access access;
};

/* What a frame was last handed to the engine for; its hooks tell of physical
 * addresses. */
struct fill {
    uint32_t page;
    uint32_t epoch;
    bool system;
    bool written;   /* filled for a store since the last flush */
    bool ambiguous; /* filled for two linear pages since the last flush */
};

/* An instruction that was stopped for a while after it had been fetched and had
 * made some of its accesses: these are not made again when it is resumed. */
struct tried {
    uint32_t linear;   /* NOWHERE: none */
    uint32_t accesses; /* of the one at `linear`, so far */
    uint32_t skip;     /* how many of them are still to come again */
    bool skip_fetch;
    bool whole;          /* it was fetched to its end, in the next page */
    bool begun;          /* here: watch and meter know it, too */
    bool skips_to_store; /* all of them up to the store that the engine's hook
                            tells of as this */
    bool made_store;     /* and that one too */
    uint32_t store;
};

/* Where an instruction runs from that rewrites itself: frames behind the last
 * one of memory. */
struct shadow {
    uint8_t *code; /* SHADOW_PAGES pages */
    bool wanted;   /* by the run that comes next */
    bool cast;     /* the engine finds it... */
    uint32_t page; /* ...at this page and the next one */
    bool entered;
};

/* A page that is in another frame since the guest's store to it faulted. The
 * engine may still read the old one, of the same contents, until the store is
 * tried again and has both forgotten. */
struct moved {
    uint32_t page; /* NOWHERE: none */
    uint32_t eip, esp;
};

/* What cpu_give_code told. */
struct given_code {
    uint32_t linear, bytes;
    const uint8_t *code;
};

/* Code that runs one instruction at a time (crowded.h), linear; 0 bytes:
 * none. */
struct crowded {
    uint32_t start, bytes;
};

/* What is known of the code in a frame. */
enum {
    FOUND_NONE_BARRED = 1,
    FOUND_ROOMY = 2,
    FOUND_CROWDED = 4,
};

struct cpu {
    struct engine *engine; /* NULL: it executes nothing */
    struct mmu mmu;
    struct registers registers;
    const struct mmu_physmem *mem;
    struct decoder *decoder;
    struct view view; /* of the three */
    struct codeinfo_cache *codeinfo;
    bool clocked;
    struct segment_tables tables;
    struct cpu_context *fresh;
    struct cpu_context *patched; /* see run_forget_exception */
    size_t inflight;             /* offset in it (inflight.h) */

    /* Segments: see segments.c. */
    bool segments_stale; /* one was loaded */
    bool reload;         /* CS and SS, when it returns to ring 3 */
    bool not_flat; /* one of them is not; or what is accessed must be aligned */
    bool strict;   /* instructions run one by one, each looked at */
    bool aligned;  /* because accesses must be aligned */
    bool fs_flat, gs_flat;
    bool fs_unguarded; /* code was translated while FS was flat, that goes
                          through it */

    /* One run. */
    bool running;  /* the engine does */
    bool stepping; /* it runs one instruction */
    bool iterated; /* behind it: if it was a repeated one, it had something left
                      to do */
    enum stopped stopped;
    uint32_t stopped_at; /* EIP then; NOWHERE: the engine's */
    struct miss miss;
    struct mmu_fault fault;
    uint32_t vector;
    uint32_t debug_status;
    uint32_t error; /* of STOPPED_FORBIDDEN */
    struct segload load;
    bool trapped;        /* single-stepped: the model executed it */
    bool load_failed;    /* the engine refused what the model loads */
    bool booting;        /* ring 0, before the first entry to ring 3 */
    bool system_granted; /* the processor's own access to system_page, which
                          * comes next, was checked
                          */
    uint32_t system_page;
    struct tried tried; /* clocked */
    struct rewrite rewrite;
    struct shadow shadow;
    struct moved moved;

    uint64_t ran_here;   /* instructions that the model executed */
    uint32_t standstill; /* returns of the engine since anything changed */
    char why[128];       /* it broke */

    /* Counting. */
    bool counting;    /* the block hook is in */
    bool sees_stores; /* the memory hook is in */
    struct meter meter;
    struct fetches fetches; /* clocked */
    struct watch watch;     /* clocked */
    uint32_t split; /* clocked: physical address of a load that is part of one
                       already seen */
    bool refused; /* clocked: the model's TLB has seen the access that faults */

    /* Frames. */
    uint8_t *frame_is_code; /* fetched from since the last flush of translated
                               code */
    uint32_t *code_frames; /* those frames, and others: as many as there is room
                              for, each once */
    uint32_t code_frame_count;
    uint8_t *frame_is_listed; /* there */
    struct fill *fills;
    uint32_t fill_epoch;
    bool code_stale;                  /* all translated code is to be dropped */
    uint32_t stale_frames[STALE_MAX]; /* or that of these frames */
    uint32_t stale_count;
    uint32_t alias_frame; /* what the engine finds at ALIAS_PAGE meanwhile */
    bool dropping_code;   /* linear addresses are physical */

    struct barred barred;
    bool barred_anew; /* translations are to be forgotten, and pages searched
                         again */
    uint32_t run_to;  /* `until` of this run */
    uint8_t *frame_found; /* until it is written */
    struct crowded crowded;

    struct guards guards;
    struct search search;
    uint32_t guard_start, guard_end; /* the block that wants new ones */
    uint64_t timestamp;

    /* FPU and SSE. */
    uint16_t flat_selector;    /* of a descriptor whose base is 0 */
    struct fpu_host *fpu_host; /* NULL: the engine's results are all there is */
    struct fpu_flags fpu_flags; /* offsets in `patched` */
    bool fpu_traps; /* CR0.TS is set: each instruction of theirs is done by the
                       model */
    bool fpu_steps; /* but for this one, which the engine runs alone */
    uint32_t fpu_watched; /* instructions to do by the model since the stack
                             faulted */

    struct given_code given[CPU_CODE_PLACES];
};

/* What a process has beyond struct registers: FPU, SSE, descriptors. */
struct cpu_context {
    struct engine_context *state;
};

/* Where the next instruction is, linear. */
static inline uint32_t here(const struct cpu *cpu)
{
    return view_here(&cpu->view);
}

/* The generation by whose manual it counts clocks; NULL without the clock. */
static inline const struct mmu_generation *
clock_generation(const struct cpu *cpu)
{
    return cpu->clocked ? cpu->mmu.control.generation : NULL;
}

/* RF has no effect without breakpoints, and the instruction at EIP clears it:
 * the engine, which would translate that one anew, never has it. */
void cpu_store_registers(struct cpu *cpu);

void cpu_fetch_registers(struct cpu *cpu);

/* Stops before the instruction at `linear`, if the engine does not know that by
 * itself. */
void cpu_stop_at(struct cpu *cpu, enum stopped why, uint32_t linear);

void cpu_stop(struct cpu *cpu, enum stopped why);

/* A defect of the engine or of the model: names the place. */
void cpu_exit_broken(struct cpu *cpu, struct cpu_exit *exit, const char *why);

/* *exit is the page fault cpu->fault; that exception. */
void cpu_exit_fault(struct cpu *cpu, struct cpu_exit *exit);

void cpu_exit_exception(struct cpu_exit *exit, uint32_t vector, uint32_t error);

#endif
