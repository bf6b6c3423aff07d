/* blocks.c: see blocks.h. */
#include "cpu/blocks.h"

#include "cpu/accesses.h"
#include "cpu/engine.h"
#include "cpu/state.h"

uint32_t blocks_components_at(const struct cpu *cpu, uint32_t linear)
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

void blocks_cut(struct cpu *cpu, uint32_t linear)
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

void blocks_see(struct uc_struct *handle, uint64_t address, uint32_t size,
                void *arg)
{
    struct cpu *cpu = arg;
    uint32_t linear = (uint32_t)address;
    (void)handle;
    if (cpu->booting)
        return;
    if (cpu->shadow.cast && cpu->shadow.entered) {
        cpu_stop_at(cpu, STOPPED_SHADOW, linear);
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
        blocks_cut(cpu, linear);
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
        cpu_stop_at(cpu, STOPPED_BLOCK, linear);
        break;
    case METER_RELAX:
        cpu_stop_at(cpu, STOPPED_RELAX, linear);
        break;
    }
}

bool blocks_count(struct cpu *cpu, bool counting)
{
    if (counting == cpu->counting)
        return true;
    bool done = engine_see_blocks(cpu->engine, counting);
    cpu->counting = counting;
    cpu->code_stale = true;
    return done;
}

bool blocks_see_stores(struct cpu *cpu)
{
    cpu->meter.always = true;
    cpu->code_stale = true;
    cpu->sees_stores = engine_see_memory(cpu->engine, false);
    return cpu->sees_stores && blocks_count(cpu, true);
}

void blocks_stop_behind(struct cpu *cpu)
{
    uint32_t next = here(cpu);
    leave_block(cpu, next,
                meter_wants_components(&cpu->meter, next)
                    ? blocks_components_at(cpu, next)
                    : 0);
}

void blocks_stop_before(struct cpu *cpu)
{
    if (!cpu->rewrite.pending) {
        blocks_stop_behind(cpu);
        return;
    }
    blocks_cut(cpu, here(cpu));
    cpu->tried.skip_fetch = true;
}

void blocks_stop_in(struct cpu *cpu)
{
    if (here(cpu) - cpu->meter.linear >= cpu->meter.bytes) {
        blocks_stop_behind(cpu);
        return;
    }
    if (cpu->clocked && cpu->meter.insns > 0)
        fetches_until(&cpu->fetches, here(cpu));
    cpu->fetches.insns = 0;
    meter_give_back(&cpu->meter, cpu->codeinfo, &cpu->view, here(cpu));
}

bool blocks_fetch_rest(struct cpu *cpu)
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
    accesses_through_tlb(cpu, page, MMU_ACCESS_FETCH, true);
    if (tried->linear != linear)
        *tried = (struct tried){.linear = linear};
    tried->whole = true;
    return granted;
}

bool blocks_stop_at_insn(struct cpu *cpu)
{
    blocks_stop_in(cpu);
    return blocks_fetch_rest(cpu);
}

void blocks_begin_here(struct cpu *cpu)
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
    accesses_through_tlb(cpu, linear, MMU_ACCESS_FETCH, true);
    if (((linear ^ (linear + (bytes - 1))) & MMU_PAGE_MASK) != 0)
        accesses_through_tlb(cpu, (linear + bytes) & MMU_PAGE_MASK,
                             MMU_ACCESS_FETCH, true);
}

void blocks_begin_refused(struct cpu *cpu)
{
    blocks_begin_here(cpu);
    cpu->tried.skip_fetch = false;
}

void blocks_resume(struct cpu *cpu)
{
    struct tried *tried = &cpu->tried;
    uint32_t linear = here(cpu);
    tried->skip = tried->linear == linear ? tried->accesses : 0;
    tried->linear = linear;
    tried->accesses = 0;
    tried->skip_fetch = true;
}

struct insn_clocks blocks_count_here(struct cpu *cpu, const struct insn *insn)
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
