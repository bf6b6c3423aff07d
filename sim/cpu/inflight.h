/* inflight.h: where the engine keeps the exception that it takes to be still in
 * delivery.
 *
 * QEMU, which the engine is made of, remembers the last contributory exception
 * until it has been delivered (env->old_exception), and makes the next one a
 * double fault, then a shutdown that never returns. The model delivers
 * exceptions itself, so the engine never forgets one. A saved context holds
 * that word, at a place that depends on the engine's version: it is found by
 * what it does.
 */
#ifndef MMU386_INFLIGHT_H
#define MMU386_INFLIGHT_H

#include <stddef.h>

/* No exception in delivery: what the word says then. */
#define INFLIGHT_NONE 0xFFFFFFFFu

/* Of four contexts of the same `bytes` bytes the first was saved before any
 * exception, the second after a divide error, the third after a general
 * protection fault instead, the fourth after a second one of these. Returns the
 * offset of the one word that says so, or 0 where there is none or more than
 * one. */
size_t inflight_find(const void *clean, const void *divide,
                     const void *protection, const void *twice, size_t bytes);

/* Makes the word at `offset` say that there is none. */
void inflight_clear(void *context, size_t offset);

#endif
