/* list.c: events, one a row. */
#include "faults/faults.h"

#include "faults/words.h"
#include "program/lines.h"
#include "rows.h"

static const struct column columns[] = {
    {.name = "sequence", .right = true},
    {.name = "cycle", .right = true, .not_in_table = true},
    {.name = "instructions", .right = true},
    {.name = "pid", .right = true},
    {.name = "kind"},
    {.name = "cr2", .right = true},
    {.name = "error", .right = true},
    {.name = "bits"},
    {.name = "eip", .right = true},
    {.name = "symbol"},
    {.name = "frame", .right = true, .pair = true},
    {.name = "references", .right = true, .pair = true},
    {.name = "file"},
    {.name = "line", .right = true},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void add_row(struct inquiry *inquiry, struct rows *rows,
                    const struct fault_row *row)
{
    char bits[ERROR_LETTERS_BYTES];
    char symbol[SYMBOL_TEXT_BYTES];
    struct log_line line = {.line = CELL_NONE};
    bool has_line = inquiry_line(inquiry, row, &line);
    const char *file = inquiry->format == FORMAT_TABLE
                           ? lines_file_name(line.file)
                           : line.file;
    const struct cell cells[COLUMNS] = {
        cell_number(row->sequence),
        cell_number(row->cycle),
        cell_number(row->instructions),
        cell_number(row->pid),
        cell_toned(row->kind_name, kind_tone(row->kind)),
        cell_hex(row->linear, 8),
        cell_hex(row->error, 1),
        cell_text(error_letters(row->error, bits)),
        cell_hex(row->eip, 8),
        cell_text(inquiry_symbol(inquiry, row, symbol, sizeof(symbol))),
        cell_pair(row->frame_before, row->frame_after),
        cell_pair(row->refs_before, row->refs_after),
        cell_text(has_line ? file : NULL),
        cell_number(has_line ? line.line : CELL_NONE),
    };

    rows_add(rows, cells);
}

bool faults_list(struct inquiry *inquiry)
{
    struct logstmt *events = inquiry_select(inquiry, FAULT_ROW, ONLY_FAULTS);
    struct fault_row row;
    struct rows rows;
    int64_t left = inquiry->limit;

    if (events == NULL ||
        !rows_begin(&rows, inquiry->out, inquiry->format, columns, COLUMNS)) {
        logstmt_free(events);
        faultlog_no_memory(&inquiry->log);
        return false;
    }
    while (left > 0 && faultlog_next(&inquiry->log, events, &row)) {
        if (!inquiry_accepts(inquiry, row.pid, row.eip, row.sequence))
            continue;
        add_row(inquiry, &rows, &row);
        left--;
    }
    logstmt_free(events);
    if (!rows_end(&rows))
        faultlog_no_memory(&inquiry->log);
    return !inquiry->log.failed;
}
