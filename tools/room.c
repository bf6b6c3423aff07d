/* room.c: see room.h. */
#include "room.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16u

void *room_for(void *array, uint32_t *capacity, uint32_t at, size_t bytes)
{
    size_t more = *capacity == 0 ? CAPACITY_FIRST : (size_t)*capacity * 2;
    char *roomier;

    if (at < *capacity)
        return array;
    while (more <= at)
        more *= 2;
    if (more > UINT32_MAX)
        return NULL;
    roomier = reallocarray(array, more, bytes);
    if (roomier == NULL)
        return NULL;
    memset(roomier + *capacity * bytes, 0, (more - *capacity) * bytes);
    *capacity = (uint32_t)more;
    return roomier;
}
