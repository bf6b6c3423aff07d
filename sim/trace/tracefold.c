/* tracefold.c: see tracefold.h. */
#include "trace/tracefold.h"

#define STRETCH_BITS 18u
#define USER_END     0xC0000000u /* of the addresses that are folded */
#define STRETCHES    ((USER_END >> STRETCH_BITS) - 1)

void trace_fold_free(struct trace_fold *fold)
{
    keymap_free(&fold->stretches);
}

bool trace_fold_address(struct trace_fold *fold, uint64_t linear,
                        uint32_t *folded)
{
    uint64_t key = (linear >> STRETCH_BITS) + 1;
    uint32_t place = (uint32_t)key & (TRACE_FOLD_RECENT - 1);
    uint32_t stretch = fold->recent[place].stretch;

    if (fold->recent[place].key != key) {
        uint32_t number = fold->stretches.count < STRETCHES
                              ? keymap_put(&fold->stretches, key)
                              : keymap_find(&fold->stretches, key);

        if (number == KEYMAP_NONE)
            return false;
        stretch = number + 1;
        fold->recent[place].key = key;
        fold->recent[place].stretch = stretch;
    }
    *folded = stretch << STRETCH_BITS |
              (uint32_t)(linear & ((1u << STRETCH_BITS) - 1));
    return true;
}
