/* holders.c: see holders.h. */
#include "holders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "room.h"

void holders_free(struct holders *holders)
{
    free(holders->list);
    *holders = (struct holders){0};
}

void holders_clear(struct holders *holders)
{
    holders->count = 0;
}

static uint32_t index_of(const struct holders *holders, int64_t pid,
                         int64_t linear)
{
    uint32_t i = 0;

    while (i < holders->count &&
           (holders->list[i].pid != pid || holders->list[i].linear != linear))
        i++;
    return i;
}

const struct holder *holders_find(const struct holders *holders, int64_t pid,
                                  int64_t linear)
{
    uint32_t i = index_of(holders, pid, linear);

    return i < holders->count ? &holders->list[i] : NULL;
}

bool holders_add(struct holders *holders, const struct holder *holder)
{
    if (holders_find(holders, holder->pid, holder->linear) != NULL)
        return true;

    struct holder *more = room_for(holders->list, &holders->capacity,
                                   holders->count, sizeof(*more));

    if (more == NULL)
        return false;
    holders->list = more;
    holders->list[holders->count++] = *holder;
    return true;
}

bool holders_remove(struct holders *holders, int64_t pid, int64_t linear,
                    struct holder *was)
{
    /* A failed fork's pages are unmapped at once, by the parent, which keeps
     * its own. */
    uint32_t at = index_of(holders, 0, linear);

    if (at == holders->count)
        at = index_of(holders, pid, linear);
    if (at == holders->count) {
        at = 0;
        while (at < holders->count && holders->list[at].linear != linear)
            at++;
    }
    if (at == holders->count)
        return false;
    if (was != NULL)
        *was = holders->list[at];
    holders->list[at] = holders->list[--holders->count];
    return true;
}

int64_t holders_next_pid(const struct holders *holders, int64_t pid)
{
    int64_t next = LOG_NONE;

    for (uint32_t i = 0; i < holders->count; i++)
        if (holders->list[i].pid > pid &&
            (next == LOG_NONE || holders->list[i].pid < next))
            next = holders->list[i].pid;
    return next;
}

char *holders_text(const struct holders *holders, char *text, size_t text_bytes)
{
    size_t used = 0;
    int64_t pid = holders_next_pid(holders, -1);

    text[0] = '\0';
    for (bool first = true; pid != LOG_NONE && used < text_bytes;
         first = false) {
        int64_t next = holders_next_pid(holders, pid);
        const char *joint = first ? "" : next == LOG_NONE ? " and " : ", ";
        int written =
            snprintf(text + used, text_bytes - used, "%s%" PRId64, joint, pid);

        used += written > 0 ? (size_t)written : text_bytes;
        pid = next;
    }
    return text;
}

void holder_table_free(struct holder_table *table)
{
    for (uint32_t i = 0; i < table->capacity; i++)
        holders_free(&table->of[i]);
    free(table->of);
    keymap_free(&table->frames);
}

struct holders *holder_table_of(struct holder_table *table, int64_t frame)
{
    uint32_t number = keymap_put(&table->frames, (uint64_t)frame);
    struct holders *more =
        number == KEYMAP_NONE
            ? NULL
            : room_for(table->of, &table->capacity, number, sizeof(*more));

    if (more == NULL)
        return NULL;
    table->of = more;
    return &more[number];
}

const struct holders *holder_table_find(const struct holder_table *table,
                                        int64_t frame)
{
    uint32_t number = keymap_find(&table->frames, (uint64_t)frame);

    return number < table->capacity ? &table->of[number] : NULL;
}

struct reference_change reference_change_of(const struct fault_row *row)
{
    struct reference_change change = {.gains = LOG_NONE, .loses = LOG_NONE};

    switch (row->kind) {
    case LOG_DEMAND_ZERO:
    case LOG_FILE:
    case LOG_ZERO_FILL:
    case LOG_MAP:
        change.gains = row->frame_after;
        break;
    case LOG_COW_COPY:
    case LOG_COPY:
        change.gains = row->frame_after;
        change.loses = row->frame_before;
        break;
    case LOG_FORK_COPY:
    case LOG_FORK_SHARE:
        change.gains = row->frame_after;
        change.child = true;
        break;
    case LOG_UNMAP:
        change.loses = row->frame_before;
        break;
    default:
        break;
    }
    return change;
}
