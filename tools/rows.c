/* rows.c: a table is held back until its columns' widths are known, but no
 * longer than that takes: after HELD_ROWS rows it is written, and wider cells
 * that come later widen the column from there on. */
#define _POSIX_C_SOURCE 200809L
#include "rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "colour.h"
#include "csv.h"
#include "plain.h"

#define HELD_ROWS  8192u
#define CELL_BYTES 64u /* of a cell that is no text */

static const char *const colours[] = {
    [TONE_PLAIN] = "",
    [TONE_GOOD] = "\033[32m",
    [TONE_NOTED] = "\033[33m",
    [TONE_BAD] = "\033[31m",
};

void rows_make_printable(char *text)
{
    for (; *text != '\0'; text++)
        *text = plain_ascii(*text);
}

void rows_write_bold(FILE *file, const char *text)
{
    bool bold = colour_welcome(file);

    fprintf(file, "%s%s%s", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

bool rows_begin(struct rows *rows, FILE *file, enum format format,
                const struct column *columns, size_t column_count)
{
    *rows = (struct rows){
        .file = file,
        .format = format,
        .columns = columns,
        .column_count = column_count,
        .coloured = colour_welcome(file),
    };
    if (format != FORMAT_TABLE)
        return true;
    rows->widths = calloc(column_count, sizeof(*rows->widths));
    rows->held = calloc(HELD_ROWS * column_count, sizeof(*rows->held));
    rows->tones = calloc(HELD_ROWS * column_count, sizeof(*rows->tones));
    if (rows->widths == NULL || rows->held == NULL || rows->tones == NULL) {
        (void)rows_end(rows);
        return false;
    }
    for (size_t i = 0; i < column_count; i++)
        rows->widths[i] = columns[i].not_in_table ? 0 : strlen(columns[i].name);
    return true;
}

/* ---- a cell as text ---- */

static void number_text(int64_t number, const char *none, char *text)
{
    if (number == CELL_NONE)
        snprintf(text, CELL_BYTES, "%s", none);
    else
        snprintf(text, CELL_BYTES, "%" PRId64, number);
}

static void pair_text(const struct cell *cell, char *text)
{
    bool unchanged = cell->number == cell->after || cell->after == CELL_NONE;

    if (unchanged || cell->number == CELL_NONE)
        number_text(unchanged ? cell->number : cell->after, "-", text);
    else
        snprintf(text, CELL_BYTES, "%" PRId64 "->%" PRId64, cell->number,
                 cell->after);
}

/* Writes a cell that is no text; `none` stands for what there is none of. */
static const char *cell_words(const struct cell *cell, const char *none,
                              char *text)
{
    switch (cell->type) {
    case CELL_HEX:
        if (cell->number == CELL_NONE)
            return none;
        snprintf(text, CELL_BYTES, "0x%0*" PRIx64, cell->digits,
                 (uint64_t)cell->number);
        return text;
    case CELL_PAIR:
        pair_text(cell, text);
        return text;
    case CELL_PERCENT:
        snprintf(text, CELL_BYTES, "%.1f", cell->percent);
        return text;
    default:
        number_text(cell->number, none, text);
        return text;
    }
}

/* ---- table ---- */

static void write_spaces(FILE *file, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fputc(' ', file);
}

/* Writes one row of texts; nothing follows the last that is not empty. */
static void write_texts(struct rows *rows, char *const texts[],
                        const enum tone tones[], const char *colour)
{
    size_t owed = 0; /* spaces that are due before the next text */

    assert(rows->widths != NULL); /* rows_begin made it: this is a table */
    for (size_t i = 0; i < rows->column_count; i++) {
        const struct column *column = &rows->columns[i];
        const char *text = texts[i] != NULL ? texts[i] : "";
        size_t bytes = strlen(text);
        size_t spare = rows->widths[i] - bytes;

        if (column->not_in_table)
            continue;
        if (bytes != 0) {
            const char *tone = tones != NULL ? colours[tones[i]] : colour;
            bool painted = rows->coloured && tone[0] != '\0';

            write_spaces(rows->file, owed + (column->right ? spare : 0));
            fprintf(rows->file, "%s%s%s", painted ? tone : "", text,
                    painted ? "\033[0m" : "");
            owed = column->right ? 0 : spare;
        } else {
            owed += rows->widths[i];
        }
        owed += 2;
    }
    fputc('\n', rows->file);
}

static void write_titles(struct rows *rows)
{
    char *names[64];

    for (size_t i = 0; i < rows->column_count && i < 64; i++)
        names[i] = (char *)rows->columns[i].name;
    write_texts(rows, names, NULL, "\033[1m");
    rows->titled = true;
}

static void write_held(struct rows *rows)
{
    if (!rows->titled && rows->widths != NULL)
        write_titles(rows);
    for (size_t i = 0; i < rows->held_count; i++) {
        char **texts = &rows->held[i * rows->column_count];

        write_texts(rows, texts, &rows->tones[i * rows->column_count], "");
        for (size_t j = 0; j < rows->column_count; j++) {
            free(texts[j]);
            texts[j] = NULL;
        }
    }
    rows->held_count = 0;
}

static char *held_text(const struct cell *cell)
{
    char text[CELL_BYTES];
    char *copy;

    if (cell->type != CELL_TEXT)
        return strdup(cell_words(cell, "-", text));
    copy = strdup(cell->text != NULL ? cell->text : "-");
    if (copy != NULL)
        rows_make_printable(copy);
    return copy;
}

static void hold(struct rows *rows, const struct cell *cells)
{
    for (size_t i = 0; i < rows->column_count; i++) {
        size_t at = rows->held_count * rows->column_count + i;

        if (rows->columns[i].not_in_table)
            continue;
        rows->held[at] = held_text(&cells[i]);
        rows->tones[at] = cells[i].tone;
        if (rows->held[at] == NULL)
            rows->no_memory = true;
        else if (strlen(rows->held[at]) > rows->widths[i])
            rows->widths[i] = strlen(rows->held[at]);
    }
    if (++rows->held_count == HELD_ROWS)
        write_held(rows);
}

/* ---- JSON lines ---- */

void json_write_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        fputc(plain_ascii(*text), file);
    }
    fputc('"', file);
}

static void json_number(FILE *file, int64_t number)
{
    char text[CELL_BYTES];

    number_text(number, "null", text);
    fputs(text, file);
}

static void json_cell(FILE *file, const char *name, const struct cell *cell)
{
    char text[CELL_BYTES];

    fprintf(file, "\"%s%s\": ", name, cell->type == CELL_PAIR ? "_before" : "");
    switch (cell->type) {
    case CELL_TEXT:
        if (cell->text == NULL)
            fputs("null", file);
        else
            json_write_text(file, cell->text);
        break;
    case CELL_PERCENT:
        fputs(cell_words(cell, "", text), file);
        break;
    default:
        json_number(file, cell->number);
        break;
    }
    if (cell->type == CELL_PAIR) {
        fprintf(file, ", \"%s_after\": ", name);
        json_number(file, cell->after);
    }
}

static void write_json(struct rows *rows, const struct cell *cells)
{
    for (size_t i = 0; i < rows->column_count; i++) {
        fputs(i == 0 ? "{" : ", ", rows->file);
        json_cell(rows->file, rows->columns[i].name, &cells[i]);
    }
    fputs("}\n", rows->file);
}

/* ---- CSV ---- */

/* A text of somebody else's. False where memory is short. */
static bool csv_text(FILE *file, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return false;
    rows_make_printable(copy);
    csv_write_text(file, copy);
    free(copy);
    return true;
}

static void csv_titles(struct rows *rows)
{
    for (size_t i = 0; i < rows->column_count; i++) {
        const char *name = rows->columns[i].name;

        fputs(i == 0 ? "" : ",", rows->file);
        if (rows->columns[i].pair)
            fprintf(rows->file, "%s_before,%s_after", name, name);
        else
            fputs(name, rows->file);
    }
    fputc('\n', rows->file);
    rows->titled = true;
}

/* False where memory is short. */
static bool csv_cell(FILE *file, const struct cell *cell)
{
    char text[CELL_BYTES];

    if (cell->type == CELL_TEXT)
        return csv_text(file, cell->text != NULL ? cell->text : "");
    if (cell->type == CELL_PAIR) {
        number_text(cell->number, "", text);
        fprintf(file, "%s,", text);
        number_text(cell->after, "", text);
        fputs(text, file);
        return true;
    }
    fputs(cell_words(cell, "", text), file);
    return true;
}

static void write_csv(struct rows *rows, const struct cell *cells)
{
    if (!rows->titled)
        csv_titles(rows);
    for (size_t i = 0; i < rows->column_count; i++) {
        if (i != 0)
            fputc(',', rows->file);
        if (!csv_cell(rows->file, &cells[i]))
            rows->no_memory = true;
    }
    fputc('\n', rows->file);
}

/* ---- all of them ---- */

void rows_add(struct rows *rows, const struct cell *cells)
{
    if (rows->format == FORMAT_TABLE)
        hold(rows, cells);
    else if (rows->format == FORMAT_JSON)
        write_json(rows, cells);
    else
        write_csv(rows, cells);
}

bool rows_end(struct rows *rows)
{
    if (rows->held != NULL && rows->tones != NULL)
        write_held(rows);
    else if (rows->format == FORMAT_CSV && !rows->titled)
        csv_titles(rows);
    free(rows->widths);
    free(rows->held);
    free(rows->tones);
    rows->widths = NULL;
    rows->held = NULL;
    rows->tones = NULL;
    return !rows->no_memory;
}
