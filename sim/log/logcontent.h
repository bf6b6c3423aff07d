/* logcontent.h: what pages held that fork's copies were made of, as a hash:
 * when a copy is made and when it is dropped. */
#ifndef MMU386_LOGCONTENT_H
#define MMU386_LOGCONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "log/logrow.h"

struct machine;

struct log_contents {
    struct machine *machine;
    uint8_t *copies; /* of each frame: whether it was made by copying another */
};

/* False where memory is short. All zeros is safe to free. */
bool log_contents_init(struct log_contents *contents, struct machine *machine);
void log_contents_free(struct log_contents *contents);

/* Gives the row of an event about a page the hash of what is in `frame`, as far
 * as it is known. */
void log_contents_add(const struct log_contents *contents, struct log_row *row,
                      uint32_t frame);

/* Whether the frame was made by copying another, and noting that. */
bool log_contents_is_copy(const struct log_contents *contents, uint32_t frame);
void log_contents_mark(struct log_contents *contents, uint32_t frame,
                       bool copy);

#endif
