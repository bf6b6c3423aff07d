/* cpu.c: see cpu.h. */
#include "cpu/cpu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/barred.h"
#include "cpu/blame.h"
#include "cpu/branch.h"
#include "cpu/codeinfo.h"
#include "cpu/condition.h"
#include "cpu/crowded.h"
#include "cpu/decode.h"
#include "cpu/emulate.h"
#include "cpu/emulated.h"
#include "cpu/engine.h"
#include "cpu/fetches.h"
#include "cpu/fpuexec.h"
#include "cpu/fpuflags.h"
#include "cpu/guards.h"
#include "cpu/inflight.h"
#include "cpu/meter.h"
#include "cpu/opcodes.h"
#include "cpu/rewrite.h"
#include "cpu/search.h"
#include "cpu/segload.h"
#include "cpu/trap.h"
#include "cpu/watch.h"
#include "frames.h"

#define STALE_MAX 32u
/* an instruction is stopped and taken up again a few times */
#define STANDSTILL_MAX 10000u
/* of the boot's stack: enough that a block ends before its page does */
#define PROVOKING_BYTES 64u
/* no guest page: a way to name a frame to the engine */
#define ALIAS_PAGE    0xFFFFE000u
#define EFLAGS_IOPL_1 0x1000u
#define NOWHERE       0xFFFFFFFFu

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

/* A page that Unicorn asked for and did not get. */
struct miss {
    enum {
        MISS_NONE,
        MISS_REFUSED,   /* by the MMU */
        MISS_REWRITING, /* by see_stores: code may be rewritten from now on */
        MISS_CUT,       /* by see_store: the block's store to itself */
        MISS_SEARCHED,  /* by search_page: what was found comes before the
                         * page */
        MISS_CROWDED,   /* it is run one instruction at a time */
    } why;
    uint32_t page;
    enum mmu_access access;
};

/* What a frame was last handed to Unicorn for; the MEM hooks report physical
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
    struct cpu_context *patched; /* see forget_exception */
    size_t inflight;             /* offset in it (inflight.h) */

    /* Segments: see look_at_segments. */
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

struct cpu_context {
    struct engine_context *state;
};

/* ---- registers ---- */

/* What the engine's EFLAGS have besides: TF, where it is to run one
 * instruction; and, while GS is not flat, a bit of IOPL. Ring 3 has no more
 * rights with IOPL 1 than with 0, and the engine translates code apart for it:
 * that in which what goes through GS is guarded. */
static uint32_t extra_flags(const struct cpu *cpu)
{
    return (cpu->stepping ? EFLAGS_TF : 0) | (cpu->gs_flat ? 0 : EFLAGS_IOPL_1);
}

/* RF has no effect without breakpoints, and the instruction at EIP clears it:
 * the engine, which would translate that one anew, never has it. */
static void store_registers(struct cpu *cpu)
{
    uint32_t eflags = (cpu->registers.eflags & ~EFLAGS_RF) | extra_flags(cpu);
    engine_store(cpu->engine, &cpu->registers, eflags);
}

static void fetch_registers(struct cpu *cpu)
{
    engine_fetch(cpu->engine, &cpu->registers);
    cpu->registers.eflags &= ~EFLAGS_IOPL; /* ring 3 never has any */
}

static uint16_t fetch_selector(struct cpu *cpu, enum segment_register segment)
{
    return (uint16_t)engine_get(cpu->engine, ENGINE_SELECTOR + segment);
}

/* The descriptor that a selector names; 0, 0 where there is none. */
static struct segment_descriptor descriptor_of(struct cpu *cpu,
                                               uint16_t selector)
{
    struct segment_descriptor descriptor = {0, 0};
    struct mmu_fault fault;
    uint32_t entry = segload_entry(&cpu->tables, selector);
    if (entry != 0)
        (void)segload_descriptor(&cpu->view, &cpu->tables, entry, &descriptor,
                                 &fault);
    return descriptor;
}

/* The engine does not tell, in 32-bit mode, what it loaded. */
void cpu_load_segments(struct cpu *cpu)
{
    struct registers *r = &cpu->registers;
    if (cpu->engine == NULL)
        return;
    for (int i = 0; i < SEGMENT_REGISTERS; i++) {
        r->selector[i] = fetch_selector(cpu, (enum segment_register)i);
        const struct segment_descriptor descriptor =
            descriptor_of(cpu, r->selector[i]);
        r->base[i] = selector_base(&descriptor);
        r->limit[i] = selector_limit(&descriptor);
        r->rights[i] = descriptor.high;
    }
}

uint16_t cpu_selector(struct cpu *cpu, enum segment_register segment)
{
    return cpu->engine == NULL ? 0 : fetch_selector(cpu, segment);
}

/* Has the engine load a segment register. While it does it finds, in the place
 * of the descriptor, the one of the LDT, whose entries are in no memory, and
 * for CS one of code that can be read: it takes no other.
 * Whether it can is looked at before each access through it. */
static bool load_segment(struct cpu *cpu, enum segment_register segment,
                         uint16_t selector)
{
    uint32_t phys = 0;
    struct mmu_fault fault;
    struct segment_descriptor before;
    uint32_t entry = segload_entry(&cpu->tables, selector);
    bool found =
        entry != 0 &&
        mmu_probe(&cpu->mmu, entry, MMU_ACCESS_READ, false, &phys, &fault) &&
        mmu_physmem_has(cpu->mem, phys, sizeof before);
    if (found) {
        struct segment_descriptor loaded = descriptor_of(cpu, selector);
        loaded.high |= segment == CS ? DESCRIPTOR_WRITABLE : 0;
        memcpy(&before, cpu->mem->base + phys, sizeof before);
        memcpy(cpu->mem->base + phys, &loaded, sizeof loaded);
    }
    cpu->booting = true; /* the descriptor is read as the supervisor */
    bool done = engine_set(cpu->engine, ENGINE_SELECTOR + segment, selector);
    cpu->booting = false;
    if (found)
        memcpy(cpu->mem->base + phys, &before, sizeof before);
    return done;
}

static enum selector_use use_of(enum segment_register segment)
{
    return segment == CS   ? SELECTOR_RETURN
           : segment == SS ? SELECTOR_STACK
                           : SELECTOR_DATA;
}

bool cpu_load_selector(struct cpu *cpu, enum segment_register segment,
                       uint16_t selector)
{
    if (cpu->engine == NULL)
        return true;
    const struct segment_descriptor descriptor = descriptor_of(cpu, selector);
    const struct segment_descriptor *there =
        segload_entry(&cpu->tables, selector) == 0 ? NULL : &descriptor;
    cpu->segments_stale = true;
    return selector_refusal(use_of(segment), selector, there).vector ==
               NO_EXCEPTION &&
           load_segment(cpu, segment, selector) &&
           fetch_selector(cpu, segment) == selector;
}

/* ---- guest memory ---- */

uint32_t cpu_read_code(const struct cpu *cpu, uint32_t linear, uint8_t *code,
                       uint32_t bytes)
{
    uint8_t there;
    if (cpu->engine == NULL &&
        view_read_code(&cpu->view, linear, &there, 1) == 0)
        return 0;
    for (int i = 0; i < CPU_CODE_PLACES; i++) {
        const struct given_code *given = &cpu->given[i];
        uint32_t before = linear - given->linear;
        if (before >= given->bytes || (i == 0 && bytes > INSN_MAX_BYTES))
            continue;
        if (bytes > given->bytes - before)
            bytes = given->bytes - before;
        memcpy(code, given->code + before, bytes);
        return bytes;
    }
    return view_read_code(&cpu->view, linear, code, bytes);
}

char *cpu_disassemble(struct cpu *cpu, const uint8_t *code, uint32_t bytes,
                      uint32_t linear, char *text, size_t text_bytes)
{
    return decode_text(cpu->decoder, code, bytes, linear, text, text_bytes);
}

/* ---- faults ---- */

/* What comes of an instruction's accesses. */
enum verdict { VERDICT_DONE, VERDICT_FAULT, VERDICT_EXCEPTION };

/* Sets fault, or vector and error. */
static enum verdict judge_insn(struct cpu *cpu, const struct insn *insn)
{
    struct refusal refusal;
    bool stored = false;
    cpu_load_segments(cpu);
    bool refused = blame_insn(&cpu->view, insn, &cpu->fault, &refusal, &stored);
    if (stored)
        cpu->code_stale = true; /* it might have been code */
    if (!refused)
        return VERDICT_DONE;
    if (refusal.vector == NO_EXCEPTION)
        return VERDICT_FAULT;
    cpu->vector = refusal.vector;
    cpu->error = refusal.error;
    return VERDICT_EXCEPTION;
}

static uint32_t here(const struct cpu *cpu)
{
    return view_here(&cpu->view);
}

/* The engine asks for its pages again. */
static void forget_pages(struct cpu *cpu)
{
    engine_forget_pages(cpu->engine);
    cpu->fill_epoch++;
}

enum resolution {
    RESOLVED_EXCEPTION, /* cpu->vector and error are */
    RESOLVED_FAULT,     /* cpu->fault is what the processor raises */
    RESOLVED_RUN_TO,    /* run as far as *until first */
    RESOLVED_RETRY,
    RESOLVED_BROKEN,
};

static enum resolution resolve_fetch(struct cpu *cpu, uint32_t *until)
{
    uint32_t page = cpu->miss.page;
    uint32_t linear = here(cpu);
    struct insn insn;
    uint32_t phys;
    if ((linear & MMU_PAGE_MASK) != page) {
        uint32_t last = blame_fetch(&cpu->view, page);
        if (last != linear) {
            *until = last;
            return RESOLVED_RUN_TO;
        }
        if (view_decode(&cpu->view, linear, &insn) &&
            insn.raises != NO_EXCEPTION) {
            cpu->vector = insn.raises; /* the engine, which takes it for
                                          another, read on */
            cpu->error = 0;
            return RESOLVED_EXCEPTION;
        }
        linear = page;
    }
    if (!mmu_probe(&cpu->mmu, linear, MMU_ACCESS_FETCH, true, &phys,
                   &cpu->fault))
        return RESOLVED_FAULT;
    return RESOLVED_BROKEN;
}

static enum resolution resolve_miss(struct cpu *cpu, uint32_t *until)
{
    struct insn insn;
    struct mmu_fault fault;
    uint32_t phys;
    uint32_t page = cpu->miss.page;
    if (cpu->miss.access == MMU_ACCESS_FETCH)
        return resolve_fetch(cpu, until);
    bool decoded = view_decode(&cpu->view, here(cpu), &insn);
    enum verdict verdict = decoded ? judge_insn(cpu, &insn) : VERDICT_DONE;
    if (verdict != VERDICT_DONE)
        return verdict == VERDICT_FAULT ? RESOLVED_FAULT : RESOLVED_EXCEPTION;
    bool granted =
        mmu_probe(&cpu->mmu, page, cpu->miss.access, false, &phys, &fault);
    if (decoded && insn.system && granted &&
        !(cpu->system_granted && cpu->system_page == page)) {
        cpu->system_granted = true;
        cpu->system_page = page;
        return RESOLVED_RETRY;
    }
    if (!mmu_probe(&cpu->mmu, page, cpu->miss.access, true, &phys, &cpu->fault))
        return RESOLVED_FAULT;
    return RESOLVED_BROKEN;
}

/* ---- hooks: memory ---- */

static bool system_access(const struct cpu *cpu, uint32_t page)
{
    return cpu->booting || (cpu->system_granted && cpu->system_page == page);
}

/* Without the clock Unicorn's TLB is the only one, and a fill the only walk.
 * With it the walk is done by the access that follows (on_memory, on_code),
 * through the model's TLB. */
static bool translate_fill(struct cpu *cpu, uint32_t page,
                           enum mmu_access access, bool user, uint32_t *phys)
{
    struct mmu_fault fault;
    if (cpu->clocked)
        return mmu_probe(&cpu->mmu, page, access, user, phys, &fault);
    return mmu_translate(&cpu->mmu, page, access, user, phys, &fault);
}

static void note_code(struct cpu *cpu, uint32_t frame)
{
    cpu->frame_is_code[frame] = 1;
    if (!cpu->frame_is_listed[frame])
        cpu->code_frames[cpu->code_frame_count++] = frame;
    cpu->frame_is_listed[frame] = 1;
}

/* Nothing of code can be remembered any more. */
static void note_rewriting(struct cpu *cpu)
{
    if (!cpu->meter.code_is_written)
        cpu->meter.epoch++;
    cpu->meter.code_is_written = true;
}

/* Whether code may be rewritten once the frame is filled so: by a store to
 * code, or, at another linear address, to what becomes code. */
static bool rewrites(const struct cpu *cpu, uint32_t frame, uint32_t page,
                     enum mmu_access access)
{
    const struct fill *fill = &cpu->fills[frame];
    if (access == MMU_ACCESS_WRITE)
        return cpu->frame_is_code[frame];
    return access == MMU_ACCESS_FETCH && fill->epoch == cpu->fill_epoch &&
           fill->written && (fill->ambiguous || fill->page != page);
}

static void note_fill(struct cpu *cpu, uint32_t frame, uint32_t page,
                      enum mmu_access access, bool system)
{
    if (access == MMU_ACCESS_WRITE && page == cpu->moved.page)
        cpu->moved.page = NOWHERE;
    if (access == MMU_ACCESS_WRITE)
        cpu->frame_found[frame] = 0;
    if (access == MMU_ACCESS_FETCH)
        note_code(cpu, frame);
    else if (access == MMU_ACCESS_WRITE && cpu->frame_is_code[frame])
        note_rewriting(cpu);
    struct fill *fill = &cpu->fills[frame];
    bool current = fill->epoch == cpu->fill_epoch;
    fill->ambiguous = current && (fill->ambiguous || fill->page != page);
    fill->written = access == MMU_ACCESS_WRITE || (current && fill->written);
    fill->page = page;
    fill->system = system;
    fill->epoch = cpu->fill_epoch;
}

static bool in_shadow(const struct shadow *shadow, uint32_t page)
{
    return page - shadow->page < SHADOW_PAGES * MMU_PAGE_SIZE;
}

/* What the engine is told of the page; the first refusal counts. */
static void refuse(struct cpu *cpu, int why, uint32_t page,
                   enum mmu_access access)
{
    if (cpu->miss.why == MISS_NONE)
        cpu->miss = (struct miss){.why = why, .page = page, .access = access};
}

/* Has the engine stop in front of what is barred, and where it was told to. */
static void set_exits(struct cpu *cpu)
{
    struct barred *barred = &cpu->barred;
    bool added = barred->count > 0 && cpu->run_to != 0 &&
                 barred_add(barred, cpu->run_to);
    engine_set_exits(cpu->engine, barred->linear, barred->count);
    if (added)
        barred_remove(barred, cpu->run_to);
}

/* False where the engine must begin anew: it would not stop in front of what is
 * barred. */
static bool search_page(struct cpu *cpu, uint32_t page, uint32_t frame)
{
    uint8_t *known = &cpu->frame_found[frame];
    if ((*known & FOUND_NONE_BARRED) == 0 &&
        barred_none_in(mmu_physmem_frame(cpu->mem, frame)))
        *known |= FOUND_NONE_BARRED;
    if ((*known & FOUND_NONE_BARRED) != 0 &&
        !barred_may_run_into(&cpu->view, page))
        return true;
    cpu->barred_anew = cpu->barred.count > BARRED_MAX;
    enum barred_found found = barred_look(&cpu->barred, &cpu->view, page);
    if (found != BARRED_NOTHING_NEW)
        set_exits(cpu);
    return found != BARRED_NEW_BEFORE && !cpu->barred_anew;
}

static bool is_crowded(struct cpu *cpu, uint32_t frame)
{
    uint8_t *known = &cpu->frame_found[frame];
    if ((*known & (FOUND_ROOMY | FOUND_CROWDED)) == 0)
        *known |= crowded_page(mmu_physmem_frame(cpu->mem, frame))
                      ? FOUND_CROWDED
                      : FOUND_ROOMY;
    return (*known & FOUND_CROWDED) != 0;
}

/* The engine is to translate from the page: why it must not as yet. */
static int look_at_code(struct cpu *cpu, uint32_t page, uint32_t frame)
{
    if (cpu->booting)
        return MISS_NONE;
    if (!search_page(cpu, page, frame))
        return MISS_SEARCHED;
    return !cpu->stepping && is_crowded(cpu, frame) ? MISS_CROWDED : MISS_NONE;
}

static bool on_fill(void *arg, uint32_t page, enum mmu_access access,
                    struct engine_page *found)
{
    struct cpu *cpu = arg;
    uint32_t phys;
    bool system = false;
    if (cpu->dropping_code) {
        *found = (struct engine_page){page, true, false, true};
        return true;
    }
    if (cpu->alias_frame != MMU_FRAME_NONE) {
        *found = (struct engine_page){
            (uint64_t)cpu->alias_frame << MMU_PAGE_SHIFT, true, false, true};
        return true;
    }
    if (cpu->rewrite.refused) {
        refuse(cpu, MISS_CUT, page, access);
        return false;
    }
    if (cpu->shadow.cast && access == MMU_ACCESS_FETCH &&
        in_shadow(&cpu->shadow, page)) {
        uint32_t frame = cpu->mem->frames + (page != cpu->shadow.page);
        *found = (struct engine_page){(uint64_t)frame << MMU_PAGE_SHIFT, false,
                                      false, true};
        return true;
    }
    bool granted = translate_fill(cpu, page, access, true, &phys);
    if (!granted && system_access(cpu, page)) {
        granted = translate_fill(cpu, page, access, false, &phys);
        system = true;
        cpu->system_granted = false; /* what asks for the page next may be the
                                        program */
    }
    if (!granted || !mmu_physmem_has(cpu->mem, phys, MMU_PAGE_SIZE)) {
        refuse(cpu, MISS_REFUSED, page, access);
        return false;
    }
    if (!cpu->sees_stores && !cpu->booting &&
        rewrites(cpu, phys >> MMU_PAGE_SHIFT, page, access)) {
        refuse(cpu, MISS_REWRITING, page, access);
        return false;
    }
    int why = access == MMU_ACCESS_FETCH
                  ? look_at_code(cpu, page, phys >> MMU_PAGE_SHIFT)
                  : MISS_NONE;
    if (why != MISS_NONE) {
        refuse(cpu, why, page, access);
        return false;
    }
    note_fill(cpu, phys >> MMU_PAGE_SHIFT, page, access, system);
    found->phys = phys;
    return true;
}

static void through_tlb(struct cpu *cpu, uint32_t linear,
                        enum mmu_access access, bool user)
{
    uint32_t phys;
    struct mmu_fault fault;
    cpu->refused =
        !mmu_translate(&cpu->mmu, linear, access, user, &phys, &fault);
}

/* Where the engine is, linear, as far as it knows. */
static uint32_t engine_place(struct cpu *cpu)
{
    return cpu->registers.base[CS] +
           (uint32_t)engine_get(cpu->engine, ENGINE_EIP);
}

/* The instruction of the block that accesses `phys`, from `place` on; `place`
 * where none does. */
static uint32_t search_place(struct cpu *cpu, uint32_t place, uint32_t phys)
{
    uint32_t end = cpu->fetches.linear + cpu->fetches.bytes;
    struct insn insn;
    uint32_t linear;
    fetch_registers(cpu);
    cpu_load_segments(cpu);
    for (uint32_t at = place; at < end && view_decode(&cpu->view, at, &insn);
         at += insn.length)
        if (blame_access(&cpu->view, &insn, phys, &linear))
            return at;
    return place;
}

/* The instruction that makes the access; what the engine knows may be one of
 * before. */
static uint32_t place_of_access(struct cpu *cpu, uint32_t phys)
{
    const struct fetches *fetches = &cpu->fetches;
    if (cpu->rewrite.alone)
        return cpu->meter.linear;
    uint32_t first =
        fetches->place == FETCHES_NOWHERE ? fetches->linear : fetches->place;
    uint32_t place = engine_place(cpu);
    if (place < first || place - fetches->linear >= fetches->bytes)
        place = first;
    return fetches->loose ? search_place(cpu, place, phys) : place;
}

/* Where one frame is mapped at two pages, the instruction tells which of them
 * it means. */
static uint32_t linear_of_access(struct cpu *cpu, uint32_t phys, uint32_t place)
{
    const struct fill *fill = &cpu->fills[phys >> MMU_PAGE_SHIFT];
    uint32_t linear = fill->page | (phys & ~MMU_PAGE_MASK);
    struct insn insn = cpu->rewrite.insn;
    if (!fill->ambiguous ||
        !(cpu->rewrite.alone ? insn.length > 0
                             : view_decode(&cpu->view, place, &insn)))
        return linear;
    fetch_registers(cpu);
    cpu_load_segments(cpu);
    (void)blame_access(&cpu->view, &insn, phys, &linear);
    return linear;
}

static bool crosses_page(uint32_t phys, uint32_t bytes)
{
    return (phys & ~MMU_PAGE_MASK) + bytes > MMU_PAGE_SIZE;
}

static void tell_access(struct cpu *cpu, uint32_t place, uint32_t linear,
                        uint32_t bytes, enum mmu_access access, bool user,
                        bool made)
{
    struct watched_access *told = watch_access(&cpu->watch);
    if (told == NULL)
        return;
    *told = (struct watched_access){
        .linear = linear,
        .insn = (uint16_t)(place - cpu->fetches.linear),
        .bytes = (uint8_t)bytes,
        .access = (uint8_t)access,
        .system = !user,
        .again = made,
    };
}

/* Whether this access of the instruction at `place` was made when it was tried
 * before. */
static bool was_made(struct cpu *cpu, uint32_t place, uint32_t phys, bool write)
{
    struct tried *tried = &cpu->tried;
    if (tried->linear != place)
        *tried = (struct tried){.linear = place};
    tried->accesses++;
    if (tried->skips_to_store) {
        tried->skips_to_store = !(write && phys == tried->store);
        return tried->skips_to_store || tried->made_store;
    }
    if (tried->skip == 0)
        return false;
    tried->skip--;
    return true;
}

/* An access whose place in the order of the program counts. The engine tells of
 * a store across a page's end once; of such a load once, then of the two
 * aligned loads that it is made of: the first of these is nothing new, the
 * second is the other page's. */
static void on_careful_access(struct cpu *cpu, uint32_t phys, uint32_t bytes,
                              bool write)
{
    enum mmu_access access = write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ;
    bool user = !cpu->fills[phys >> MMU_PAGE_SHIFT].system;
    if (!write && phys == cpu->split) {
        cpu->split = NOWHERE;
        return;
    }
    uint32_t place = place_of_access(cpu, phys);
    uint32_t linear = linear_of_access(cpu, phys, place);
    fetches_until(&cpu->fetches, place);
    bool made = was_made(cpu, place, phys, write);
    if (cpu->watch.watcher.accesses)
        tell_access(cpu, place, linear, bytes, access, user, made);
    if (!write && crosses_page(phys, bytes))
        cpu->split = phys & ~(bytes - 1);
    if (made)
        return;
    through_tlb(cpu, linear, access, user);
    if (write && crosses_page(phys, bytes) && !cpu->refused)
        through_tlb(cpu, (linear | ~MMU_PAGE_MASK) + 1, access, user);
    fetches_recheck(&cpu->fetches);
}

/* A store that may be to the block that runs: true where it is not made, and
 * the block is left. The engine looks at no store of an instruction that it has
 * taken up. */
static bool see_store(struct cpu *cpu, uint32_t phys, uint32_t bytes)
{
    const struct meter *meter = &cpu->meter;
    note_rewriting(cpu);
    if (meter->insns == 0 || cpu->rewrite.alone || cpu->rewrite.pending)
        return false;
    uint32_t place =
        cpu->clocked ? place_of_access(cpu, phys) : engine_place(cpu);
    uint32_t linear = linear_of_access(cpu, phys, place);
    if (rewrite_see(&cpu->rewrite, &cpu->view, meter->linear, meter->bytes,
                    linear, bytes, phys) != REWRITE_REFUSE)
        return false;
    forget_pages(cpu); /* it asks for the page again, and does not get it */
    return true;
}

static void on_memory(struct uc_struct *handle, unsigned type, uint64_t address,
                      int size, int64_t value, void *arg)
{
    struct cpu *cpu = arg;
    uint32_t phys = (uint32_t)address;
    bool write = type == ENGINE_STORE;
    (void)handle;
    (void)value;
    if (cpu->booting || phys >> MMU_PAGE_SHIFT >= cpu->mem->frames)
        return;
    if (write &&
        (cpu->frame_is_code[phys >> MMU_PAGE_SHIFT] ||
         crosses_page(phys, (uint32_t)size)) &&
        see_store(cpu, phys, (uint32_t)size))
        return;
    if (!cpu->clocked)
        return;
    const struct fill *fill = &cpu->fills[phys >> MMU_PAGE_SHIFT];
    uint32_t linear = fill->page | (phys & ~MMU_PAGE_MASK);
    bool careful = cpu->fetches.exact || cpu->split != NOWHERE ||
                   fill->ambiguous || fill->system ||
                   cpu->tried.skips_to_store ||
                   crosses_page(phys, (uint32_t)size) ||
                   mmu_order_matters(&cpu->mmu, cpu->fetches.linear, linear);
    if (careful || !mmu_data_hit(&cpu->mmu, linear, write))
        on_careful_access(cpu, phys, (uint32_t)size, write);
    else if (cpu->watch.watcher.accesses)
        tell_access(cpu, place_of_access(cpu, phys), linear, (uint32_t)size,
                    write ? MMU_ACCESS_WRITE : MMU_ACCESS_READ, true, false);
}

/* ---- hooks: instructions ---- */

/* Stops before the instruction at `linear`, if the engine does not know that by
 * itself. */
static void stop_at(struct cpu *cpu, enum stopped why, uint32_t linear)
{
    cpu->stopped = why;
    cpu->stopped_at = linear;
    if (cpu->running)
        engine_stop(cpu->engine);
}

static void stop(struct cpu *cpu, enum stopped why)
{
    stop_at(cpu, why, NOWHERE);
}

static uint32_t components_at(const struct cpu *cpu, uint32_t linear)
{
    struct insn insn;
    return view_decode(&cpu->view, linear, &insn) ? insn_components(&insn) : 0;
}

/* The block that runs has completed; what follows is at `next`. */
static void leave_block(struct cpu *cpu, uint32_t next, uint32_t components)
{
    if (cpu->clocked)
        fetches_finish(&cpu->fetches);
    meter_leave(&cpu->meter, next, components,
                cpu->iterated || cpu->fetches.place == cpu->meter.last);
}

/* The block that runs was left before the instruction at `linear`, which is
 * taken up again. */
static void cut_block(struct cpu *cpu, uint32_t linear)
{
    struct rewrite *rewrite = &cpu->rewrite;
    cpu->tried = (struct tried){.linear = linear,
                                .skips_to_store = true,
                                .made_store = !rewrite->refused,
                                .store = rewrite->store};
    rewrite_take_up(rewrite, &cpu->view, linear);
    if (cpu->clocked)
        fetches_cut(&cpu->fetches, linear);
    meter_cut(&cpu->meter, cpu->codeinfo, &cpu->view, linear);
    if (rewrite->flags_at == linear) {
        /* the guest's, not a step's */
        uint32_t trap = cpu->registers.eflags & EFLAGS_TF;
        cpu->registers.eflags = (rewrite->flags & ~EFLAGS_TF) | trap;
        (void)engine_set(cpu->engine, ENGINE_EFLAGS, rewrite->flags);
    }
}

static bool is_taken_up(const struct cpu *cpu, const struct meter_block *block)
{
    const struct meter *meter = &cpu->meter;
    return cpu->rewrite.pending && meter->insns > 0 && block->info.insns == 1 &&
           block->linear - meter->linear < meter->bytes;
}

static void on_block(struct uc_struct *handle, uint64_t address, uint32_t size,
                     void *arg)
{
    struct cpu *cpu = arg;
    uint32_t linear = (uint32_t)address;
    (void)handle;
    if (cpu->booting)
        return;
    if (cpu->shadow.cast && cpu->shadow.entered) {
        stop_at(cpu, STOPPED_SHADOW, linear);
        return;
    }
    cpu->shadow.entered = cpu->shadow.cast;
    const struct meter_block *block =
        meter_find(&cpu->meter, cpu->codeinfo, &cpu->view, linear, size);
    bool resumed = cpu->tried.skip_fetch && cpu->tried.linear == linear;
    if (!resumed)
        cpu->tried = (struct tried){.linear = NOWHERE};
    cpu->tried.skip_fetch = false;
    bool taken_up = is_taken_up(cpu, block);
    resumed = resumed || taken_up;
    if (taken_up)
        cut_block(cpu, linear);
    else
        leave_block(cpu, linear, block->info.components);
    watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
    if (!taken_up)
        rewrite_forget(&cpu->rewrite);
    cpu->rewrite.alone = taken_up || cpu->shadow.cast;
    bool again = meter_repeats(&cpu->meter, block);
    watch_begin(&cpu->watch, &cpu->meter, &cpu->mmu, block, again, resumed);
    if (cpu->rewrite.alone)
        watch_code(&cpu->watch, cpu->rewrite.code);
    switch (meter_enter(&cpu->meter, block)) {
    case METER_RUN:
        if (cpu->clocked)
            fetches_begin(&cpu->fetches, block, again || resumed ? 1 : 0);
        break;
    case METER_STOP:
        cpu->watch.runs = false;
        stop_at(cpu, STOPPED_BLOCK, linear);
        break;
    case METER_RELAX:
        stop_at(cpu, STOPPED_RELAX, linear);
        break;
    }
}

static void on_interrupt(void *arg, uint32_t vector)
{
    struct cpu *cpu = arg;
    cpu->vector = vector;
    stop(cpu, STOPPED_INTERRUPT);
}

/* ---- FPU and SSE ---- */

#define CR0_MP 0x00000002u
#define CR0_TS 0x00000008u

#define FPU_WATCHED 64u /* instructions */

/* CR0.TS and MP: every instruction of FPU, MMX and SSE raises #NM, WAIT too
 * (SDM volume 3, 2.5). */
static void set_fpu_traps(struct cpu *cpu, bool traps)
{
    if (traps == cpu->fpu_traps)
        return;
    cpu->fpu_traps = traps;
    uint64_t cr0 = engine_get(cpu->engine, ENGINE_CR0);
    cr0 = traps ? cr0 | CR0_TS | CR0_MP : cr0 & ~(uint64_t)(CR0_TS | CR0_MP);
    (void)engine_set(cpu->engine, ENGINE_CR0, cr0);
}

/* The flags that the engine has collected are those of the guest: there is
 * nowhere else to look. */
static void fetch_fpu_flags(struct cpu *cpu, struct fpu_state *state)
{
    if (cpu->fpu_flags.fpu == 0)
        return;
    engine_context_save(cpu->engine, cpu->patched->state);
    state->status =
        (uint16_t)((state->status & ~FPU_STATUS_FLAGS) |
                   fpu_flags_of_fpu(cpu->patched->state, &cpu->fpu_flags));
    state->mxcsr = (state->mxcsr & ~FPU_STATUS_FLAGS) |
                   fpu_flags_of_sse(cpu->patched->state, &cpu->fpu_flags);
}

static void store_fpu_flags(struct cpu *cpu, const struct fpu_state *state)
{
    if (cpu->fpu_flags.fpu == 0)
        return;
    engine_context_save(cpu->engine, cpu->patched->state);
    fpu_flags_set(cpu->patched->state, &cpu->fpu_flags,
                  state->status & FPU_STATUS_FLAGS, state->mxcsr);
    engine_context_restore(cpu->engine, cpu->patched->state);
}

void cpu_fpu_save(struct cpu *cpu, struct fpu_state *state)
{
    fpu_state_init(state);
    if (cpu->engine == NULL)
        return;
    engine_fetch_fpu(cpu->engine, state);
    fetch_fpu_flags(cpu, state);
    fpu_normalize(state);
}

void cpu_fpu_load(struct cpu *cpu, const struct fpu_state *state)
{
    struct fpu_state loaded = *state;
    if (cpu->engine == NULL)
        return;
    fpu_normalize(&loaded);
    engine_store_fpu(cpu->engine, &loaded);
    store_fpu_flags(cpu, &loaded);
    if (cpu->fpu_host != NULL)
        set_fpu_traps(cpu, fpu_is_unmasked(&loaded) ||
                               (loaded.status & FPU_STATUS_SUMMARY) != 0);
}

/* ---- guards: instructions that are looked at before they run ---- */

static const struct mmu_generation *clock_generation(const struct cpu *cpu)
{
    return cpu->clocked ? cpu->mmu.control.generation : NULL;
}

/* Looks at one that loads a segment register, or asks about a selector. */
static void look_at_load(struct cpu *cpu, const struct insn *insn)
{
    cpu_load_segments(cpu);
    segload_look(&cpu->view, &cpu->tables, insn, &cpu->load);
    cpu->fault = cpu->load.fault;
    cpu->vector = cpu->load.refusal.vector;
    cpu->error = cpu->load.refusal.error;
    switch (cpu->load.outcome) {
    case SEGLOAD_DONE:
        stop_at(cpu, STOPPED_LOAD, insn->linear);
        break;
    case SEGLOAD_FAULT:
        stop_at(cpu, STOPPED_GUARD, insn->linear);
        break;
    case SEGLOAD_EXCEPTION:
        stop_at(cpu, STOPPED_FORBIDDEN, insn->linear);
        break;
    }
}

static void look_at_accesses(struct cpu *cpu, const struct insn *insn)
{
    switch (judge_insn(cpu, insn)) {
    case VERDICT_DONE:
        if (insn->emulated != EMULATED_NOT)
            stop_at(cpu, STOPPED_EMULATE, insn->linear);
        else if (codeinfo_pushes_flags(insn) && (cpu->strict || !cpu->gs_flat))
            stop_at(cpu, STOPPED_PUSH, insn->linear);
        break;
    case VERDICT_FAULT:
        if (insn->implicit != IMPLICIT_POP_ALL) /* it keeps what it loaded
                                                   before */
            stop_at(cpu, STOPPED_GUARD, insn->linear);
        break;
    case VERDICT_EXCEPTION:
        stop_at(cpu, STOPPED_FORBIDDEN, insn->linear);
        break;
    }
}

/* Looks at an instruction that may be refused, or has to be done without the
 * engine. */
static void look_ahead(struct cpu *cpu, const struct insn *insn)
{
    fetch_registers(cpu);
    cpu->registers.eip = insn->linear - cpu->registers.base[CS];
    cpu->rewrite.flags_at = insn->linear;
    cpu->rewrite.flags = cpu->registers.eflags;
    if (insn->raises != NO_EXCEPTION) {
        cpu->vector = insn->raises;
        cpu->error = 0;
        stop_at(cpu, STOPPED_FORBIDDEN, insn->linear);
    } else if (insn->timestamp)
        stop_at(cpu, STOPPED_TIMESTAMP, insn->linear);
    else if (insn->interrupt)
        stop_at(cpu, STOPPED_SOFTWARE, insn->linear);
    else if (insn->loads)
        look_at_load(cpu, insn);
    else
        look_at_accesses(cpu, insn);
}

/* The value in memory or in a register that the clocks of `insn` depend on;
 * false where it cannot be read, so that the instruction will fault. */
static bool read_operand(struct cpu *cpu, const struct insn *insn,
                         uint32_t bytes, uint32_t *operand)
{
    uint32_t number = insn->modrm & 7;
    *operand = 0;
    if (insn->has_memory) {
        fetch_registers(cpu);
        cpu_load_segments(cpu);
        return blame_read(&cpu->view, insn, operand, bytes);
    }
    bool high = bytes == 1 && number >= 4; /* AH, CH, DH, BH */
    *operand = (uint32_t)engine_get(
        cpu->engine, ENGINE_GENERAL + (high ? number - 4 : number));
    if (high)
        *operand >>= 8;
    return true;
}

static void add_operand_clocks(struct cpu *cpu, const struct guard *guard)
{
    uint32_t operand = 0;
    const struct insn_clocks *clocks = &guard->clocks;
    if (clocks->rule == CLOCKS_CONDITIONAL) {
        fetch_registers(cpu);
        cpu->meter.taken = condition_holds(&guard->insn, &cpu->registers);
        return;
    }
    if (clocks->rule == CLOCKS_COUNT)
        operand = (uint32_t)engine_get(cpu->engine, ENGINE_GENERAL + ECX);
    else if (!read_operand(cpu, &guard->insn, clocks->operand_bytes, &operand))
        return;
    if (clocks->rule == CLOCKS_GRANULAR)
        operand = (descriptor_of(cpu, (uint16_t)operand).high &
                   DESCRIPTOR_IN_PAGES) != 0;
    meter_add_operand(&cpu->meter, guard->linear,
                      insn_operand_clocks(cpu->mmu.control.generation->id,
                                          &guard->insn, clocks, operand));
}

/* Puts into the status word what the engine has collected. */
static void show_fpu_flags(struct cpu *cpu)
{
    struct fpu_state state = {
        .status = (uint16_t)engine_get(cpu->engine, ENGINE_FPU_STATUS)};
    uint16_t shown = state.status;
    fetch_fpu_flags(cpu, &state);
    if (state.status != shown)
        (void)engine_set(cpu->engine, ENGINE_FPU_STATUS, state.status);
}

static uint16_t fetch_control(struct cpu *cpu)
{
    return (uint16_t)engine_get(cpu->engine, ENGINE_FPU_CONTROL);
}

/* The value of a register in an address; 0 of none. */
static uint32_t fetch_general(struct cpu *cpu, uint8_t number)
{
    if (number == NO_REGISTER)
        return 0;
    return (uint32_t)engine_get(cpu->engine, ENGINE_GENERAL + number);
}

/* Where the operand of `insn` is, whose segment is flat as a rule. */
static uint32_t fetch_operand_linear(struct cpu *cpu, const struct insn *insn)
{
    const struct memory_operand *memory = &insn->memory;
    uint16_t selector =
        fetch_selector(cpu, (enum segment_register)memory->segment);
    if (selector != cpu->flat_selector || memory->address16) {
        fetch_registers(cpu);
        cpu_load_segments(cpu);
        return blame_operand(&cpu->view, insn);
    }
    return memory->displacement + fetch_general(cpu, memory->base) +
           fetch_general(cpu, memory->index) * memory->scale;
}

/* What FLDCW is about to load: something that the engine does as well as the
 * processor? */
static bool loads_plain_control(struct cpu *cpu, const struct insn *insn)
{
    uint16_t control = 0;
    uint32_t linear = fetch_operand_linear(cpu, insn);
    return view_read_code(&cpu->view, linear, (uint8_t *)&control, 2) == 2 &&
           fpu_is_plain_control(control);
}

/* A write to an MMX register sets the upper bits of the FPU's (SDM volume
 * 1, 9.2.1), the engine's leaves them. */
static void fill_mmx_exponents(struct cpu *cpu, uint8_t mmx)
{
    for (int i = 0; i < (int)FPU_REGISTERS; i++) {
        uint8_t value[16] = {0};
        if ((mmx >> i & 1) == 0)
            continue;
        engine_get_fpu(cpu->engine, i, value);
        value[8] = value[9] = 0xFF;
        engine_set_fpu(cpu->engine, i, value);
    }
}

static bool top_is_negative(struct cpu *cpu)
{
    uint8_t value[16] = {0};
    engine_get_top(cpu->engine, value);
    return (value[9] & 0x80) != 0;
}

/* An operand that has been aligned each time is so by the program's making:
 * after a while nobody looks any more, as looking costs more than the
 * instruction. */
#define ALIGNED_ENOUGH 256u
#define ALIGNED_OFTEN  64u

static bool is_aligned(struct cpu *cpu, struct guard *guard)
{
    if ((fetch_operand_linear(cpu, &guard->insn) & 15) != 0)
        return false;
    if (++guard->aligned == ALIGNED_ENOUGH)
        stop_at(cpu, STOPPED_RETIRE, guard->linear);
    return true;
}

/* Takes the hooks from all of them that have been aligned often, as dropping
 * the code that was translated with hooks costs the same for one of them. */
static void retire_guards(struct cpu *cpu)
{
    for (uint32_t i = 0; i < cpu->guards.count; i++) {
        struct guard *guard = &cpu->guards.guard[i];
        if (guard->retired || guard->aligned < ALIGNED_OFTEN)
            continue;
        engine_unguard(cpu->engine, guard->hook);
        guard->retired = true;
    }
    cpu->code_stale = true;
}

static bool reaches_into_next_page(struct cpu *cpu, const struct insn *insn)
{
    uint32_t offset = fetch_operand_linear(cpu, insn) & ~MMU_PAGE_MASK;
    return offset + 2 * insn->memory.bytes > MMU_PAGE_SIZE;
}

/* True where the model has to execute it. */
static bool wants_model(struct cpu *cpu, struct guard *guard)
{
    if (guard->care == FPU_CARE_ALIGNED && !guard->outlook.status_is_next)
        return !is_aligned(cpu, guard);
    if (guard->care == FPU_CARE_WIDE && !guard->outlook.status_is_next)
        return reaches_into_next_page(cpu, &guard->insn);
    uint32_t tags = (uint32_t)engine_get(cpu->engine, ENGINE_FPU_TAGS);
    uint32_t status = (uint32_t)engine_get(cpu->engine, ENGINE_FPU_STATUS);
    uint32_t top = (status & FPU_STATUS_TOP) >> FPU_TOP_SHIFT;
    if (fpu_is_x87(&guard->insn) &&
        !fpu_stack_suffices(&guard->outlook, fpu_valid_of_tags(tags), top)) {
        cpu->fpu_watched = FPU_WATCHED;
        return true;
    }
    switch (guard->care) {
    case FPU_CARE_ALWAYS:
        return true;
    case FPU_CARE_STATUS:
        show_fpu_flags(cpu);
        return false;
    case FPU_CARE_CONTROL:
        return !loads_plain_control(cpu, &guard->insn);
    case FPU_CARE_CONSTANT:
        return (fetch_control(cpu) & FPU_CONTROL_ROUNDING) != 0 ||
               guard->outlook.status_is_next;
    case FPU_CARE_EXAMINE:
        return (tags >> 2 * top & 3) > 1; /* neither an ordinary number nor 0 */
    case FPU_CARE_ROOT:
        return top_is_negative(cpu) || guard->outlook.status_is_next;
    case FPU_CARE_ALIGNED:
    case FPU_CARE_WIDE:
    case FPU_CARE_NONE:
        break;
    }
    return guard->outlook.status_is_next;
}

/* Looks at an instruction of FPU, MMX or SSE; true where it stopped the
 * engine. */
static bool look_at_fpu(struct cpu *cpu, struct guard *guard)
{
    if (cpu->fpu_host == NULL || cpu->fpu_traps || cpu->fpu_steps ||
        guard->insn.raises != NO_EXCEPTION)
        return false;
    if (!wants_model(cpu, guard)) {
        if (fpu_class_of(&guard->insn) == FPU_CLASS_MMX)
            fill_mmx_exponents(cpu, guard->outlook.mmx);
        return false;
    }
    stop_at(cpu, STOPPED_FPU, guard->insn.linear);
    return true;
}

/* True where the instruction of FPU, MMX or SSE has to be guarded; *last is the
 * class of the one before it in the block. */
static bool wants_fpu_guard(struct cpu *cpu, const struct insn *insn,
                            enum fpu_class *last)
{
    struct fpu_outlook outlook;
    enum fpu_class kind = fpu_class_of(insn);
    if (cpu->fpu_host == NULL || cpu->stepping || !fpu_is_any(insn))
        return false;
    bool opens = kind != FPU_CLASS_NONE && kind != *last;
    if (opens)
        *last = kind;
    if (opens || fpu_care_of(insn) != FPU_CARE_NONE)
        return true;
    fpu_look_ahead(&cpu->view, insn, &outlook);
    return outlook.status_is_next;
}

/* Whether `insn` is to be looked at before it runs, as the segments are now. */
static bool wants_look(const struct cpu *cpu, const struct insn *insn)
{
    return codeinfo_wants_guard(insn, NULL) ||
           (!cpu->fs_flat && codeinfo_goes_through(insn, FS)) ||
           (!cpu->gs_flat &&
            (codeinfo_goes_through(insn, GS) || codeinfo_pushes_flags(insn)));
}

static void note_search(struct cpu *cpu, const struct insn *insn)
{
    uint32_t ecx = 0;
    uint32_t eflags = 0;
    engine_get_count(cpu->engine, &ecx, &eflags);
    search_iterates(&cpu->search, insn, ecx, eflags);
}

static void on_guard(struct uc_struct *handle, uint64_t address, uint32_t size,
                     void *arg)
{
    struct cpu *cpu = arg;
    struct guard *guard = guards_find(&cpu->guards, (uint32_t)address);
    (void)handle;
    (void)size;
    if (cpu->stopped != STOPPED_NOT || guard == NULL ||
        !guard_look(guard, &cpu->view, clock_generation(cpu), cpu->meter.epoch,
                    cpu->meter.code_is_written))
        return;
    if (guard->fpu && look_at_fpu(cpu, guard))
        return;
    if (!cpu->strict && codeinfo_searches(&guard->insn))
        note_search(cpu, &guard->insn);
    if (wants_look(cpu, &guard->insn))
        look_ahead(cpu, &guard->insn);
    if (cpu->stopped == STOPPED_NOT && cpu->clocked &&
        codeinfo_wants_operand(&guard->insn, &guard->clocks))
        add_operand_clocks(cpu, guard);
}

/* Whether the instruction of a block wants a guard; *last is the class of FPU
 * instructions so far.
 */
static bool wants_guard(struct cpu *cpu, const struct insn *insn,
                        enum fpu_class *last)
{
    const struct mmu_generation *generation = clock_generation(cpu);
    struct insn_clocks clocks = {0};
    if (generation != NULL)
        clocks = insn_clocks_of(generation->id, insn);
    return wants_fpu_guard(cpu, insn, last) || wants_look(cpu, insn) ||
           codeinfo_searches(insn) || codeinfo_wants_flags(insn) ||
           codeinfo_wants_operand(insn, &clocks);
}

/* The last instruction of the block that wants a guard; `at` where none
 * does. */
static uint32_t last_guarded(struct cpu *cpu, uint32_t at, uint32_t end)
{
    struct insn insn;
    uint32_t found = at;
    enum fpu_class last = FPU_CLASS_NONE;
    for (; at < end && view_decode(&cpu->view, at, &insn); at += insn.length)
        if (wants_guard(cpu, &insn, &last))
            found = at;
    return found;
}

/* The next instruction of the block that wants a guard and has none; its end
 * where there is none. At a hook the engine stores in which form it knows the
 * flags only where that form is another than at the last hook of the block:
 * between two of them one is put behind each instruction that may have changed
 * it. */
static uint32_t next_unguarded(struct cpu *cpu, uint32_t at, uint32_t end)
{
    struct insn insn;
    enum fpu_class last = FPU_CLASS_NONE;
    bool hooked = false;
    bool touched = false;
    uint32_t until = last_guarded(cpu, at, end);
    for (; at < end && view_decode(&cpu->view, at, &insn); at += insn.length) {
        bool wanted = wants_guard(cpu, &insn, &last) ||
                      (hooked && touched && at <= until);
        if (wanted && guards_find(&cpu->guards, at) == NULL)
            return at;
        hooked = hooked || wanted;
        touched = codeinfo_touches_flags(&insn);
    }
    return end;
}

/* Called for each newly translated block, before it runs. */
static void on_translated(void *arg, uint32_t linear, uint32_t bytes)
{
    struct cpu *cpu = arg;
    uint32_t end = linear + bytes;
    if (cpu->booting || cpu->stopped != STOPPED_NOT)
        return;
    if (engine_is_full(cpu->engine)) {
        stop_at(cpu, STOPPED_FULL, linear);
        return;
    }
    const struct codeinfo *info =
        meter_codeinfo(cpu->codeinfo, &cpu->view, linear, bytes);
    if (info->thread_segments && cpu->fs_flat)
        cpu->fs_unguarded = true;
    /* The engine may have taken the last instruction, which is none, for
     * shorter than it is. */
    bool wanted =
        info->wants_guard || info->thread_segments || info->ragged || info->fpu;
    if (!wanted || next_unguarded(cpu, linear, end) == end)
        return;
    cpu->guard_start = linear;
    cpu->guard_end = end;
    stop_at(cpu, STOPPED_NEW_GUARD, linear);
}

/* Blocks whose guards went are translated again, and ask for them again. */
static void remove_guards(struct cpu *cpu)
{
    for (uint32_t i = 0; i < cpu->guards.count; i++)
        if (!cpu->guards.guard[i].retired)
            engine_unguard(cpu->engine, cpu->guards.guard[i].hook);
    guards_clear(&cpu->guards);
}

/* Puts a hook on each instruction of the block that wants one, and has the
 * block translated again.
 */
static bool add_guards(struct cpu *cpu)
{
    uint32_t at;
    uint32_t end = cpu->guard_end;
    if (cpu->guards.count > GUARDS_MAX / 2)
        remove_guards(cpu);
    while ((at = next_unguarded(cpu, cpu->guard_start, end)) != end) {
        size_t hook;
        if (cpu->guards.count == GUARDS_MAX ||
            !engine_guard(cpu->engine, at, &hook))
            return false;
        guards_add(&cpu->guards, at, hook);
    }
    cpu->code_stale = true;
    return true;
}

static void emulate_timestamp(struct cpu *cpu, const struct insn *insn)
{
    cpu->timestamp += 1000; /* the same at every run: it counts its own
                             * readings */
    cpu->registers.general[EAX] = (uint32_t)cpu->timestamp;
    cpu->registers.general[EDX] = (uint32_t)(cpu->timestamp >> 32);
    cpu->registers.eip += insn->length;
}

/* F1: the exception comes when it is done. */
static void emulate_trap(struct cpu *cpu, const struct insn *insn)
{
    cpu->registers.eip += insn->length;
}

/* PUSHF, where the engine's EFLAGS are not the guest's. */
static void emulate_push_flags(struct cpu *cpu, const struct insn *insn)
{
    struct access_list list;
    blame_list(&cpu->view, insn, &list);
    list.item[0].stored = true;
    list.item[0].value = cpu->registers.eflags & ~(EFLAGS_RF | EFLAGS_VM);
    blame_make(&cpu->view, &list);
    registers_move_stack(&cpu->registers, 0u - insn->implicit_bytes);
    cpu->registers.eip += insn->length;
    cpu->code_stale = true; /* it might have been code */
}

/* on_guard looked: cpu->load is what comes of it. */
static void emulate_load(struct cpu *cpu, const struct insn *insn)
{
    const struct segload *load = &cpu->load;
    (void)insn;
    blame_make(&cpu->view, &load->accesses);
    cpu->registers = load->after;
    cpu->segments_stale = cpu->segments_stale || load->loads;
    if (load->loads)
        cpu->load_failed = !load_segment(
            cpu, (enum segment_register)load->segment, load->selector);
    for (uint32_t i = 0; i < load->accesses.count; i++)
        if (load->accesses.item[i].stored)
            cpu->code_stale = true; /* it might have been code */
}

/* Nothing of it is refused: on_guard looked. */
static void emulate_other(struct cpu *cpu, const struct insn *insn)
{
    if (emulate_insn(&cpu->view, insn))
        cpu->code_stale = true; /* it might have been code */
}

/* ---- running ---- */

/* The exception that just stopped the engine is delivered here: the engine
 * forgets it. */
static void forget_exception(struct cpu *cpu)
{
    engine_context_save(cpu->engine, cpu->patched->state);
    inflight_clear(cpu->patched->state, cpu->inflight);
    engine_context_restore(cpu->engine, cpu->patched->state);
}

static void drop_translated_code(struct cpu *cpu)
{
    engine_forget_pages(cpu->engine);
    for (uint32_t i = 0; i < cpu->stale_count; i++)
        cpu->frame_is_code[cpu->stale_frames[i]] = 1;
    cpu->dropping_code = true;
    for (uint32_t i = 0; i < cpu->code_frame_count; i++) {
        uint32_t frame = cpu->code_frames[i];
        uint64_t phys = (uint64_t)frame << MMU_PAGE_SHIFT;
        if (cpu->frame_is_code[frame])
            engine_drop_page(cpu->engine, phys);
        cpu->frame_is_code[frame] = 0;
        cpu->frame_is_listed[frame] = 0;
    }
    cpu->code_frame_count = 0;
    cpu->dropping_code = false;
    forget_pages(cpu);
    cpu->meter.epoch++;
    cpu->code_stale = false;
    cpu->stale_count = 0;
}

/* The engine takes a linear address for the code to drop, and finds the frame
 * through its TLB. */
static void drop_frame(struct cpu *cpu, uint32_t frame)
{
    cpu->alias_frame = frame;
    engine_forget_pages(cpu->engine);
    engine_drop_page(cpu->engine, ALIAS_PAGE);
}

static void drop_stale_frames(struct cpu *cpu)
{
    for (uint32_t i = 0; i < cpu->stale_count; i++)
        drop_frame(cpu, cpu->stale_frames[i]);
    cpu->alias_frame = MMU_FRAME_NONE;
    cpu->stale_count = 0;
    forget_pages(cpu);
    cpu->meter.epoch++;
}

/* The instruction at EIP, which was taken up, runs from its shadow. */
static void cast_shadow(struct cpu *cpu)
{
    struct shadow *shadow = &cpu->shadow;
    rewrite_cast_shadow(&cpu->rewrite, here(cpu), shadow->code);
    shadow->wanted = false;
    shadow->cast = true;
    shadow->entered = false;
    shadow->page = here(cpu) & MMU_PAGE_MASK;
    forget_pages(cpu);
}

/* No code of the shadow is kept. */
static void lift_shadow(struct cpu *cpu)
{
    cpu->shadow.cast = false;
    for (uint32_t i = 0; i < SHADOW_PAGES; i++)
        drop_frame(cpu, cpu->mem->frames + i);
    cpu->alias_frame = MMU_FRAME_NONE;
    forget_pages(cpu);
}

static bool set_counting(struct cpu *cpu, bool counting)
{
    if (counting == cpu->counting)
        return true;
    bool done = engine_see_blocks(cpu->engine, counting);
    cpu->counting = counting;
    cpu->code_stale = true;
    return done;
}

/* From now on the engine tells of stores and of blocks without the clock, too.
 * It then looks at each store to a page of code; else at the first only, until
 * code of that page is translated. */
static bool see_stores(struct cpu *cpu)
{
    cpu->meter.always = true;
    cpu->code_stale = true;
    cpu->sees_stores = engine_see_memory(cpu->engine, false);
    return cpu->sees_stores && set_counting(cpu, true);
}

/* The engine stopped behind a block. */
static void stop_behind_block(struct cpu *cpu)
{
    uint32_t next = here(cpu);
    leave_block(cpu, next,
                meter_wants_components(&cpu->meter, next)
                    ? components_at(cpu, next)
                    : 0);
}

/* The engine stopped at EIP in the midst of a block, whose rest was counted
 * when it was entered. The instruction there was fetched. A trap that comes
 * after its instruction, as INT3's does, may leave EIP behind the block. */
static void stop_in_block(struct cpu *cpu)
{
    if (here(cpu) - cpu->meter.linear >= cpu->meter.bytes) {
        stop_behind_block(cpu);
        return;
    }
    if (cpu->clocked && cpu->meter.insns > 0)
        fetches_until(&cpu->fetches, here(cpu));
    cpu->fetches.insns = 0;
    meter_give_back(&cpu->meter, cpu->codeinfo, &cpu->view, here(cpu));
}

/* The engine need not have read all of the instruction at EIP: it refuses many
 * by their first bytes, and while CR0.TS is set stops at one of the FPU by its
 * opcode. What of it is in the next page is fetched here. False where that is
 * refused: cpu->fault is set. */
static bool fetch_rest(struct cpu *cpu)
{
    const struct fetches *fetches = &cpu->fetches;
    struct tried *tried = &cpu->tried;
    uint32_t linear = here(cpu);
    uint32_t page = (linear & MMU_PAGE_MASK) + MMU_PAGE_SIZE;
    uint32_t phys;
    struct insn insn;
    bool decoded = view_decode(&cpu->view, linear, &insn);
    bool read = cpu->clocked && linear - fetches->linear < fetches->bytes &&
                fetches->linear + (fetches->bytes - 1) >= page;
    if (read || page - linear >= (decoded ? insn.length : INSN_MAX_BYTES) ||
        (tried->whole && tried->linear == linear))
        return true;
    bool granted =
        mmu_probe(&cpu->mmu, page, MMU_ACCESS_FETCH, true, &phys, &cpu->fault);
    if (granted && !decoded)
        return true; /* it is too long */
    through_tlb(cpu, page, MMU_ACCESS_FETCH, true);
    if (tried->linear != linear)
        *tried = (struct tried){.linear = linear};
    tried->whole = true;
    return granted;
}

/* The engine stopped at EIP, at an instruction that is executed or refused
 * here. */
static bool stop_at_insn(struct cpu *cpu)
{
    stop_in_block(cpu);
    return fetch_rest(cpu);
}

static struct insn_clocks count_here(struct cpu *cpu, const struct insn *insn)
{
    struct insn_clocks clocks = {.cited = true};
    if (cpu->clocked)
        clocks = insn_clocks_of(cpu->mmu.control.generation->id, insn);
    if (cpu->clocked &&
        !(cpu->tried.begun && cpu->tried.linear == insn->linear)) {
        watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
        watch_begin(&cpu->watch, &cpu->meter, &cpu->mmu,
                    meter_find(&cpu->meter, cpu->codeinfo, &cpu->view,
                               insn->linear, insn->length),
                    false, true);
    }
    if (cpu->counting)
        meter_add(&cpu->meter, clocks.clocks, clocks.cited);
    return clocks;
}

/* LSL: its operand's part of the clocks. */
static void add_granular_clocks(struct cpu *cpu, const struct insn *insn,
                                const struct insn_clocks *clocks)
{
    uint32_t operand;
    if (!read_operand(cpu, insn, 2, &operand))
        return;
    operand =
        (descriptor_of(cpu, (uint16_t)operand).high & DESCRIPTOR_IN_PAGES) != 0;
    cpu->meter.clocks += insn_operand_clocks(cpu->mmu.control.generation->id,
                                             insn, clocks, operand);
}

/* MOV to SS and POP of it: single-step traps come behind the next instruction
 * (SDM volume 3, 6.8.3).
 */
static bool holds_traps_off(const struct insn *insn)
{
    return insn->loads && insn->map == MAP_ONE_BYTE &&
           (insn->opcode == 0x17 ||
            (insn->opcode == 0x8E && (insn->modrm >> 3 & 7) == SS));
}

/* The instruction at EIP, which stopped the engine, is executed here. */
static void run_here(struct cpu *cpu,
                     void (*emulate)(struct cpu *cpu, const struct insn *insn))
{
    struct insn insn;
    if (!stop_at_insn(cpu) || !view_decode(&cpu->view, here(cpu), &insn))
        return;
    cpu->trapped =
        (cpu->registers.eflags & EFLAGS_TF) != 0 && !holds_traps_off(&insn);
    const struct insn_clocks clocks = count_here(cpu, &insn);
    cpu->ran_here++;
    if (clocks.rule == CLOCKS_GRANULAR)
        add_granular_clocks(cpu, &insn, &clocks);
    emulate(cpu, &insn);
    if (clocks.rule == CLOCKS_JUMP && clocks.adds_m)
        meter_add_components(&cpu->meter, components_at(cpu, here(cpu)));
}

/* Where something else comes before the store, a signal's handler, it must not
 * see the old frame.
 */
static void settle_moved(struct cpu *cpu)
{
    const struct moved *moved = &cpu->moved;
    if (moved->page != NOWHERE && (moved->eip != cpu->registers.eip ||
                                   moved->esp != cpu->registers.general[ESP]))
        cpu_forget_translations(cpu);
}

static enum engine_end run_engine(struct cpu *cpu, uint32_t until)
{
    settle_moved(cpu);
    if (cpu->code_stale)
        drop_translated_code(cpu);
    else if (cpu->stale_count > 0)
        drop_stale_frames(cpu);
    if (cpu->shadow.wanted)
        cast_shadow(cpu);
    if (cpu->barred.count > 0 && cpu->run_to != until) {
        cpu->run_to = until;
        set_exits(cpu);
    }
    cpu->run_to = until;
    cpu->stopped = STOPPED_NOT;
    cpu->miss.why = MISS_NONE;
    cpu->split = NOWHERE;
    cpu->refused = false;
    rewrite_forget(&cpu->rewrite);
    fetches_restart(&cpu->fetches);
    store_registers(cpu);
    cpu->running = true;
    enum engine_end end = engine_run(cpu->engine, cpu->registers.eip, until);
    cpu->running = false;
    fetch_registers(cpu);
    if (cpu->fpu_steps) {
        cpu->fpu_steps = false;
        set_fpu_traps(cpu, true);
    }
    if (cpu->shadow.cast)
        lift_shadow(cpu);
    if (cpu->stopped != STOPPED_NOT && cpu->stopped_at != NOWHERE)
        /* A jump from one block to the next stores none. */
        cpu->registers.eip = cpu->stopped_at - cpu->registers.base[CS];
    return end;
}

/* INT n leaves EIP past itself, an exception at the instruction that raised it.
 * Those that could be taken for one another stopped before they ran (struct
 * insn's `interrupt`), but for INT 3 and INT 4: nothing else leaves EIP behind
 * such bytes with that vector. */
static bool is_software_interrupt(const struct cpu *cpu)
{
    uint8_t code[2];
    if (cpu->vector >= 32)
        return true;
    return (cpu->vector == VECTOR_BREAKPOINT ||
            cpu->vector == VECTOR_OVERFLOW) &&
           cpu_read_code(cpu, here(cpu) - 2, code, 2) == 2 && code[0] == 0xCD &&
           code[1] == cpu->vector;
}

/* INT n, which did not run: EIP goes past it. */
static void emulate_interrupt(struct cpu *cpu, const struct insn *insn)
{
    cpu->vector = insn->modrm; /* the byte behind the opcode */
    cpu->registers.eip += insn->length;
}

static void stop_by_software(struct cpu *cpu, struct cpu_exit *exit)
{
    uint32_t eip = cpu->registers.eip;
    run_here(cpu, emulate_interrupt);
    exit->stop = CPU_STOP_INTERRUPT;
    exit->vector = cpu->vector;
    exit->insn_bytes = cpu->registers.eip - eip;
}

/* A defect of the engine or of the model: names the place. */
static void broken(struct cpu *cpu, struct cpu_exit *exit, const char *why)
{
    (void)snprintf(cpu->why, sizeof cpu->why,
                   "the processor at eip 0x%08" PRIx32 ": %s",
                   cpu->registers.eip, why);
    exit->stop = CPU_STOP_BROKEN;
    exit->why = cpu->why;
}

/* The access that faults goes through the model's TLB as well. */
static void look_up_fault(struct cpu *cpu)
{
    const struct mmu_fault *fault = &cpu->fault;
    uint32_t linear = here(cpu);
    bool fetch =
        cpu->stopped == STOPPED_NOT && cpu->miss.access == MMU_ACCESS_FETCH;
    if (!cpu->clocked || cpu->refused)
        return;
    if (fetch && ((fault->linear ^ linear) & MMU_PAGE_MASK) != 0)
        through_tlb(cpu, linear, MMU_ACCESS_FETCH, true); /* the instruction
                                                             begins in the page
                                                             before */
    through_tlb(cpu, fault->linear,
                fetch                            ? MMU_ACCESS_FETCH
                : (fault->error & MMU_PF_W) != 0 ? MMU_ACCESS_WRITE
                                                 : MMU_ACCESS_READ,
                (fault->error & MMU_PF_U) != 0);
}

/* The instruction at EIP goes on where it stopped. */
static void resume_tried(struct cpu *cpu)
{
    struct tried *tried = &cpu->tried;
    uint32_t linear = here(cpu);
    tried->skip = tried->linear == linear ? tried->accesses : 0;
    tried->linear = linear;
    tried->accesses = 0;
    tried->skip_fetch = true;
}

static void exit_by_fault(struct cpu *cpu, struct cpu_exit *exit)
{
    exit->stop = CPU_STOP_FAULT;
    exit->fault = cpu->fault;
}

static void exit_by_exception(struct cpu_exit *exit, uint32_t vector,
                              uint32_t error)
{
    exit->stop = CPU_STOP_EXCEPTION;
    exit->vector = vector;
    exit->error = error;
}

/* The engine refused the instruction at EIP, perhaps for another reason than
 * the processor has, and before it had read it whole, so that it could not be
 * guarded. True where *exit is set. */
static bool after_refusal(struct cpu *cpu, uint32_t vector,
                          struct cpu_exit *exit)
{
    struct insn insn;
    uint32_t linear = here(cpu);
    if (!stop_at_insn(cpu)) {
        exit_by_fault(cpu, exit);
        return true;
    }
    bool decoded = view_decode(&cpu->view, linear, &insn);
    if (decoded && insn.raises != NO_EXCEPTION) {
        exit_by_exception(exit, insn.raises, 0);
        return true;
    }
    if (!decoded ||
        next_unguarded(cpu, linear, linear + insn.length) != linear) {
        exit_by_exception(exit, vector, 0);
        return true;
    }
    cpu->guard_start = linear;
    cpu->guard_end = linear + insn.length;
    resume_tried(cpu);
    if (add_guards(cpu))
        return false;
    broken(cpu, exit, "too many instructions to guard");
    return true;
}

static bool stop_by_vector(struct cpu *cpu, struct cpu_exit *exit)
{
    exit->vector = cpu->vector;
    cpu->debug_status = DR6_BS;
    if (is_software_interrupt(cpu)) {
        exit->stop = CPU_STOP_INTERRUPT;
        exit->insn_bytes = 2;
        stop_behind_block(cpu);
        return true;
    }
    forget_exception(cpu);
    if (cpu->vector == VECTOR_INVALID || cpu->vector == VECTOR_PROTECTION)
        return after_refusal(cpu, cpu->vector, exit);
    if (cpu->vector == VECTOR_DEBUG)
        stop_behind_block(cpu); /* single-stepped: done, wherever it led, into
                                   itself too */
    else
        stop_in_block(cpu);
    exit_by_exception(exit, cpu->vector, 0);
    return true;
}

/* The block's store to itself was refused: its instruction is taken up from its
 * shadow. */
static void after_cut(struct cpu *cpu, uint32_t *until)
{
    uint32_t linear = here(cpu);
    cut_block(cpu, linear);
    cpu->tried.skip_fetch = true;
    if (cpu->rewrite.insn.length == 0)
        return;
    cpu->shadow.wanted = true;
    *until = linear + cpu->rewrite.insn.length;
}

/* The engine stopped at EIP, in front of a block that it has just translated:
 * behind the one before, or at the instruction of that one whose store rewrote
 * it, and which is taken up again. */
static void stop_before_block(struct cpu *cpu)
{
    if (!cpu->rewrite.pending) {
        stop_behind_block(cpu);
        return;
    }
    cut_block(cpu, here(cpu));
    cpu->tried.skip_fetch = true;
}

static void search_anew(struct cpu *cpu)
{
    if (!cpu->barred_anew)
        return;
    cpu->barred_anew = false;
    cpu_forget_translations(cpu);
}

/* The instruction at EIP, at which the engine is not, is begun, if it was not
 * yet: it is fetched, and not again should the engine run it. */
static void begin_here(struct cpu *cpu)
{
    uint32_t linear = here(cpu);
    uint32_t bytes = view_next(&cpu->view, linear) - linear;
    if (!cpu->clocked || bytes == 0 || cpu->tried.skip_fetch)
        return;
    cpu->tried = (struct tried){
        .linear = linear, .skip_fetch = true, .whole = true, .begun = true};
    watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
    watch_begin(
        &cpu->watch, &cpu->meter, &cpu->mmu,
        meter_find(&cpu->meter, cpu->codeinfo, &cpu->view, linear, bytes),
        false, false);
    meter_begin(&cpu->meter);
    through_tlb(cpu, linear, MMU_ACCESS_FETCH, true);
    if (((linear ^ (linear + (bytes - 1))) & MMU_PAGE_MASK) != 0)
        through_tlb(cpu, (linear + bytes) & MMU_PAGE_MASK, MMU_ACCESS_FETCH,
                    true);
}

/* The engine is in front of what is barred, or was: true where it is so still
 * and *exit is set. */
static bool stop_at_barred(struct cpu *cpu, struct cpu_exit *exit)
{
    uint32_t linear = here(cpu);
    if (cpu->barred.count == 0 || !barred_has(&cpu->barred, linear))
        return false;
    if (barred_is_one(&cpu->view, linear)) {
        begin_here(cpu);
        watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
        cpu->tried.skip_fetch = false;
        exit_by_exception(exit, VECTOR_INVALID, 0);
        return true;
    }
    barred_remove(&cpu->barred, linear);
    set_exits(cpu);
    cpu->code_stale = true; /* a translation stops here */
    return false;
}

/* ---- FPU and SSE, by the model ---- */

/* The engine makes accesses of at most so many bytes. */
#define FPU_PART_BYTES 8u

static void drop_code_at(struct cpu *cpu, uint32_t linear)
{
    uint32_t phys;
    struct mmu_fault fault;
    if (mmu_probe(&cpu->mmu, linear, MMU_ACCESS_WRITE, true, &phys, &fault))
        cpu_frame_written(cpu, phys >> MMU_PAGE_SHIFT);
}

static void tell_part(struct cpu *cpu, uint32_t linear, uint32_t bytes,
                      enum mmu_access access)
{
    struct watched_access *told =
        cpu->watch.watcher.accesses ? watch_access(&cpu->watch) : NULL;
    if (told != NULL)
        *told = (struct watched_access){
            .linear = linear,
            .insn = WATCH_LAST_INSN,
            .bytes = (uint8_t)bytes,
            .access = (uint8_t)access,
        };
}

/* As of the engine's own accesses: what is read across a page's end is told of
 * once a page, a store once. */
static void tell_operand(struct cpu *cpu, uint32_t linear, uint32_t bytes,
                         enum mmu_access access)
{
    uint32_t here = MMU_PAGE_SIZE - (linear & ~MMU_PAGE_MASK);
    if (access == MMU_ACCESS_WRITE || bytes <= here) {
        tell_part(cpu, linear, bytes, access);
        return;
    }
    tell_part(cpu, linear, here, access);
    tell_part(cpu, linear + here, bytes - here, access);
}

/* Makes the accesses of `insn` to its operand; none of them is refused. */
static void access_operand(struct cpu *cpu, const struct insn *insn,
                           uint32_t linear, const uint8_t *operand)
{
    uint8_t part[FPU_PART_BYTES];
    struct mmu_fault fault;
    uint32_t bytes = insn->memory.bytes;
    uint32_t here;
    for (uint32_t at = 0; at < bytes; at += here) {
        here = bytes - at < FPU_PART_BYTES ? bytes - at : FPU_PART_BYTES;
        if (insn->memory.read) {
            tell_operand(cpu, linear + at, here, MMU_ACCESS_READ);
            (void)mmu_read(&cpu->mmu, linear + at, part, here, true, &fault);
        }
        if (insn->memory.write) {
            tell_operand(cpu, linear + at, here, MMU_ACCESS_WRITE);
            (void)mmu_write(&cpu->mmu, linear + at, operand + at, here, true,
                            &fault);
        }
    }
    if (insn->memory.write) {
        drop_code_at(cpu, linear);
        drop_code_at(cpu, linear + bytes - 1);
    }
}

static uint32_t operand_linear(const struct cpu *cpu, const struct insn *insn)
{
    return insn->has_memory ? blame_operand(&cpu->view, insn) : 0;
}

/* The FPU's state after `insn` goes to the engine, which goes on by itself
 * where it may. */
static void settle_fpu(struct cpu *cpu, const struct fpu_state *before,
                       const struct fpu_state *state)
{
    cpu_fpu_load(cpu, state);
    if ((state->status & ~before->status & FPU_STATUS_STACK) != 0)
        cpu->fpu_watched = FPU_WATCHED;
    else if (cpu->fpu_watched > 0)
        cpu->fpu_watched--;
    if (cpu->fpu_watched > 0)
        set_fpu_traps(cpu, true);
}

/* Executes `insn`, at EIP, whose operand is there to be accessed. */
static enum fpu_result execute_fpu(struct cpu *cpu, const struct insn *insn)
{
    uint8_t operand[FPU_HOST_OPERAND_BYTES] = {0};
    struct fpu_state before;
    struct fpu_state state;
    struct registers registers = cpu->registers;
    uint32_t linear = operand_linear(cpu, insn);
    if (insn->has_memory)
        (void)view_read_code(&cpu->view, linear, operand, insn->memory.bytes);
    cpu_fpu_save(cpu, &before);
    state = before;
    enum fpu_result result = fpu_execute(
        cpu->fpu_host, insn, &state, &registers, operand, linear, &cpu->vector);
    if (result == FPU_DONE) {
        cpu->trapped = (cpu->registers.eflags & EFLAGS_TF) != 0;
        (void)count_here(cpu, insn);
        cpu->ran_here++;
        if (insn->has_memory)
            access_operand(cpu, insn, linear, operand);
        memcpy(cpu->registers.general, registers.general,
               sizeof registers.general);
        cpu->registers.eip = registers.eip;
        cpu->registers.eflags = registers.eflags;
    }
    settle_fpu(cpu, &before, &state);
    return result;
}

/* FSTP and FBSTP store eight of their ten bytes first: these stay where only
 * the others are refused (SDM volume 3, 9.1.1: such an access may be
 * several). */
static void store_first_part(struct cpu *cpu, const struct insn *insn,
                             const struct fpu_state *before)
{
    uint8_t operand[FPU_HOST_OPERAND_BYTES] = {0};
    struct fpu_state state = *before;
    struct registers registers = cpu->registers;
    uint32_t linear = operand_linear(cpu, insn);
    uint32_t vector;
    struct mmu_fault fault;
    if (!insn->memory.write || insn->memory.bytes != 10 ||
        cpu->fault.linear - linear < FPU_PART_BYTES ||
        fpu_execute(cpu->fpu_host, insn, &state, &registers, operand, linear,
                    &vector) != FPU_DONE)
        return;
    tell_operand(cpu, linear, FPU_PART_BYTES, MMU_ACCESS_WRITE);
    (void)mmu_write(&cpu->mmu, linear, operand, FPU_PART_BYTES, true, &fault);
    drop_code_at(cpu, linear);
}

/* What comes before an operand is accessed: true where *exit is set. */
static bool fpu_is_refused(struct cpu *cpu, const struct insn *insn,
                           struct cpu_exit *exit)
{
    struct fpu_state state;
    cpu_fpu_save(cpu, &state);
    exit->stop = CPU_STOP_EXCEPTION;
    if (fpu_check(&state, insn, operand_linear(cpu, insn), &exit->vector) ==
        FPU_RAISES)
        return true;
    switch (judge_insn(cpu, insn)) {
    case VERDICT_DONE:
        return false;
    case VERDICT_FAULT:
        if (fpu_is_executed_here(insn))
            store_first_part(cpu, insn, &state);
        look_up_fault(cpu);
        exit_by_fault(cpu, exit);
        return true;
    case VERDICT_EXCEPTION:
        break;
    }
    exit->vector = cpu->vector;
    exit->error = cpu->error;
    return true;
}

/* The engine runs the instruction at EIP, which it stopped at, alone. */
static void step_fpu(struct cpu *cpu, const struct insn *insn, uint32_t *until)
{
    fill_mmx_exponents(cpu, fpu_mmx_written(insn));
    set_fpu_traps(cpu, false);
    cpu->fpu_steps = true;
    resume_tried(cpu);
    *until = insn->linear + insn->length;
}

/* The engine stopped at an instruction of FPU, MMX or SSE: true where *exit is
 * set. */
static bool after_fpu(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    struct insn insn;
    cpu_load_segments(cpu);
    stop_in_block(cpu);
    if (!fetch_rest(cpu)) {
        exit_by_fault(cpu, exit);
        return true;
    }
    if (!view_decode(&cpu->view, here(cpu), &insn)) {
        exit_by_exception(exit, VECTOR_INVALID, 0);
        return true;
    }
    if (insn.raises != NO_EXCEPTION) {
        exit_by_exception(exit, insn.raises, 0);
        return true;
    }
    bool known = fpu_is_executed_here(&insn);
    if ((known || fpu_is_vector(&insn)) && fpu_is_refused(cpu, &insn, exit))
        return true;
    if (!known) {
        step_fpu(cpu, &insn, until);
        return false;
    }
    if (execute_fpu(cpu, &insn) == FPU_DONE)
        return false;
    exit_by_exception(exit, cpu->vector, 0);
    return true;
}

/* The page that the engine asked for is run one instruction at a time, and what
 * runs into it. */
static void enter_crowded(struct cpu *cpu, uint32_t *until)
{
    uint32_t page = cpu->miss.page;
    uint32_t linear = here(cpu);
    uint32_t last =
        (linear & MMU_PAGE_MASK) == page ? page : blame_fetch(&cpu->view, page);
    if (last > linear)
        *until = last;
    else
        cpu->crowded = (struct crowded){last, page + MMU_PAGE_SIZE - last};
}

/* What the engine did not get: true where *exit is set, false where it is to go
 * on, to *until. */
static bool after_miss(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    if (cpu->miss.why == MISS_CUT) {
        after_cut(cpu, until);
        return false;
    }
    if (cpu->miss.access == MMU_ACCESS_FETCH)
        stop_behind_block(cpu); /* the next one could not be translated */
    else
        stop_in_block(cpu);
    if (cpu->miss.why == MISS_REWRITING) {
        if (see_stores(cpu))
            return false;
        broken(cpu, exit, "the engine refused a hook");
        return true;
    }
    if (cpu->miss.why == MISS_SEARCHED) {
        search_anew(cpu);
        return false;
    }
    if (cpu->miss.why == MISS_CROWDED) {
        enter_crowded(cpu, until);
        return false;
    }
    if (cpu->miss.access != MMU_ACCESS_FETCH && !fetch_rest(cpu)) {
        exit_by_fault(cpu, exit);
        return true;
    }
    switch (resolve_miss(cpu, until)) {
    case RESOLVED_EXCEPTION:
        exit_by_exception(exit, cpu->vector, cpu->error);
        return true;
    case RESOLVED_FAULT:
        look_up_fault(cpu);
        exit_by_fault(cpu, exit);
        return true;
    case RESOLVED_RETRY:
        resume_tried(cpu);
        return false;
    case RESOLVED_RUN_TO:
        return false;
    case RESOLVED_BROKEN:
        break;
    }
    broken(cpu, exit, "the engine refused a page that the tables grant");
    return true;
}

/* Handles one return of the engine: true where *exit is set. */
static bool after_run(struct cpu *cpu, enum engine_end end, uint32_t *until,
                      struct cpu_exit *exit)
{
    switch (cpu->stopped) {
    case STOPPED_RETIRE:
        stop_in_block(cpu);
        retire_guards(cpu);
        resume_tried(cpu);
        return false;
    case STOPPED_FPU:
        return after_fpu(cpu, until, exit);
    case STOPPED_INTERRUPT:
        if (cpu->vector == VECTOR_NO_FPU && cpu->fpu_traps) {
            forget_exception(cpu);
            return after_fpu(cpu, until, exit);
        }
        return stop_by_vector(cpu, exit);
    case STOPPED_BLOCK:
        if (cpu->meter.left == 0) {
            exit->stop = CPU_STOP_BUDGET;
            return true;
        }
        *until = meter_end(&cpu->meter, &cpu->view);
        return false;
    case STOPPED_SHADOW:
        stop_behind_block(cpu);
        return false;
    case STOPPED_RELAX:
        (void)set_counting(cpu, false);
        return false;
    case STOPPED_NEW_GUARD:
        stop_before_block(cpu);
        if (add_guards(cpu))
            return false;
        broken(cpu, exit, "too many instructions to guard");
        return true;
    case STOPPED_FULL:
        stop_before_block(cpu);
        engine_drop_all(cpu->engine);
        return false;
    case STOPPED_GUARD:
        (void)stop_at_insn(cpu); /* it was read, to be guarded */
        look_up_fault(cpu);
        exit_by_fault(cpu, exit);
        return true;
    case STOPPED_TIMESTAMP:
        run_here(cpu, emulate_timestamp);
        return false;
    case STOPPED_FORBIDDEN:
        cpu->debug_status = 0;
        if (cpu->vector == VECTOR_DEBUG)
            run_here(cpu, emulate_trap);
        else
            (void)stop_at_insn(cpu);
        exit_by_exception(exit, cpu->vector, cpu->error);
        return true;
    case STOPPED_LOAD:
        run_here(cpu, emulate_load);
        if (!cpu->load_failed)
            return false;
        broken(cpu, exit, "the engine refused a segment");
        return true;
    case STOPPED_SOFTWARE:
        stop_by_software(cpu, exit);
        return true;
    case STOPPED_PUSH:
        run_here(cpu, emulate_push_flags);
        return false;
    case STOPPED_EMULATE:
        run_here(cpu, emulate_other);
        return false;
    case STOPPED_NOT:
        break;
    }
    if (end == ENGINE_EXCEPTION && cpu->miss.why != MISS_NONE)
        return after_miss(cpu, until, exit);
    if (end == ENGINE_INVALID)
        return after_refusal(cpu, VECTOR_INVALID, exit);
    if (end == ENGINE_STOPPED) {
        stop_behind_block(cpu);
        if (stop_at_barred(cpu, exit))
            return true;
        if (cpu->run_to == 0)
            cpu->code_stale = true; /* a translation stops in front of what was
                                       barred */
        /* `until` was reached; address 0 stands for none. */
        *until = cpu->registers.eip == 0 ? NOWHERE : 0;
        return false;
    }
    broken(cpu, exit, engine_why(cpu->engine));
    return true;
}

/* What changes when the guest gets on. Without a count that is its registers: a
 * jump to itself runs in the engine, and does not return. */
struct progress {
    uint64_t instructions; /* counted */
    uint64_t left;
    uint64_t ran_here;
    struct registers registers;
};

static bool same_progress(const struct progress *a, const struct progress *b)
{
    return a->instructions == b->instructions && a->left == b->left &&
           a->ran_here == b->ran_here &&
           memcmp(&a->registers, &b->registers, sizeof a->registers) == 0;
}

/* True where the engine has returned many times though the guest did not get
 * on. */
static bool stands_still(struct cpu *cpu, struct progress *before)
{
    static const struct registers none = {0};
    const struct progress now = {
        .instructions = cpu->meter.instructions,
        .left = cpu->meter.left,
        .ran_here = cpu->ran_here,
        .registers = cpu->counting ? none : cpu->registers,
    };
    if (!same_progress(&now, before))
        cpu->standstill = 0;
    *before = now;
    return ++cpu->standstill > STANDSTILL_MAX;
}

/* ---- segments that are not flat ----
 *
 * The engine adds the base of a segment, but knows no limits, no rights and no
 * null selector. It need not where a segment is flat: all 4 GiB, and of data,
 * writable. FS and GS, which are null in a program that has no data of its
 * threads there, are looked at where an instruction names them by a prefix:
 * these are guarded. Where another segment is not flat, the engine runs one
 * instruction at a time, as if TF were set, and the model looks at each
 * before. */

#define RIGHTS_FLAT                                     \
    (DESCRIPTOR_PRESENT | DESCRIPTOR_SEGMENT |          \
     DESCRIPTOR_WRITABLE) /* of data; of code: readable \
                           */

static bool is_flat(const struct registers *registers,
                    enum segment_register segment)
{
    uint32_t rights = registers->rights[segment];
    uint32_t wanted = segment == CS
                          ? RIGHTS_FLAT | DESCRIPTOR_CODE | DESCRIPTOR_BIG
                      : segment == SS ? RIGHTS_FLAT | DESCRIPTOR_BIG
                                      : RIGHTS_FLAT;
    uint32_t looked_at =
        wanted | DESCRIPTOR_CODE | (segment == CS ? 0 : DESCRIPTOR_DOWN);
    return (rights & looked_at) == wanted &&
           registers->limit[segment] == 0xFFFFFFFF &&
           (segment != CS || registers->base[CS] == 0);
}

/* Looks at what is loaded in the segment registers. */
static void look_at_segments(struct cpu *cpu)
{
    const struct registers *r = &cpu->registers;
    bool code16 = decoder_is_16(cpu->decoder);
    cpu->segments_stale = false;
    cpu_load_segments(cpu);
    cpu->aligned = view_checks_alignment(&cpu->view);
    cpu->not_flat = cpu->aligned || !is_flat(r, CS) || !is_flat(r, SS) ||
                    !is_flat(r, DS) || !is_flat(r, ES);
    cpu->fs_flat = is_flat(r, FS);
    cpu->gs_flat = is_flat(r, GS);
    if (!cpu->fs_flat && cpu->fs_unguarded) {
        cpu->code_stale = true;
        cpu->fs_unguarded = false;
    }
    decoder_set_16(cpu->decoder, (r->rights[CS] & DESCRIPTOR_BIG) == 0);
    if (decoder_is_16(cpu->decoder) != code16)
        cpu->meter.epoch++;
}

/* The kernel returns to what may be another CS and SS, as IRET does: *exit is
 * its exception. */
static bool adopt_selectors(struct cpu *cpu, struct cpu_exit *exit)
{
    static const enum segment_register segments[] = {CS, SS};
    for (int i = 0; i < 2; i++) {
        enum segment_register segment = segments[i];
        uint16_t selector = cpu->registers.selector[segment];
        if ((!cpu->reload && selector == fetch_selector(cpu, segment)) ||
            cpu_load_selector(cpu, segment, selector))
            continue;
        exit_by_exception(exit, VECTOR_PROTECTION, selector & SELECTOR_ERROR);
        /* it is at ring 3 nevertheless */
        cpu->registers.selector[segment] |= SELECTOR_RPL;
        return false;
    }
    cpu->reload = false;
    return true;
}

/* What ring 3 leaves with, and that it is ring 3. */
static void leave_selectors(struct cpu *cpu, struct cpu_exit *exit)
{
    uint16_t *selector = cpu->registers.selector;
    selector[CS] = fetch_selector(cpu, CS);
    selector[SS] = fetch_selector(cpu, SS);
    if ((selector[CS] & SELECTOR_RPL) != SELECTOR_RPL ||
        (cpu->registers.eflags & EFLAGS_VM) != 0)
        broken(cpu, exit, "the engine left ring 3");
}

static void raise_exception(struct cpu *cpu, uint32_t vector)
{
    cpu->vector = vector;
    cpu->error = 0;
    cpu->stopped = STOPPED_FORBIDDEN;
}

/* Looks at the instruction that is next, and at where it leads. */
static void look_at_next(struct cpu *cpu)
{
    const struct registers *r = &cpu->registers;
    uint32_t limit = r->limit[CS];
    uint32_t target;
    struct insn insn;
    bool decoded = view_decode(&cpu->view, here(cpu), &insn);
    uint32_t last = r->eip + (decoded ? insn.length - 1u : 0);
    if (r->eip > limit || last > limit) {
        raise_exception(cpu, VECTOR_PROTECTION);
        return;
    }
    if (!decoded)
        return;
    if (insn.implicit == IMPLICIT_PUSH_ALL || insn.implicit == IMPLICIT_ENTER)
        begin_here(cpu); /* stores that it makes before it is refused come
                            behind its fetch */
    if (codeinfo_searches(&insn))
        search_iterates(&cpu->search, &insn, r->general[ECX], r->eflags);
    store_registers(cpu); /* they are fetched again */
    look_ahead(cpu, &insn);
    if (cpu->stopped == STOPPED_NOT && cpu->fpu_host != NULL &&
        !cpu->fpu_steps && fpu_is_any(&insn))
        cpu->stopped = STOPPED_FPU; /* it has no guard */
    if (cpu->stopped == STOPPED_NOT &&
        branch_target(&cpu->view, &insn, &target) && target > limit)
        raise_exception(cpu, VECTOR_PROTECTION);
}

static bool pops_flags(const struct insn *insn)
{
    return insn->map == MAP_ONE_BYTE && insn->opcode == 0x9D;
}

/* Whether `insn`, if it is a repeated one, has something left to do. */
static bool iterates(const struct cpu *cpu, const struct insn *insn)
{
    uint32_t count = cpu->registers.general[ECX];
    return (insn->address16 ? count & 0xFFFF : count) != 0;
}

/* One instruction in the engine. */
static bool step_engine(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    struct insn insn;
    uint32_t trap = cpu->registers.eflags & EFLAGS_TF;
    bool decoded = view_decode(&cpu->view, here(cpu), &insn);
    bool pops = decoded && pops_flags(&insn);
    bool works = decoded && iterates(cpu, &insn);
    cpu->stepping = true;
    enum engine_end end = run_engine(cpu, 0);
    cpu->stepping = false;
    bool stepped =
        cpu->stopped == STOPPED_INTERRUPT && cpu->vector == VECTOR_DEBUG;
    if (!stepped || !pops)
        cpu->registers.eflags = (cpu->registers.eflags & ~EFLAGS_TF) | trap;
    if (!stepped)
        return after_run(cpu, end, until, exit);
    cpu->iterated = works;
    stop_behind_block(cpu);
    cpu->iterated = false;
    cpu->ran_here++; /* a jump to itself gets on */
    cpu->trapped = trap != 0;
    return false;
}

static bool step(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    if (!cpu->meter.unlimited && cpu->meter.left == 0) {
        exit->stop = CPU_STOP_BUDGET;
        return true;
    }
    cpu->stopped = STOPPED_NOT;
    cpu->miss.why = MISS_NONE;
    cpu->refused = false;
    cpu->split = NOWHERE;
    look_at_next(cpu);
    if (cpu->stopped == STOPPED_NOT)
        return step_engine(cpu, until, exit);
    begin_here(cpu);
    cpu->tried.skip_fetch = false;
    return after_run(cpu, ENGINE_STOPPED, until, exit);
}

/* The engine has no page of crowded code but while it runs that. */
static bool is_in_crowded(struct cpu *cpu)
{
    struct crowded *crowded = &cpu->crowded;
    if (crowded->bytes == 0 || here(cpu) - crowded->start < crowded->bytes)
        return crowded->bytes > 0;
    crowded->bytes = 0;
    forget_pages(cpu);
    return false;
}

/* Runs until the engine returns, or one instruction: true where *exit is
 * set. */
static bool run_some(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    uint32_t to = *until;
    bool done;
    *until = 0;
    cpu->trapped = false;
    if (cpu->segments_stale ||
        cpu->aligned != view_checks_alignment(&cpu->view))
        look_at_segments(cpu);
    cpu->strict = cpu->not_flat || (cpu->registers.eflags & EFLAGS_TF) != 0 ||
                  is_in_crowded(cpu);
    if (cpu->strict) {
        done = step(cpu, until, exit);
    } else {
        enum engine_end end = run_engine(cpu, to);
        done = after_run(cpu, end, until, exit);
    }
    if (done || !cpu->trapped)
        return done;
    exit_by_exception(exit, VECTOR_DEBUG, 0);
    cpu->debug_status = DR6_BS;
    return true;
}

void cpu_run(struct cpu *cpu, uint64_t budget, struct cpu_exit *exit)
{
    uint32_t until = 0;
    struct progress progress = {0};
    *exit = (struct cpu_exit){0};
    cpu->meter.unlimited = budget == CPU_NO_BUDGET;
    cpu->meter.left = budget;
    cpu->meter.repeating = METER_NOWHERE;
    cpu->tried = (struct tried){.linear = NOWHERE};
    cpu->search.linear = SEARCH_NONE;
    cpu->system_granted = false;
    cpu->standstill = 0;
    if (!cpu->meter.unlimited)
        cpu->meter.relaxed = 0;
    if (!cpu->meter.unlimited && !cpu->clocked && !set_counting(cpu, true)) {
        broken(cpu, exit, "the engine refused a hook");
        return;
    }
    if (!adopt_selectors(cpu, exit))
        return;
    while (!stop_at_barred(cpu, exit)) {
        bool done = run_some(cpu, &until, exit);
        watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
        if (done)
            break;
        if (stands_still(cpu, &progress)) {
            broken(cpu, exit, "the engine does not get on");
            break;
        }
    }
    if (exit->stop == CPU_STOP_FAULT || exit->stop == CPU_STOP_EXCEPTION)
        cpu->registers.eflags = search_flags_after_fault(
            &cpu->search, here(cpu), cpu->registers.general[ECX],
            cpu->registers.eflags);
    leave_selectors(cpu, exit);
}

uint32_t cpu_place(const struct cpu *cpu)
{
    return here(cpu);
}

bool cpu_code_is_16(const struct cpu *cpu)
{
    return decoder_is_16(cpu->decoder);
}

uint64_t cpu_instructions(const struct cpu *cpu)
{
    return cpu->clocked ? cpu->meter.instructions : 0;
}

uint64_t cpu_clocks(const struct cpu *cpu)
{
    return cpu->clocked ? cpu->meter.clocks : 0;
}

uint64_t cpu_uncited(const struct cpu *cpu)
{
    return cpu->clocked ? cpu->meter.uncited : 0;
}

void cpu_add_executed(struct cpu *cpu, uint64_t instructions, uint64_t clocks,
                      uint64_t uncited)
{
    cpu->meter.instructions += instructions;
    cpu->meter.clocks += clocks;
    cpu->meter.uncited += uncited;
}

void cpu_give_code(struct cpu *cpu, int place, uint32_t linear,
                   const uint8_t *code, uint32_t bytes)
{
    cpu->given[place] = (struct given_code){linear, bytes, code};
}

uint32_t cpu_debug_status(const struct cpu *cpu)
{
    return cpu->debug_status;
}

uint64_t cpu_budget_left(const struct cpu *cpu)
{
    return cpu->meter.left;
}

bool cpu_watch(struct cpu *cpu, const struct watcher *watcher)
{
    return cpu->clocked && watch_set(&cpu->watch, watcher);
}

void cpu_observe(struct cpu *cpu, const struct mmu_observer *observer)
{
    cpu->mmu.observer = observer;
    /* it is told of each in its place */
    cpu->fetches.always_exact = observer != NULL;
}

/* ---- what the supervisor does to it ---- */

/* Pages are searched again when the engine asks for them again. */
static void forget_barred(struct cpu *cpu)
{
    if (cpu->barred.count == 0)
        return;
    cpu->barred.count = 0;
    set_exits(cpu);
}

void cpu_load_cr3(struct cpu *cpu, uint32_t cr3)
{
    mmu_load_cr3(&cpu->mmu, cr3);
    if (cpu->engine == NULL)
        return;
    forget_pages(cpu);
    cpu->meter.epoch += cpu->meter.code_is_written;
    cpu->meter.code_is_written = false;
    cpu->moved.page = NOWHERE;
    forget_barred(cpu);
}

void cpu_forget_translations(struct cpu *cpu)
{
    if (cpu->engine == NULL)
        return;
    forget_pages(cpu);
    cpu->meter.epoch++;
    cpu->moved.page = NOWHERE;
    forget_barred(cpu);
}

void cpu_page_moved(struct cpu *cpu, uint32_t page, uint32_t frame,
                    uint32_t eip, uint32_t esp)
{
    if (cpu->frame_is_code[frame] || cpu->moved.page != NOWHERE)
        cpu_forget_translations(cpu);
    else
        cpu->moved = (struct moved){page, eip, esp};
}

void cpu_frame_written(struct cpu *cpu, uint32_t frame)
{
    cpu->frame_found[frame] = 0;
    if (!cpu->frame_is_code[frame])
        return;
    if (cpu->stale_count == STALE_MAX) {
        cpu->code_stale = true;
        return;
    }
    cpu->frame_is_code[frame] = 0;
    cpu->stale_frames[cpu->stale_count++] = frame;
}

void cpu_load_ldt(struct cpu *cpu, uint16_t selector, uint32_t linear,
                  const uint32_t *entries, uint32_t bytes)
{
    cpu->tables.ldt_linear = linear;
    cpu->tables.ldt_bytes = bytes;
    cpu->tables.ldt = entries;
    if (cpu->engine != NULL)
        engine_load_ldt(cpu->engine, selector, linear, bytes);
    cpu->segments_stale = true;
}

void cpu_reload_segments(struct cpu *cpu)
{
    static const enum segment_register segments[] = {ES, DS, FS, GS};
    for (int i = 0; i < 4; i++)
        if (!cpu_load_selector(cpu, segments[i],
                               cpu_selector(cpu, segments[i])))
            (void)cpu_load_selector(cpu, segments[i], 0);
    cpu->reload = true;
    cpu->segments_stale = true;
}

/* ---- contexts ---- */

struct cpu_context *cpu_context_new(struct cpu *cpu)
{
    struct cpu_context *context = calloc(1, sizeof *context);
    if (context == NULL || cpu->engine == NULL)
        return context;
    context->state = engine_context_new(cpu->engine);
    if (context->state == NULL) {
        free(context);
        return NULL;
    }
    if (cpu->fresh != NULL)
        cpu_context_fresh(cpu, context);
    return context;
}

void cpu_context_free(struct cpu_context *context)
{
    if (context == NULL)
        return;
    engine_context_free(context->state);
    free(context);
}

void cpu_context_save(struct cpu *cpu, struct cpu_context *context)
{
    if (cpu->engine != NULL)
        engine_context_save(cpu->engine, context->state);
}

void cpu_context_restore(struct cpu *cpu, const struct cpu_context *context)
{
    if (cpu->engine == NULL)
        return;
    engine_context_restore(cpu->engine, context->state);
    cpu->segments_stale = true;
    cpu->fpu_traps = (engine_get(cpu->engine, ENGINE_CR0) & CR0_TS) != 0;
}

/* Unicorn copies a context only through the engine. */
void cpu_context_fresh(struct cpu *cpu, struct cpu_context *context)
{
    if (cpu->engine == NULL)
        return;
    struct engine_context *now = engine_context_new(cpu->engine);
    if (now == NULL)
        return;
    engine_context_save(cpu->engine, now);
    engine_context_restore(cpu->engine, cpu->fresh->state);
    engine_context_save(cpu->engine, context->state);
    engine_context_restore(cpu->engine, now);
    engine_context_free(now);
}

/* ---- making one ---- */

struct mmu *cpu_mmu(struct cpu *cpu)
{
    return &cpu->mmu;
}

struct registers *cpu_registers(struct cpu *cpu)
{
    return &cpu->registers;
}

static bool write_selector(struct cpu *cpu, enum segment_register segment,
                           uint16_t selector)
{
    return engine_set(cpu->engine, ENGINE_SELECTOR + segment, selector);
}

/* 80386 manual, chapter 9.6: IRET to an outer level pops EIP, CS, EFLAGS, ESP
 * and SS. */
static bool push_iret_frame(struct cpu *cpu,
                            const struct cpu_segments *segments)
{
    /* stops there; nothing is executed */
    const uint32_t after = segments->iret_linear + 1;
    const uint32_t frame[] = {after, segments->user_code,
                              EFLAGS_ONE | EFLAGS_IF, 0, segments->user_data};
    struct mmu_fault fault;
    uint32_t esp = segments->stack_linear - (uint32_t)sizeof frame;
    cpu->registers.general[ESP] = esp;
    cpu->registers.eip = segments->iret_linear;
    cpu->registers.eflags = EFLAGS_ONE;
    return mmu_write(&cpu->mmu, esp, frame, sizeof frame, false, &fault);
}

static bool run_iret(struct cpu *cpu, const struct cpu_segments *segments)
{
    const uint32_t after = segments->iret_linear + 1;
    return push_iret_frame(cpu, segments) &&
           run_engine(cpu, after) == ENGINE_STOPPED &&
           fetch_selector(cpu, CS) == segments->user_code;
}

#define CR4_OSFXSR     0x200u
#define CR4_OSXMMEXCPT 0x400u

/* Without it FXSAVE and FXRSTOR leave out SSE's state (SDM volume 3, 2.5). The
 * model's CR4 knows nothing of it: it is no matter of paging. */
static bool enable_sse(struct cpu *cpu)
{
    return engine_set(cpu->engine, ENGINE_CR4, CR4_OSFXSR | CR4_OSXMMEXCPT);
}

/* Unicorn starts with MXCSR 0; a reset leaves 0x1F80 there (SDM volume
 * 1, 10.2.3). */
static bool mask_sse_exceptions(struct cpu *cpu)
{
    return engine_set(cpu->engine, ENGINE_MXCSR, MXCSR_INITIAL);
}

/* Unicorn starts with control word 0: single precision, nothing masked. Linux
 * gives a program what FNINIT leaves (SDM volume 1, 8.1.5; volume 2A,
 * FINIT). */
static bool initialize_fpu(struct cpu *cpu)
{
    return engine_set(cpu->engine, ENGINE_FPU_CONTROL, FPU_CONTROL_INITIAL) &&
           engine_set(cpu->engine, ENGINE_FPU_TAGS, 0xFFFF);
}

/* What raises a divide error with EAX 0, and at ring 3 a general protection
 * fault; and a jump to itself, which ends the block. */
static const uint8_t divide_code[] = {0xF7, 0xF0, 0xEB, 0xFE}; /* DIV EAX */
static const uint8_t halt_code[] = {0xF4, 0x90, 0xEB, 0xFE};   /* HLT, NOP */

/* Has the engine raise an exception at `linear`, a page of the supervisor's,
 * from the state that `from` (NULL: the one it is in) holds, and saves the
 * state behind it in `to`. */
static bool provoke(struct cpu *cpu, uint32_t linear, const uint8_t *code,
                    uint32_t bytes, const struct cpu_context *from,
                    struct cpu_context *to)
{
    struct mmu_fault fault;
    uint32_t phys;
    if (from != NULL)
        cpu_context_restore(cpu, from);
    /* Nothing of this is counted: a replay's processor does not do it. */
    if (!mmu_probe(&cpu->mmu, linear, MMU_ACCESS_WRITE, false, &phys, &fault))
        return false;
    memcpy(cpu->mem->base + phys, code, bytes);
    memset(&cpu->registers, 0, sizeof cpu->registers);
    cpu->registers.eip = linear;
    cpu->registers.eflags = EFLAGS_ONE;
    cpu->code_stale = true;
    (void)run_engine(cpu, 0);
    cpu_context_save(cpu, to);
    return cpu->stopped == STOPPED_INTERRUPT;
}

/* Finds where the engine remembers exceptions, and that clearing it there makes
 * it forget. */
static bool find_inflight(struct cpu *cpu, uint32_t linear)
{
    struct cpu_context *context[4] = {NULL};
    bool made = true;
    for (int i = 0; i < 4; i++)
        made = (context[i] = cpu_context_new(cpu)) != NULL && made;
    if (made) {
        cpu_context_save(cpu, context[0]);
        made =
            provoke(cpu, linear, divide_code, sizeof divide_code, NULL,
                    context[1]) &&
            provoke(cpu, linear, halt_code, sizeof halt_code, context[0],
                    context[2]) &&
            provoke(cpu, linear, halt_code, sizeof halt_code, NULL, context[3]);
    }
    if (made)
        cpu->inflight = inflight_find(context[0]->state, context[1]->state,
                                      context[2]->state, context[3]->state,
                                      engine_context_bytes(cpu->engine));
    if (cpu->inflight != 0) {
        forget_exception(cpu);
        made = provoke(cpu, linear, divide_code, sizeof divide_code, NULL,
                       context[3]) &&
               cpu->vector == VECTOR_DIVIDE;
        cpu_context_restore(cpu, context[0]);
    }
    for (int i = 0; i < 4; i++)
        cpu_context_free(context[i]);
    return made && cpu->inflight != 0;
}

#define FLAG_PRECISION 0x20u

/* FLDPI, FMUL ST(0); or in XMM0 a number whose square is not exact. */
static const uint8_t fpu_code[] = {0xD9, 0xEB, 0xDC, 0xC8, 0xCC, 0xEB, 0xFE};
static const uint8_t sse_code[] = {0x66, 0x0F, 0x76, 0xC0, 0x66, 0x0F,
                                   0x73, 0xD0, 0x02, 0xF2, 0x0F, 0x59,
                                   0xC0, 0xCC, 0xEB, 0xFE};

static bool raises_precision(struct cpu *cpu, uint32_t linear,
                             const uint8_t *code, uint32_t bytes,
                             const struct cpu_context *from,
                             struct cpu_context *to, uint8_t fpu, uint8_t sse)
{
    return provoke(cpu, linear, code, bytes, from, to) &&
           fpu_flags_of_fpu(to->state, &cpu->fpu_flags) == fpu &&
           fpu_flags_of_sse(to->state, &cpu->fpu_flags) == sse;
}

/* Finds where the engine collects flags, and that it does. Where not, they are
 * not known. */
static void find_fpu_flags(struct cpu *cpu, uint32_t linear)
{
    static const uint64_t fdp[2] = {0x0000A1B2C3D4E5F6u, 0x00005A4B3C2D1E0Fu};
    static const uint32_t mxcsr[2] = {0x1F80u, 0x7FA0u};
    struct cpu_context *context[3] = {NULL};
    bool made = true;
    for (int i = 0; i < 3; i++)
        made = (context[i] = cpu_context_new(cpu)) != NULL && made;
    if (made) {
        cpu_context_save(cpu, context[2]);
        for (int i = 0; i < 2; i++) {
            (void)engine_set(cpu->engine, ENGINE_FPU_DATA, fdp[i]);
            (void)engine_set(cpu->engine, ENGINE_MXCSR, mxcsr[i]);
            cpu_context_save(cpu, context[i]);
        }
        const void *const states[2] = {context[0]->state, context[1]->state};
        cpu->fpu_flags = fpu_flags_find(
            states, engine_context_bytes(cpu->engine), fdp, mxcsr);
        if (cpu->fpu_flags.fpu != 0 &&
            (!raises_precision(cpu, linear, fpu_code, sizeof fpu_code,
                               context[2], context[0], FLAG_PRECISION, 0) ||
             !raises_precision(cpu, linear, sse_code, sizeof sse_code,
                               context[2], context[0], 0, FLAG_PRECISION)))
            cpu->fpu_flags = (struct fpu_flags){0};
        cpu_context_restore(cpu, context[2]);
    }
    for (int i = 0; i < 3; i++)
        cpu_context_free(context[i]);
}

static bool enter_without_engine(struct cpu *cpu,
                                 const struct cpu_segments *segments)
{
    if (!push_iret_frame(cpu, segments))
        return false;
    memset(&cpu->registers, 0, sizeof cpu->registers);
    cpu->registers.eflags = EFLAGS_ONE | EFLAGS_IF;
    cpu->registers.selector[CS] = segments->user_code;
    cpu->registers.selector[SS] = segments->user_data;
    return true;
}

bool cpu_enter_user(struct cpu *cpu, const struct cpu_segments *segments)
{
    if (cpu->engine == NULL)
        return enter_without_engine(cpu, segments);
    cpu->tables = (struct segment_tables){.gdt_linear = segments->gdt_linear,
                                          .gdt_bytes = segments->gdt_bytes};
    cpu->flat_selector = segments->user_data;
    cpu->booting = true;
    bool done = engine_load_gdt(cpu->engine, segments->gdt_linear,
                                segments->gdt_bytes) &&
                write_selector(cpu, CS, segments->kernel_code) &&
                write_selector(cpu, SS, segments->kernel_data) &&
                run_iret(cpu, segments) &&
                write_selector(cpu, DS, segments->user_data) &&
                write_selector(cpu, ES, segments->user_data) &&
                write_selector(cpu, FS, 0) && write_selector(cpu, GS, 0) &&
                enable_sse(cpu) && mask_sse_exceptions(cpu) &&
                initialize_fpu(cpu);
    cpu->patched = cpu_context_new(cpu);
    done = done && cpu->patched != NULL &&
           find_inflight(cpu, segments->stack_linear - PROVOKING_BYTES);
    if (done)
        find_fpu_flags(cpu, segments->stack_linear - PROVOKING_BYTES);
    cpu->booting = false;
    cpu->code_stale = true;
    memset(&cpu->registers, 0, sizeof cpu->registers);
    cpu->registers.eflags = EFLAGS_ONE | EFLAGS_IF;
    store_registers(cpu);
    cpu_load_segments(cpu);
    cpu_forget_translations(cpu);
    cpu->fresh = cpu_context_new(cpu);
    if (cpu->fresh == NULL)
        return false;
    cpu_context_save(cpu, cpu->fresh);
    return done;
}

/* All but the engine. */
static const char *set_up_model(struct cpu *cpu,
                                const struct mmu_generation *generation,
                                const struct mmu_event_sink *sink)
{
    const struct mmu_physmem *mem = cpu->mem;
    if (mmu_init(&cpu->mmu, generation, mem, sink, cpu->clocked) != 0)
        return "out of memory";
    cpu->decoder = decoder_new();
    if (cpu->decoder != NULL)
        decoder_set_selector_bytes(cpu->decoder, generation->selector_bytes);
    cpu->view =
        (struct view){&cpu->mmu, cpu->decoder, &cpu->registers, &cpu->watch};
    cpu->codeinfo = codeinfo_new(cpu->decoder, clock_generation(cpu));
    cpu->fetches.mmu = &cpu->mmu;
    cpu->fetches.view = &cpu->view;
    cpu->fetches.codeinfo = cpu->codeinfo;
    fetches_restart(&cpu->fetches);
    cpu->frame_is_code = calloc(mem->frames, 1);
    cpu->frame_is_listed = calloc(mem->frames, 1);
    cpu->frame_found = calloc(mem->frames, 1);
    cpu->code_frames = calloc(mem->frames, sizeof *cpu->code_frames);
    cpu->fills = calloc(mem->frames, sizeof *cpu->fills);
    if (cpu->decoder == NULL || cpu->codeinfo == NULL ||
        cpu->frame_is_code == NULL || cpu->frame_is_listed == NULL ||
        cpu->frame_found == NULL || cpu->code_frames == NULL ||
        cpu->fills == NULL)
        return "out of memory";
    return NULL;
}

static const char *set_up(struct cpu *cpu,
                          const struct mmu_generation *generation,
                          const struct mmu_event_sink *sink)
{
    const struct mmu_physmem *mem = cpu->mem;
    const char *why = set_up_model(cpu, generation, sink);
    const struct engine_hooks hooks = {.fill = on_fill,
                                       .interrupt = on_interrupt,
                                       .translated = on_translated,
                                       .block = on_block,
                                       .memory = on_memory,
                                       .guard = on_guard,
                                       .arg = cpu};
    if (why != NULL)
        return why;
    cpu->fpu_host = fpu_host_new();
    cpu->shadow.code =
        aligned_alloc(MMU_PAGE_SIZE, (size_t)SHADOW_PAGES * MMU_PAGE_SIZE);
    if (cpu->shadow.code == NULL)
        return "out of memory";
    cpu->engine = engine_new(&hooks, mem->base, mem->frames, cpu->shadow.code,
                             SHADOW_PAGES, &why);
    if (cpu->engine == NULL || !cpu->clocked)
        return why;
    cpu->counting = engine_see_blocks(cpu->engine, true);
    cpu->sees_stores = engine_see_memory(cpu->engine, true);
    return cpu->counting && cpu->sees_stores ? NULL : "Unicorn refuses a hook";
}

typedef const char *set_up_function(struct cpu *cpu,
                                    const struct mmu_generation *generation,
                                    const struct mmu_event_sink *sink);

static struct cpu *make(set_up_function *set_up_it,
                        const struct mmu_generation *generation,
                        const struct mmu_physmem *mem,
                        const struct mmu_event_sink *sink, bool clocked,
                        const char **why)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    if (cpu == NULL) {
        *why = "out of memory";
        return NULL;
    }
    cpu->mem = mem;
    cpu->clocked = clocked;
    cpu->fill_epoch = 1;
    cpu->moved.page = NOWHERE;
    cpu->meter.epoch = 1;
    cpu->gs_flat = true;
    cpu->segments_stale = true;
    cpu->meter.always = clocked;
    *why = set_up_it(cpu, generation, sink);
    if (*why != NULL) {
        cpu_free(cpu);
        return NULL;
    }
    return cpu;
}

struct cpu *cpu_new(const struct mmu_generation *generation,
                    const struct mmu_physmem *mem,
                    const struct mmu_event_sink *sink, bool clocked,
                    const char **why)
{
    return make(set_up, generation, mem, sink, clocked, why);
}

struct cpu *cpu_new_replay(const struct mmu_generation *generation,
                           const struct mmu_physmem *mem,
                           const struct mmu_event_sink *sink, const char **why)
{
    return make(set_up_model, generation, mem, sink, true, why);
}

void cpu_free(struct cpu *cpu)
{
    if (cpu == NULL)
        return;
    cpu_context_free(cpu->fresh);
    cpu_context_free(cpu->patched);
    engine_free(cpu->engine);
    mmu_destroy(&cpu->mmu);
    fpu_host_free(cpu->fpu_host);
    codeinfo_free(cpu->codeinfo);
    decoder_free(cpu->decoder);
    free(cpu->frame_is_code);
    free(cpu->frame_is_listed);
    free(cpu->frame_found);
    barred_free(&cpu->barred);
    free(cpu->code_frames);
    free(cpu->fills);
    free(cpu->shadow.code);
    watch_destroy(&cpu->watch);
    free(cpu);
}
