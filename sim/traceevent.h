/* traceevent.h: what a trace consists of: events, in the order in which they
 * happened. The machine tells of them (machine/action.h), trace/ writes them
 * down as traces/FORMAT.md has it, and replay/ does them again.
 *
 * Everything happens in the current process of the one processor: the one that
 * the last TRACE_SWITCH named; before the first, process
 * TRACE_FIRST_PID. */
#ifndef MMU386_TRACEEVENT_H
#define MMU386_TRACEEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of what an event may hold. */
#define TRACE_INSNS_MAX 1024u /* instructions of a block */
#define TRACE_SLOTS_MAX 4096u /* data accesses of a block */
/* from a block's first byte to the last */
#define TRACE_BLOCK_BYTES_MAX 8192u
#define TRACE_INSN_BYTES_MAX  255u
/* bytes between two instructions of a block */
#define TRACE_GAP_MAX        15u
#define TRACE_SLOT_BYTES_MAX 512u /* of a data access */
#define TRACE_TEXT_MAX       4095u
#define TRACE_NAME_MAX       64u /* of a parameter's name */
#define TRACE_SEGMENTS_MAX   64u
#define TRACE_TRY_SLOTS_MAX  64u
#define TRACE_CODE_MAX       128u /* bytes of TRACE_CODE */

/* Shapes that a reader knows at a time. */
#define TRACE_SHAPES_MAX 65536u

#define TRACE_FIRST_PID 1u

/* The numbers are those of the native format. */
enum trace_kind {
    TRACE_PARAMETER = 1, /* of the run that the trace was made by; before all
                            other events */
    TRACE_PROGRAM = 2,   /* a program file, which mappings may name by its id */
    TRACE_SWITCH = 3,    /* the processor runs process `pid` from here on */
    TRACE_FORK = 4,      /* the current process forked; the child is `pid` */
    TRACE_EXEC = 5,      /* the current process lost all its mappings and runs a
                            program */
    TRACE_EXIT = 6,      /* a process ended, its memory is gone */
    TRACE_REAP = 7,      /* the parent of `pid`, which had ended, fetched its
                          * status */
    TRACE_MAP = 8, /* linear addresses of the current process may be used... */
    TRACE_UNMAP = 9,    /* ...no longer (only start and end of `map` hold) */
    TRACE_PROTECT = 10, /* ...with other rights (only start, end and rights
                           hold) */
    TRACE_KERNEL = 11,  /* the kernel accessed user memory of the current
                         * process */
    TRACE_TRAP = 12, /* the processor entered the kernel; not for page faults */
    TRACE_RETURN = 13,  /* IRET to ring 3 */
    TRACE_CHARGE = 14,  /* work of the kernel that no other event implies */
    TRACE_CONTENT = 15, /* the XXH3 hash of what a page held */
    TRACE_END = 16,   /* of a whole trace: without it the trace was cut short */
    TRACE_BLOCK = 17, /* instructions that ran at ring 3, with their data
                       * accesses; in the native format it has no number */
    TRACE_TRY = 18,   /* an instruction that did not complete: a page fault, or
                       * the processor   took it up again */
    TRACE_MARK = 19,  /* a place in the kernel's work: enum trace_mark */
    TRACE_KILL = 20,  /* the current process is killed by a signal; TRACE_EXIT
                         follows */
    TRACE_MOVE = 21,  /* pages of the current process move to other linear
                         addresses */
    TRACE_FORGET = 22,  /* pages leave the tables, their mapping stays (only
                         * start and end of  `map` hold) */
    TRACE_KEEP = 23,    /* the frame of a page is shared for good: never
                           copy-on-write */
    TRACE_BORROW = 24,  /* the child `pid`, just forked, has its parent's memory
                         * until it execs or  ends: vfork */
    TRACE_UNCITED = 25, /* of the instructions so far, how many more took
                         * another processor's clocks */
    TRACE_CODE = 26,    /* what is at an address from which code is fetched */
    TRACE_FILE = 27,    /* where a program came from */
    TRACE_NO_FORK = 28, /* as TRACE_FORK, but it failed for want of memory */
};

/* A segment of a program. */
struct trace_segment {
    uint32_t linear;
    uint32_t memory_bytes, file_bytes;
    uint8_t rights; /* TRACE_READABLE... */
};

/* What became of a fault. */
enum trace_outcome {
    TRACE_NO_FAULT = 0, /* there was none: accesses only */
    TRACE_SERVICED = 1,
    TRACE_REFUSED = 2, /* a signal follows */
    TRACE_NO_FRAME = 3,
    TRACE_OUTCOMES,
};

/* Places in the kernel's work. */
enum trace_mark {
    TRACE_CALL_BEGINS = 0,
    TRACE_FORK_BEGINS = 1, /* the same of a system call that makes a process */
    TRACE_CALL_ENDS = 2,
    TRACE_SERVED = 3, /* all that the last trap led to at once */
    TRACE_MARKS,
};

/* An instruction that did not complete. It was fetched as far as `bytes` says
 * (0: not at all, as it was the next iteration of a repeated one), and made
 * these data accesses; where there was a fault, the last access of all is the
 * one that faulted. */
struct trace_try {
    uint32_t linear;
    uint8_t bytes;
    uint8_t outcome; /* enum trace_outcome */
    uint8_t slot_count;
    uint8_t code_bytes;
    const struct trace_slot *slots; /* all of insn 0 */
    const uint32_t *addresses;
    const uint8_t *code; /* code_bytes from `linear` on, as far as they can be
                            fetched */
};

/* Rights of a mapping or a segment. */
enum {
    TRACE_READABLE = 1,
    TRACE_WRITABLE = 2,
    TRACE_EXECUTABLE = 4,
};

/* Flags of a mapping; see struct mapping. */
enum {
    TRACE_SHARED = 1,
    TRACE_POPULATED = 2,
};

struct trace_map {
    uint32_t start, end; /* linear, page boundaries; end is past the last
                          * byte */
    uint8_t rights;
    uint8_t flags;
    uint32_t program; /* id of the program whose segment it is; 0: anonymous */
    uint32_t segment; /* which of them, from 0; 0 where there is no program */
    const char *name; /* "stack", "heap"..., or "" */
};

/* An instruction of a block: it is fetched, unless it is the first of a block
 * that goes on with a repeated instruction (`again`). */
struct trace_insn {
    uint16_t offset; /* from the block's linear address */
    uint16_t bytes;
};

enum trace_access {
    TRACE_READ = 0,
    TRACE_WRITE = 1,
    TRACE_MODIFY = 2, /* read, then written */
};

/* A data access of a block, but for its address. */
struct trace_slot {
    uint16_t insn;   /* whose it is: an index; 0 in a block without
                      * instructions */
    uint16_t access; /* of trace_slot_of */
};

static inline struct trace_slot trace_slot_of(uint32_t insn,
                                              enum trace_access access,
                                              uint32_t bytes, bool supervisor)
{
    return (struct trace_slot){.insn = (uint16_t)insn,
                               .access =
                                   (uint16_t)(bytes | (uint32_t)access << 10 |
                                              (uint32_t)supervisor << 12)};
}

static inline uint32_t trace_slot_bytes(struct trace_slot slot)
{
    return slot.access & 0x3FFu;
}

static inline enum trace_access trace_slot_access(struct trace_slot slot)
{
    return (enum trace_access)(slot.access >> 10 & 3u);
}

/* True where the processor made it for its own ends (a descriptor, the TSS) and
 * not the program. */
static inline bool trace_slot_supervisor(struct trace_slot slot)
{
    return slot.access >> 12 & 1u;
}

/* What stays the same when a block runs again: all but the addresses of its
 * data accesses and its clocks. Instructions are in ascending order, each at
 * most TRACE_GAP_MAX bytes behind the one before; slots are in the order of the
 * program. A block without instructions (linear and bytes are 0) has one slot
 * or none: an access of an unknown instruction, or clocks alone. Addresses are
 * taken modulo 2^32. */
struct trace_shape {
    uint32_t index; /* of those that a reader's frame has, from 0; a writer is
                       not asked for it */
    uint32_t linear;
    uint32_t bytes; /* from there to the end of the last instruction */
    uint16_t insn_count;
    bool again; /* the first instruction is repeated, and not fetched again */
    uint16_t slot_count; /* not next to insn_count: compilers would read both at
                          * once, and wait for what was just written to each */
    uint64_t code_hash; /* a writer's: of `insns` and `code`, so that these need
                         * not be compared; or 0 */
    const struct trace_insn *insns;
    const struct trace_slot *slots;
    const uint8_t *code; /* `bytes` bytes, those of no instruction 0; NULL: not
                            known */
};

struct trace_block {
    const struct trace_shape *shape;
    const uint32_t *addresses; /* linear, of each slot */
    uint32_t clocks;           /* charged for executing it */
};

/* How a program's file was hashed, always to 64 bits. */
enum trace_hash {
    TRACE_HASH_FNV1A = 0, /* in older traces */
    TRACE_HASH_XXH3 = 1,  /* seed 0 */
};

struct trace_event {
    enum trace_kind kind;
    union {
        struct {
            const char *name, *value;
        } parameter;
        struct {
            uint32_t id; /* not 0 */
            const char *name;
            uint32_t segment_count;
            const struct trace_segment *segments;
        } program;
        uint32_t pid; /* of TRACE_SWITCH, TRACE_FORK, TRACE_NO_FORK,
                         TRACE_BORROW, TRACE_REAP; not 0 */
        struct {
            uint32_t program; /* its id, or 0 */
            const char *name;
            uint32_t stack; /* linear: ESP at its start; the pages from there on
                             * are there. 0: no stack */
            bool failed;    /* for want of memory: the old one goes on */
        } exec;
        struct {
            uint32_t pid;
            uint32_t wait_status; /* as wait(2) has it */
        } exit;
        struct trace_map map;
        struct trace_block block;
        struct {
            uint32_t linear;
            uint32_t bytes; /* not 0; does not run past 2^32 */
            bool write;
        } kernel;
        struct {
            uint8_t vector;
            bool software; /* INT n, rather than an exception or an interrupt */
            uint32_t eip;  /* as pushed */
        } trap;
        struct {
            uint32_t cost; /* its number */
            uint32_t times;
        } charge;
        struct {
            uint32_t linear; /* of the page */
            uint64_t hash;
        } content;
        struct trace_try try;
        uint32_t mark;
        uint32_t signal;
        struct {
            uint32_t from, to; /* linear, page boundaries */
            uint32_t bytes;
        } move;
        uint32_t page;  /* linear, of TRACE_KEEP */
        uint32_t count; /* of TRACE_UNCITED */
        struct {
            uint32_t linear;
            uint32_t bytes; /* 1 to TRACE_CODE_MAX */
            const uint8_t *code;
        } code;
        struct {
            uint32_t program; /* its id */
            const char *path;
            uint32_t bytes;
            enum trace_hash hash_kind;
            uint64_t hash; /* of its bytes */
        } file;
    };
};

/* Fetches and data accesses of a block: trace files number these, from 0. */
static inline uint32_t trace_shape_accesses(const struct trace_shape *shape)
{
    return (uint32_t)shape->insn_count - shape->again + shape->slot_count;
}

#endif
