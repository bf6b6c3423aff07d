/* trace.h: what makes a trace the same as another: its content, whatever it is
 * called. */
#ifndef MMU386_SWEEP_TRACE_H
#define MMU386_SWEEP_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct trace_identity {
    uint64_t bytes;
    uint64_t hash; /* of them all: XXH3 */
};

/* Reads a file and tells. False where it cannot be read, or is no regular file,
 * having told why. */
bool trace_identify(const char *path, struct trace_identity *identity);

#endif
