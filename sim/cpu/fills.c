/* fills.c: see fills.h. */
#include "cpu/fills.h"

#include "cpu/barred.h"
#include "cpu/crowded.h"
#include "cpu/state.h"
#include "cpu/translations.h"

static bool system_access(const struct cpu *cpu, uint32_t page)
{
    return cpu->booting || (cpu->system_granted && cpu->system_page == page);
}

/* Without the clock Unicorn's TLB is the only one, and a fill the only walk.
 * With it the walk is done by the access that follows (accesses_see, on_code),
 * through the model's TLB. */
static bool translate_fill(struct cpu *cpu, uint32_t page,
                           enum mmu_access access, bool user, uint32_t *phys)
{
    struct mmu_fault fault;
    if (cpu->clocked)
        return mmu_probe(&cpu->mmu, page, access, user, phys, &fault);
    return mmu_translate(&cpu->mmu, page, access, user, phys, &fault);
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
        translations_note_code(cpu, frame);
    else if (access == MMU_ACCESS_WRITE && cpu->frame_is_code[frame])
        meter_code_is_written(&cpu->meter);
    struct fill *fill = &cpu->fills[frame];
    bool current = fill->epoch == cpu->fill_epoch;
    fill->ambiguous = current && (fill->ambiguous || fill->page != page);
    fill->written = access == MMU_ACCESS_WRITE || (current && fill->written);
    fill->page = page;
    fill->system = system;
    fill->epoch = cpu->fill_epoch;
}

/* What the engine is told of the page; the first refusal counts. */
static void refuse(struct cpu *cpu, int why, uint32_t page,
                   enum mmu_access access)
{
    if (cpu->miss.why == MISS_NONE)
        cpu->miss = (struct miss){.why = why, .page = page, .access = access};
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
        translations_set_exits(cpu);
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

bool fills_answer(void *arg, uint32_t page, enum mmu_access access,
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
        translations_in_shadow(cpu, page)) {
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
