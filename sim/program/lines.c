/* lines.c: the rows of all units in one table, sorted by address. */
#include "program/lines.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "keymap.h"
#include "program/dwarflines.h"

struct reading {
    struct lines *lines;
    uint32_t bias;
    struct keymap files; /* by the hash of the name */
};

/* An array with room for one element more than `count`; NULL where memory is
 * short, and it is as it was. */
static void *grow(void *array, uint32_t *capacity, uint32_t count, size_t bytes)
{
    uint32_t more = *capacity == 0 ? 64 : *capacity * 2;

    if (count < *capacity)
        return array;
    array = realloc(array, more * bytes);
    if (array != NULL)
        *capacity = more;
    return array;
}

/* ---- reading ---- */

/* The number of the file of that name, or KEYMAP_NONE. */
static uint32_t file_number(struct reading *reading, const char *name)
{
    struct lines *lines = reading->lines;
    uint64_t key = XXH3_64bits(name, strlen(name));
    uint32_t number = keymap_find(&reading->files, key);
    char **files;
    char *copy;

    if (number != KEYMAP_NONE)
        return number;
    if (lines->file_count == LINES_FILES_MAX)
        return KEYMAP_NONE;
    files = grow(lines->files, &lines->file_capacity, lines->file_count,
                 sizeof *files);
    if (files == NULL)
        return KEYMAP_NONE;
    lines->files = files;
    copy = strdup(name);
    if (copy == NULL || keymap_put(&reading->files, key) == KEYMAP_NONE) {
        free(copy);
        return KEYMAP_NONE;
    }
    files[lines->file_count] = copy;
    return lines->file_count++;
}

/* Within a unit rows come in ascending order: one at the address of the one
 * before takes its place, and one of the same line adds nothing to it. */
static bool add_row(void *arg, const struct dwarf_row *from)
{
    struct reading *reading = arg;
    struct lines *lines = reading->lines;
    struct line_row *last =
        lines->count == 0 ? NULL : &lines->rows[lines->count - 1];
    struct line_row row = {.line = from->line};
    struct line_row *rows;

    if (from->address > UINT32_MAX - reading->bias)
        return true;
    row.linear = (uint32_t)from->address + reading->bias;
    if (row.line != 0)
        row.file = file_number(reading, from->file);
    if (row.file == KEYMAP_NONE)
        return false;
    if (last != NULL && last->line == row.line && last->file == row.file &&
        last->linear <= row.linear)
        return true;
    if (last != NULL && last->linear == row.linear && !from->end) {
        *last = row;
        return true;
    }
    if (lines->count == LINES_ROWS_MAX)
        return false;
    rows = grow(lines->rows, &lines->capacity, lines->count, sizeof *rows);
    if (rows == NULL)
        return false;
    lines->rows = rows;
    rows[lines->count++] = row;
    return true;
}

/* Of those at one address, which are different units', one with a line is the
 * last: the one unit ends where the other begins. */
static int compare_rows(const void *left, const void *right)
{
    const struct line_row *a = left;
    const struct line_row *b = right;

    if (a->linear != b->linear)
        return a->linear < b->linear ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (a->file > b->file) - (a->file < b->file);
}

void lines_read(struct lines *lines, const uint8_t *file, size_t file_bytes,
                uint32_t bias)
{
    struct reading reading = {.lines = lines, .bias = bias};

    *lines = (struct lines){0};
    dwarf_lines_tell((struct elf_file){.bytes = file, .size = file_bytes},
                     add_row, &reading);
    keymap_free(&reading.files);
    if (lines->count > 0)
        qsort(lines->rows, lines->count, sizeof *lines->rows, compare_rows);
}

void lines_free(struct lines *lines)
{
    for (uint32_t i = 0; i < lines->file_count; i++)
        free(lines->files[i]);
    free(lines->files);
    free(lines->rows);
    *lines = (struct lines){0};
}

/* ---- looking up ---- */

bool lines_find(const struct lines *lines, uint32_t linear,
                struct source_line *source)
{
    uint32_t low = 0;
    uint32_t high = lines->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (lines->rows[middle].linear <= linear)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || lines->rows[low - 1].line == 0)
        return false;
    source->file = lines->files[lines->rows[low - 1].file];
    source->line = lines->rows[low - 1].line;
    return true;
}

const char *lines_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}
