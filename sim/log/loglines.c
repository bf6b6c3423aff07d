/* loglines.c: see loglines.h. */
#include "log/loglines.h"

#include <stdlib.h>

#include "program/program.h"

#define PLACES_MET_MAX (1u << 18)

void log_lines_add(struct log_lines *lines, const struct program *program)
{
    uint32_t count = lines->ids.count;
    struct log_program *grown = lines->programs;

    if (count == lines->capacity) {
        uint32_t capacity = count == 0 ? 16 : count * 2;

        grown = realloc(grown, capacity * sizeof *grown);
        if (grown == NULL)
            return;
        lines->programs = grown;
        lines->capacity = capacity;
    }
    if (keymap_put(&lines->ids, program->id) == count)
        grown[count] = (struct log_program){.program = program};
}

static struct lines *lines_of(struct log_lines *lines, uint64_t id)
{
    uint32_t number = keymap_find(&lines->ids, id);
    struct log_program *of;

    if (number == KEYMAP_NONE)
        return NULL;
    of = &lines->programs[number];
    if (!of->read && of->program->file != NULL)
        lines_read(&of->lines, of->program->file, of->program->file_bytes,
                   of->program->bias);
    of->read = true;
    return &of->lines;
}

/* Whether the place is a new one. */
static bool meet(struct log_lines *lines, uint64_t place)
{
    if (place == lines->last || keymap_find(&lines->met, place) != KEYMAP_NONE)
        return false;
    lines->last = place;
    if (lines->met.count == PLACES_MET_MAX)
        keymap_free(&lines->met);
    (void)keymap_put(&lines->met, place);
    return true;
}

bool log_lines_meet(struct log_lines *lines, const struct log_row *row,
                    struct source_line *source)
{
    const struct lines *of;

    if (row->program == 0 ||
        !meet(lines, (uint64_t)row->program << 32 | row->event.eip))
        return false;
    of = lines_of(lines, row->program);
    return of != NULL && lines_find(of, row->event.eip, source);
}

void log_lines_free(struct log_lines *lines)
{
    for (uint32_t i = 0; i < lines->ids.count; i++)
        lines_free(&lines->programs[i].lines);
    free(lines->programs);
    keymap_free(&lines->ids);
    keymap_free(&lines->met);
}
