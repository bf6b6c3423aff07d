/* chosen.h: which events of a log a filter chooses, asked for one after the
 * other as the log is read beside. */
#ifndef MMU386_EXPORT_CHOSEN_H
#define MMU386_EXPORT_CHOSEN_H

#include <stdbool.h>
#include <stdint.h>

#include "faults/faults.h"

struct chosen {
    struct inquiry *inquiry;
    struct logstmt *rows; /* NULL: all are */
    int64_t next;         /* the first that has not been passed */
    bool has_next;
};

/* False having told why not. */
bool chosen_begin(struct chosen *chosen, struct inquiry *inquiry);
void chosen_end(struct chosen *chosen);

/* Whether the event of that sequence is: to be asked in ascending order. A log
 * that cannot be read sets inquiry->log.failed. */
bool chosen_has(struct chosen *chosen, int64_t sequence);

#endif
