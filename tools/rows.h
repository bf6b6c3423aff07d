/* rows.h: rows of named columns, written as an aligned table, as JSON lines or
 * as CSV. */
#ifndef MMU386_ROWS_H
#define MMU386_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "format.h"

/* A number that there is none of: "-" in a table, null in JSON, nothing in
 * CSV. */
#define CELL_NONE INT64_MIN

enum tone {
    TONE_PLAIN,
    TONE_GOOD,
    TONE_NOTED,
    TONE_BAD,
};

enum cell_type {
    CELL_TEXT,
    CELL_NUMBER,
    CELL_HEX,
    CELL_PAIR,
    CELL_PERCENT,
};

struct cell {
    enum cell_type type;
    enum tone tone;
    const char *text;
    int64_t number;
    int64_t after; /* of a pair */
    int digits;    /* of a hexadecimal number, at least */
    double percent;
};

struct column {
    const char *name;
    bool right; /* in a table, at the column's right edge */
    bool pair;  /* of pairs: in JSON and CSV two columns, NAME_before and
                   NAME_after */
    bool not_in_table;
};

static inline struct cell cell_text(const char *text)
{
    return (struct cell){.type = CELL_TEXT, .text = text};
}

static inline struct cell cell_toned(const char *text, enum tone tone)
{
    return (struct cell){.type = CELL_TEXT, .text = text, .tone = tone};
}

static inline struct cell cell_number(int64_t number)
{
    return (struct cell){.type = CELL_NUMBER, .number = number};
}

/* Hexadecimal in a table and in CSV; a plain number in JSON. */
static inline struct cell cell_hex(int64_t number, int digits)
{
    return (struct cell){.type = CELL_HEX, .number = number, .digits = digits};
}

/* What a number was and became. */
static inline struct cell cell_pair(int64_t before, int64_t after)
{
    return (struct cell){.type = CELL_PAIR, .number = before, .after = after};
}

static inline struct cell cell_percent(double percent)
{
    return (struct cell){.type = CELL_PERCENT, .percent = percent};
}

struct rows {
    FILE *file;
    enum format format;
    const struct column *columns;
    size_t column_count;
    bool coloured;
    bool titled;    /* the column's names were written */
    bool no_memory; /* rows were lost */
    size_t *widths; /* of a table's columns */
    char **held;    /* a table's cells until the widths are known */
    enum tone *tones;
    size_t held_count;
};

/* Begins; `columns` are the caller's and must outlive the rows. Colours are for
 * terminals, and not where the environment has NO_COLOR. False where memory is
 * short. */
bool rows_begin(struct rows *rows, FILE *file, enum format format,
                const struct column *columns, size_t column_count);

/* Adds a row of as many cells as there are columns. Texts may be NULL: there is
 * none. A control character, or one that is not ASCII, is written as '?'. */
void rows_add(struct rows *rows, const struct cell *cells);

/* Writes what is held and frees it all. False where memory was short and rows
 * are missing; errors of the file are for its owner to find. */
bool rows_end(struct rows *rows);

/* Writes a title: bold where colours are welcome on `file`. */
void rows_write_bold(FILE *file, const char *text);

/* Makes a '?' of each control character, and of each that is not ASCII: names
 * of programs and symbols are somebody else's. */
void rows_make_printable(char *text);

/* Writes a text as a JSON string, quotes and all. */
void json_write_text(FILE *file, const char *text);

#endif
