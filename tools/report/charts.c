/* charts.c: see charts.h.
 *
 * Fills go from light to dark, lines differ in dashes and points: colour only
 * helps.
 */
#include "report/charts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "paging.h"
#include "plot.h"

#define WIDTH 960u /* pixels */

/* Light to dark, of clearly different lightness. */
static const char *const fills[] = {"#ffffd9", "#c7e9b4", "#7fcdbb",
                                    "#41a6c4", "#225ea8", "#0c1f4f"};

/* Numbers on the axis stay short: it is marked in ones, thousands, millions or
 * more. */
struct unit {
    double size;
    const char *name; /* as it goes on after what is counted */
};

static struct unit unit_of(const struct picture_log *log)
{
    static const struct unit units[] = {
        {1e9, ", billions"}, {1e6, ", millions"}, {1e3, ", thousands"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if ((double)log->span >= 10 * units[i].size)
            return units[i];
    return (struct unit){1, ""};
}

/* A time as the axis has it. */
static double on_axis(const struct picture_log *log, uint64_t time)
{
    return (double)time / unit_of(log).size;
}

static void time_axis(const struct picture_log *log, FILE *script)
{
    fprintf(script, "set xrange [0:%.10g]\nset xlabel 'time (%s%s)'\n",
            log->span > 0 ? on_axis(log, log->span) : 1,
            log->by_instructions ? "instructions executed"
                                 : "sequence number of the event",
            unit_of(log).name);
}

/* Where part `part` of `parts` begins. */
static double part_start(const struct picture_log *log, uint32_t part,
                         uint32_t parts)
{
    return on_axis(log, log->span) * part / parts;
}

/* --- frames --------------------------------------------------------------- */

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
        fprintf(script, "%.10g %" PRIu32 "\n", part_start(log, i, FRAME_PARTS),
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

    if (!plot_begin(&plot, id, titles[counted], WIDTH,
                    counted == FRAMES_USER ? 380 : 280))
        return false;
    time_axis(logs, plot.script);
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

        fprintf(script, "%.10g", part_start(log, i, FRAME_PARTS));
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
                    WIDTH, 380))
        return false;
    time_axis(log, plot.script);
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
            2 + kind, fills[kind], census_kind_name((enum census_kind)kind),
            2 + kind);
    }
    fputc('\n', plot.script);
    return plot_end(&plot, html);
}

/* --- faults --------------------------------------------------------------- */

uint32_t chart_most_faults(const struct picture_log *log)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < FAULT_PARTS; i++) {
        uint32_t all = 0;

        for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
            all += log->faults[i][kind];
        most = all > most ? all : most;
    }
    return most;
}

/* The boxes of one kind, each on those of the kinds before it. False where
 * there are none. */
static bool fault_boxes(const struct picture_log *log, unsigned kind,
                        FILE *script)
{
    bool any = false;

    fprintf(script, "$kind%u << END\n", kind);
    for (uint32_t i = 0; i < FAULT_PARTS; i++) {
        double start = part_start(log, i, FAULT_PARTS);
        uint64_t below = 0;

        if (log->faults[i][kind] == 0)
            continue;
        for (unsigned under = 0; under < kind; under++)
            below += log->faults[i][under];
        fprintf(script,
                "%.10g %" PRIu64 " %.10g %.10g %" PRIu64 " %" PRIu64 "\n",
                start, below, start, part_start(log, i + 1, FAULT_PARTS), below,
                below + log->faults[i][kind]);
        any = true;
    }
    fputs("END\n", script);
    return any;
}

bool chart_faults(const struct picture_log *log, uint32_t faults_max,
                  const char *id, FILE *html)
{
    static const char *const names[FAULT_KINDS] = {
        [LOG_DEMAND_ZERO] = "zero-filled on demand",
        [LOG_FILE] = "page of a file",
        [LOG_COW_COPY] = "copied on write",
        [LOG_COW_REUSE] = "taken over",
        [LOG_SEGV] = "refused",
        [LOG_OOM] = "no frame left",
    };
    /* The same as of the frames that come of them. */
    static const unsigned fill[FAULT_KINDS] = {
        [LOG_DEMAND_ZERO] = CENSUS_ZEROED, [LOG_FILE] = CENSUS_FILE,
        [LOG_COW_COPY] = CENSUS_COPY,      [LOG_COW_REUSE] = CENSUS_FORK_COPY,
        [LOG_SEGV] = CENSUS_TABLES,        [LOG_OOM] = CENSUS_KINDS,
    };
    bool any[FAULT_KINDS];
    struct plot plot;

    if (!plot_begin(&plot, id, "Page faults by kind, one on top of the other",
                    WIDTH, 340))
        return false;
    time_axis(log, plot.script);
    fprintf(plot.script,
            "set ylabel 'faults in 1/%u of the time'\nset yrange [0:%.10g]\n"
            "set style fill solid 1.0 border lc rgb '#000000'\n",
            FAULT_PARTS, 1.05 * faults_max + 1);
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        any[kind] = fault_boxes(log, kind, plot.script);
    fputs("plot 0 lc rgb '#444444' notitle", plot.script);
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        if (any[kind])
            fprintf(plot.script,
                    ", $kind%u using 1:2:3:4:5:6 with boxxyerror lw 0.6 lc rgb "
                    "'%s' title '%s'",
                    kind, fills[fill[kind]], names[kind]);
    fputc('\n', plot.script);
    return plot_end(&plot, html);
}

/* --- the heat map --------------------------------------------------------- */

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
                        part_start(log, i, HEAT_PARTS), bottom + row,
                        part_start(log, i, HEAT_PARTS),
                        part_start(log, i + 1, HEAT_PARTS), bottom + row,
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
                    WIDTH, height))
        return false;
    time_axis(log, plot.script);
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

/* --- the process tree ----------------------------------------------------- */

#define TREE_ROW_PIXELS 13u

static uint32_t row_of_parent(const struct picture_log *log, uint32_t row)
{
    for (uint32_t i = 0; i < log->process_count; i++)
        if (i != row && log->processes[i].pid == log->processes[row].parent)
            return i;
    return row;
}

/* Rows are drawn from -1 downwards. */
static void tree_bars(const struct picture_log *log, FILE *script)
{
    fputs("$bars << END\n", script);
    for (uint32_t i = 0; i < log->process_count; i++) {
        const struct picture_process *process = &log->processes[i];

        double birth = on_axis(log, process->birth);

        fprintf(script, "%.10g %.10g %.10g %.10g %.10g %.10g\n", birth,
                -1.0 - i, birth, on_axis(log, process->death), -1.3 - i,
                -0.7 - i);
    }
    fputs("END\n$links << END\n", script);
    for (uint32_t i = 0; i < log->process_count; i++) {
        uint32_t parent = row_of_parent(log, i);

        double birth = on_axis(log, log->processes[i].birth);

        if (parent != i)
            fprintf(script, "%.10g %.10g\n%.10g %.10g\n\n", birth,
                    -1.0 - parent, birth, -1.0 - i);
    }
    fputs("END\n", script);
}

/* How a process ended, by the mark at its bar's end. */
enum end {
    END_ZERO,
    END_STATUS,
    END_SIGNAL,
    END_NONE,
    ENDS,
};

static enum end end_of(const struct picture_process *process)
{
    if (!process->dead)
        return END_NONE;
    if ((process->wait_status & 0x7F) != 0)
        return END_SIGNAL;
    return process->wait_status == 0 ? END_ZERO : END_STATUS;
}

/* False where none ended so. */
static bool tree_ends(const struct picture_log *log, enum end end, FILE *script)
{
    bool any = false;

    fprintf(script, "$end%u << END\n", (unsigned)end);
    for (uint32_t i = 0; i < log->process_count; i++) {
        if (end_of(&log->processes[i]) != end)
            continue;
        fprintf(script, "%.10g %.10g\n", on_axis(log, log->processes[i].death),
                -1.0 - i);
        any = true;
    }
    fputs("END\n", script);
    return any;
}

/* A path's last part. */
static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void tree_labels(const struct picture_log *log, struct plot *plot)
{
    fputs("set ytics ()\n", plot->script);
    for (uint32_t i = 0; i < log->process_count; i++) {
        const struct picture_process *process = &log->processes[i];
        char name[NAME_BYTES];
        char mark[PLOT_MARK_BYTES];

        snprintf(name, sizeof(name), "%.20s %" PRId64,
                 last_name(process->program), process->pid);
        fprintf(plot->script, "set ytics add ('%s' %.10g)\n",
                plot_mark(plot, name, mark), -1.0 - i);
    }
}

static void tree_execs(const struct picture_log *log, FILE *script)
{
    fputs("$execs << END\n", script);
    for (uint32_t i = 0; i < log->exec_count; i++)
        fprintf(script, "%.10g %.10g\n", on_axis(log, log->execs[i].time),
                -1.0 - log->execs[i].row);
    fputs("END\n", script);
}

bool chart_tree(const struct picture_log *log, const char *id, FILE *html)
{
    static const struct {
        const char *title;
        unsigned point;
    } ends[ENDS] = {
        [END_ZERO] = {NULL, 0},
        [END_STATUS] = {"exit status other than 0", 6},
        [END_SIGNAL] = {"killed by a signal", 2},
        [END_NONE] = {"alive at the end", 9},
    };
    bool any[ENDS];
    struct plot plot;

    if (!plot_begin(&plot, id,
                    "Processes from birth to death, each under its parent",
                    WIDTH, 150 + log->process_count * TREE_ROW_PIXELS))
        return false;
    time_axis(log, plot.script);
    fprintf(plot.script,
            "set ylabel 'program, pid'\nset yrange [%.10g:0]\nunset grid\n"
            "set style fill solid 1.0 border lc rgb '#000000'\nset ytics font "
            "',10'\n",
            -1.0 - (log->process_count > 0 ? log->process_count : 1));
    tree_bars(log, plot.script);
    tree_execs(log, plot.script);
    tree_labels(log, &plot);
    for (unsigned end = 0; end < ENDS; end++)
        any[end] = tree_ends(log, (enum end)end, plot.script);
    fputs("plot NaN notitle", plot.script);
    if (log->process_count > 0)
        fputs(", $links using 1:2 with lines lw 0.8 dt 3 lc rgb '#333333' "
              "title 'fork', "
              "$bars using 1:2:3:4:5:6 with boxxyerror lw 0.5 lc rgb '#c0c0c0' "
              "title 'alive'",
              plot.script);
    if (log->exec_count > 0)
        fputs(", $execs using 1:2 with points pt 12 ps 0.8 lc rgb '#000000' "
              "title 'exec'",
              plot.script);
    for (unsigned end = 0; end < ENDS; end++)
        if (any[end] && ends[end].title != NULL)
            fprintf(
                plot.script,
                ", $end%u using 1:2 with points pt %u ps 0.8 lc rgb '#000000' "
                "title '%s'",
                end, ends[end].point, ends[end].title);
    fputc('\n', plot.script);
    return plot_end(&plot, html);
}
