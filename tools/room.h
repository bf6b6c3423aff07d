/* room.h: arrays that grow. */
#ifndef MMU386_ROOM_H
#define MMU386_ROOM_H

#include <stddef.h>
#include <stdint.h>

/* Makes room for element number `at` in `array` (NULL: none yet), which has
 * *capacity elements of `bytes` bytes each. Returns the array, which may have
 * moved, its new elements zeroed; NULL where memory is short, and it is as it
 * was. */
void *room_for(void *array, uint32_t *capacity, uint32_t at, size_t bytes);

#endif
