/* profiletable.c: see profiletable.h. */
#include "profiletable.h"

#include <string.h>

static const struct column columns[] = {
    {.name = "policy"},
    {.name = "cycles", .right = true},
    {.name = "share", .right = true},
    {.name = "execute", .right = true},
    {.name = "walk", .right = true},
    {.name = "trap", .right = true},
    {.name = "fork", .right = true},
    {.name = "service", .right = true},
    {.name = "program"},
    {.name = "symbol"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) &&
           strcmp(name + length - strlen(end), end) == 0;
}

static enum format format_by_name(const char *name)
{
    return ends_in(name, ".csv")    ? FORMAT_CSV
           : ends_in(name, ".json") ? FORMAT_JSON
                                    : FORMAT_TABLE;
}

bool profile_table_open(struct profile_table *table, const char *name,
                        bool force, const enum format *chosen)
{
    enum format format = chosen != NULL ? *chosen : format_by_name(name);

    if (!output_open(&table->output, name, force ? OUTPUT_FORCE : 0))
        return false;
    if (rows_begin(&table->rows, table->output.file, format, columns, COLUMNS))
        return true;
    complain(name, "out of memory");
    output_drop(&table->output);
    return false;
}

void profile_table_add(struct profile_table *table, const char *policy,
                       const struct profile *profile)
{
    size_t count;
    const struct profile_row *rows = profile_rows(profile, &count);
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += clocks_sum(&rows[i].clocks);
    for (size_t i = 0; i < count; i++) {
        const struct clocks *clocks = &rows[i].clocks;
        uint64_t cycles = clocks_sum(clocks);
        const struct cell cells[COLUMNS] = {
            cell_text(policy),
            cell_number((int64_t)cycles),
            cell_percent(total == 0 ? 0
                                    : 100.0 * (double)cycles / (double)total),
            cell_number((int64_t)clocks->execute),
            cell_number((int64_t)clocks->walk),
            cell_number((int64_t)clocks->trap),
            cell_number((int64_t)clocks->fork),
            cell_number((int64_t)clocks->service),
            cell_text(rows[i].program),
            cell_text(rows[i].symbol),
        };

        if (cycles > 0)
            rows_add(&table->rows, cells);
    }
}

bool profile_table_close(struct profile_table *table)
{
    if (table->output.file == NULL)
        return true;
    if (!rows_end(&table->rows)) {
        complain(table->output.name, "out of memory");
        output_drop(&table->output);
        return false;
    }
    return output_close(&table->output);
}

void profile_table_drop(struct profile_table *table)
{
    if (table->output.file == NULL)
        return;
    (void)rows_end(&table->rows);
    output_drop(&table->output);
}
