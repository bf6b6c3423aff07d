/* treechart.c: the processes from birth to death, children under their
 * parents. */
#include <inttypes.h>

#include "linux/path.h"
#include "plot.h"
#include "report/axis.h"
#include "report/charts.h"

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

        double birth = axis_time(log, process->birth);

        fprintf(script, "%.10g %.10g %.10g %.10g %.10g %.10g\n", birth,
                -1.0 - i, birth, axis_time(log, process->death), -1.3 - i,
                -0.7 - i);
    }
    fputs("END\n$links << END\n", script);
    for (uint32_t i = 0; i < log->process_count; i++) {
        uint32_t parent = row_of_parent(log, i);

        double birth = axis_time(log, log->processes[i].birth);

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
        fprintf(script, "%.10g %.10g\n",
                axis_time(log, log->processes[i].death), -1.0 - i);
        any = true;
    }
    fputs("END\n", script);
    return any;
}

static void tree_labels(const struct picture_log *log, struct plot *plot)
{
    fputs("set ytics ()\n", plot->script);
    for (uint32_t i = 0; i < log->process_count; i++) {
        const struct picture_process *process = &log->processes[i];
        char name[NAME_BYTES];
        char mark[PLOT_MARK_BYTES];

        snprintf(name, sizeof(name), "%.20s %" PRId64,
                 path_last(process->program), process->pid);
        fprintf(plot->script, "set ytics add ('%s' %.10g)\n",
                plot_mark(plot, name, mark), -1.0 - i);
    }
}

static void tree_execs(const struct picture_log *log, FILE *script)
{
    fputs("$execs << END\n", script);
    for (uint32_t i = 0; i < log->exec_count; i++)
        fprintf(script, "%.10g %.10g\n", axis_time(log, log->execs[i].time),
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
                    CHART_WIDTH, 150 + log->process_count * TREE_ROW_PIXELS))
        return false;
    axis_write(log, plot.script);
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
