/* report.c: tables, JSON and CSV of stats. */
#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "fork.h"
#include "output.h"
#include "plain.h"

/* --- table ---------------------------------------------------------------- */

#define CELL_BYTES 32u

/* A column of counts, or of texts. */
struct column {
    const char *title[2]; /* in two lines */
    uint64_t (*count)(const struct stats *stats);
    void (*text)(char *text, const struct stats *stats,
                 const struct stats *eager);
};

struct table {
    const struct column *columns;
    size_t column_count;
};

static uint64_t forks(const struct stats *stats)
{
    return stats->forks;
}

static uint64_t allocated(const struct stats *stats)
{
    return stats->frames.allocated;
}

static uint64_t peak(const struct stats *stats)
{
    return stats->frames.peak;
}

static uint64_t copied_at_fork(const struct stats *stats)
{
    return stats->frames.copied_at_fork;
}

static uint64_t copied_on_fault(const struct stats *stats)
{
    return stats->faults.cow_copy;
}

static uint64_t copied_by_kernel(const struct stats *stats)
{
    return stats->frames.copied_by_kernel;
}

static uint64_t taken_over(const struct stats *stats)
{
    return stats->faults.cow_reuse + stats->frames.taken_over_by_kernel;
}

static uint64_t tables(const struct stats *stats)
{
    return stats->tables.allocated;
}

static uint64_t faults(const struct stats *stats)
{
    return stats->faults.total;
}

static uint64_t cycles(const struct stats *stats)
{
    return stats->cycles;
}

static uint64_t execute(const struct stats *stats)
{
    return stats->clocks.execute;
}

static uint64_t walk(const struct stats *stats)
{
    return stats->clocks.walk;
}

static uint64_t trap(const struct stats *stats)
{
    return stats->clocks.trap;
}

static uint64_t fork_calls(const struct stats *stats)
{
    return stats->clocks.fork;
}

static uint64_t service(const struct stats *stats)
{
    return stats->clocks.service;
}

/* The row that the others are measured by. */
static const struct stats *eager_of(const struct stats *stats, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(stats[i].policy, mmu_fork_eager.name) == 0)
            return &stats[i];
    return NULL;
}

/* What part of eager's frames was not allocated. */
static void write_saved(char *text, const struct stats *stats,
                        const struct stats *eager)
{
    if (eager == NULL || eager->frames.allocated == 0)
        snprintf(text, CELL_BYTES, "-");
    else
        snprintf(text, CELL_BYTES, "%.1f%%",
                 100 - 100 * (double)stats->frames.allocated /
                           (double)eager->frames.allocated);
}

static void write_fork(char *text, const struct stats *stats, uint64_t clocks)
{
    if (stats->forks_timed == 0)
        snprintf(text, CELL_BYTES, "-");
    else
        snprintf(text, CELL_BYTES, "%" PRIu64, clocks);
}

static void write_fork_median(char *text, const struct stats *stats,
                              const struct stats *eager)
{
    (void)eager;
    write_fork(text, stats, stats->fork_median);
}

static void write_fork_worst(char *text, const struct stats *stats,
                             const struct stats *eager)
{
    (void)eager;
    write_fork(text, stats, stats->fork_worst);
}

static void write_fault_share(char *text, const struct stats *stats,
                              const struct stats *eager)
{
    (void)eager;
    snprintf(text, CELL_BYTES, "%.1f%%", stats_fault_share(stats));
}

static const struct column counts[] = {
    {{"", "forks"}, forks, NULL},
    {{"frames", "allocated"}, allocated, NULL},
    {{"frames", "peak"}, peak, NULL},
    {{"copied", "at fork"}, copied_at_fork, NULL},
    {{"copied", "on fault"}, copied_on_fault, NULL},
    {{"copied", "by kernel"}, copied_by_kernel, NULL},
    {{"taken", "over"}, taken_over, NULL},
    {{"page", "tables"}, tables, NULL},
    {{"page", "faults"}, faults, NULL},
    {{"frames", "saved"}, NULL, write_saved},
};

static const struct column clocks[] = {
    {{"", "cycles"}, cycles, NULL},
    {{"clocks:", "execute"}, execute, NULL},
    {{"", "walk"}, walk, NULL},
    {{"", "trap"}, trap, NULL},
    {{"", "fork"}, fork_calls, NULL},
    {{"", "service"}, service, NULL},
    {{"fork", "median"}, NULL, write_fork_median},
    {{"fork", "worst"}, NULL, write_fork_worst},
    {{"faults'", "share"}, NULL, write_fault_share},
};

static const struct table count_table = {counts,
                                         sizeof(counts) / sizeof(counts[0])};
static const struct table clock_table = {clocks,
                                         sizeof(clocks) / sizeof(clocks[0])};

static void write_cell(char *text, const struct column *column,
                       const struct stats *stats, const struct stats *eager)
{
    if (column->count == NULL)
        column->text(text, stats, eager);
    else
        snprintf(text, CELL_BYTES, "%" PRIu64, column->count(stats));
}

static int widest(int width, const char *text)
{
    return (int)strlen(text) > width ? (int)strlen(text) : width;
}

static int policy_width(const struct stats *stats, uint32_t count)
{
    int width = widest(0, "policy");

    for (uint32_t i = 0; i < count; i++)
        width = widest(width, stats[i].policy);
    return width;
}

static int column_width(const struct column *column, const struct stats *stats,
                        uint32_t count)
{
    int width = widest(widest(0, column->title[0]), column->title[1]);
    char text[CELL_BYTES];

    for (uint32_t i = 0; i < count; i++) {
        write_cell(text, column, &stats[i], eager_of(stats, count));
        width = widest(width, text);
    }
    return width;
}

static void write_ram(uint32_t frames, FILE *to)
{
    const uint32_t frames_per_mib = 256;

    if (frames % frames_per_mib == 0)
        fprintf(to, "%" PRIu32 " MiB", frames / frames_per_mib);
    else
        fprintf(to, "%" PRIu32 " KiB", frames * 4);
}

/* The program's name is the user's own; what would break the line is left
 * out. */
static void write_name(const char *name, FILE *to)
{
    for (; *name != '\0'; name++)
        fputc(plain_in_line(*name), to);
}

static void write_table(const struct table *table, const struct stats *stats,
                        uint32_t count, FILE *to)
{
    int left = policy_width(stats, count);

    for (unsigned line = 0; line < 2; line++) {
        fprintf(to, "%-*s", left, line == 0 ? "" : "policy");
        for (size_t i = 0; i < table->column_count; i++)
            fprintf(to, "  %*s", column_width(&table->columns[i], stats, count),
                    table->columns[i].title[line]);
        fputc('\n', to);
    }
    for (uint32_t row = 0; row < count; row++) {
        fprintf(to, "%-*s", left, stats[row].policy);
        for (size_t i = 0; i < table->column_count; i++) {
            char text[CELL_BYTES];

            write_cell(text, &table->columns[i], &stats[row],
                       eager_of(stats, count));
            fprintf(to, "  %*s", column_width(&table->columns[i], stats, count),
                    text);
        }
        fputc('\n', to);
    }
}

static void write_tables(const struct stats *stats, uint32_t count, FILE *to)
{
    write_name(stats[0].program, to);
    fprintf(to, ": exit status %d, %s, ", stats[0].exit_status, stats[0].cpu);
    write_ram(stats[0].ram_frames, to);
    fputs(" of memory\n\n", to);
    write_table(&count_table, stats, count, to);
    if (!stats[0].clocked)
        return;
    fputc('\n', to);
    write_table(&clock_table, stats, count, to);
}

/* --- JSON and CSV --------------------------------------------------------- */

json_t *report_json(const struct stats *stats, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++) {
        if (json_array_append_new(array, stats_json(&stats[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static void write_value(const json_t *value, FILE *to)
{
    if (json_is_string(value))
        csv_write_text(to, json_string_value(value));
    else if (json_is_integer(value))
        fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "true" : "false", to);
}

#define FIELD_NAME_BYTES 64u

/* Writes the names of the object's fields, or their values, those of objects in
 * it too; one without fields is left out. */
static void write_fields(json_t *object, const char *prefix, bool names,
                         FILE *to)
{
    const char *between = "";
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        char whole[FIELD_NAME_BYTES];

        if (json_is_object(value) && json_object_size(value) == 0)
            continue;
        fputs(between, to);
        between = ",";
        (void)snprintf(whole, sizeof(whole), "%s%s%s", prefix,
                       *prefix != '\0' ? "_" : "", name);
        if (json_is_object(value))
            write_fields(value, whole, names, to);
        else if (names)
            fputs(whole, to);
        else
            write_value(value, to);
    }
}

static void write_csv(json_t *array, FILE *to)
{
    size_t row;
    json_t *object;

    write_fields(json_array_get(array, 0), "", true, to);
    fputc('\n', to);
    json_array_foreach(array, row, object)
    {
        write_fields(object, "", false, to);
        fputc('\n', to);
    }
}

bool report_write(enum format format, const struct stats *stats, uint32_t count,
                  FILE *to)
{
    if (format == FORMAT_TABLE) {
        write_tables(stats, count, to);
        return true;
    }

    json_t *array = report_json(stats, count);

    if (array == NULL)
        return false;
    if (format != FORMAT_CSV)
        return output_json(to, array, JSON_INDENT(2), "\n");
    write_csv(array, to);
    json_decref(array);
    return true;
}
