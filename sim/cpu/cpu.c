/* cpu.c: see cpu.h. */
#include "cpu/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/accesses.h"
#include "cpu/blocks.h"
#include "cpu/decode.h"
#include "cpu/engine.h"
#include "cpu/fills.h"
#include "cpu/guarding.h"
#include "cpu/run.h"
#include "cpu/state.h"
#include "cpu/step.h"
#include "cpu/stops.h"

/* an instruction is stopped and taken up again a few times */
#define STANDSTILL_MAX 10000u

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

/* ---- running ---- */

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

/* The engine has no page of crowded code but while it runs that. */
static bool is_in_crowded(struct cpu *cpu)
{
    struct crowded *crowded = &cpu->crowded;
    if (crowded->bytes == 0 || here(cpu) - crowded->start < crowded->bytes)
        return crowded->bytes > 0;
    crowded->bytes = 0;
    translations_forget_pages(cpu);
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
        segments_look(cpu);
    cpu->strict = cpu->not_flat || (cpu->registers.eflags & EFLAGS_TF) != 0 ||
                  is_in_crowded(cpu);
    if (cpu->strict) {
        done = step_once(cpu, until, exit);
    } else {
        enum engine_end end = run_engine(cpu, to);
        done = stops_after(cpu, end, until, exit);
    }
    if (done || !cpu->trapped)
        return done;
    cpu_exit_exception(exit, VECTOR_DEBUG, 0);
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
    if (!cpu->meter.unlimited && !cpu->clocked && !blocks_count(cpu, true)) {
        cpu_exit_broken(cpu, exit, "the engine refused a hook");
        return;
    }
    if (!segments_adopt(cpu, exit))
        return;
    while (!stops_at_barred(cpu, exit)) {
        bool done = run_some(cpu, &until, exit);
        watch_end(&cpu->watch, &cpu->meter, &cpu->mmu);
        if (done)
            break;
        if (stands_still(cpu, &progress)) {
            cpu_exit_broken(cpu, exit, "the engine does not get on");
            break;
        }
    }
    if (exit->stop == CPU_STOP_FAULT || exit->stop == CPU_STOP_EXCEPTION)
        cpu->registers.eflags = search_flags_after_fault(
            &cpu->search, here(cpu), cpu->registers.general[ECX],
            cpu->registers.eflags);
    segments_leave(cpu, exit);
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

/* ---- making one ---- */

struct mmu *cpu_mmu(struct cpu *cpu)
{
    return &cpu->mmu;
}

struct registers *cpu_registers(struct cpu *cpu)
{
    return &cpu->registers;
}

static void on_interrupt(void *arg, uint32_t vector)
{
    struct cpu *cpu = arg;
    cpu->vector = vector;
    cpu_stop(cpu, STOPPED_INTERRUPT);
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
    const struct engine_hooks hooks = {.fill = fills_answer,
                                       .interrupt = on_interrupt,
                                       .translated = guarding_translated,
                                       .block = blocks_see,
                                       .memory = accesses_see,
                                       .guard = guarding_see,
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
