/* engine.h: Unicorn, behind the few things that a processor asks of it. Nobody
 * else knows it.
 *
 * It executes ring 3 (and the one IRET that leads there), and finds its pages
 * by asking (UC_TLB_VIRTUAL). What it is known to do otherwise than the
 * processor is its users' business; engine.c is what Unicorn's interface asks.
 */
#ifndef MMU386_ENGINE_H
#define MMU386_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/fpustate.h"
#include "cpu/registers.h"
#include "paging.h"

struct engine;

/* What the engine is told of a page. */
struct engine_page {
    uint64_t phys;
    bool read, write, execute; /* what it may do; as asked for, and read */
};

/* The hooks that run often have the very form in which Unicorn calls: `handle`
 * is its own, and nobody's business. */
struct uc_struct;
typedef void engine_code_hook(struct uc_struct *handle, uint64_t linear,
                              uint32_t bytes, void *arg);
typedef void engine_memory_hook(struct uc_struct *handle, unsigned type,
                                uint64_t phys, int bytes, int64_t value,
                                void *arg);
#define ENGINE_STORE 17u /* `type` of a store */

struct engine_hooks {
    /* `page` is to be translated: false refuses it, and the engine stops
     * there. */
    bool (*fill)(void *arg, uint32_t page, enum mmu_access access,
                 struct engine_page *found);
    /* An exception or INT n: the engine goes on, if it is not stopped. */
    void (*interrupt)(void *arg, uint32_t vector);
    /* A block was translated, and runs next. */
    void (*translated)(void *arg, uint32_t linear, uint32_t bytes);
    engine_code_hook *block; /* each block, before it runs; while asked for */
    engine_memory_hook *memory; /* each store, or each access; the same */
    engine_code_hook *guard;    /* instructions that have one */
    void *arg;
};

/* An engine over `frames` frames at `memory`, and `extra_frames` behind them
 * at `extra`. NULL with *why (static text) where it cannot be had. */
struct engine *engine_new(const struct engine_hooks *hooks, uint8_t *memory,
                          uint32_t frames, uint8_t *extra,
                          uint32_t extra_frames, const char **why);
void engine_free(struct engine *engine);

/* ---- running ---- */

enum engine_end {
    ENGINE_STOPPED,   /* by engine_stop, at `until` or at an exit */
    ENGINE_EXCEPTION, /* a page was refused, or nobody stopped it */
    ENGINE_INVALID,   /* it knows no such instruction */
    ENGINE_FAILED,    /* engine_why says what of */
};

/* Runs from `eip` until it is stopped, or gets to `until` (linear; 0: nowhere).
 * Registers are those that were stored last. */
enum engine_end engine_run(struct engine *engine, uint32_t eip, uint32_t until);

/* From a hook: the block is left before its next instruction. */
void engine_stop(struct engine *engine);

/* Why the last run failed: static text. */
const char *engine_why(const struct engine *engine);

/* Stops also in front of these linear addresses, ascending; 0: of none. */
void engine_set_exits(struct engine *engine, uint64_t *linear, uint32_t count);

/* ---- hooks ---- */

/* Whether the block hook is called; code translated before has to be dropped.
 * False where the engine refuses. */
bool engine_see_blocks(struct engine *engine, bool see);

/* From now on the memory hook is called: for stores, and `loads` too. */
bool engine_see_memory(struct engine *engine, bool loads);

/* Has the guard hook called before the instruction at `linear`, once it is
 * translated anew, and takes it away again. */
bool engine_guard(struct engine *engine, uint32_t linear, size_t *guard);
void engine_unguard(struct engine *engine, size_t guard);

/* ---- translations ---- */

/* It asks for its pages again. */
void engine_forget_pages(struct engine *engine);

/* Drops code translated from the page at that linear address, which it asks the
 * fill hook for; or all of it. */
void engine_drop_page(struct engine *engine, uint64_t page);
void engine_drop_all(struct engine *engine);

/* True where its buffer of translated code is about to be full
 * (codebuffer.h): asked once a translation. */
bool engine_is_full(struct engine *engine);

/* ---- registers ---- */

/* General registers, EIP and EFLAGS; `eflags` takes the place of those of
 * `registers`. */
void engine_store(struct engine *engine, struct registers *registers,
                  uint32_t eflags);
void engine_fetch(struct engine *engine, struct registers *registers);

/* One of them; ENGINE_GENERAL and ENGINE_SELECTOR are the first of a row. */
enum engine_register {
    ENGINE_GENERAL,
    ENGINE_SELECTOR = ENGINE_GENERAL + GENERAL_REGISTERS,
    ENGINE_EIP = ENGINE_SELECTOR + SEGMENT_REGISTERS,
    ENGINE_EFLAGS,
    ENGINE_CR0,
    ENGINE_CR4,
    ENGINE_FPU_CONTROL,
    ENGINE_FPU_STATUS,
    ENGINE_FPU_TAGS,
    ENGINE_FPU_DATA, /* FDP: 64 bits here */
    ENGINE_MXCSR,
    ENGINE_REGISTERS
};
uint64_t engine_get(struct engine *engine, enum engine_register which);
bool engine_set(struct engine *engine, enum engine_register which,
                uint64_t value);

/* ECX and EFLAGS, at once. */
void engine_get_count(struct engine *engine, uint32_t *ecx, uint32_t *eflags);

bool engine_load_gdt(struct engine *engine, uint32_t linear, uint32_t bytes);
void engine_load_ldt(struct engine *engine, uint16_t selector, uint32_t linear,
                     uint32_t bytes);

/* FPU and SSE as the engine keeps them: the flags that it collects elsewhere
 * (fpuflags.h) are not in them. */
void engine_store_fpu(struct engine *engine, const struct fpu_state *state);
void engine_fetch_fpu(struct engine *engine, struct fpu_state *state);

/* Registers of 80 bits, in 16 bytes: ST(0), and one by its number from the
 * bottom, which is also that of MMX's. */
void engine_get_top(struct engine *engine, uint8_t value[16]);
void engine_get_fpu(struct engine *engine, int number, uint8_t value[16]);
void engine_set_fpu(struct engine *engine, int number, uint8_t value[16]);

/* ---- contexts: all that the engine knows, but memory ---- */

struct engine_context; /* engine_context_bytes of bytes, to be looked into */

struct engine_context *engine_context_new(struct engine *engine);
void engine_context_free(struct engine_context *context);
void engine_context_save(struct engine *engine, struct engine_context *context);
void engine_context_restore(struct engine *engine,
                            const struct engine_context *context);
size_t engine_context_bytes(struct engine *engine);

#endif
