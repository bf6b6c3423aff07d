/* tracedin.h: din's lines as they nearly always are, many at once. */
#ifndef MMU386_TRACEDIN_H
#define MMU386_TRACEDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/traceblocks.h"

/* What a block has room for is taken from `bytes` bytes of text: lines of a
 * label, a space, 1 to 8 hexadecimal digits and a newline, up to one that is
 * not so, or that the block does not take: *full says that. *lines is raised by
 * their number. Returns how many bytes they are. */
size_t trace_din_take(struct trace_blocks *blocks, const uint8_t *text,
                      size_t bytes, uint64_t *lines, bool *full);

#endif
