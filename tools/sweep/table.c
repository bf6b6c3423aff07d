/* table.c: see table.h. Columns are the trace, the options that vary, how it
 * went, and the counts: in a table only the few that one looks at first. */
#include "sweep/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "rows.h"

#define COLUMNS_MAX (SWEEP_TABLE_NAMES_MAX + SWEEPDB_COUNTS + 5)

struct writer {
    const struct sweep_table *table;
    struct sweepdb *db;
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    struct rows rows;
};

/* The counts that a table shows. */
static bool in_table(const char *name)
{
    static const char *const shown[] = {
        "instructions", "cycles",      "forks",     "faults",
        "cow_copy",     "frames_peak", "tlb_misses"};

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (strcmp(shown[i], name) == 0)
            return true;
    return false;
}

static void add_column(struct writer *writer, struct column column)
{
    writer->columns[writer->column_count++] = column;
}

static void make_columns(struct writer *writer)
{
    add_column(writer, (struct column){.name = "trace"});
    for (size_t i = 0; i < writer->table->name_count; i++)
        add_column(writer, (struct column){.name = writer->table->names[i]});
    add_column(writer, (struct column){.name = "result"});
    add_column(writer, (struct column){.name = "exit_status",
                                       .right = true,
                                       .not_in_table = true});
    for (unsigned i = 0; i < SWEEPDB_COUNTS; i++) {
        const char *name = sweepdb_count_name(i);

        add_column(writer, (struct column){.name = name,
                                           .right = true,
                                           .not_in_table = !in_table(name)});
    }
    add_column(writer,
               (struct column){.name = "message", .not_in_table = true});
}

static bool write_row(struct writer *writer, int64_t job)
{
    const struct sweep_table *table = writer->table;
    struct cell cells[COLUMNS_MAX];
    char *values[SWEEP_TABLE_NAMES_MAX];
    struct store_row row;
    size_t at = 0;

    if (!store_read(writer->db, job, &row))
        return false;
    cells[at++] = cell_text(row.trace);
    for (size_t i = 0; i < table->name_count; i++) {
        values[i] = store_option(writer->db, job, table->names[i]);
        cells[at++] = cell_text(values[i]);
    }
    cells[at++] = row.failed ? cell_toned("failed", TONE_BAD) : cell_text("ok");
    cells[at++] = cell_number(row.exit_status);
    for (unsigned i = 0; i < SWEEPDB_COUNTS; i++)
        cells[at++] = cell_number(row.counts[i]);
    cells[at] = cell_text(row.message);
    rows_add(&writer->rows, cells);
    for (size_t i = 0; i < table->name_count; i++)
        free(values[i]);
    store_row_free(&row);
    return true;
}

static bool write_rows(struct writer *writer, FILE *file)
{
    const struct sweep_table *table = writer->table;
    bool good = true;

    if (!rows_begin(&writer->rows, file, table->format, writer->columns,
                    writer->column_count)) {
        complain("results", "%s", strerror(ENOMEM));
        return false;
    }
    for (size_t i = 0; good && i < table->job_count; i++)
        good = write_row(writer, table->jobs[i]);
    if (!rows_end(&writer->rows)) {
        complain("results", "%s", strerror(ENOMEM));
        return false;
    }
    return good;
}

bool sweep_table_write(const struct sweep_table *table, struct sweepdb *db)
{
    struct writer writer = {.table = table, .db = db};
    struct output output;
    bool good;

    make_columns(&writer);
    if (!output_open(&output, "-", 0))
        return false;
    good = write_rows(&writer, output.file);
    return output_close(&output) && good;
}

bool sweep_table_complain(const struct sweep_table *table, struct sweepdb *db)
{
    bool good = true;

    for (size_t i = 0; i < table->job_count; i++) {
        struct store_row row;
        char what[400];

        if (!store_read(db, table->jobs[i], &row))
            return false;
        if (row.failed) {
            snprintf(what, sizeof(what), "%s%s%s", row.trace,
                     row.options[0] != '\0' ? " " : "", row.options);
            complain(what, "failed: %s",
                     row.message != NULL ? row.message : "nobody knows why");
            good = false;
        }
        store_row_free(&row);
    }
    return good;
}
