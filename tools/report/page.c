/* page.c: see page.h. */
#include "report/page.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "plot.h"
#include "report/charts.h"

/* The policy forbids the browser to fetch or to run anything. */
static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; "
    "style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>mmu386 fault report</title>\n"
    "<style>\n"
    "body { font: 15px/1.45 sans-serif; color: #1a1a1a; background: #fff; "
    "max-width: 980px;\n"
    "  margin: 2em auto; padding: 0 1em; }\n"
    "h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em;\n"
    "  border-bottom: 1px solid #999; }\n"
    "figure { margin: 1.5em 0 2.5em; break-inside: avoid; } figcaption { "
    "color: #444; }\n"
    "svg { width: 100%; height: auto; display: block; }\n"
    "table { border-collapse: collapse; } .wide { overflow-x: auto; }\n"
    "th, td { padding: 0.25em 0.7em; border-bottom: 1px solid #ccc; "
    "text-align: right;\n"
    "  font-variant-numeric: tabular-nums; vertical-align: bottom; }\n"
    "th:first-child, td:first-child { text-align: left; }\n"
    "thead th { border-bottom: 2px solid #444; }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n";

/* --- the table ------------------------------------------------------------ */

static void cell(uint64_t number, FILE *html)
{
    fprintf(html, "<td>%" PRIu64 "</td>", number);
}

/* The log that the others are measured by. */
static const struct picture_log *eager_of(const struct picture_log *logs,
                                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(logs[i].policy, "eager") == 0)
            return &logs[i];
    return NULL;
}

static void saved_cell(const struct picture_log *log,
                       const struct picture_log *eager, FILE *html)
{
    if (eager == NULL || eager->counts.frames_allocated == 0)
        fputs("<td>-</td>", html);
    else
        fprintf(html, "<td>%.1f%%</td>",
                100 - 100 * (double)log->counts.frames_allocated /
                          (double)eager->counts.frames_allocated);
}

static void table_row(const struct picture_log *logs, uint32_t count,
                      uint32_t which, FILE *html)
{
    const struct picture_counts *counts = &logs[which].counts;
    char name[256];

    chart_log_name(logs, count, which, name, sizeof(name));
    fputs("<tr><th scope=\"row\">", html);
    plot_escape(name, html);
    fputs("</th>", html);
    cell(counts->forks, html);
    cell(counts->frames_allocated, html);
    cell(counts->frames_peak, html);
    cell(counts->copied_at_fork, html);
    cell(counts->copied_on_fault, html);
    cell(counts->copied_by_kernel, html);
    cell(counts->taken_over, html);
    cell(counts->tables, html);
    cell(counts->faults, html);
    saved_cell(&logs[which], eager_of(logs, count), html);
    fputs("</tr>\n", html);
}

static void write_table(const struct picture_log *logs, uint32_t count,
                        FILE *html)
{
    fputs("<h2 id=\"comparison\">What it cost</h2>\n<div class=\"wide\">\n"
          "<table "
          "aria-labelledby=\"comparison\">\n<thead><tr><th>policy</"
          "th><th>forks</th>"
          "<th>frames allocated</th><th>frames peak</th><th>copied at fork</th>"
          "<th>copied on fault</th><th>copied by kernel</th><th>taken over</th>"
          "<th>page tables</th><th>page faults</th><th>frames "
          "saved</th></tr></thead>\n<tbody>\n",
          html);
    for (uint32_t i = 0; i < count; i++)
        table_row(logs, count, i, html);
    fputs("</tbody>\n</table>\n</div>\n"
          "<p>Counted anew from the events of the log. A frame is 4 KiB; "
          "frames are those of user "
          "pages; page tables include directories. Frames saved is the part of "
          "eager's frames "
          "that were not allocated.</p>\n",
          html);
}

/* --- the logs ------------------------------------------------------------- */

static void write_end(const struct picture_log *log, FILE *html)
{
    int status = (int)log->wait_status;

    if (!log->complete)
        fputs("the run was cut off", html);
    else if (WIFSIGNALED(status))
        fprintf(html, "killed by signal %d", WTERMSIG(status));
    else
        fprintf(html, "exit status %d", WEXITSTATUS(status));
}

static void write_size(const struct picture_log *log, FILE *html)
{
    const int64_t frames_per_mib = 256;

    if (log->ram_frames % frames_per_mib == 0)
        fprintf(html, "%" PRId64 " MiB", log->ram_frames / frames_per_mib);
    else
        fprintf(html, "%" PRId64 " KiB", log->ram_frames * 4);
}

static void describe(const struct picture_log *log, FILE *html)
{
    fputs("<li><b>", html);
    plot_escape(log->path, html);
    fputs("</b>: ", html);
    plot_escape(log->program, html);
    fputs(" under ", html);
    plot_escape(log->policy, html);
    fputs(", ", html);
    plot_escape(log->cpu, html);
    fputs(", ", html);
    write_size(log, html);
    fputs(" of memory, ", html);
    write_end(log, html);
    fprintf(html, "; %" PRIu64 " rows, %" PRIu64 " processes</li>\n",
            log->events, log->processes_in_all);
}

/* --- the charts ----------------------------------------------------------- */

static void begin_figure(const char *id, FILE *html)
{
    fprintf(html, "<figure id=\"%s\">\n", id);
}

static bool end_figure(bool drawn, const char *caption, FILE *html)
{
    fprintf(html, "\n<figcaption>%s</figcaption>\n</figure>\n", caption);
    return drawn;
}

static bool frames_figure(const struct picture_log *log, uint32_t which,
                          uint32_t most, FILE *html)
{
    char id[32];

    snprintf(id, sizeof(id), "frames-%" PRIu32, which);
    begin_figure(id, html);
    return end_figure(chart_frames_by_kind(log, most, id, html),
                      "By how each frame came by its contents. Of each moment "
                      "on the axis the "
                      "state with the most frames is shown.",
                      html);
}

static bool faults_figure(const struct picture_log *log, uint32_t which,
                          uint32_t most, FILE *html)
{
    char id[32];

    snprintf(id, sizeof(id), "faults-%" PRIu32, which);
    begin_figure(id, html);
    return end_figure(chart_faults(log, most, id, html),
                      "By what the kernel did about each.", html);
}

static bool heat_figure(const struct picture_log *log, uint32_t which,
                        FILE *html)
{
    char id[32];
    char caption[256];

    snprintf(id, sizeof(id), "pages-%" PRIu32, which);
    snprintf(caption, sizeof(caption),
             "The darker, the more faults. %" PRIu32
             " pages faulted, in %" PRIu32
             " groups of one kind of mapping; a row of cells is %" PRIu32
             " touched page%s.",
             log->pages_touched, log->group_count,
             log->pages_per_row > 0 ? log->pages_per_row : 1,
             log->pages_per_row > 1 ? "s" : "");
    begin_figure(id, html);
    return end_figure(chart_heat(log, id, html), caption, html);
}

static bool tree_figure(const struct picture_log *log, uint32_t which,
                        FILE *html)
{
    char id[32];
    char caption[256];

    snprintf(id, sizeof(id), "processes-%" PRIu32, which);
    snprintf(
        caption, sizeof(caption),
        "A bar is a process; a dotted line leads from its parent to its birth. "
        "%" PRIu32 " of %" PRIu64 " processes are shown%s.",
        log->process_count, log->processes_in_all,
        log->process_count < log->processes_in_all ? ", the first ones" : "");
    begin_figure(id, html);
    return end_figure(chart_tree(log, id, html), caption, html);
}

/* What all logs have in common, where there are several. */
static bool compare_figures(const struct picture_log *logs, uint32_t count,
                            FILE *html)
{
    static const char *const ids[FRAMES_COUNTED] = {[FRAMES_USER] = "frames",
                                                    [FRAMES_COPIED] = "copies",
                                                    [FRAMES_TABLES] = "tables"};
    bool drawn = true;

    if (count == 1)
        return true;
    fputs("<h2>Side by side</h2>\n", html);
    for (unsigned i = 0; i < FRAMES_COUNTED && drawn; i++) {
        begin_figure(ids[i], html);
        drawn =
            end_figure(chart_frames_of_logs(logs, count, (enum frames_counted)i,
                                            ids[i], html),
                       "Of each moment on the axis the state with the most "
                       "frames of user pages is shown.",
                       html);
    }
    return drawn;
}

static uint32_t most_of(const struct picture_log *logs, uint32_t count,
                        uint32_t (*most_in)(const struct picture_log *log))
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < count; i++)
        most = most_in(&logs[i]) > most ? most_in(&logs[i]) : most;
    return most;
}

static bool write_log(const struct picture_log *logs, uint32_t count,
                      uint32_t which, FILE *html)
{
    char name[256];

    chart_log_name(logs, count, which, name, sizeof(name));
    fputs("<h2>Under ", html);
    plot_escape(name, html);
    fputs("</h2>\n", html);
    return frames_figure(&logs[which], which,
                         most_of(logs, count, chart_most_frames), html) &&
           faults_figure(&logs[which], which,
                         most_of(logs, count, chart_most_faults), html) &&
           heat_figure(&logs[which], which, html) &&
           tree_figure(&logs[which], which, html);
}

bool picture_page(const struct picture_log *logs, uint32_t count, FILE *html)
{
    fputs(head, html);
    fputs("<h1>Page faults of ", html);
    plot_escape(logs[0].program, html);
    fputs("</h1>\n<ul>\n", html);
    for (uint32_t i = 0; i < count; i++)
        describe(&logs[i], html);
    fputs("</ul>\n", html);
    write_table(logs, count, html);
    if (!compare_figures(logs, count, html))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!write_log(logs, count, i, html))
            return false;
    fputs("</body>\n</html>\n", html);
    return true;
}
