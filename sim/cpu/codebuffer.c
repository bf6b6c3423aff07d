/* codebuffer.c: see codebuffer.h. */
#define _DEFAULT_SOURCE
#include "cpu/codebuffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Between two looks at the mark. A block is 64 KiB of code at most (its unwind
 * information cannot tell of more) and what belongs to it less than that: all
 * of them less than a quarter of the buffer. */
#define BLOCKS_A_LOOK 96u

#define PAGE 4096u

void code_buffers_find(struct code_buffers *buffers)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];

    buffers->count = 0;
    if (maps == NULL)
        return;
    while (buffers->count < CODE_BUFFERS_MAX &&
           fgets(line, sizeof line, maps) != NULL) {
        char *rest;
        uintptr_t start = strtoul(line, &rest, 16);
        uintptr_t end = *rest == '-' ? strtoul(rest + 1, &rest, 16) : 0;

        if (strncmp(rest, " rwxp ", 6) == 0 &&
            end - start <= CODE_BUFFER_BYTES &&
            end - start > CODE_BUFFER_BYTES - 16 * PAGE)
            buffers->start[buffers->count++] = start;
    }
    (void)fclose(maps);
}

bool code_buffer_fits(void)
{
    void *tried =
        mmap(NULL, CODE_BUFFER_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return tried != MAP_FAILED && munmap(tried, CODE_BUFFER_BYTES) == 0;
}

static bool is_in(const struct code_buffers *buffers, uintptr_t start)
{
    for (int i = 0; i < buffers->count; i++)
        if (buffers->start[i] == start)
            return true;
    return false;
}

void code_buffer_find(struct code_buffer *buffer,
                      const struct code_buffers *before)
{
    struct code_buffers now;

    *buffer = (struct code_buffer){0};
    code_buffers_find(&now);
    for (int i = 0; i < now.count; i++)
        if (!is_in(before, now.start[i]))
            buffer->mark =
                (uint8_t *)(now.start[i] + CODE_BUFFER_BYTES / 4 * 3);
}

bool code_buffer_is_full(struct code_buffer *buffer)
{
    unsigned char there = 0;

    if (buffer->flushed || ++buffer->blocks < BLOCKS_A_LOOK)
        return false;
    buffer->blocks = 0;
    buffer->flushed = buffer->mark == NULL ||
                      mincore(buffer->mark, PAGE, &there) != 0 ||
                      (there & 1u) != 0;
    return buffer->flushed;
}
