/* heatmap.c: where in linear memory the faults were, and when. */
#include <inttypes.h>

#include "paging.h"
#include "plot.h"
#include "report/axis.h"
#include "report/charts.h"

#define HEAT_ROW_PIXELS    5u
#define HEAT_GROUP_PIXELS  18u /* room for a group's name */
#define HEAT_GAP_ROWS      1u
#define HEAT_MARGIN_PIXELS 220u

/* Rows as drawn: a group of few is given the room of its name. */
static uint32_t drawn_rows(const struct heat_group *group)
{
    uint32_t least = HEAT_GROUP_PIXELS / HEAT_ROW_PIXELS;

    return (group->rows > least ? group->rows : least) + HEAT_GAP_ROWS;
}

static uint32_t all_drawn_rows(const struct picture_log *log)
{
    uint32_t rows = 0;

    for (uint32_t i = 0; i < log->group_count; i++)
        rows += drawn_rows(&log->groups[i]);
    return rows;
}

/* What the scale of greys goes up to: two of them at least. */
static uint32_t most_heat(const struct picture_log *log)
{
    uint32_t most = 2;

    for (uint32_t i = 0; i < log->heat_rows * HEAT_PARTS; i++)
        most = log->heat[i] > most ? log->heat[i] : most;
    return most;
}

/* The cells of one group, whose rows are drawn from `bottom` up. */
static void heat_cells(const struct picture_log *log,
                       const struct heat_group *group, uint32_t bottom,
                       FILE *script)
{
    for (uint32_t row = 0; row < group->rows; row++) {
        const uint32_t *cells =
            &log->heat[(size_t)(group->first_row + row) * HEAT_PARTS];

        for (uint32_t i = 0; i < HEAT_PARTS; i++)
            if (cells[i] != 0)
                fprintf(script,
                        "%.10g %" PRIu32 " %.10g %.10g %" PRIu32 " %" PRIu32
                        " %" PRIu32 "\n",
                        axis_part(log, i, HEAT_PARTS), bottom + row,
                        axis_part(log, i, HEAT_PARTS),
                        axis_part(log, i + 1, HEAT_PARTS), bottom + row,
                        bottom + row + 1, cells[i]);
    }
}

static void heat_groups(const struct picture_log *log, struct plot *plot)
{
    uint32_t bottom = 0;

    fputs("$cells << END\n", plot->script);
    for (uint32_t i = 0; i < log->group_count; i++) {
        heat_cells(log, &log->groups[i], bottom, plot->script);
        bottom += drawn_rows(&log->groups[i]);
    }
    fputs("END\nset ytics ()\n", plot->script);
    bottom = 0;
    for (uint32_t i = 0; i < log->group_count; i++) {
        const struct heat_group *group = &log->groups[i];
        char name[NAME_BYTES + 48];
        char mark[PLOT_MARK_BYTES];
        uint32_t top = bottom + drawn_rows(group);

        snprintf(name, sizeof(name), "%.24s 0x%08" PRIx32 " (%" PRIu32 ")",
                 group->name, group->first_page << MMU_PAGE_SHIFT,
                 group->pages);
        fprintf(plot->script, "set ytics add ('%s' %.10g)\n",
                plot_mark(plot, name, mark),
                bottom + (top - bottom - HEAT_GAP_ROWS) / 2.0);
        if (i + 1 < log->group_count)
            fprintf(plot->script,
                    "set arrow from graph 0, first %.10g to graph 1, first "
                    "%.10g nohead lw 0.6 "
                    "lc rgb '#888888'\n",
                    top - HEAT_GAP_ROWS / 2.0, top - HEAT_GAP_ROWS / 2.0);
        bottom = top;
    }
}

/* The scale of greys is as high whatever the chart's height. */
static void heat_scale(uint32_t height, FILE *script)
{
    fprintf(script,
            "set rmargin at screen 0.88\n"
            "set colorbox vertical user origin screen 0.9, screen %.10g size "
            "screen 0.02, screen "
            "%.10g\n",
            1 - (60.0 + 150) / height, 150.0 / height);
}

bool chart_heat(const struct picture_log *log, const char *id, FILE *html)
{
    uint32_t rows = all_drawn_rows(log);
    uint32_t most = most_heat(log);
    uint32_t height = HEAT_MARGIN_PIXELS + rows * HEAT_ROW_PIXELS;
    struct plot plot;

    if (!plot_begin(&plot, id,
                    "Page faults by page and time, of the pages that faulted",
                    CHART_WIDTH, height))
        return false;
    axis_write(log, plot.script);
    fprintf(plot.script,
            "set yrange [0:%" PRIu32
            "]\nset ylabel 'mapping, first page, pages touched'\n"
            "unset grid\nset palette defined (0 '#c8c8c8', 1 '#000000') "
            "maxcolors %" PRIu32 "\n"
            "set cbrange [%.10g:%.10g]\nset cblabel 'faults in the cell'\n"
            "set style fill solid 1.0 noborder\nset key off\n",
            rows > 0 ? rows : 1, most < 6 ? most : 64, most < 6 ? 0.5 : 1.0,
            most < 6 ? most + 0.5 : most);
    fputs(most < 6 ? "set cbtics 1\n"
                   : "set logscale cb\nset cbtics (1, 2, 5, 10, 20, 50, 100, "
                     "200, 500, 1000, 2000, "
                     "5000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)\n",
          plot.script);
    heat_scale(height, plot.script);
    heat_groups(log, &plot);
    if (log->heat_rows == 0)
        fputs("unset colorbox\nset label 'no page fault' at graph 0.5, graph "
              "0.5 center\n"
              "plot NaN notitle\n",
              plot.script);
    else
        fputs("plot $cells using 1:2:3:4:5:6:7 with boxxyerror lc palette "
              "notitle\n",
              plot.script);
    return plot_end(&plot, html);
}
