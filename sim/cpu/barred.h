/* barred.h: instructions that the engine must not even translate.
 *
 * LOCK before BT, BTS, BTR or BTC of a register is #UD; the engine's translator
 * takes it for one of memory, has no address, and ends the simulator. So pages
 * are searched before the engine fetches from them, and it stops in front of
 * what is found.
 */
#ifndef MMU386_BARRED_H
#define MMU386_BARRED_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/view.h"

struct barred {
    uint32_t count, room;
    uint64_t *linear; /* ascending */
};

/* there may be more; but then it is time to begin anew */
#define BARRED_MAX 8192u

void barred_free(struct barred *barred);

/* Whether none begins in that page, nor might begin there and end in the next:
 * a matter of these 4096 bytes alone. */
bool barred_none_in(const uint8_t *page);

/* Whether one may begin in front of the page at `page` and end there. */
bool barred_may_run_into(const struct view *view, uint32_t page);

/* Whether the instruction at `linear` is one. */
bool barred_is_one(const struct view *view, uint32_t linear);

enum barred_found {
    BARRED_NOTHING_NEW,
    BARRED_NEW,
    BARRED_NEW_BEFORE, /* and one of them begins in the page before */
};

/* Adds those that begin or end in the page at `page`. Where memory is short,
 * those found before then. */
enum barred_found barred_look(struct barred *barred, const struct view *view,
                              uint32_t page);

bool barred_has(const struct barred *barred, uint32_t linear);

/* Adds one, true; false where it is there already or memory is short. */
bool barred_add(struct barred *barred, uint32_t linear);
void barred_remove(struct barred *barred, uint32_t linear);

#endif
