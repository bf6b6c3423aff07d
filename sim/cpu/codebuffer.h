/* codebuffer.h: whether the engine's buffer of translated code is about to be
 * full.
 *
 * Unicorn 2.1.1 forgets no block when its buffer is full for the first time,
 * but writes over them all (qemu/accel/tcg/translate-all.c; later ones call
 * tcg_region_initial_alloc in tcg_region_init). Only after its first flush does
 * it do so by itself. So the first one has to be asked for in time, and how
 * full the buffer is nobody tells: but the host knows which of its pages have
 * been written to.
 */
#ifndef MMU386_CODEBUFFER_H
#define MMU386_CODEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By itself the engine takes 1 GiB, which a program that makes code without end
 * fills. */
#define CODE_BUFFER_BYTES ((size_t)64 << 20)

#define CODE_BUFFERS_MAX 8 /* of engines that are there already */

/* Where buffers are. */
struct code_buffers {
    uintptr_t start[CODE_BUFFERS_MAX];
    int count;
};

struct code_buffer {
    uint8_t *mark;   /* a page three quarters from its start; NULL: unknown */
    uint32_t blocks; /* translated since `mark` was looked at */
    bool flushed;    /* once: no more need to look */
};

/* Finds the buffers that there are: to be called before the engine makes its
 * own. */
void code_buffers_find(struct code_buffers *buffers);

/* Whether the host can give one more: where it cannot, the engine ends the
 * process. */
bool code_buffer_fits(void);

/* Finds the buffer that has come since. */
void code_buffer_find(struct code_buffer *buffer,
                      const struct code_buffers *before);

/* A block was translated: true where the engine is to be told to forget all,
 * since what it can translate until the next call might not fit. */
bool code_buffer_is_full(struct code_buffer *buffer);

#endif
