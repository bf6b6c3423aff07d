/* pipe.c: a ring of bytes with an open file at either end.
 *
 *   ring  ......[first ---- used bytes ----).........   both ends wrap */
#include "linux/pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/file.h"
#include "machine/budget.h"

struct pipe {
    bool reader, writer; /* which ends are open */
    uint32_t first;      /* of the bytes that wait */
    uint32_t used;
    struct budget *budget;
    uint8_t ring[PIPE_CAPACITY];
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int32_t pipe_read(struct file *file, uint64_t offset, void *to,
                         uint32_t bytes)
{
    const struct pipe *pipe = file->own;

    (void)offset;
    if (pipe->used == 0)
        return pipe->writer ? -EAGAIN : 0;
    bytes = smaller(bytes, pipe->used);

    uint32_t to_wrap = smaller(bytes, PIPE_CAPACITY - pipe->first);

    memcpy(to, pipe->ring + pipe->first, to_wrap);
    memcpy((uint8_t *)to + to_wrap, pipe->ring, bytes - to_wrap);
    return (int32_t)bytes;
}

static void pipe_consume(struct file *file, uint32_t bytes)
{
    struct pipe *pipe = file->own;

    pipe->first = (pipe->first + bytes) % PIPE_CAPACITY;
    pipe->used -= bytes;
}

static int32_t pipe_write(struct file *file, const void *from, uint32_t bytes)
{
    struct pipe *pipe = file->own;
    uint32_t room = PIPE_CAPACITY - pipe->used;

    if (!pipe->reader)
        return -EPIPE;
    if (room == 0 || (bytes <= PIPE_ATOMIC && bytes > room))
        return -EAGAIN;
    bytes = smaller(bytes, room);

    uint32_t past = (pipe->first + pipe->used) % PIPE_CAPACITY;
    uint32_t to_wrap = smaller(bytes, PIPE_CAPACITY - past);

    memcpy(pipe->ring + past, from, to_wrap);
    memcpy(pipe->ring, (const uint8_t *)from + to_wrap, bytes - to_wrap);
    pipe->used += bytes;
    return (int32_t)bytes;
}

static uint32_t poll_read_end(const struct file *file)
{
    const struct pipe *pipe = file->own;

    return (pipe->used > 0 ? GUEST_POLLIN : 0) |
           (pipe->writer ? 0 : GUEST_POLLHUP);
}

/* Writable means that PIPE_ATOMIC bytes fit. */
static uint32_t poll_write_end(const struct file *file)
{
    const struct pipe *pipe = file->own;

    if (!pipe->reader)
        return GUEST_POLLOUT | GUEST_POLLERR;
    return PIPE_CAPACITY - pipe->used >= PIPE_ATOMIC ? GUEST_POLLOUT : 0;
}

static void pipe_status(const struct file *file, struct file_status *status)
{
    (void)file;
    *status = (struct file_status){
        .mode = GUEST_S_FIFO | 0600u,
        .device = FILE_DEVICE_PIPES,
        .inode = 3,
    };
}

static void free_if_unused(struct pipe *pipe)
{
    if (pipe->reader || pipe->writer)
        return;
    budget_give(pipe->budget, sizeof *pipe);
    free(pipe);
}

static void destroy_read_end(struct file *file)
{
    struct pipe *pipe = file->own;

    pipe->reader = false;
    free_if_unused(pipe);
}

static void destroy_write_end(struct file *file)
{
    struct pipe *pipe = file->own;

    pipe->writer = false;
    free_if_unused(pipe);
}

static const struct file_kind read_end_kind = {
    .wakes = true,
    .read = pipe_read,
    .consume = pipe_consume,
    .poll = poll_read_end,
    .status = pipe_status,
    .destroy = destroy_read_end,
};

static const struct file_kind write_end_kind = {
    .wakes = true,
    .write = pipe_write,
    .poll = poll_write_end,
    .status = pipe_status,
    .destroy = destroy_write_end,
};

/* A pipe with nothing in it, whose ends are closed yet. NULL: no memory. */
static struct pipe *pipe_new(struct budget *budget)
{
    if (!budget_take(budget, sizeof(struct pipe)))
        return NULL;

    struct pipe *pipe = malloc(sizeof *pipe);

    if (pipe == NULL) {
        budget_starve(budget);
        budget_give(budget, sizeof(struct pipe));
        return NULL;
    }
    pipe->reader = false;
    pipe->writer = false;
    pipe->first = 0;
    pipe->used = 0;
    pipe->budget = budget;
    return pipe;
}

int pipe_open(struct budget *budget, struct file *end[2], uint32_t flags)
{
    struct pipe *pipe = pipe_new(budget);

    if (pipe == NULL)
        return -ENFILE;
    end[0] =
        file_new(budget, &read_end_kind, flags | GUEST_O_RDONLY, NULL, pipe, 0);
    end[1] = file_new(budget, &write_end_kind, flags | GUEST_O_WRONLY, NULL,
                      pipe, 0);
    if (end[0] == NULL || end[1] == NULL) {
        file_discard(end[0]);
        file_discard(end[1]);
        free_if_unused(pipe);
        return -ENFILE;
    }
    pipe->reader = true;
    pipe->writer = true;
    return 0;
}

bool file_is_pipe(const struct file *file)
{
    return file->kind == &read_end_kind || file->kind == &write_end_kind;
}

uint32_t pipe_used(const struct file *file)
{
    const struct pipe *pipe = file->own;

    return pipe->used;
}
