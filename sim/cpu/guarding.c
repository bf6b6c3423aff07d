/* guarding.c: see guarding.h. */
#include "cpu/guarding.h"

#include "cpu/codeinfo.h"
#include "cpu/emulated.h"
#include "cpu/engine.h"
#include "cpu/fpulook.h"
#include "cpu/opcodes.h"
#include "cpu/operands.h"
#include "cpu/search.h"
#include "cpu/segload.h"
#include "cpu/segments.h"
#include "cpu/state.h"
#include "cpu/verdict.h"

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
        cpu_stop_at(cpu, STOPPED_LOAD, insn->linear);
        break;
    case SEGLOAD_FAULT:
        cpu_stop_at(cpu, STOPPED_GUARD, insn->linear);
        break;
    case SEGLOAD_EXCEPTION:
        cpu_stop_at(cpu, STOPPED_FORBIDDEN, insn->linear);
        break;
    }
}

static void look_at_accesses(struct cpu *cpu, const struct insn *insn)
{
    switch (verdict_of(cpu, insn)) {
    case VERDICT_DONE:
        if (insn->emulated != EMULATED_NOT)
            cpu_stop_at(cpu, STOPPED_EMULATE, insn->linear);
        else if (codeinfo_pushes_flags(insn) && (cpu->strict || !cpu->gs_flat))
            cpu_stop_at(cpu, STOPPED_PUSH, insn->linear);
        break;
    case VERDICT_FAULT:
        if (insn->implicit != IMPLICIT_POP_ALL) /* it keeps what it loaded
                                                   before */
            cpu_stop_at(cpu, STOPPED_GUARD, insn->linear);
        break;
    case VERDICT_EXCEPTION:
        cpu_stop_at(cpu, STOPPED_FORBIDDEN, insn->linear);
        break;
    }
}

void guarding_look_ahead(struct cpu *cpu, const struct insn *insn)
{
    cpu_fetch_registers(cpu);
    cpu->registers.eip = insn->linear - cpu->registers.base[CS];
    cpu->rewrite.flags_at = insn->linear;
    cpu->rewrite.flags = cpu->registers.eflags;
    if (insn->raises != NO_EXCEPTION) {
        cpu->vector = insn->raises;
        cpu->error = 0;
        cpu_stop_at(cpu, STOPPED_FORBIDDEN, insn->linear);
    } else if (insn->timestamp)
        cpu_stop_at(cpu, STOPPED_TIMESTAMP, insn->linear);
    else if (insn->interrupt)
        cpu_stop_at(cpu, STOPPED_SOFTWARE, insn->linear);
    else if (insn->loads)
        look_at_load(cpu, insn);
    else
        look_at_accesses(cpu, insn);
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

void guarding_see(struct uc_struct *handle, uint64_t address, uint32_t size,
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
    if (guard->fpu && fpulook_at(cpu, guard))
        return;
    if (!cpu->strict && codeinfo_searches(&guard->insn))
        note_search(cpu, &guard->insn);
    if (wants_look(cpu, &guard->insn))
        guarding_look_ahead(cpu, &guard->insn);
    if (cpu->stopped == STOPPED_NOT && cpu->clocked &&
        codeinfo_wants_operand(&guard->insn, &guard->clocks))
        operands_add_clocks(cpu, guard);
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
    return fpulook_wants_guard(cpu, insn, last) || wants_look(cpu, insn) ||
           codeinfo_searches(insn) || codeinfo_wants_flags(insn) ||
           codeinfo_wants_operand(insn, &clocks);
}

/* On the way through a stretch of code, looking for what wants a guard and has
 * none. */
struct cursor {
    uint32_t at, end;
    uint32_t until; /* the last instruction that wants a guard of its own */
    enum fpu_class last;
    bool hooked;  /* one of those before is, */
    bool touched; /* and the one before may have changed the flags' form */
};

static struct cursor cursor_at(struct cpu *cpu, uint32_t start, uint32_t end)
{
    struct cursor cursor = {.at = start, .end = end, .until = start};
    struct insn insn;
    enum fpu_class last = FPU_CLASS_NONE;
    for (uint32_t at = start; at < end && view_decode(&cpu->view, at, &insn);
         at += insn.length)
        if (wants_guard(cpu, &insn, &last))
            cursor.until = at;
    return cursor;
}

/* The next such instruction; false where there is none. At a hook the engine
 * stores in which form it knows the flags only where that form is another than
 * at the last hook of the block: between two of them one is put behind each
 * instruction that may have changed it. */
static bool next_unguarded(struct cpu *cpu, struct cursor *cursor,
                           uint32_t *found)
{
    struct insn insn;
    bool is_bare = false;
    while (!is_bare && cursor->at < cursor->end &&
           view_decode(&cpu->view, cursor->at, &insn)) {
        bool wanted =
            wants_guard(cpu, &insn, &cursor->last) ||
            (cursor->hooked && cursor->touched && cursor->at <= cursor->until);
        is_bare = wanted && guards_find(&cpu->guards, cursor->at) == NULL;
        *found = cursor->at;
        cursor->hooked = cursor->hooked || wanted;
        cursor->touched = codeinfo_touches_flags(&insn);
        cursor->at += insn.length;
    }
    return is_bare;
}

bool guarding_wants(struct cpu *cpu, uint32_t start, uint32_t end)
{
    struct cursor cursor = cursor_at(cpu, start, end);
    uint32_t found;
    return next_unguarded(cpu, &cursor, &found);
}

void guarding_translated(void *arg, uint32_t linear, uint32_t bytes)
{
    struct cpu *cpu = arg;
    uint32_t end = linear + bytes;
    if (cpu->booting || cpu->stopped != STOPPED_NOT)
        return;
    if (engine_is_full(cpu->engine)) {
        cpu_stop_at(cpu, STOPPED_FULL, linear);
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
    if (!wanted || !guarding_wants(cpu, linear, end))
        return;
    cpu->guard_start = linear;
    cpu->guard_end = end;
    cpu_stop_at(cpu, STOPPED_NEW_GUARD, linear);
}

/* Blocks whose guards went are translated again, and ask for them again. */
static void remove_guards(struct cpu *cpu)
{
    for (uint32_t i = 0; i < cpu->guards.count; i++)
        if (!cpu->guards.guard[i].retired)
            engine_unguard(cpu->engine, cpu->guards.guard[i].hook);
    guards_clear(&cpu->guards);
}

bool guarding_add(struct cpu *cpu, uint32_t start, uint32_t end)
{
    uint32_t at;
    if (cpu->guards.count > GUARDS_MAX / 2)
        remove_guards(cpu);
    struct cursor cursor = cursor_at(cpu, start, end);
    while (next_unguarded(cpu, &cursor, &at)) {
        size_t hook;
        if (cpu->guards.count == GUARDS_MAX ||
            !engine_guard(cpu->engine, at, &hook))
            return false;
        guards_add(&cpu->guards, at, hook);
    }
    cpu->code_stale = true;
    return true;
}
