/* memory.c: see memory.h. */
#include "linux/memory.h"

#include <errno.h>
#include <stddef.h>

#include "linux/pager.h"
#include "linux/state.h"
#include "program/program.h"

uint8_t memory_rights(bool readable, bool writable, bool executable)
{
    return (uint8_t)((readable ? TRACE_READABLE : 0) |
                     (writable ? TRACE_WRITABLE : 0) |
                     (executable ? TRACE_EXECUTABLE : 0));
}

static void end_range(struct kernel *kernel, enum trace_kind kind,
                      uint32_t start, uint32_t end, uint8_t rights)
{
    action_end(
        &kernel->machine.actions,
        &(struct trace_event){
            .kind = kind,
            .map = {.start = start, .end = end, .rights = rights, .name = ""}});
}

/* ---- mapping ---- */

int memory_map(struct kernel *kernel, struct process *process,
               const struct mapping *mapping)
{
    const struct program *program = mapping->program;
    int error;
    action_begin(&kernel->machine.actions);
    error = mappings_add(&process->mappings, mapping);
    const struct trace_event action = {
        .kind = TRACE_MAP,
        .map = {
            .start = mapping->start,
            .end = mapping->end,
            .rights = memory_rights(mapping->readable, mapping->writable,
                                    mapping->executable),
            .flags = (uint8_t)((mapping->shared ? TRACE_SHARED : 0) |
                               (mapping->populated ? TRACE_POPULATED : 0)),
            .program = program == NULL ? 0 : (uint32_t)program->id,
            .segment = program == NULL
                           ? 0
                           : (uint32_t)(mapping->segment - program->segments),
            .name = mapping->name == NULL ? "" : mapping->name,
        }};
    action_end(&kernel->machine.actions, &action);
    return error;
}

int memory_unmap(struct kernel *kernel, struct process *process, uint32_t start,
                 uint32_t end)
{
    int error;
    if (start >= end)
        return 0;
    action_begin(&kernel->machine.actions);
    error = mappings_remove(&process->mappings, start, end);
    if (error == 0)
        pager_unmap(kernel, process, start, end);
    end_range(kernel, TRACE_UNMAP, start, end, 0);
    return error;
}

/* ---- rights ---- */

/* A page that is write-protected for good gets its own copy if it may be
 * written from now on; one that may not be touched at all keeps its frame, and
 * is not present. */
static void protect_page(struct kernel *kernel, struct process *process,
                         uint32_t page, uint32_t *pte, bool any, bool writable)
{
    if (!any) {
        (void)mmu_addrspace_withhold(&process->space, page);
        return;
    }
    bool for_good = mmu_frame_is_shared_for_good(&kernel->machine.frames,
                                                 *pte >> MMU_PAGE_SHIFT);
    const struct mapping *mapping = mappings_find(&process->mappings, page);
    if (for_good && writable && mapping != NULL && mapping->program != NULL) {
        mmu_addrspace_unmap(&process->space, page);
        return;
    }
    (void)mmu_addrspace_protect(&process->space, page, writable);
    if (for_good && mapping != NULL && mapping->shared)
        *pte = writable ? *pte | MMU_PTE_RW : *pte & ~MMU_PTE_RW;
}

static void protect_pages(struct kernel *kernel, struct process *process,
                          uint32_t start, uint32_t end, bool any, bool writable)
{
    for (uint32_t page = start; page < end; page += MMU_PAGE_SIZE) {
        uint32_t *pte = mmu_addrspace_entry(&process->space, page, NULL);
        if (pte == NULL || !mmu_entry_holds(*pte))
            continue;
        protect_page(kernel, process, page, pte, any, writable);
        mmu_invalidate(cpu_mmu(kernel->machine.cpu), page);
    }
    cpu_forget_translations(kernel->machine.cpu);
}

int memory_protect(struct kernel *kernel, struct process *process,
                   uint32_t start, uint32_t end, bool readable, bool writable,
                   bool executable)
{
    int error;
    action_begin(&kernel->machine.actions);
    error = mappings_protect(&process->mappings, start, end, readable, writable,
                             executable);
    if (error == 0)
        protect_pages(kernel, process, start, end,
                      readable || writable || executable, writable);
    end_range(kernel, TRACE_PROTECT, start, end,
              memory_rights(readable, writable, executable));
    return error;
}

/* ---- pages ---- */

static int move_pages(struct kernel *kernel, struct process *process,
                      uint32_t from, uint32_t to, uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at += MMU_PAGE_SIZE) {
        const uint32_t *pte =
            mmu_addrspace_entry(&process->space, from + at, NULL);
        if (pte == NULL || !mmu_entry_holds(*pte))
            continue;
        if (mmu_addrspace_map(&process->space, to + at, *pte >> MMU_PAGE_SHIFT,
                              *pte & (MMU_PTE_US | MMU_PTE_RW | MMU_PTE_AVL |
                                      MMU_PTE_WITHHELD)) != 0)
            return -ENOMEM;
    }
    pager_unmap(kernel, process, from, from + bytes);
    return 0;
}

int memory_move(struct kernel *kernel, struct process *process, uint32_t from,
                uint32_t to, uint32_t bytes)
{
    int error;
    action_begin(&kernel->machine.actions);
    error = move_pages(kernel, process, from, to, bytes);
    action_end(
        &kernel->machine.actions,
        &(struct trace_event){.kind = TRACE_MOVE, .move = {from, to, bytes}});
    return error;
}

static void forget_pages(struct kernel *kernel, struct process *process,
                         uint32_t start, uint32_t end)
{
    const struct mappings *mappings = &process->mappings;
    for (uint32_t i = 0; i < mappings->count; i++) {
        const struct mapping *mapping = &mappings->mapping[i];
        uint32_t low = mapping->start > start ? mapping->start : start;
        uint32_t high = mapping->end < end ? mapping->end : end;
        if (low < high && !mapping->populated)
            pager_unmap(kernel, process, low, high);
    }
}

void memory_forget(struct kernel *kernel, struct process *process,
                   uint32_t start, uint32_t end)
{
    if (start >= end)
        return;
    action_begin(&kernel->machine.actions);
    forget_pages(kernel, process, start, end);
    end_range(kernel, TRACE_FORGET, start, end, 0);
}

static bool is_cow(const struct kernel *kernel, uint32_t frame)
{
    const struct mmu_frame *entry = &kernel->machine.frames.table[frame];
    return entry->cow_readonly != 0 || entry->cow_writable != 0;
}

void memory_keep(struct kernel *kernel, struct process *process, uint32_t page)
{
    const uint32_t *pte = mmu_addrspace_entry(&process->space, page, NULL);
    action_begin(&kernel->machine.actions);
    if (pte != NULL && mmu_entry_holds(*pte) &&
        !is_cow(kernel, *pte >> MMU_PAGE_SHIFT))
        mmu_frame_share_for_good(&kernel->machine.frames,
                                 *pte >> MMU_PAGE_SHIFT);
    action_end(&kernel->machine.actions,
               &(struct trace_event){.kind = TRACE_KEEP, .page = page});
}
