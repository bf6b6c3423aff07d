/* logcontent.c: see logcontent.h. */
#include "log/logcontent.h"

#include <stdlib.h>

#include "hash.h"
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
    row->content =
        XXH3_64bits(mmu_physmem_frame(&machine->mem, frame), MMU_PAGE_SIZE);
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
