/* cpu.h: one i386 processor: Unicorn executes, the MMU model translates.
 *
 * Unicorn's own page walk is replaced by a hook that asks the model
 * (UC_TLB_VIRTUAL). A refused access leaves the engine with the state before
 * the instruction; what the real processor would have pushed is then worked out
 * from the instruction itself (access.h).
 *
 * The processor knows nothing of what surrounds it: it runs at ring 3 until
 * something needs the supervisor, and says what.
 *
 * Its functions stand here and, of what they name, in boot.h, context.h,
 * fpuengine.h (the state of FPU and SSE), segments.h and translations.h; there
 * each cpu_* is for everybody, the others for this room.
 */
#ifndef MMU386_CPU_H
#define MMU386_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/access.h"
#include "cpu/boot.h"
#include "cpu/context.h"
#include "cpu/exit.h"
#include "cpu/fpuengine.h"
#include "cpu/fpustate.h"
#include "cpu/insn.h"
#include "cpu/registers.h"
#include "cpu/segments.h"
#include "cpu/translations.h"
#include "cpu/watch.h"
#include "mmu.h"

#define CPU_NO_BUDGET UINT64_MAX

struct cpu;

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
void cpu_give_code(struct cpu *cpu, int place, uint32_t linear,
                   const uint8_t *code, uint32_t bytes);

/* DR6 at the last #DB: which of its causes it was (80386 manual, 12.2.3). */
uint32_t cpu_debug_status(const struct cpu *cpu);

/* Of the last cpu_run's budget, the instructions left. */
uint64_t cpu_budget_left(const struct cpu *cpu);

/* Has `watcher` (NULL: nobody) told of each block that runs, or `observer` of
 * each access that goes through the TLB; a clocked processor only. Neither
 * changes what happens or is counted. False where memory is short, or without
 * the clock. */
bool cpu_watch(struct cpu *cpu, const struct watcher *watcher);
void cpu_observe(struct cpu *cpu, const struct mmu_observer *observer);

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
