/* cpu.h: one i386 processor: Unicorn executes, the MMU model translates.
 *
 * Unicorn's own page walk is replaced by a hook that asks the model
 * (UC_TLB_VIRTUAL). A refused access leaves the engine with the state before
 * the instruction; what the real processor would have pushed is then worked out
 * from the instruction itself (access.h).
 *
 * The processor knows nothing of what surrounds it: it runs at ring 3 until
 * something needs the supervisor, and says what.
 */
#ifndef MMU386_CPU_H
#define MMU386_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/access.h"
#include "cpu/fpustate.h"
#include "cpu/insn.h"
#include "cpu/registers.h"
#include "cpu/watch.h"
#include "mmu.h"

#define CPU_NO_BUDGET UINT64_MAX

enum cpu_stop {
    CPU_STOP_FAULT,     /* a page fault: fault is set */
    CPU_STOP_EXCEPTION, /* another exception: vector and error */
    CPU_STOP_INTERRUPT, /* INT n: vector; EIP is past it */
    CPU_STOP_BUDGET,    /* the instructions granted are used up */
    CPU_STOP_BROKEN,    /* the engine failed: why */
};

struct cpu_exit {
    enum cpu_stop stop;
    struct mmu_fault fault;
    uint32_t vector;
    uint32_t error;
    uint32_t insn_bytes; /* of the INT n that EIP is past */
    const char *why;
};

/* The selectors and tables that ring 3 starts with. */
struct cpu_segments {
    uint32_t gdt_linear;
    uint32_t gdt_bytes;
    /* selectors, with their RPL */
    uint16_t kernel_code, kernel_data, user_code, user_data;
    uint32_t iret_linear;  /* a supervisor's page that holds an IRET instruction
                              here... */
    uint32_t stack_linear; /* ...and the top of a stack to push its frame on */
};

struct cpu;
struct cpu_context; /* what a process has beyond struct registers: FPU, SSE,
                       descriptors */

/* Makes a processor of `generation` over `mem`, whose base it maps for good.
 * `clocked`: every instruction and access is seen, counted and taken through
 * the TLB; else only what Unicorn's own TLB misses is. `sink` may be NULL.
 * Returns NULL and sets *why (static text) on failure. */
struct cpu *cpu_new(const struct mmu_generation *generation,
                    const struct mmu_physmem *mem,
                    const struct mmu_event_sink *sink, bool clocked,
                    const char **why);

/* The same of a processor that executes nothing: what it would be told by
 * whoever runs it, he does himself. All but cpu_run and what concerns code may
 * be used; registers are those of a stopped processor. Clocked. */
struct cpu *cpu_new_replay(const struct mmu_generation *generation,
                           const struct mmu_physmem *mem,
                           const struct mmu_event_sink *sink, const char **why);
void cpu_free(struct cpu *cpu);

/* The processor's MMU and, while it is stopped, its registers, to be read and
 * written. Selectors other than CS and SS, and all bases, are read by
 * cpu_load_segments only. */
struct mmu *cpu_mmu(struct cpu *cpu);
struct registers *cpu_registers(struct cpu *cpu);
void cpu_load_segments(struct cpu *cpu);

/* Enters ring 3 with those segments, through an IRET as a kernel would; CR3
 * must be loaded. The state is kept as the one that every new program starts
 * with. False where the engine refused. */
bool cpu_enter_user(struct cpu *cpu, const struct cpu_segments *segments);

/* Runs at ring 3 until *exit says why it stopped; at most `budget`
 * instructions, counted so that each iteration of a repeated string instruction
 * is one. The count does not depend on `clocked`.
 */
void cpu_run(struct cpu *cpu, uint64_t budget, struct cpu_exit *exit);

/* Where the next instruction is, linear: CS's base and EIP. */
uint32_t cpu_place(const struct cpu *cpu);

/* Whether the code segment that it ran in last is one of 16 bits. */
bool cpu_code_is_16(const struct cpu *cpu);

/* Instructions executed since cpu_new, 0 where not clocked. */
uint64_t cpu_instructions(const struct cpu *cpu);

/* Clocks that those instructions took, by the figures of the generation's
 * manual (insnclocks.h); page walks and traps not included. 0 where not
 * clocked. */
uint64_t cpu_clocks(const struct cpu *cpu);

/* Of those instructions, how many took another processor's figure, their own
 * manual having none. */
uint64_t cpu_uncited(const struct cpu *cpu);

/* Of a processor that executes nothing: adds to those three. */
void cpu_add_executed(struct cpu *cpu, uint64_t instructions, uint64_t clocks,
                      uint64_t uncited);

/* Of a processor that executes nothing: `bytes` bytes of code from `linear` on
 * are what cpu_read_code finds there, until others are given in the same
 * `place`; place 0 comes before 1. They are the caller's. */
#define CPU_CODE_PLACES 2
void cpu_give_code(struct cpu *cpu, int place, uint32_t linear,
                   const uint8_t *code, uint32_t bytes);

/* DR6 at the last #DB: which of its causes it was (80386 manual, 12.2.3). */
#define DR6_BS 0x4000u /* a single step; F1 sets no bit */
uint32_t cpu_debug_status(const struct cpu *cpu);

/* Of the last cpu_run's budget, the instructions left. */
uint64_t cpu_budget_left(const struct cpu *cpu);

/* Has `watcher` (NULL: nobody) told of each block that runs, or `observer` of
 * each access that goes through the TLB; a clocked processor only. Neither
 * changes what happens or is counted. False where memory is short, or without
 * the clock. */
bool cpu_watch(struct cpu *cpu, const struct watcher *watcher);
void cpu_observe(struct cpu *cpu, const struct mmu_observer *observer);

/* Loads CR3: another address space. */
void cpu_load_cr3(struct cpu *cpu, uint32_t cr3);

/* Entries of the current address space changed: the engine forgets every
 * translation. The MMU's TLB is the caller's business. */
void cpu_forget_translations(struct cpu *cpu);

/* The page, whose frame was `frame`, is in another one of the same contents, or
 * may be written now: the guest's store to it faulted at those EIP and ESP. The
 * engine forgets the old translation, at the latest before anything but that
 * store runs. */
void cpu_page_moved(struct cpu *cpu, uint32_t page, uint32_t frame,
                    uint32_t eip, uint32_t esp);

/* Somebody other than the guest wrote to a frame: code translated from it is
 * dropped. */
void cpu_frame_written(struct cpu *cpu, uint32_t frame);

/* Contexts. A new one is the state of a fresh program. NULL where memory is
 * short. */
struct cpu_context *cpu_context_new(struct cpu *cpu);
void cpu_context_free(struct cpu_context *context);
void cpu_context_save(struct cpu *cpu, struct cpu_context *context);
void cpu_context_restore(struct cpu *cpu, const struct cpu_context *context);
void cpu_context_fresh(struct cpu *cpu, struct cpu_context *context);

/* The selector in a segment register as ring 3 has it, while the kernel runs
 * too; 0 of a processor that executes nothing. */
uint16_t cpu_selector(struct cpu *cpu, enum segment_register segment);

/* Loads a data segment register (DS, ES, FS or GS) at ring 3; false where the
 * selector is bad. */
bool cpu_load_selector(struct cpu *cpu, enum segment_register segment,
                       uint16_t selector);

/* Loads LDTR: `bytes` bytes of descriptors at `linear`; 0: no LDT. The
 * processor looks them up there, but what it finds is `entries`, the caller's:
 * two dwords each. */
void cpu_load_ldt(struct cpu *cpu, uint16_t selector, uint32_t linear,
                  const uint32_t *entries, uint32_t bytes);

/* Descriptors changed: loads the segment registers anew, as an i386 kernel does
 * on its way back to ring 3. A data segment that cannot be loaded any more
 * becomes null; with CS or SS the next cpu_run stops at once. */
void cpu_reload_segments(struct cpu *cpu);

/* FPU and SSE of the stopped processor. Of one that executes nothing: a fresh
 * one's. */
void cpu_fpu_save(struct cpu *cpu, struct fpu_state *state);
void cpu_fpu_load(struct cpu *cpu, const struct fpu_state *state);

/* Copies up to `bytes` code bytes at `linear` of the current address space;
 * returns how many are there to be fetched. */
uint32_t cpu_read_code(const struct cpu *cpu, uint32_t linear, uint8_t *code,
                       uint32_t bytes);

/* Disassembles the instruction in `code`, which is at `linear`, into `text`, as
 * decode_text does.
 */
char *cpu_disassemble(struct cpu *cpu, const uint8_t *code, uint32_t bytes,
                      uint32_t linear, char *text, size_t text_bytes);

#endif
