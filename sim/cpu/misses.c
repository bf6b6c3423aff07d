/* misses.c: see misses.h. */
#include "cpu/misses.h"

#include "cpu/accesses.h"
#include "cpu/blame.h"
#include "cpu/blocks.h"
#include "cpu/state.h"
#include "cpu/translations.h"
#include "cpu/verdict.h"

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
    enum verdict verdict = decoded ? verdict_of(cpu, &insn) : VERDICT_DONE;
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

/* The block's store to itself was refused: its instruction is taken up from its
 * shadow. */
static void after_cut(struct cpu *cpu, uint32_t *until)
{
    uint32_t linear = here(cpu);
    blocks_cut(cpu, linear);
    cpu->tried.skip_fetch = true;
    if (cpu->rewrite.insn.length == 0)
        return;
    cpu->shadow.wanted = true;
    *until = linear + cpu->rewrite.insn.length;
}

static void search_anew(struct cpu *cpu)
{
    if (!cpu->barred_anew)
        return;
    cpu->barred_anew = false;
    cpu_forget_translations(cpu);
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

bool misses_after(struct cpu *cpu, uint32_t *until, struct cpu_exit *exit)
{
    if (cpu->miss.why == MISS_CUT) {
        after_cut(cpu, until);
        return false;
    }
    if (cpu->miss.access == MMU_ACCESS_FETCH)
        blocks_stop_behind(cpu); /* the next one could not be translated */
    else
        blocks_stop_in(cpu);
    if (cpu->miss.why == MISS_REWRITING) {
        if (blocks_see_stores(cpu))
            return false;
        cpu_exit_broken(cpu, exit, "the engine refused a hook");
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
    if (cpu->miss.access != MMU_ACCESS_FETCH && !blocks_fetch_rest(cpu)) {
        cpu_exit_fault(cpu, exit);
        return true;
    }
    switch (resolve_miss(cpu, until)) {
    case RESOLVED_EXCEPTION:
        cpu_exit_exception(exit, cpu->vector, cpu->error);
        return true;
    case RESOLVED_FAULT:
        accesses_look_up_fault(cpu);
        cpu_exit_fault(cpu, exit);
        return true;
    case RESOLVED_RETRY:
        blocks_resume(cpu);
        return false;
    case RESOLVED_RUN_TO:
        return false;
    case RESOLVED_BROKEN:
        break;
    }
    cpu_exit_broken(cpu, exit,
                    "the engine refused a page that the tables grant");
    return true;
}
