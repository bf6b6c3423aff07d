/* past.c: see past.h. */
#include "faults/past.h"

#include <stdlib.h>

#include "room.h"

struct frame_life *past_frame(struct past *past, int64_t frame)
{
    uint32_t at = keymap_put(&past->frame_numbers, (uint64_t)frame);
    struct frame_life *more =
        at == KEYMAP_NONE
            ? NULL
            : room_for(past->frames, &past->frame_capacity, at, sizeof(*more));

    if (more == NULL) {
        past->no_memory = true;
        return NULL;
    }
    past->frames = more;
    return &more[at];
}

struct process_life *past_process(struct past *past, int64_t pid)
{
    uint32_t at = keymap_put(&past->process_numbers, (uint64_t)pid);
    struct process_life *more =
        at == KEYMAP_NONE ? NULL
                          : room_for(past->processes, &past->process_capacity,
                                     at, sizeof(*more));

    if (more == NULL) {
        past->no_memory = true;
        return NULL;
    }
    past->processes = more;
    more[at].pid = pid;
    return &more[at];
}

void past_free(struct past *past)
{
    for (uint32_t i = 0;
         i < past->frame_numbers.count && i < past->frame_capacity; i++) {
        holders_free(&past->frames[i].holders);
        free(past->frames[i].copies);
    }
    free(past->frames);
    keymap_free(&past->frame_numbers);
    free(past->processes);
    keymap_free(&past->process_numbers);
}
