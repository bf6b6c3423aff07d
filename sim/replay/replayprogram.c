/* replayprogram.c: see replayprogram.h. */
#include "replay/replayprogram.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "linux/layout.h"
#include "program/program.h"

#define PROGRAMS_MAX 4096u

void replay_programs_free(struct replay_programs *programs)
{
    for (uint32_t i = 0; i < programs->count; i++)
        program_put(programs->programs[i]);
    free(programs->programs);
    free(programs->missing_file);
}

struct program *replay_programs_find(const struct replay_programs *programs,
                                     uint32_t id)
{
    for (uint32_t i = programs->count; i > 0; i--)
        if (programs->programs[i - 1]->id == id)
            return programs->programs[i - 1];
    return NULL;
}

/* The segments as a program has them: ascending, no page in two of them, none
 * of the kernel's. */
static bool take_segments(struct program *program,
                          const struct trace_event *event)
{
    uint64_t end = USER_LOWEST;

    program->segments =
        calloc(event->program.segment_count + 1, sizeof(*program->segments));
    for (uint32_t i = 0;
         program->segments != NULL && i < event->program.segment_count; i++) {
        const struct trace_segment *from = &event->program.segments[i];

        if (from->memory_bytes == 0 || from->file_bytes > from->memory_bytes ||
            (from->linear & MMU_PAGE_MASK) < end ||
            (uint64_t)from->linear + from->memory_bytes >
                STACK_TOP - STACK_BYTES)
            return false;
        program->segments[i] = (struct segment){
            .linear = from->linear,
            .memory_bytes = from->memory_bytes,
            .file_offset = from->linear & ~MMU_PAGE_MASK,
            .file_bytes = from->file_bytes,
            .readable = (from->rights & TRACE_READABLE) != 0,
            .writable = (from->rights & TRACE_WRITABLE) != 0,
            .executable = (from->rights & TRACE_EXECUTABLE) != 0,
        };
        end =
            ((uint64_t)from->linear + from->memory_bytes + MMU_PAGE_SIZE - 1) &
            ~0xFFFull;
        program->segment_count = i + 1;
    }
    program->brk_start = (uint32_t)end;
    return program->segments != NULL;
}

/* Keeps it, in place of an older one of the same id. */
static bool keep_program(struct replay_programs *programs,
                         struct program *program)
{
    struct program **grown;

    if (programs->count == PROGRAMS_MAX)
        return false;
    grown = realloc(programs->programs,
                    (programs->count + 1) * sizeof(struct program *));
    if (grown == NULL)
        return false;
    programs->programs = grown;
    programs->programs[programs->count++] = program;
    return true;
}

/* A program of which no more is known than the trace tells. */
const char *replay_programs_add(struct replay_programs *programs,
                                const struct trace_event *event)
{
    struct program *program = calloc(1, sizeof(*program));

    if (program == NULL)
        return "memory is short";
    program->references = 1;
    program->id = event->program.id;
    program->name = strdup(event->program.name);
    program->path = strdup(event->program.name);
    program->executable_stack = true;
    if (program->name == NULL || program->path == NULL ||
        !take_segments(program, event) || !keep_program(programs, program)) {
        program_put(program);
        return "an impossible program";
    }
    return NULL;
}

static bool same_segments(const struct program *one,
                          const struct program *other)
{
    if (one->segment_count != other->segment_count)
        return false;
    for (uint32_t i = 0; i < one->segment_count; i++)
        if (one->segments[i].linear != other->segments[i].linear ||
            one->segments[i].memory_bytes != other->segments[i].memory_bytes ||
            one->segments[i].file_bytes != other->segments[i].file_bytes)
            return false;
    return true;
}

/* Of older traces' files. */
static uint64_t fnv1a(const uint8_t *bytes, size_t count)
{
    uint64_t hash = 0xCBF29CE484222325u;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ bytes[i]) * 0x100000001B3u;
    return hash;
}

/* Whether the program came from the file that was recorded. */
static bool same_file(const struct program *file,
                      const struct trace_event *event)
{
    if (file->file_bytes != event->file.bytes)
        return false;
    return event->file.hash == (event->file.hash_kind == TRACE_HASH_XXH3
                                    ? XXH3_64bits(file->file, file->file_bytes)
                                    : fnv1a(file->file, file->file_bytes));
}

/* Takes what the file has over into the program, if it is the one that was
 * recorded. */
static bool take_file(struct program *program, struct program *file,
                      const struct trace_event *event)
{
    if (file == NULL || !same_file(file, event) ||
        !same_segments(program, file))
        return false;
    free(program->segments);
    program->segments = file->segments;
    program->file = file->file;
    program->file_bytes = file->file_bytes;
    program->symbols = file->symbols;
    program->bias = file->bias;
    program->executable_stack = file->executable_stack;
    file->segments = NULL;
    file->segment_count = 0;
    file->file = NULL;
    file->symbols = (struct symbols){0};
    return true;
}

void replay_programs_read(struct replay_programs *programs,
                          const struct trace_event *event)
{
    struct program *program =
        replay_programs_find(programs, event->file.program);
    struct program *file;
    char why[128];
    int error;
    int fd;

    if (program == NULL || program->file != NULL)
        return;
    fd = open(event->file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    file = fd == -1
               ? NULL
               : program_open(fd, event->file.path, STACK_TOP - STACK_BYTES,
                              &error, why, sizeof(why));
    if (fd != -1)
        (void)close(fd);
    if (!take_file(program, file, event) && programs->missing_file == NULL)
        programs->missing_file = strdup(event->file.path);
    program_put(file);
}
