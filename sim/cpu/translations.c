/* translations.c: see translations.h. */
#include "cpu/translations.h"

#include "cpu/barred.h"
#include "cpu/engine.h"
#include "cpu/rewrite.h"
#include "cpu/state.h"

/* no guest page: a way to name a frame to the engine */
#define ALIAS_PAGE 0xFFFFE000u

void translations_forget_pages(struct cpu *cpu)
{
    engine_forget_pages(cpu->engine);
    cpu->fill_epoch++;
}

void translations_set_exits(struct cpu *cpu)
{
    struct barred *barred = &cpu->barred;
    bool added = barred->count > 0 && cpu->run_to != 0 &&
                 barred_add(barred, cpu->run_to);
    engine_set_exits(cpu->engine, barred->linear, barred->count);
    if (added)
        barred_remove(barred, cpu->run_to);
}

void translations_note_code(struct cpu *cpu, uint32_t frame)
{
    cpu->frame_is_code[frame] = 1;
    if (!cpu->frame_is_listed[frame])
        cpu->code_frames[cpu->code_frame_count++] = frame;
    cpu->frame_is_listed[frame] = 1;
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
    translations_forget_pages(cpu);
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
    translations_forget_pages(cpu);
    cpu->meter.epoch++;
}

void translations_cast_shadow(struct cpu *cpu)
{
    struct shadow *shadow = &cpu->shadow;
    rewrite_cast_shadow(&cpu->rewrite, here(cpu), shadow->code);
    shadow->wanted = false;
    shadow->cast = true;
    shadow->entered = false;
    shadow->page = here(cpu) & MMU_PAGE_MASK;
    translations_forget_pages(cpu);
}

void translations_lift_shadow(struct cpu *cpu)
{
    cpu->shadow.cast = false;
    for (uint32_t i = 0; i < SHADOW_PAGES; i++)
        drop_frame(cpu, cpu->mem->frames + i);
    cpu->alias_frame = MMU_FRAME_NONE;
    translations_forget_pages(cpu);
}

bool translations_in_shadow(const struct cpu *cpu, uint32_t page)
{
    return page - cpu->shadow.page < SHADOW_PAGES * MMU_PAGE_SIZE;
}

/* Pages are searched again when the engine asks for them again. */
static void forget_barred(struct cpu *cpu)
{
    if (cpu->barred.count == 0)
        return;
    cpu->barred.count = 0;
    translations_set_exits(cpu);
}

void cpu_load_cr3(struct cpu *cpu, uint32_t cr3)
{
    mmu_load_cr3(&cpu->mmu, cr3);
    if (cpu->engine == NULL)
        return;
    translations_forget_pages(cpu);
    cpu->meter.epoch += cpu->meter.code_is_written;
    cpu->meter.code_is_written = false;
    cpu->moved.page = NOWHERE;
    forget_barred(cpu);
}

void cpu_forget_translations(struct cpu *cpu)
{
    if (cpu->engine == NULL)
        return;
    translations_forget_pages(cpu);
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

void translations_settle(struct cpu *cpu)
{
    settle_moved(cpu);
    if (cpu->code_stale)
        drop_translated_code(cpu);
    else if (cpu->stale_count > 0)
        drop_stale_frames(cpu);
}
