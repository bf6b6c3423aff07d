/* traceunpack.h: how tracebytes.c and what unpacks for it are made of one another. */
#ifndef MMU386_TRACEUNPACK_H
#define MMU386_TRACEUNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/tracebytes.h"

/* Bytes that `fill` brings. NULL where memory is short. */
struct trace_bytes *trace_bytes_new(size_t (*fill)(struct trace_bytes *, uint8_t *, size_t),
                                    void (*close)(struct trace_bytes *), void *state);

#endif
