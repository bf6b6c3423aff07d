/* holders.h: who maps one frame, followed through its events. */
#ifndef MMU386_HOLDERS_H
#define MMU386_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultlog.h"
#include "keymap.h"

/* One entry that maps the frame: of process `pid`, at page `linear`. Pid 0 is a
 * child that never came to be: its fork failed. */
struct holder {
    int64_t pid;
    int64_t linear;
    int64_t since; /* sequence */
    bool by_fork;  /* it came by being shared at a fork, and only
                    * copy-on-write */
};

struct holders {
    struct holder *list;
    uint32_t count;
    uint32_t capacity;
};

void holders_free(struct holders *holders);
void holders_clear(struct holders *holders);

/* Adds one, if it is not there. False where memory is short. */
bool holders_add(struct holders *holders, const struct holder *holder);

/* Removes the entry of `pid` at `linear`, and sets *was (where not NULL) to
 * what it was. Where there is none, another process's at that page goes: the
 * event bears the pid of who did it. False where nobody has the frame at that
 * page. */
bool holders_remove(struct holders *holders, int64_t pid, int64_t linear,
                    struct holder *was);

/* The entry of `pid` at `linear`, or NULL. */
const struct holder *holders_find(const struct holders *holders, int64_t pid,
                                  int64_t linear);

/* The smallest pid above `pid`, or LOG_NONE. */
int64_t holders_next_pid(const struct holders *holders, int64_t pid);

/* Writes "2, 3 and 5", the pids without repetition in ascending order, as far
 * as there is room, and returns `text`; "" where there are none. */
char *holders_text(const struct holders *holders, char *text,
                   size_t text_bytes);

/* Who maps each of many frames. */
struct holder_table {
    struct keymap frames;
    struct holders *of; /* by the frame's number */
    uint32_t capacity;
};

void holder_table_free(struct holder_table *table);

/* The frame's holders, none at first; NULL where memory is short. */
struct holders *holder_table_of(struct holder_table *table, int64_t frame);

/* The same; NULL where the frame was never asked for. */
const struct holders *holder_table_find(const struct holder_table *table,
                                        int64_t frame);

/* What an event does to the frames' references. A page's frame is the one at
 * `linear` & ~0xFFF. */
struct reference_change {
    int64_t gains; /* a frame that gets an entry, or LOG_NONE */
    int64_t loses; /* a frame that loses one, or LOG_NONE */
    bool child;    /* the entry gained is in the child, not in the event's
                    * process */
};

struct reference_change reference_change_of(const struct fault_row *row);

#endif
