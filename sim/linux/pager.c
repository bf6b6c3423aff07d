/* pager.c: see pager.h. */
#include "linux/pager.h"

#include <string.h>

#include "cow.h"
#include "linux/layout.h"
#include "linux/state.h"
#include "program/program.h"

void pager_invalidate(struct kernel *kernel, uint32_t linear)
{
    mmu_invalidate(cpu_mmu(kernel->machine.cpu), linear);
    cpu_forget_translations(kernel->machine.cpu);
}

enum pager_outcome pager_map(struct kernel *kernel, struct mmu_addrspace *space,
                             struct mmu_event event, bool writable)
{
    uint32_t frame = event.frame_after;
    if (mmu_addrspace_map(space, event.linear, frame,
                          MMU_PTE_US | (writable ? MMU_PTE_RW : 0)) != 0) {
        if (mmu_frame_references(&kernel->machine.frames, frame) == 0)
            mmu_frame_free(&kernel->machine.frames, frame);
        return PAGER_NO_FRAME;
    }
    event.pte_after =
        *mmu_addrspace_entry(space, event.linear, &event.pde_after);
    event.refs_after = mmu_frame_references(&kernel->machine.frames, frame);
    event.refs_before = event.refs_after - 1;
    mmu_event_emit(&kernel->machine.sink, &event);
    return PAGER_SERVICED;
}

static enum pager_outcome map_frame(struct kernel *kernel,
                                    struct process *process,
                                    enum mmu_event_kind kind, uint32_t page,
                                    uint32_t frame, bool writable)
{
    const struct mmu_event event = {
        .kind = kind, .linear = page, .frame_after = frame};
    return pager_map(kernel, &process->space, event, writable);
}

static enum pager_outcome zero_fill(struct kernel *kernel,
                                    struct process *process,
                                    const struct mapping *mapping,
                                    uint32_t page)
{
    uint32_t frame = mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_USER);
    if (frame == MMU_FRAME_NONE)
        return PAGER_NO_FRAME;
    memset(mmu_physmem_frame(&kernel->machine.mem, frame), 0, MMU_PAGE_SIZE);
    return map_frame(kernel, process, MMU_EVENT_ZERO_FILL, page, frame,
                     mapping->writable);
}

/* Read-only pages of a program are one frame for all; writable ones are each
 * process's own. */
static enum pager_outcome load_page(struct kernel *kernel,
                                    struct process *process,
                                    const struct mapping *mapping,
                                    uint32_t page)
{
    uint32_t frame = MMU_FRAME_NONE;
    if (!mapping->writable)
        frame = page_cache_find(&kernel->page_cache, &kernel->machine.frames,
                                mapping->program->id, page);
    if (frame == MMU_FRAME_NONE) {
        frame = mmu_frame_alloc(&kernel->machine.frames, MMU_FRAME_USER);
        if (frame == MMU_FRAME_NONE)
            return PAGER_NO_FRAME;
        program_page(mapping->program, mapping->segment, page,
                     mmu_physmem_frame(&kernel->machine.mem, frame));
        if (!mapping->writable) {
            mmu_frame_share_for_good(&kernel->machine.frames, frame);
            page_cache_put(&kernel->page_cache, &kernel->machine.frames,
                           mapping->program->id, page, frame);
        }
    }
    return map_frame(kernel, process, MMU_EVENT_FILE, page, frame,
                     mapping->writable);
}

static enum pager_outcome page_in(struct kernel *kernel,
                                  struct process *process,
                                  const struct mapping *mapping, uint32_t page)
{
    if (mapping->program != NULL &&
        segment_page_is_file(mapping->segment, page))
        return load_page(kernel, process, mapping, page);
    return zero_fill(kernel, process, mapping, page);
}

/* By a store of the guest's own, which comes back to the same instruction, or
 * of the kernel's. */
enum sharer { SHARER_GUEST, SHARER_KERNEL, SHARER_BY_HAND };

static enum pager_outcome break_sharing(struct kernel *kernel,
                                        struct process *process, uint32_t page,
                                        enum sharer who)
{
    const uint32_t *pte = mmu_addrspace_entry(&process->space, page, NULL);
    uint32_t before = pte == NULL ? 0 : *pte >> MMU_PAGE_SHIFT;
    switch (mmu_cow_break(&process->space, page, who == SHARER_BY_HAND)) {
    case MMU_COW_COPIED:
    case MMU_COW_TAKEN_OVER:
        if (who != SHARER_GUEST) {
            pager_invalidate(kernel, page);
            return PAGER_SERVICED;
        }
        mmu_invalidate(cpu_mmu(kernel->machine.cpu), page);
        cpu_page_moved(kernel->machine.cpu, page, before,
                       kernel->machine.trap_eip, process->general[ESP]);
        return PAGER_SERVICED;
    case MMU_COW_NO_FRAME:
        return PAGER_NO_FRAME;
    case MMU_COW_NOT_COW:
        break;
    }
    return PAGER_SEGV;
}

static bool rights_allow(const struct mapping *mapping, uint32_t error)
{
    return (error & MMU_PF_W) != 0
               ? mapping->writable
               : mapping->readable || mapping->writable || mapping->executable;
}

enum pager_outcome pager_fault(struct kernel *kernel, struct process *process,
                               uint32_t linear, uint32_t error)
{
    uint32_t page = linear & MMU_PAGE_MASK;
    const struct mapping *mapping = mappings_find(&process->mappings, linear);
    enum pager_outcome outcome = PAGER_SEGV;
    clock_charge(&kernel->machine.clock, COST_ENTRY, 1);
    clock_charge(&kernel->machine.clock, COST_FAULT, 1);
    clock_charge(&kernel->machine.clock, COST_LOOK_UP, 1);
    enum sharer who = (error & MMU_PF_U) != 0 ? SHARER_GUEST : SHARER_KERNEL;
    if (mapping != NULL && rights_allow(mapping, error))
        outcome = (error & MMU_PF_P) != 0
                      ? break_sharing(kernel, process, page, who)
                      : page_in(kernel, process, mapping, page);
    if (outcome == PAGER_SEGV) {
        const struct mmu_event event = {
            .kind = MMU_EVENT_SEGV, .linear = linear, .error = error};
        mmu_event_emit(&kernel->machine.sink, &event);
    }
    return outcome;
}

enum pager_outcome pager_break_by_hand(struct kernel *kernel,
                                       struct process *process, uint32_t linear)
{
    return break_sharing(kernel, process, linear & MMU_PAGE_MASK,
                         SHARER_BY_HAND);
}

void pager_unmap(struct kernel *kernel, struct process *process, uint32_t start,
                 uint32_t end)
{
    bool changed = false;
    for (uint32_t page = start; page < end;) {
        if (mmu_addrspace_entry(&process->space, page, NULL) == NULL) {
            /* No table here: on to the next one's pages. */
            page = (page & MMU_LARGE_PAGE_MASK) + (1u << MMU_LARGE_PAGE_SHIFT);
            continue;
        }
        if (mmu_addrspace_unmap(&process->space, page)) {
            changed = true;
            mmu_invalidate(cpu_mmu(kernel->machine.cpu), page);
        }
        page += MMU_PAGE_SIZE;
    }
    if (changed)
        cpu_forget_translations(kernel->machine.cpu);
}
