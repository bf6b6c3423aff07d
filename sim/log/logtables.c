/* logtables.c: see logtables.h. */
#include "log/logtables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/loginsn.h"
#include "log/loglines.h"
#include "log/logschema.h"
#include "paging.h"
#include "program/program.h"

#define SYMBOLS_MAX     65536u /* of one program */
#define SYMBOL_NAME_MAX 256u   /* bytes */

enum statement {
    BEGIN,
    COMMIT,
    INSERT_ROWS,
    INSERT_PAGE_BLOCK,
    INSERT_FRAME_BLOCK,
    INSERT_PARAMETER,
    INSERT_PROGRAM,
    INSERT_SYMBOL,
    INSERT_LINE,
    INSERT_CODE,
    INSERT_PROCESS,
    UPDATE_DEATH,
    INSERT_EXEC,
    UPDATE_EXEC,
    INSERT_MAPPING,
    STATEMENTS,
};

/* A set of pages or frames: a bit each. */
struct bits {
    uint64_t words[(1u << 20) / 64];
};

/* What the current block of sequences has rows of (logschema.h). */
struct block {
    uint64_t number;
    struct bits pages;
    struct bits frames;
};

struct log_tables {
    struct logdb *db;
    struct logstmt *statements[STATEMENTS];
    uint32_t columns_of[ROW_KINDS]; /* a bit for each that rows of the kind
                                     * have */
    struct logsource source;        /* the rows of `writing` */
    const struct log_batch *writing;
    struct log_insns insns;
    struct log_lines lines;
    struct block block;
    char why[256]; /* of the first failure; "": none */
};

/* ---- rows ---- */

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [INSERT_ROWS] = "INSERT INTO events(" LOG_COLUMNS ", cpu) "
                    "SELECT " LOG_COLUMNS ", 0 FROM batch",
    [INSERT_PAGE_BLOCK] = "INSERT OR IGNORE INTO page_blocks VALUES (?, ?)",
    [INSERT_FRAME_BLOCK] = "INSERT OR IGNORE INTO frame_blocks VALUES (?, ?)",
    [INSERT_PARAMETER] = "INSERT OR REPLACE INTO parameters VALUES (?, ?)",
    [INSERT_PROGRAM] = "INSERT INTO programs VALUES (?, ?)",
    [INSERT_SYMBOL] = "INSERT INTO symbols VALUES (?, ?, ?, ?)",
    [INSERT_LINE] = "INSERT OR IGNORE INTO lines VALUES (?, ?, ?, ?)",
    [INSERT_CODE] = "INSERT INTO code VALUES (?, ?, ?)",
    [INSERT_PROCESS] = "INSERT INTO processes VALUES (?, ?, ?, ?, NULL, NULL)",
    [UPDATE_DEATH] =
        "UPDATE processes SET death = ?, wait_status = ? WHERE pid = ?",
    [INSERT_EXEC] = "INSERT INTO execs VALUES (?, ?, ?)",
    [UPDATE_EXEC] = "UPDATE processes SET program = ? WHERE pid = ?",
    [INSERT_MAPPING] = "INSERT INTO mappings VALUES (?, ?, ?, ?, ?, ?, ?)",
};

static const char indexes[] =
    "CREATE INDEX symbols_linear ON symbols(program, linear);";

static bool fail(struct log_tables *tables)
{
    if (tables->why[0] == '\0')
        (void)snprintf(tables->why, sizeof tables->why, "%s",
                       logdb_why(tables->db));
    return false;
}

/* Steps a statement that gives no rows, and makes it ready for the next
 * time. */
static bool run(struct log_tables *tables, struct logstmt *statement)
{
    bool good = logstmt_step(statement) == 0 || fail(tables);

    logstmt_reset(statement);
    return good;
}

static void bind_if(struct logstmt *statement, int index, bool there,
                    int64_t value)
{
    if (there)
        logstmt_bind_int(statement, index, value);
    else
        logstmt_bind_null(statement, index);
}

static void batch_cell(const struct logsource *source, uint32_t row,
                       uint32_t column, struct logcell *cell)
{
    struct log_tables *tables = source->arg;
    const struct log_row *of = &tables->writing->rows[row];

    if (!(tables->columns_of[of->kind] & 1u << column))
        return;
    log_row_cell(of, (enum log_column)column, cell);
    if (column == COLUMN_INSN && of->code_bytes != 0)
        cell->byte_count = log_insn_length(&tables->insns, of);
}

/* Adds one to the set; false where it was in it. */
static bool bits_add(struct bits *bits, uint32_t which)
{
    uint64_t *word = &bits->words[(which >> 6) %
                                  (sizeof bits->words / sizeof bits->words[0])];
    uint64_t bit = 1ull << (which & 63);
    bool is_new = (*word & bit) == 0;

    *word |= bit;
    return is_new;
}

static bool list_in_block(struct log_tables *tables, struct bits *bits,
                          uint32_t which, enum statement insert)
{
    struct logstmt *statement = tables->statements[insert];

    if (!bits_add(bits, which))
        return true;
    logstmt_bind_int(statement, 1, which);
    logstmt_bind_int(statement, 2, (int64_t)tables->block.number);
    return run(tables, statement);
}

/* Lists the row's page and frames, where it is about any, for its block of
 * sequences. */
static bool list_row(struct log_tables *tables, const struct log_row *row)
{
    struct block *block = &tables->block;
    const struct mmu_event *event = &row->event;
    uint64_t number = event->sequence >> LOGDB_BLOCK_SHIFT;

    if (!(log_row_columns(row->kind) & 1u << COLUMN_LINEAR))
        return true;
    if (number != block->number)
        *block = (struct block){.number = number};
    return list_in_block(tables, &block->pages, event->linear >> MMU_PAGE_SHIFT,
                         INSERT_PAGE_BLOCK) &&
           (event->frame_before == 0 ||
            list_in_block(tables, &block->frames, event->frame_before,
                          INSERT_FRAME_BLOCK)) &&
           (event->frame_after == 0 ||
            list_in_block(tables, &block->frames, event->frame_after,
                          INSERT_FRAME_BLOCK));
}

/* ---- notes ---- */

/* A text of somebody else's: no control character is to reach a terminal by way
 * of the log. */
static void bind_name(struct logstmt *statement, int index, const char *name)
{
    char text[SYMBOL_NAME_MAX + 1];

    (void)snprintf(text, sizeof text, "%s", name);
    for (char *at = text; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    logstmt_bind_text(statement, index, text);
}

static bool write_symbols(struct log_tables *tables,
                          const struct program *program)
{
    struct logstmt *statement = tables->statements[INSERT_SYMBOL];
    const struct symbols *symbols = &program->symbols;

    for (uint32_t i = 0; i < symbols->count && i < SYMBOLS_MAX; i++) {
        const struct symbol *symbol = &symbols->table[i];

        logstmt_bind_int(statement, 1, (int64_t)program->id);
        logstmt_bind_int(statement, 2, symbol->linear);
        logstmt_bind_int(statement, 3, symbol->bytes);
        bind_name(statement, 4, symbols->names + symbol->name);
        if (!run(tables, statement))
            return false;
    }
    return true;
}

static bool write_program(struct log_tables *tables,
                          const struct log_note *note)
{
    struct logstmt *statement = tables->statements[INSERT_PROGRAM];

    logstmt_bind_int(statement, 1, (int64_t)note->program->id);
    logstmt_bind_text(statement, 2, note->program->name);
    log_lines_add(&tables->lines, note->program);
    return run(tables, statement) && write_symbols(tables, note->program);
}

/* Of a path that is longer than a name may be, the end. */
static bool write_line(struct log_tables *tables, const struct log_row *row)
{
    struct logstmt *statement = tables->statements[INSERT_LINE];
    struct source_line source;
    size_t bytes;

    if (!log_lines_meet(&tables->lines, row, &source))
        return true;
    bytes = strlen(source.file);
    logstmt_bind_int(statement, 1, row->program);
    logstmt_bind_int(statement, 2, row->event.eip);
    bind_name(statement, 3,
              source.file +
                  (bytes > SYMBOL_NAME_MAX ? bytes - SYMBOL_NAME_MAX : 0));
    logstmt_bind_int(statement, 4, source.line);
    return run(tables, statement);
}

static bool write_exec(struct log_tables *tables, const struct log_note *note)
{
    struct logstmt *insert = tables->statements[INSERT_EXEC];
    struct logstmt *update = tables->statements[UPDATE_EXEC];

    logstmt_bind_int(insert, 1, (int64_t)note->sequence);
    logstmt_bind_int(insert, 2, note->pid);
    logstmt_bind_int(insert, 3, (int64_t)note->id);
    logstmt_bind_int(update, 1, (int64_t)note->id);
    logstmt_bind_int(update, 2, note->pid);
    return run(tables, insert) && run(tables, update);
}

static bool write_note(struct log_tables *tables, const struct log_note *note)
{
    struct logstmt *const *statements = tables->statements;

    switch (note->kind) {
    case LOG_NOTE_PARAMETER:
        logstmt_bind_text(statements[INSERT_PARAMETER], 1, note->text);
        if (note->value != NULL)
            logstmt_bind_text(statements[INSERT_PARAMETER], 2, note->value);
        else
            logstmt_bind_int(statements[INSERT_PARAMETER], 2, note->number);
        return run(tables, statements[INSERT_PARAMETER]);
    case LOG_NOTE_PROGRAM:
        return write_program(tables, note);
    case LOG_NOTE_CODE:
        logstmt_bind_int(statements[INSERT_CODE], 1, (int64_t)note->id);
        logstmt_bind_int(statements[INSERT_CODE], 2,
                         note->start >> MMU_PAGE_SHIFT);
        logstmt_bind_blob(statements[INSERT_CODE], 3, note->bytes,
                          MMU_PAGE_SIZE);
        return run(tables, statements[INSERT_CODE]);
    case LOG_NOTE_BIRTH:
        logstmt_bind_int(statements[INSERT_PROCESS], 1, note->pid);
        logstmt_bind_int(statements[INSERT_PROCESS], 2, note->parent);
        bind_if(statements[INSERT_PROCESS], 3, note->id != 0,
                (int64_t)note->id);
        logstmt_bind_int(statements[INSERT_PROCESS], 4,
                         (int64_t)note->sequence);
        return run(tables, statements[INSERT_PROCESS]);
    case LOG_NOTE_DEATH:
        logstmt_bind_int(statements[UPDATE_DEATH], 1, (int64_t)note->sequence);
        logstmt_bind_int(statements[UPDATE_DEATH], 2, note->number);
        logstmt_bind_int(statements[UPDATE_DEATH], 3, note->pid);
        return run(tables, statements[UPDATE_DEATH]);
    case LOG_NOTE_EXEC:
        return write_exec(tables, note);
    case LOG_NOTE_MAPPING:
        logstmt_bind_int(statements[INSERT_MAPPING], 1, note->number);
        logstmt_bind_int(statements[INSERT_MAPPING], 2, note->pid);
        logstmt_bind_int(statements[INSERT_MAPPING], 3, note->start);
        logstmt_bind_int(statements[INSERT_MAPPING], 4, note->end);
        logstmt_bind_text(statements[INSERT_MAPPING], 5, note->text);
        logstmt_bind_text(statements[INSERT_MAPPING], 6, note->value);
        bind_if(statements[INSERT_MAPPING], 7, note->id != 0,
                (int64_t)note->id);
        return run(tables, statements[INSERT_MAPPING]);
    }
    return true;
}

/* ---- batches ---- */

static bool write_all(struct log_tables *tables, const struct log_batch *batch)
{
    bool good = run(tables, tables->statements[BEGIN]);

    for (uint32_t i = 0; good && i < batch->note_count; i++)
        good = write_note(tables, &batch->notes[i]);
    tables->writing = batch;
    tables->source.rows = batch->row_count;
    good = good && run(tables, tables->statements[INSERT_ROWS]);
    for (uint32_t i = 0; good && i < batch->row_count; i++)
        good = list_row(tables, &batch->rows[i]) &&
               write_line(tables, &batch->rows[i]);
    return good && run(tables, tables->statements[COMMIT]);
}

bool log_tables_write(struct log_tables *tables, const struct log_batch *batch)
{
    if (write_all(tables, batch))
        return true;
    (void)logdb_run(tables->db, "ROLLBACK");
    return false;
}

bool log_tables_finish(struct log_tables *tables)
{
    return logdb_run(tables->db, indexes) || fail(tables);
}

const char *log_tables_why(const struct log_tables *tables)
{
    return tables->why;
}

/* ---- from making to closing ---- */

static bool write_kinds(struct log_tables *tables)
{
    struct logstmt *insert =
        logdb_prepare(tables->db, "INSERT INTO kinds VALUES (?, ?, ?)");
    bool good = insert != NULL && logdb_run(tables->db, "BEGIN");

    for (int kind = 1; good && kind < ROW_KINDS; kind++) {
        logstmt_bind_int(insert, 1, kind);
        logstmt_bind_text(insert, 2, log_row_name((enum log_row_kind)kind));
        logstmt_bind_int(insert, 3, kind <= ROW_OOM);
        good = logstmt_step(insert) == 0;
        logstmt_reset(insert);
    }
    logstmt_free(insert);
    return good && logdb_run(tables->db, "COMMIT");
}

static bool prepare_all(struct log_tables *tables)
{
    tables->source = (struct logsource){.cell = batch_cell, .arg = tables};
    for (int kind = 1; kind < ROW_KINDS; kind++)
        tables->columns_of[kind] = log_row_columns((enum log_row_kind)kind);
    if (!logdb_add_source(tables->db, "batch", LOG_COLUMNS, &tables->source))
        return false;
    for (int i = 0; i < STATEMENTS; i++) {
        tables->statements[i] = logdb_prepare(tables->db, sql[i]);
        if (tables->statements[i] == NULL)
            return false;
    }
    return true;
}

struct log_tables *log_tables_new(void)
{
    return calloc(1, sizeof(struct log_tables));
}

bool log_tables_open(struct log_tables *tables, struct logdb *db)
{
    tables->db = db;
    return write_kinds(tables) && prepare_all(tables);
}

void log_tables_unclocked(struct log_tables *tables)
{
    for (int kind = 0; kind < ROW_KINDS; kind++)
        tables->columns_of[kind] &=
            ~(1u << COLUMN_CYCLE | 1u << COLUMN_INSTRUCTIONS);
}

void log_tables_free(struct log_tables *tables)
{
    if (tables == NULL)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        logstmt_free(tables->statements[i]);
    log_lines_free(&tables->lines);
    free(tables);
}
