/* framechart.c: the frames in use over time: a line a log, or one log's by
 * kind. Lines differ in dashes and points: colour only helps. */
#include <inttypes.h>
#include <string.h>

#include "plot.h"
#include "report/axis.h"
#include "report/charts.h"

uint32_t chart_most_frames(const struct picture_log *log)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < log->frame_parts; i++) {
        uint32_t all =
            log->frames[i].user + log->frames[i].in_use[CENSUS_TABLES];

        most = all > most ? all : most;
    }
    return most;
}

void chart_log_name(const struct picture_log *logs, uint32_t count,
                    uint32_t which, char *name, size_t name_bytes)
{
    bool unlike = logs[which].policy[0] != '\0';

    for (uint32_t i = 0; i < count; i++)
        if (i != which && strcmp(logs[i].policy, logs[which].policy) == 0)
            unlike = false;
    if (unlike || count == 1)
        snprintf(name, name_bytes, "%s", logs[which].policy);
    else
        snprintf(name, name_bytes, "%s (%s)", logs[which].policy,
                 logs[which].path);
}

static uint32_t frames_counted(const struct frame_part *part,
                               enum frames_counted counted)
{
    switch (counted) {
    case FRAMES_COPIED:
        return part->in_use[CENSUS_FORK_COPY] + part->in_use[CENSUS_COPY];
    case FRAMES_TABLES:
        return part->in_use[CENSUS_TABLES];
    default:
        return part->user;
    }
}

static void frames_data(const struct picture_log *log, uint32_t which,
                        enum frames_counted counted, FILE *script)
{
    fprintf(script, "$log%" PRIu32 " << END\n", which);
    for (uint32_t i = 0; i < log->frame_parts; i++)
        fprintf(script, "%.10g %" PRIu32 "\n", axis_part(log, i, FRAME_PARTS),
                frames_counted(&log->frames[i], counted));
    fputs("END\n", script);
}

bool chart_frames_of_logs(const struct picture_log *logs, uint32_t count,
                          enum frames_counted counted, const char *id,
                          FILE *html)
{
    static const char *const inks[] = {"#000000", "#1f6fb4", "#666666",
                                       "#8c4a00"};
    static const char *const titles[FRAMES_COUNTED] = {
        [FRAMES_USER] = "Frames of user pages in use, one line a log",
        [FRAMES_COPIED] =
            "Of these: copies, made at fork or for a write, one line a log",
        [FRAMES_TABLES] =
            "Frames of page tables and directories in use, one line a log",
    };
    struct plot plot;

    if (!plot_begin(&plot, id, titles[counted], CHART_WIDTH,
                    counted == FRAMES_USER ? 380 : 280))
        return false;
    axis_write(logs, plot.script);
    fputs("set ylabel 'frames of 4 KiB'\nset yrange [0:*]\n", plot.script);
    for (uint32_t i = 0; i < count; i++)
        frames_data(&logs[i], i, counted, plot.script);
    for (uint32_t i = 0; i < count; i++) {
        char name[256];
        char mark[PLOT_MARK_BYTES];

        chart_log_name(logs, count, i, name, sizeof(name));
        fprintf(plot.script,
                "%s $log%" PRIu32
                " using 1:2 with linespoints lw 1.6 dt %" PRIu32 " pt %" PRIu32
                " pointinterval %" PRIu32 " ps 0.8 lc rgb '%s' title '%s'",
                i == 0 ? "plot" : ",", i, 1 + i % 5, 4 + i % 10,
                25 + 7 * (i % 5), inks[i % 4], plot_mark(&plot, name, mark));
    }
    fputc('\n', plot.script);
    return plot_end(&plot, html);
}

/* Each column is what the kinds from it on make together, so that the first is
 * drawn whole and the others over it. */
static void kinds_data(const struct picture_log *log, FILE *script)
{
    fputs("$kinds << END\n", script);
    for (uint32_t i = 0; i < log->frame_parts; i++) {
        const struct frame_part *part = &log->frames[i];
        uint64_t sum = (uint64_t)part->user + part->in_use[CENSUS_TABLES];

        fprintf(script, "%.10g", axis_part(log, i, FRAME_PARTS));
        for (unsigned kind = 0; kind < CENSUS_KINDS; kind++) {
            fprintf(script, " %" PRIu64, sum);
            sum -= part->in_use[kind];
        }
        fputc('\n', script);
    }
    fputs("END\n", script);
}

static bool kind_occurs(const struct picture_log *log, unsigned kind)
{
    for (uint32_t i = 0; i < log->frame_parts; i++)
        if (log->frames[i].in_use[kind] != 0)
            return true;
    return false;
}

bool chart_frames_by_kind(const struct picture_log *log, uint32_t frames_max,
                          const char *id, FILE *html)
{
    struct plot plot;

    if (!plot_begin(&plot, id, "Frames in use by kind, one on top of the other",
                    CHART_WIDTH, 380))
        return false;
    axis_write(log, plot.script);
    fprintf(plot.script,
            "set ylabel 'frames of 4 KiB'\nset yrange [0:%.10g]\n"
            "set style fill solid 1.0 border lc rgb '#000000'\n",
            1.05 * frames_max + 1);
    kinds_data(log, plot.script);
    fputs("plot 0 lc rgb '#444444' notitle", plot.script);
    for (unsigned kind = 0; kind < CENSUS_KINDS; kind++) {
        if (!kind_occurs(log, kind))
            continue;
        fprintf(
            plot.script,
            ", $kinds using 1:%u with filledcurves y1=0 lw 0.7 lc rgb '%s' "
            "title '%s'"
            ", $kinds using 1:%u with lines lw 0.7 lc rgb '#000000' notitle",
            2 + kind, chart_fills[kind],
            census_kind_name((enum census_kind)kind), 2 + kind);
    }
    fputc('\n', plot.script);
    return plot_end(&plot, html);
}
