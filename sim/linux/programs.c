/* programs.c: see programs.h. */
#include "linux/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "linux/memory.h"
#include "linux/path.h"
#include "linux/state.h"
#include "program/program.h"

struct program_list {
    struct program_list *next;
    struct program *program;
    char *path; /* where guests see it, absolute */
};

static void tell_program(struct kernel *kernel, const struct program *program)
{
    struct trace_segment segments[TRACE_SEGMENTS_MAX] = {0};
    for (uint32_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        segments[i] = (struct trace_segment){
            .linear = segment->linear,
            .memory_bytes = segment->memory_bytes,
            .file_bytes = segment->file_bytes,
            .rights = memory_rights(segment->readable, segment->writable,
                                    segment->executable)};
    }
    action_tell(&kernel->machine.actions,
                &(struct trace_event){
                    .kind = TRACE_PROGRAM,
                    .program = {.id = (uint32_t)program->id,
                                .name = program->name,
                                .segment_count = program->segment_count,
                                .segments = segments}});
    action_tell(
        &kernel->machine.actions,
        &(struct trace_event){
            .kind = TRACE_FILE,
            .file = {.program = (uint32_t)program->id,
                     .path = program->id == 1 ? program->name : program->path,
                     .bytes = (uint32_t)program->file_bytes,
                     .hash_kind = TRACE_HASH_XXH3,
                     .hash = XXH3_64bits(program->file, program->file_bytes)}});
}

int programs_keep_also(struct kernel *kernel, struct program *program,
                       const char *base, const char *path)
{
    char whole[GUEST_PATH_MAX];
    if (path_absolute(whole, base, path) != 0)
        return -ENAMETOOLONG;
    struct program_list *entry = calloc(1, sizeof *entry);
    if (entry != NULL)
        entry->path = strdup(whole);
    if (entry == NULL || entry->path == NULL) {
        budget_starve(&kernel->machine.budget);
        free(entry);
        return -ENOMEM;
    }
    entry->next = kernel->programs;
    entry->program = program_get(program);
    kernel->programs = entry;
    return 0;
}

int programs_keep(struct kernel *kernel, struct program *program,
                  const char *base, const char *path)
{
    int error = programs_keep_also(kernel, program, base, path);
    if (error != 0)
        return error;
    free(program->path); /* an earlier machine's */
    program->path = strdup(kernel->programs->path);
    if (program->path == NULL) {
        budget_starve(&kernel->machine.budget);
        return -ENOMEM;
    }
    program->id = ++kernel->program_count;
    if (action_is_due(&kernel->machine.actions))
        tell_program(kernel, program);
    return 0;
}

void programs_forget_all(struct kernel *kernel)
{
    while (kernel->programs != NULL) {
        struct program_list *entry = kernel->programs;
        kernel->programs = entry->next;
        program_put(entry->program);
        free(entry->path);
        free(entry);
    }
}

struct program *programs_find(const struct kernel *kernel,
                              const struct process *process, const char *path)
{
    char whole[GUEST_PATH_MAX];
    if (path_absolute(whole, process->cwd, path) != 0)
        return NULL;
    for (const struct program_list *entry = kernel->programs; entry != NULL;
         entry = entry->next)
        if (strcmp(entry->path, whole) == 0)
            return entry->program;
    return NULL;
}
