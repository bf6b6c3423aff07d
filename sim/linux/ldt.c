/* ldt.c: see ldt.h. */
#include "linux/ldt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "linux/layout.h"
#include "machine/budget.h"

#define ENTRIES_A_PAGE (MMU_PAGE_SIZE / (uint32_t)sizeof(struct segment_entry))

/* ---- descriptors ---- */

struct segment_entry segment_entry_encode(const struct user_desc *desc)
{
    uint32_t contents = (desc->flags & DESC_CONTENTS) >> DESC_CONTENTS_SHIFT;
    uint32_t access =
        0x71u | ((desc->flags & DESC_NOT_PRESENT) != 0 ? 0 : 0x80u) |
        contents << 2 | ((desc->flags & DESC_READ_EXEC_ONLY) != 0 ? 0 : 0x02u);
    uint32_t granularity =
        ((desc->flags & DESC_LIMIT_IN_PAGES) != 0 ? 0x8u : 0) |
        ((desc->flags & DESC_32BIT) != 0 ? 0x4u : 0) |
        ((desc->flags & DESC_USEABLE) != 0 ? 0x1u : 0);
    return (struct segment_entry){
        .low = (desc->base & 0xFFFFu) << 16 | (desc->limit & 0xFFFFu),
        .high = (desc->base & 0xFF000000u) | granularity << 20 |
                (desc->limit & 0xF0000u) | access << 8 |
                (desc->base >> 16 & 0xFFu),
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
                 flag_of(high, 20, DESC_USEABLE) |
                 flag_of(high, 22, DESC_32BIT) |
                 flag_of(high, 23, DESC_LIMIT_IN_PAGES),
    };
}

bool user_desc_is_empty(const struct user_desc *desc)
{
    return desc->base == 0 && desc->limit == 0 &&
           (desc->flags & 0x7F) == (DESC_NOT_PRESENT | DESC_READ_EXEC_ONLY);
}

/* ---- a process's entries ---- */

void ldt_load(struct cpu *cpu, const struct ldt *ldt)
{
    cpu_load_ldt(cpu, ldt->count == 0 ? 0 : SELECTOR_LDT_SEGMENT, KERNEL_LDT,
                 (const uint32_t *)ldt->entries,
                 ldt->count * (uint32_t)sizeof *ldt->entries);
}

/* How many there is room for, made by the page. */
static uint32_t room_for(uint32_t entries)
{
    return (entries + ENTRIES_A_PAGE - 1) / ENTRIES_A_PAGE * ENTRIES_A_PAGE;
}

/* Room for `count` entries. 0, or -ENOMEM with everything as before. */
static int make_room(struct ldt *ldt, struct budget *budget, uint32_t count)
{
    uint32_t room = room_for(count);
    if (count <= ldt->room)
        return 0;
    size_t more = (room - ldt->room) * sizeof *ldt->entries;
    if (!budget_take(budget, more))
        return -ENOMEM;
    struct segment_entry *entries =
        realloc(ldt->entries, room * sizeof *entries);
    if (entries == NULL) {
        budget_starve(budget);
        budget_give(budget, more);
        return -ENOMEM;
    }
    memset(entries + ldt->room, 0, more);
    ldt->entries = entries;
    ldt->room = room;
    return 0;
}

int ldt_write(struct ldt *ldt, struct budget *budget, uint32_t index,
              struct segment_entry entry)
{
    int error = make_room(ldt, budget, index + 1);
    if (error != 0)
        return error;
    ldt->entries[index] = entry;
    if (index >= ldt->count)
        ldt->count = index + 1;
    return 0;
}

int ldt_clone(struct ldt *child, struct budget *budget,
              const struct ldt *parent)
{
    if (parent->count == 0)
        return 0;
    int error = make_room(child, budget, parent->count);
    if (error != 0)
        return error;
    child->count = parent->count;
    memcpy(child->entries, parent->entries,
           parent->count * sizeof *parent->entries);
    return 0;
}

void ldt_free(struct ldt *ldt, struct budget *budget)
{
    if (ldt->entries == NULL)
        return;
    budget_give(budget, ldt->room * sizeof *ldt->entries);
    free(ldt->entries);
    *ldt = (struct ldt){0};
}
