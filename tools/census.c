/* census.c: see census.h. */
#include "census.h"

#include <stdlib.h>
#include <string.h>

#include "linux/layout.h"
#include "paging.h"

/* Tables that fork fills belong to nobody yet: the row that names the child
 * comes after theirs. */
#define OWNER_TO_COME (-1)

struct census_table {
    int64_t owner; /* pid */
    uint32_t frame;
    uint32_t pages; /* that it maps, as far as the events tell */
    uint8_t mapped[MMU_PAGE_ENTRIES / 8];
    struct census_table *next;
    struct census_table **link; /* what points to it */
};

const char *census_kind_name(enum census_kind kind)
{
    static const char *const names[CENSUS_KINDS] = {
        [CENSUS_ZEROED] = "zero-filled",
        [CENSUS_FILE] = "from a file",
        [CENSUS_FORK_COPY] = "copied at fork",
        [CENSUS_COPY] = "copied for a write",
        [CENSUS_TABLES] = "page tables, directories",
    };

    return names[kind];
}

bool census_init(struct census *census)
{
    *census = (struct census){0};
    census->use = calloc(CENSUS_FRAMES, sizeof(*census->use));
    census->tables = calloc(CENSUS_FRAMES, sizeof(struct census_table *));
    if (census->use != NULL && census->tables != NULL)
        return true;
    census_free(census);
    return false;
}

void census_free(struct census *census)
{
    struct census_table *next;

    for (struct census_table *table = census->first; table != NULL;
         table = next) {
        next = table->next;
        free(table);
    }
    free(census->use);
    free(census->tables);
    *census = (struct census){0};
}

/* --- user pages' frames --------------------------------------------------- */

static void frame_taken(struct census *census, uint32_t frame,
                        enum census_kind kind)
{
    if (frame == 0 || frame >= CENSUS_FRAMES || census->use[frame] != 0)
        return;
    census->use[frame] = (uint8_t)(1 + kind);
    census->in_use[kind]++;
    census->user_allocated++;
    census->user++;
    if (census->user > census->user_peak)
        census->user_peak = census->user;
}

static void frame_given_back(struct census *census, uint32_t frame)
{
    if (frame >= CENSUS_FRAMES || census->use[frame] == 0)
        return;
    census->in_use[census->use[frame] - 1]--;
    census->use[frame] = 0;
    census->user--;
}

/* --- tables --------------------------------------------------------------- */

static void table_free(struct census *census, struct census_table *table)
{
    *table->link = table->next;
    if (table->next != NULL)
        table->next->link = table->link;
    census->tables[table->frame] = NULL;
    census->in_use[CENSUS_TABLES]--;
    free(table);
}

static struct census_table *table_new(struct census *census, uint32_t frame,
                                      int64_t owner)
{
    struct census_table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return NULL;
    table->owner = owner;
    table->frame = frame;
    table->next = census->first;
    table->link = &census->first;
    if (table->next != NULL)
        table->next->link = &table->next;
    census->first = table;
    census->tables[frame] = table;
    census->in_use[CENSUS_TABLES]++;
    census->tables_allocated++;
    return table;
}

static bool entry_made(struct census *census, uint32_t pde, uint32_t linear,
                       int64_t owner)
{
    uint32_t frame = pde >> MMU_PAGE_SHIFT;
    uint32_t at = mmu_table_index(linear);

    if (!(pde & MMU_PTE_P))
        return true;

    struct census_table *table = census->tables[frame];

    if (table == NULL)
        table = table_new(census, frame, owner);
    if (table == NULL)
        return false;
    if (!(table->mapped[at / 8] & 1u << at % 8)) {
        table->mapped[at / 8] |= (uint8_t)(1u << at % 8);
        table->pages++;
    }
    return true;
}

static void entry_gone(struct census *census, uint32_t pde, uint32_t linear,
                       int64_t by)
{
    struct census_table *table = census->tables[pde >> MMU_PAGE_SHIFT];
    uint32_t at = mmu_table_index(linear);

    if (table == NULL || !(table->mapped[at / 8] & 1u << at % 8))
        return;
    table->mapped[at / 8] = (uint8_t)(table->mapped[at / 8] & ~(1u << at % 8));
    table->pages--;
    if (table->pages == 0 &&
        (by == census->exiting || table->owner == OWNER_TO_COME))
        table_free(census, table);
}

/* An address space of `pid` is gone, and with it the tables that mapped nothing
 * any more. */
static void free_empty_tables(struct census *census, int64_t pid)
{
    struct census_table *next;

    for (struct census_table *table = census->first; table != NULL;
         table = next) {
        next = table->next;
        if (table->pages == 0 && table->owner == pid)
            table_free(census, table);
    }
}

static void give_tables_to(struct census *census, int64_t child)
{
    for (struct census_table *table = census->first; table != NULL;
         table = table->next)
        if (table->owner == OWNER_TO_COME)
            table->owner = child;
}

/* --- events --------------------------------------------------------------- */

static bool page_given(struct census *census, const struct log_event *event,
                       enum census_kind kind, int64_t owner)
{
    frame_taken(census, event->frame_after, kind);
    return entry_made(census, event->pde_after, event->linear, owner);
}

static void page_taken(struct census *census, const struct log_event *event)
{
    if (event->refs_after == 0)
        frame_given_back(census, event->frame_before);
    entry_gone(census, event->pde_before, event->linear, event->pid);
}

static void space_made(struct census *census)
{
    census->spaces++;
    census->in_use[CENSUS_TABLES]++;
}

static void space_gone(struct census *census, int64_t pid)
{
    if (census->spaces > 0) {
        census->spaces--;
        census->in_use[CENSUS_TABLES]--;
    }
    free_empty_tables(census, pid);
}

/* The old directory goes as the new one comes, but the first program has no old
 * one. */
static void program_executed(struct census *census, int64_t pid)
{
    if (!census->started)
        space_made(census);
    census->started = true;
    census->tables_allocated++;
    free_empty_tables(census, pid);
}

bool census_count(struct census *census, const struct log_event *event)
{
    if (event->kind == LOG_OTHER || event->linear >= KERNEL_BASE)
        return true;
    if (event->kind != LOG_UNMAP)
        census->exiting = event->kind == LOG_EXIT ? event->pid : 0;
    switch (event->kind) {
    case LOG_DEMAND_ZERO:
    case LOG_ZERO_FILL:
    case LOG_MAP:
        return page_given(census, event, CENSUS_ZEROED, event->pid);
    case LOG_FILE:
        return page_given(census, event, CENSUS_FILE, event->pid);
    case LOG_COW_COPY:
    case LOG_COPY:
        return page_given(census, event, CENSUS_COPY, event->pid);
    case LOG_FORK_COPY:
        return page_given(census, event, CENSUS_FORK_COPY, OWNER_TO_COME);
    case LOG_FORK_SHARE:
        return entry_made(census, event->pde_after, event->linear,
                          OWNER_TO_COME);
    case LOG_UNMAP:
        page_taken(census, event);
        return true;
    case LOG_FORK:
        space_made(census);
        census->tables_allocated++;
        give_tables_to(census, event->value);
        return true;
    case LOG_EXEC:
        program_executed(census, event->pid);
        return true;
    case LOG_EXIT:
        space_gone(census, event->pid);
        return true;
    default:
        return true;
    }
}
