/* logcontent.c: see logcontent.h. */
#include "log/logcontent.h"

#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"

bool log_contents_init(struct log_contents *contents, struct machine *machine)
{
    contents->machine = machine;
    contents->copies = calloc(machine->mem.frames, 1);
    return contents->copies != NULL;
}

void log_contents_free(struct log_contents *contents)
{
    free(contents->copies);
}

#define LANES 8u

/* A hash of a page's bytes: lanes that multiply and fold, so that none waits
 * for another. */
static uint64_t hash_page(const uint8_t *page)
{
    uint64_t lane[LANES];
    uint64_t hash = 0;

    for (uint32_t i = 0; i < LANES; i++)
        lane[i] = 0x9E3779B97F4A7C15u * (i + 1);
    for (uint32_t at = 0; at < MMU_PAGE_SIZE; at += sizeof lane) {
        /* Unrolled, the lanes are registers. */
#pragma GCC unroll 8
        for (uint32_t i = 0; i < LANES; i++) {
            uint64_t word;

            memcpy(&word, page + at + i * sizeof word, sizeof word);
            lane[i] = (lane[i] ^ word) * 0xD6E8FEB86659FD93u;
            lane[i] ^= lane[i] >> 32;
        }
    }
    for (uint32_t i = 0; i < LANES; i++) {
        hash = (hash ^ lane[i]) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    return hash;
}

void log_contents_add(const struct log_contents *contents, struct log_row *row,
                      uint32_t frame)
{
    const struct machine *machine = contents->machine;
    const struct content_source *source = &machine->contents;
    uint32_t page = row->event.linear & MMU_PAGE_MASK;

    if (frame >= machine->mem.frames)
        return;
    if (source->find != NULL) {
        row->has_content = source->find(source->arg, page, &row->content);
        return;
    }
    row->has_content = true;
    row->content = hash_page(mmu_physmem_frame(&machine->mem, frame));
    /* Whoever records the run can make a replay's log the same. */
    action_remark(&machine->actions,
                  &(struct trace_event){
                      .kind = TRACE_CONTENT,
                      .content = {.linear = page, .hash = row->content}});
}

bool log_contents_is_copy(const struct log_contents *contents, uint32_t frame)
{
    return frame < contents->machine->mem.frames && contents->copies[frame];
}

void log_contents_mark(struct log_contents *contents, uint32_t frame, bool copy)
{
    if (frame < contents->machine->mem.frames)
        contents->copies[frame] = copy;
}
