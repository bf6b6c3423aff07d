/* ldt.c: see ldt.h. */
#include "ldt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "layout.h"
#include "machine.h"
#include "process.h"

#define ENTRIES_A_PAGE (PAGE_SIZE / (uint32_t)sizeof(struct segment_entry))

/* ---- descriptors ---- */

struct segment_entry segment_entry_encode(const struct user_desc *desc)
{
    uint32_t contents = (desc->flags & DESC_CONTENTS) >> DESC_CONTENTS_SHIFT;
    uint32_t access = 0x71u | ((desc->flags & DESC_NOT_PRESENT) != 0 ? 0 : 0x80u) | contents << 2 |
                      ((desc->flags & DESC_READ_EXEC_ONLY) != 0 ? 0 : 0x02u);
    uint32_t granularity = ((desc->flags & DESC_LIMIT_IN_PAGES) != 0 ? 0x8u : 0) |
                           ((desc->flags & DESC_32BIT) != 0 ? 0x4u : 0) |
                           ((desc->flags & DESC_USEABLE) != 0 ? 0x1u : 0);
    return (struct segment_entry){
        .low = (desc->base & 0xFFFFu) << 16 | (desc->limit & 0xFFFFu),
        .high = (desc->base & 0xFF000000u) | granularity << 20 | (desc->limit & 0xF0000u) |
                access << 8 | (desc->base >> 16 & 0xFFu),
    };
}

static uint32_t flag_of(uint32_t high, uint32_t bit, uint32_t flag)
{
    return (high & 1u << bit) != 0 ? flag : 0;
}

struct user_desc segment_entry_decode(const struct segment_entry *entry)
{
    uint32_t high = entry->high;
    return (struct user_desc){
        .base = (high & 0xFF000000u) | (high & 0xFFu) << 16 | entry->low >> 16,
        .limit = (high & 0xF0000u) | (entry->low & 0xFFFFu),
        .flags = (high >> 10 & 3) << DESC_CONTENTS_SHIFT |
                 (flag_of(high, 9, DESC_READ_EXEC_ONLY) ^ DESC_READ_EXEC_ONLY) |
                 (flag_of(high, 15, DESC_NOT_PRESENT) ^ DESC_NOT_PRESENT) |
                 flag_of(high, 20, DESC_USEABLE) | flag_of(high, 22, DESC_32BIT) |
                 flag_of(high, 23, DESC_LIMIT_IN_PAGES),
    };
}

bool user_desc_is_empty(const struct user_desc *desc)
{
    return desc->base == 0 && desc->limit == 0 &&
           (desc->flags & 0x7F) == (DESC_NOT_PRESENT | DESC_READ_EXEC_ONLY);
}

/* ---- the window ---- */

static uint32_t pages_of(uint32_t entries)
{
    return (entries + ENTRIES_A_PAGE - 1) / ENTRIES_A_PAGE;
}

/* The frame behind the window's page, or FRAME_NONE. */
static uint32_t window_frame(struct machine *machine, uint32_t page)
{
    const uint32_t *pte =
        addrspace_entry(&machine->kernel_space, KERNEL_LDT + page * PAGE_SIZE, NULL);
    return pte == NULL || (*pte & PTE_P) == 0 ? FRAME_NONE : *pte >> PAGE_SHIFT;
}

static int widen_window(struct machine *machine, uint32_t pages)
{
    for (uint32_t page = 0; page < pages; page++) {
        if (window_frame(machine, page) != FRAME_NONE)
            continue;
        uint32_t frame = frame_alloc(&machine->frames, FRAME_KERNEL);
        if (frame == FRAME_NONE)
            return -ENOMEM;
        int error =
            addrspace_map(&machine->kernel_space, KERNEL_LDT + page * PAGE_SIZE, frame, PTE_RW);
        if (error != 0) {
            frame_free(&machine->frames, frame);
            return error;
        }
    }
    return 0;
}

/* Nobody has an LDT any more. */
static void close_window(struct machine *machine)
{
    for (uint32_t page = 0; page < pages_of(LDT_ENTRIES_MAX); page++) {
        uint32_t linear = KERNEL_LDT + page * PAGE_SIZE;
        if (addrspace_unmap(&machine->kernel_space, linear))
            mmu_invalidate(cpu_mmu(machine->cpu), linear);
    }
    cpu_forget_translations(machine->cpu);
}

void ldt_load(struct machine *machine, const struct process *process)
{
    const struct ldt *ldt = &process->ldt;
    for (uint32_t done = 0; done < ldt->count; done += ENTRIES_A_PAGE) {
        uint32_t here = ldt->count - done < ENTRIES_A_PAGE ? ldt->count - done : ENTRIES_A_PAGE;
        uint32_t frame = window_frame(machine, done / ENTRIES_A_PAGE);
        if (frame != FRAME_NONE)
            memcpy(physmem_frame(&machine->mem, frame), ldt->entries + done,
                   here * sizeof *ldt->entries);
    }
    cpu_load_ldt(machine->cpu, ldt->count == 0 ? 0 : SELECTOR_LDT_SEGMENT, KERNEL_LDT,
                 ldt->count * (uint32_t)sizeof *ldt->entries);
}

/* ---- a process's entries ---- */

/* Room for `count` entries. 0, or -ENOMEM with everything as before. */
static int make_room(struct machine *machine, struct ldt *ldt, uint32_t count)
{
    uint32_t room = pages_of(count) * ENTRIES_A_PAGE;
    if (count <= ldt->room)
        return 0;
    size_t more = (room - ldt->room) * sizeof *ldt->entries;
    if (!budget_take(&machine->budget, more))
        return -ENOMEM;
    struct segment_entry *entries = realloc(ldt->entries, room * sizeof *entries);
    if (entries == NULL) {
        budget_give(&machine->budget, more);
        return -ENOMEM;
    }
    memset(entries + ldt->room, 0, more);
    machine->ldt_users += ldt->entries == NULL;
    ldt->entries = entries;
    ldt->room = room;
    return 0;
}

int ldt_write(struct machine *machine, struct process *process, uint32_t index,
              struct segment_entry entry)
{
    struct ldt *ldt = &process->ldt;
    int error = make_room(machine, ldt, index + 1);
    if (error == 0)
        error = widen_window(machine, pages_of(index + 1));
    if (error != 0)
        return error;
    ldt->entries[index] = entry;
    if (index >= ldt->count)
        ldt->count = index + 1;
    return 0;
}

int ldt_clone(struct machine *machine, struct process *child, const struct process *parent)
{
    if (parent->ldt.count == 0)
        return 0;
    int error = make_room(machine, &child->ldt, parent->ldt.count);
    if (error != 0)
        return error;
    child->ldt.count = parent->ldt.count;
    memcpy(child->ldt.entries, parent->ldt.entries,
           parent->ldt.count * sizeof *parent->ldt.entries);
    return 0;
}

void ldt_free(struct machine *machine, struct process *process)
{
    struct ldt *ldt = &process->ldt;
    if (ldt->entries == NULL)
        return;
    budget_give(&machine->budget, ldt->room * sizeof *ldt->entries);
    free(ldt->entries);
    *ldt = (struct ldt){0};
    if (--machine->ldt_users == 0)
        close_window(machine);
}
