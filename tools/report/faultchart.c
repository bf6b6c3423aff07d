/* faultchart.c: the faults in each part of time, by kind. */
#include <inttypes.h>

#include "plot.h"
#include "report/axis.h"
#include "report/charts.h"

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
        double start = axis_part(log, i, FAULT_PARTS);
        uint64_t below = 0;

        if (log->faults[i][kind] == 0)
            continue;
        for (unsigned under = 0; under < kind; under++)
            below += log->faults[i][under];
        fprintf(script,
                "%.10g %" PRIu64 " %.10g %.10g %" PRIu64 " %" PRIu64 "\n",
                start, below, start, axis_part(log, i + 1, FAULT_PARTS), below,
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
                    CHART_WIDTH, 340))
        return false;
    axis_write(log, plot.script);
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
                    kind, chart_fills[fill[kind]], names[kind]);
    fputc('\n', plot.script);
    return plot_end(&plot, html);
}
